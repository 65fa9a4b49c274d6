"""Which alleles the reference holds, and their sequences."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from clonotrack.errors import GermlineError
from clonotrack.germline.anchors import ungapped
from clonotrack.germline.rebuild.sources import Row, Sequences, Tables

_LISTS = ("ig_ogrdb.tsv", "tr_grch38.tsv", "tr_other_haplotypes.tsv")


def wanted(tables: Tables) -> list[Row]:
    """One row per allele; the longest where the lists have two lengths of one."""
    best: dict[str, Row] = {}
    for row in chain.from_iterable(tables[name] for name in _LISTS):
        row = {**row, "length": row.get("length") or row["length_nt"], "source": _source(row)}
        known = best.setdefault(row["allele"], row)
        if int(row["length"]) > int(known["length"]):
            best[row["allele"]] = row
    return [*best.values(), *_twins(best, tables)]


def _twins(best: dict[str, Row], tables: Tables) -> Iterator[Row]:
    """D genes that OGRDB folds into an identical one although each has RSS flanks of its own.

    In a D-J rearrangement the flank tells IGHD4-11 from IGHD4-4, which the D itself cannot.
    """
    flanked = {row["gene"] for row in tables["rss_flanks.tsv"]}
    for row in tables["aliases.tsv"]:
        gene = row["alias"].split("*")[0]
        if row["level"] == "allele" and gene in flanked:
            twin = best[row["canonical"]]
            yield {**twin, "allele": row["alias"], "gene": gene, "source": f"GRCh38:as_{twin['allele']}"}


def _source(row: Row) -> str:
    if "ogrdb_ref" in row:
        return f"OGRDB:{row['ogrdb_ref']}"
    assembly = row.get("verified") or row["assembly"]
    name = "GRCh38-partial" if assembly == "partial" else assembly
    return f"{name}:{row['chrom']}:{row['region_start']}-{row['region_end']}:{row['strand']}"


def with_sequences(rows: list[Row], packages: Sequences) -> list[Row]:
    """The rows with `sequence`, and `gapped` ("" for all but IG V); GermlineError where one cannot be had."""
    missing = [row["allele"] for row in rows if row["md5"] not in packages.by_md5]
    if missing:
        raise GermlineError(f"no package holds the listed sequence of {', '.join(missing)}")
    return [{**row, "sequence": packages.by_md5[row["md5"]], "gapped": _gapped(row, packages)} for row in rows]


def _gapped(row: Row, packages: Sequences) -> str:
    if "ogrdb_ref" not in row or row["segment"] != "V":
        return ""
    gapped = packages.gapped[row["allele"]]
    if ungapped(gapped) != packages.by_md5[row["md5"]]:
        raise GermlineError(f"the gapped sequence of {row['allele']} is not its ungapped one with gaps")
    return gapped
