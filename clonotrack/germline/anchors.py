"""Find the CDR3 anchor of a germline segment from its sequence.

The junction starts at the codon of Cys104 in the V and ends with the codon of Phe118 or Trp118 in the J (IMGT
numbering, Lefranc 2003, Dev Comp Immunol 27:55). The anchor of a segment is the position of the first base of this
codon, 0-based, in the ungapped sequence. Published anchor tables contain errors. Therefore this module finds every
anchor from the sequence; the tests compare these anchors with the published ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import md5

from clonotrack.sequences import translate

CYS_CODONS = ("TGT", "TGC")
IMGT_CYS_104 = 309  # 0-based column of codon 104 in an IMGT-gapped V
_V_SEARCH_LENGTH = 48  # nt at the 3' end of a V that are searched for Cys104, which starts at most 41 nt before the end
_V_MIN_SCORE = 5
_J_MOTIF = re.compile(r"(?=[WF]G.G)")
_GAPS = re.compile(r"[.-]")


def remove_gaps(sequence: str) -> str:
    """Return a sequence without IMGT gaps (``.`` and ``-``), in upper case."""
    return _GAPS.sub("", sequence).upper()


def _score_cys_context(residues: str) -> int:
    """Score how well the six residues before a Cys match ``D.A.YY`` (residues 98 to 103 of a V), 0 to 8."""
    d98, a100, y102, y103 = residues[0], residues[2], residues[4], residues[5]
    return 2 * (d98 == "D") + (a100 in "AGS") + 3 * (y102 == "Y") + (2 if y103 in "YF" else int(y103 in "HLTIS"))


def find_v_anchor(sequence: str) -> int | None:
    """Find the anchor of an ungapped V: the 0-based first base of the Cys104 codon; None if no codon qualifies.

    METHOD: among the Cys codons near the 3' end, in any frame, choose the one whose six preceding residues best match
    ``D.A.YY`` (residues 98 to 103, the F strand of the V-DOMAIN). Of codons with equal scores, choose the one nearest
    the 3' end.
    The weights and the threshold of 5 were set on the 511 V alleles of the OGRDB and GRCh38 lists. Of the alleles with
    Cys104, all but TRGVA and IGHV8-51-1 reach 5. No other Cys codon scores more than 4.
    """
    best = (_V_MIN_SCORE - 1, -1)
    for start in range(max(18, len(sequence) - _V_SEARCH_LENGTH), len(sequence) - 2):
        if sequence[start : start + 3] in CYS_CODONS:
            best = max(best, (_score_cys_context(translate(sequence[start - 18 : start])), start))
    return best[1] if best[1] >= 0 else None


def find_gapped_v_anchor(gapped: str) -> int | None:
    """Find the anchor of an IMGT-gapped V: the 0-based first base of codon 104, counted without gaps.

    Returns:
        The position, or None if codon 104 does not encode Cys.
    """
    codon = gapped[IMGT_CYS_104 : IMGT_CYS_104 + 3].upper()
    return len(remove_gaps(gapped[:IMGT_CYS_104])) if codon in CYS_CODONS else None


def find_j_motifs(sequence: str) -> list[int]:
    """Find every ``[WF]GxG`` motif of a J in three frames; return the 0-based first base of each, ascending.

    If there is exactly one motif, its position is the anchor.
    """
    starts = [
        frame + 3 * match.start() for frame in range(3) for match in _J_MOTIF.finditer(translate(sequence[frame:]))
    ]
    return sorted(starts)


def find_anchor(kind: str, sequence: str, gapped: str | None, exceptions: Mapping[str, int]) -> tuple[int | None, str]:
    """Find the CDR3 anchor of a germline segment, or the reason why the segment has none.

    The anchor is the 0-based first base, in the ungapped sequence, of the codon of Cys104 (V) or Phe/Trp118 (J).

    Args:
        kind: V, D or J. A D has no anchor.
        sequence: bases of the segment, ungapped, upper case.
        gapped: the same V with IMGT gaps; None if it is not available. Codon 104 is then at nt 310 to 312.
        exceptions: md5 of a sequence to its anchor, for alleles whose anchor the rules do not find.

    Returns:
        The anchor (None if there is none), and the reason why a V or J has none ("" for a D or if there is an anchor).
    """
    if kind == "D":
        return None, ""
    listed = exceptions.get(md5(sequence.encode(), usedforsecurity=False).hexdigest())
    if listed is not None:
        return listed, ""
    return _find_v(sequence, gapped) if kind == "V" else _find_j(sequence)


def _find_v(sequence: str, gapped: str | None) -> tuple[int | None, str]:
    if gapped is not None:
        anchor = find_gapped_v_anchor(gapped)
        codon = gapped[IMGT_CYS_104 : IMGT_CYS_104 + 3] or "nothing"
        return (
            anchor,
            "" if anchor is not None else f"IMGT position 104 (nt 310-312) reads {codon}, not Cys",
        )
    anchor = find_v_anchor(sequence)
    return anchor, "" if anchor is not None else "no Cys104 codon near the 3' end"


def _find_j(sequence: str) -> tuple[int | None, str]:
    starts = find_j_motifs(sequence)
    if len(starts) == 1:
        return starts[0], ""
    return None, "no [WF]GxG motif in any frame" if not starts else f"{len(starts)} [WF]GxG motifs instead of one"
