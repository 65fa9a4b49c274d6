"""List the alleles of the reference and add their sequences."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from clonotrack.errors import GermlineError
from clonotrack.germline.anchors import remove_gaps
from tools.germline_rebuild.sources import FactTables, PackageSequences, Row

_ALLELE_TABLES = ("ig_ogrdb.tsv", "tr_grch38.tsv", "tr_other_haplotypes.tsv")


def list_alleles(tables: FactTables) -> list[Row]:
    """Return one row per allele; if the tables list an allele in two lengths, keep the longer sequence."""
    longest: dict[str, Row] = {}
    for row in chain.from_iterable(tables[name] for name in _ALLELE_TABLES):
        row = {**row, "length": row.get("length") or row["length_nt"], "source": _source(row)}
        kept = longest.setdefault(row["allele"], row)
        if int(row["length"]) > int(kept["length"]):
            longest[row["allele"]] = row
    return [*longest.values(), *_identical_d_genes(longest, tables)]


def _identical_d_genes(alleles: dict[str, Row], tables: FactTables) -> Iterator[Row]:
    """Yield D genes that OGRDB merges with an identical gene although their RSS flanks differ.

    In a D-J rearrangement, the flank distinguishes IGHD4-11 from IGHD4-4; the sequences of the two D are equal.
    """
    genes_with_flanks = {row["gene"] for row in tables["rss_flanks.tsv"]}
    for row in tables["aliases.tsv"]:
        gene = row["alias"].split("*")[0]
        if row["level"] == "allele" and gene in genes_with_flanks:
            identical = alleles[row["canonical"]]
            yield {**identical, "allele": row["alias"], "gene": gene, "source": f"GRCh38:as_{identical['allele']}"}


def _source(row: Row) -> str:
    if "ogrdb_ref" in row:
        return f"OGRDB:{row['ogrdb_ref']}"
    assembly = row.get("verified") or row["assembly"]
    name = "GRCh38-partial" if assembly == "partial" else assembly
    return f"{name}:{row['chrom']}:{row['region_start']}-{row['region_end']}:{row['strand']}"


def add_sequences(alleles: list[Row], packages: PackageSequences) -> list[Row]:
    """Add the fields `sequence` and `gapped` to each allele; `gapped` is "" except for IG V alleles.

    Raises:
        GermlineError: no package contains the sequence of an allele, or its gapped and ungapped sequences differ.
    """
    missing = [row["allele"] for row in alleles if row["md5"] not in packages.by_md5]
    if missing:
        names = ", ".join(missing)
        raise GermlineError(f"no package contains the listed sequence of {names}; correct the md5 in the fact tables")
    return [{**row, "sequence": packages.by_md5[row["md5"]], "gapped": _gapped(row, packages)} for row in alleles]


def _gapped(row: Row, packages: PackageSequences) -> str:
    if "ogrdb_ref" not in row or row["segment"] != "V":
        return ""
    gapped = packages.gapped[row["allele"]]
    if remove_gaps(gapped) != packages.by_md5[row["md5"]]:
        raise GermlineError(
            f"the gapped sequence of {row['allele']} differs from its ungapped sequence; correct the fact tables"
        )
    return gapped
