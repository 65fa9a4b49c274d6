"""Find every CDR3 anchor from the sequence and compare it with the listed anchor."""

from __future__ import annotations

from collections.abc import Iterator

from clonotrack.errors import GermlineError
from clonotrack.germline.anchors import find_anchor
from tools.germline_rebuild.sources import Row

# V genes or alleles whose anchor the rules do not find: codon at the listed anchor, and evidence for this anchor.
V_EXCEPTIONS = {
    "IGHV8-51-1": ("TGT", "Cys by IMGT position 104; the residues before it are NMAAFN"),
    "IGKV2-29*01": ("TGA", "stop codon at IMGT position 104"),
    "IGLV3-2*03": ("TGT", "reading frame broken: the Cys of TATTACTGT lies 4 nt before IMGT position 104"),
    "TRBV7-3*03": ("CGT", "Arg at the place of Cys104 of TRBV7-3*01"),
    "TRBV17": ("TAC", "Tyr at the place of Cys104, after DSAVYL"),
    "TRBV26": ("TAT", "Tyr at the place of Cys104, after TSVYL"),
    "TRGVA": ("TGC", "Cys104; the residues before it are IEGMNY"),
}


def v_exception(row: Row) -> tuple[str, str] | None:
    """Return codon and evidence of a V in `V_EXCEPTIONS`, looked up by allele or gene; None for any other V."""
    return V_EXCEPTIONS.get(row["allele"]) or V_EXCEPTIONS.get(row["gene"])


def check_anchors(alleles: list[Row], j_exceptions: list[Row]) -> None:
    """Compare the anchor of every V and J with the anchor that the rules find.

    Raises:
        GermlineError: an anchor differs; the message lists every such allele.
    """
    j_anchors = {row["md5"]: int(row["cdr3_anchor"]) for row in j_exceptions}
    problems = [problem for row in alleles if row["segment"] != "D" for problem in _anchor_problems(row, j_anchors)]
    if problems:
        raise GermlineError("; ".join(problems))


def _anchor_problems(row: Row, j_anchors: dict[str, int]) -> Iterator[str]:
    """Yield the problems of one anchor; an IG V is checked by IMGT position and by its ungapped sequence."""
    anchor = int(row["cdr3_anchor"])
    codon = row["sequence"][anchor : anchor + 3]
    gapped_forms = [row["gapped"], None] if row["gapped"] else [None]
    anchors = [find_anchor(row["segment"], row["sequence"], gapped, j_anchors)[0] for gapped in gapped_forms]
    exception = v_exception(row)
    if codon != (exception[0] if exception else row["anchor_codon"]):
        yield f"{row['allele']} reads {codon} at its listed anchor {anchor}"
    if exception is None and anchors != [anchor] * len(gapped_forms):
        yield f"{row['allele']} has the listed anchor {anchor}, but the rules find {anchors}"
    if exception is not None and anchors == [anchor] * len(gapped_forms):
        yield f"{row['allele']} is listed as an exception, but the rules find its anchor"
