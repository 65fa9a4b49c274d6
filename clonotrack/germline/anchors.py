"""Where the CDR3 begins and ends in a germline segment, found from the sequence itself.

The junction runs from the codon of Cys104 in the V to the codon of Phe118 or Trp118 in the J (IMGT numbering,
Lefranc 2003, Dev Comp Immunol 27:55). Published anchor tables are wrong in places, so every anchor is found here
and compared with a table where there is one. Positions are 0-based, in the ungapped sequence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import md5

from clonotrack.sequences import translate

CYS_CODONS = ("TGT", "TGC")
IMGT_CYS_104 = 309  # 0-based column of codon 104 in an IMGT-gapped V
_V_REACH = 48  # nt from the 3' end of a V in which Cys104 is looked for; the farthest known begins at 41
_V_LEAST_SCORE = 5
_J_MOTIF = re.compile(r"(?=[WF]G.G)")
_GAPS = re.compile(r"[.-]")


def ungapped(sequence: str) -> str:
    """The sequence in upper case without IMGT gaps."""
    return _GAPS.sub("", sequence).upper()


def _cys_score(before: str) -> int:
    """How much the six residues before a Cys look like 98 to 103 of a V-DOMAIN (``D.A.YY``), 0 to 8."""
    d98, a100, y102, y103 = before[0], before[2], before[4], before[5]
    return 2 * (d98 == "D") + (a100 in "AGS") + 3 * (y102 == "Y") + (2 if y103 in "YF" else int(y103 in "HLTIS"))


def v_anchor(sequence: str) -> int | None:
    """Start of the Cys104 codon of an ungapped V, or None where no codon looks like it.

    METHOD: the Cys codon near the 3' end, in any frame, whose six preceding residues best match ``D.A.YY``
    (residues 98 to 103, the F strand of the V-DOMAIN). Weights and threshold were set on the 511 V alleles of
    the OGRDB and GRCh38 lists: of those with Cys104, all but TRGVA and IGHV8-51-1 reach 5, no other Cys codon
    passes 4. Among equals the one nearest the 3' end is taken.
    """
    best = (_V_LEAST_SCORE - 1, -1)
    for start in range(max(18, len(sequence) - _V_REACH), len(sequence) - 2):
        if sequence[start : start + 3] in CYS_CODONS:
            best = max(best, (_cys_score(translate(sequence[start - 18 : start])), start))
    return best[1] if best[1] >= 0 else None


def v_anchor_gapped(gapped: str) -> int | None:
    """Start of codon 104 of an IMGT-gapped V in its ungapped sequence, or None where it is not a Cys codon."""
    codon = gapped[IMGT_CYS_104 : IMGT_CYS_104 + 3].upper()
    return len(ungapped(gapped[:IMGT_CYS_104])) if codon in CYS_CODONS else None


def j_anchors(sequence: str) -> list[int]:
    """Starts of every ``[WF]GxG`` motif of a J over the three frames; one hit is an anchor."""
    hits = [frame + 3 * match.start() for frame in range(3) for match in _J_MOTIF.finditer(translate(sequence[frame:]))]
    return sorted(hits)


def find_anchor(kind: str, sequence: str, gapped: str | None, exceptions: Mapping[str, int]) -> tuple[int | None, str]:
    """The anchor of a segment, and the sentence that says why there is none ("" where one was found).

    Args:
        kind: V, D or J; a D has no anchor and needs none.
        sequence: ungapped, upper case.
        gapped: the IMGT-gapped V, where it is known.
        exceptions: md5 of a sequence to its anchor, for alleles that the rules do not fit.
    """
    if kind == "D":
        return None, ""
    listed = exceptions.get(md5(sequence.encode(), usedforsecurity=False).hexdigest())
    if listed is not None:
        return listed, ""
    return _find_v(sequence, gapped) if kind == "V" else _find_j(sequence)


def _find_v(sequence: str, gapped: str | None) -> tuple[int | None, str]:
    if gapped is not None:
        codon = gapped[IMGT_CYS_104 : IMGT_CYS_104 + 3]
        found = v_anchor_gapped(gapped)
        return found, "" if found is not None else f"IMGT position 104 (nt 310-312) reads {codon or 'nothing'}, not Cys"
    found = v_anchor(sequence)
    return found, "" if found is not None else "no Cys104 codon was found near the 3' end"


def _find_j(sequence: str) -> tuple[int | None, str]:
    hits = j_anchors(sequence)
    if len(hits) == 1:
        return hits[0], ""
    return None, "no [WF]GxG motif in any frame" if not hits else f"{len(hits)} [WF]GxG motifs, one was expected"
