"""Find the framework (FWR) and complementarity-determining regions (CDR) of a V (IMGT numbering, Lefranc 2003).

FWR1 is codons 1 to 26, CDR1 27 to 38, FWR2 39 to 55, CDR2 56 to 65 and FWR3 66 to 104. The gaps of an IMGT-gapped V
give the regions directly. In an ungapped V, the conserved residues give the regions: FWR1 ends three residues after
Cys23, and Trp41 is the third residue of FWR2 (FWR2 has no gaps).
"""

from __future__ import annotations

from clonotrack.germline.anchors import remove_gaps
from clonotrack.germline.reference import Segment
from clonotrack.sequences import translate

# 0-based first columns of CDR1, FWR2, CDR2 and FWR3 in a gapped V.
_START_COLUMNS = (78, 114, 165, 195)
# METHOD: the lengths of CDR2 and FWR3 differ between V genes, and no conserved residue separates the two. Within a
# locus, one of the two lengths is nearly constant: the residues of FWR3 before Cys104, or in TRB the residues of CDR2.
# docs/accuracy.md compares the result with the IMGT numbering of IG V from OGRDB, and of TR V from another package.
_FWR3_RESIDUES = {"IGH": 37, "IGK": 35, "IGL": 35, "TRA": 33, "TRD": 37, "TRG": 37}
_TRB_CDR2_RESIDUES = 6
# Possible distances [residues] from Trp41 to Cys104, and from Cys23 to Trp41.
_W41_TO_C104 = range(46, 64)
_C23_TO_W41 = range(11, 19)
_RESIDUES_BEFORE_C23 = 21  # residues before Cys23 in most V
_RESIDUES_43 = "RQK"  # usual residues at position 43, which distinguish Trp41 from a Trp in CDR1


def region_starts(segment: Segment) -> tuple[int, int, int, int] | None:
    """Find the first bases of CDR1, FWR2, CDR2 and FWR3 in the ungapped sequence of a V.

    Returns:
        The four positions (0-based), or None if an ungapped V has no anchor or lacks Cys23 or Trp41.
    """
    if segment.gapped is not None:
        cdr1, fwr2, cdr2, fwr3 = (len(remove_gaps(segment.gapped[:column])) for column in _START_COLUMNS)
        return cdr1, fwr2, cdr2, fwr3
    if segment.anchor is None:
        return None
    frame = segment.anchor % 3
    residues = translate(segment.sequence[frame : segment.anchor + 3])
    c104 = len(residues) - 1
    candidates = [
        (abs(c23 - _RESIDUES_BEFORE_C23), residues[w41 + 2] not in _RESIDUES_43, c23, w41)
        for w41 in (c104 - distance for distance in _W41_TO_C104)
        for c23 in (w41 - distance for distance in _C23_TO_W41)
        if c23 >= 0 and residues[w41] == "W" and residues[c23] == "C"
    ]
    if not candidates:
        return None
    *_, c23, w41 = min(candidates)
    cdr2 = w41 + 15
    fwr3 = c104 - _FWR3_RESIDUES[segment.locus] if segment.locus in _FWR3_RESIDUES else cdr2 + _TRB_CDR2_RESIDUES
    fwr3 = min(max(fwr3, cdr2), c104)
    cdr1, fwr2 = c23 + 4, w41 - 2
    return frame + 3 * cdr1, frame + 3 * fwr2, frame + 3 * cdr2, frame + 3 * fwr3
