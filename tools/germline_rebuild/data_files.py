"""Format the text of every data file of the embedded reference."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from tools.germline_rebuild.check_anchors import v_exception
from tools.germline_rebuild.sources import FactTables, Row, md5_hex

_SPECIAL_NAMES = {"KDE_long": ("KDE", "J"), "INTRON_long": ("Intron", "V")}
_SHARED_GENE_EVIDENCE = ("Ensembl/HGNC gene symbol", "delta name of the shared gene")


def format_data_files(alleles: list[Row], tables: FactTables) -> dict[str, str]:
    """Format all data files; return file name to text, which does not depend on the order of `alleles`."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(alleles, key=lambda row: _natural_key(row["allele"])):
        groups[f"{row['locus']}{row['segment']}.fasta"].append(row)
    special = tables["special_segments.tsv"]
    return {
        **{name: "".join(map(_fasta_record, groups[name])) for name in sorted(groups)},
        "special_segments.fasta": "".join(_special_fasta_records(special)),
        "aliases.tsv": _tsv(_aliases(alleles, tables)),
        "rss_flanks.tsv": _tsv([*tables["rss_flanks.tsv"], *_intron_flank(special)]),
        "j_anchor_exceptions.tsv": _tsv(tables["j_anchor_exceptions.tsv"]),
        "v_anchor_exceptions.tsv": _tsv(_v_exceptions(alleles)),
    }


def _natural_key(name: str) -> list[tuple[int, str]]:
    """Return the sort key that puts IGHV1-8 before IGHV1-18."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _fasta_record(row: Row) -> str:
    functionality = row.get("functionality") or ("F" if row["functional"] == "yes" else "NF")
    words = [row["allele"], f"functionality={functionality}", f"source={row['source']}"]
    if row["segment"] != "D":
        words.insert(1, f"anchor={row['cdr3_anchor']}")
    return f">{' '.join(words)}\n{row['gapped'] or row['sequence']}\n"


def _special_fasta_records(special: list[Row]) -> Iterator[str]:
    for row in special:
        if row["name"] in _SPECIAL_NAMES:
            name, kind = _SPECIAL_NAMES[row["name"]]
            source = f"{row['source'].replace(' ', ':')}:{row['chrom']}:{row['start']}-{row['end']}:{row['strand']}"
            yield f">{name} kind={kind} loci=IGK anchor= source={source}\n{row['sequence']}\n"


def _intron_flank(special: list[Row]) -> Iterator[Row]:
    for row in special:
        if row["name"] == "INTRON_RSS":
            flank = row["sequence"]
            source = f"{row['source']} {row['chrom']}:{row['start']}-{row['end']}:{row['strand']}"
            yield {
                "gene": "Intron",
                "side": "3'",
                "flank": flank,
                "length": str(len(flank)),
                "heptamer": flank[:7],
                "adjacent20": flank[:20],
                "source": source,
                "note": row["note"],
            }


def _aliases(alleles: list[Row], tables: FactTables) -> list[Row]:
    """Return the rows of ``aliases.tsv``.

    Aliases that are names in the reference are left out. A row is added for each allele of a TRAV/DV gene, which has
    names in two loci.
    """
    reference_names = {row["allele"] for row in alleles} | {row["gene"] for row in alleles}
    aliases = [row for row in tables["aliases.tsv"] if row["alias"] not in reference_names]
    shared_genes = [row for row in aliases if row["evidence"] in _SHARED_GENE_EVIDENCE]
    shared_alleles = [
        {**alias, "alias": f"{alias['alias']}*{number}", "canonical": row["allele"], "level": "allele"}
        for alias in shared_genes
        for row in alleles
        for gene, _, number in [row["allele"].partition("*")]
        if gene == alias["canonical"]
    ]
    return [*aliases, *shared_alleles, *_special_aliases(tables["special_segments.tsv"])]


def _special_aliases(special: list[Row]) -> Iterator[Row]:
    for row in special:
        if row["name"] in _SPECIAL_NAMES:
            name = _SPECIAL_NAMES[row["name"]][0]
            aliases = [row["name"].removesuffix("_long"), *row["other_names"].split(";")]
            for alias in aliases:
                if alias != name:
                    evidence = "name in use for this element"
                    yield {"alias": alias, "canonical": name, "level": "gene", "evidence": evidence}


def _v_exceptions(alleles: list[Row]) -> Iterator[Row]:
    for row in sorted(alleles, key=lambda row: _natural_key(row["allele"])):
        exception = v_exception(row)
        if row["segment"] == "V" and exception is not None:
            yield {
                "gene": row["gene"],
                "allele": row["allele"],
                "length_nt": row["length"],
                "md5": md5_hex(row["sequence"]),
                "cdr3_anchor": row["cdr3_anchor"],
                "anchor_codon": exception[0],
                "note": exception[1],
            }


def _tsv(rows: Iterable[Row]) -> str:
    """Format rows as tab-separated text; the keys of the first row are the header."""
    rows = list(rows)
    lines = [list(rows[0])] + [[row.get(field, "") for field in rows[0]] for row in rows]
    return "".join("\t".join(line) + "\n" for line in lines)
