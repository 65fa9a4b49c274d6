"""Where the framework and complementarity-determining regions of a V begin (IMGT unique numbering, Lefranc 2003).

FWR1 is codons 1 to 26, CDR1 27 to 38, FWR2 39 to 55, CDR2 56 to 65, FWR3 66 to 104. A gapped V shows them. In a plain
one they follow from its conserved residues: Cys23 ends FWR1 but for three, Trp41 is the third of FWR2 (no gaps there).
"""

from __future__ import annotations

from clonotrack.germline.anchors import ungapped
from clonotrack.germline.reference import Segment
from clonotrack.sequences import translate

# First codons of CDR1, FWR2, CDR2 and FWR3, as columns of a gapped V.
_COLUMNS = (78, 114, 165, 195)
# METHOD: CDR2 and FWR3 differ in length between V, and no residue divides them. Within a locus one of the two hardly
# varies: residues of FWR3 before Cys104, or of CDR2 in TRB. Compared with the numbering of OGRDB's IG V and, for TR, of
# a package that is not shipped: see docs/accuracy.md.
_FWR3 = {"IGH": 37, "IGK": 35, "IGL": 35, "TRA": 33, "TRD": 37, "TRG": 37}
_CDR2_OF_TRB = 6
# Residues from Trp41 to Cys104, and from Cys23 to Trp41.
_W41_TO_C104 = range(46, 64)
_C23_TO_W41 = range(11, 19)
_C23 = 21  # residues before it, as a rule
_BEHIND_W41 = "RQK"  # residue 43: Trp41 Tyr Arg Gln, and the like; CDR1 can have a Trp too


def region_starts(segment: Segment) -> tuple[int, int, int, int] | None:
    """0-based first bases of CDR1, FWR2, CDR2 and FWR3 in the ungapped V; None where they are not known."""
    if segment.gapped is not None:
        cdr1, fwr2, cdr2, fwr3 = (len(ungapped(segment.gapped[:column])) for column in _COLUMNS)
        return cdr1, fwr2, cdr2, fwr3
    if segment.anchor is None:
        return None
    frame = segment.anchor % 3
    residues = translate(segment.sequence[frame : segment.anchor + 3])
    last = len(residues) - 1
    found = [
        (abs(c23 - _C23), residues[w41 + 2] not in _BEHIND_W41, c23, w41)
        for w41 in (last - distance for distance in _W41_TO_C104)
        for c23 in (w41 - distance for distance in _C23_TO_W41)
        if c23 >= 0 and residues[w41] == "W" and residues[c23] == "C"
    ]
    if not found:
        return None
    *_, c23, w41 = min(found)
    cdr2 = w41 + 15
    fwr3 = last - _FWR3[segment.locus] if segment.locus in _FWR3 else cdr2 + _CDR2_OF_TRB
    fwr3 = min(max(fwr3, cdr2), last)
    cdr1, fwr2 = c23 + 4, w41 - 2
    return frame + 3 * cdr1, frame + 3 * fwr2, frame + 3 * cdr2, frame + 3 * fwr3
