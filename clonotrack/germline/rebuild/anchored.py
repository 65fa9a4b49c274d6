"""Find every CDR3 anchor from the sequence and compare it with the one listed."""

from __future__ import annotations

from collections.abc import Iterator

from clonotrack.errors import GermlineError
from clonotrack.germline.anchors import find_anchor
from clonotrack.germline.rebuild.sources import Row

# V genes or alleles whose anchor the rules miss: the codon at the listed anchor, and what the anchor rests on.
V_EXCEPTIONS = {
    "IGHV8-51-1": ("TGT", "Cys by IMGT position 104; the residues before it are NMAAFN"),
    "IGKV2-29*01": ("TGA", "stop codon at IMGT position 104"),
    "IGLV3-2*03": ("TGT", "reading frame broken: the Cys of TATTACTGT lies 4 nt before IMGT position 104"),
    "TRBV7-3*03": ("CGT", "Arg at the place of Cys104 of TRBV7-3*01"),
    "TRBV17": ("TAC", "Tyr at the place of Cys104, after DSAVYL"),
    "TRBV26": ("TAT", "Tyr at the place of Cys104, after TSVYL"),
    "TRGVA": ("TGC", "Cys104; the residues before it are IEGMNY"),
}


def exception(row: Row) -> tuple[str, str] | None:
    """Codon and reason, where a V is excepted by its allele or its gene."""
    return V_EXCEPTIONS.get(row["allele"]) or V_EXCEPTIONS.get(row["gene"])


def check_anchors(rows: list[Row], j_exceptions: list[Row]) -> None:
    """Raise GermlineError with every allele whose listed anchor is not the one found."""
    listed = {row["md5"]: int(row["cdr3_anchor"]) for row in j_exceptions}
    wrong = [sentence for row in rows if row["segment"] != "D" for sentence in _wrong(row, listed)]
    if wrong:
        raise GermlineError("; ".join(wrong))


def _wrong(row: Row, j_exceptions: dict[str, int]) -> Iterator[str]:
    """What is wrong with one anchor; an IG V is looked at by IMGT position and by its plain sequence."""
    anchor = int(row["cdr3_anchor"])
    codon = row["sequence"][anchor : anchor + 3]
    views = [row["gapped"], None] if row["gapped"] else [None]
    found = [find_anchor(row["segment"], row["sequence"], view, j_exceptions)[0] for view in views]
    excepted = exception(row)
    if codon != (excepted[0] if excepted else row["anchor_codon"]):
        yield f"{row['allele']} reads {codon} at its listed anchor {anchor}"
    if excepted is None and found != [anchor] * len(views):
        yield f"{row['allele']} has the listed anchor {anchor}, found was {found}"
    if excepted is not None and found == [anchor] * len(views):
        yield f"{row['allele']} is listed as an exception and is none"
