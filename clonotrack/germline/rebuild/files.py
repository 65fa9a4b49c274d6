"""The text of every data file."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from clonotrack.germline.rebuild.anchored import exception
from clonotrack.germline.rebuild.sources import Row, Tables, digest

_SPECIAL_NAMES = {"KDE_long": ("KDE", "J"), "INTRON_long": ("Intron", "V")}
_SHARED_GENE = ("Ensembl/HGNC gene symbol", "delta name of the shared gene")


def data_files(rows: list[Row], tables: Tables) -> dict[str, str]:
    """File name to text."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: _natural(row["allele"])):
        groups[f"{row['locus']}{row['segment']}.fasta"].append(row)
    special = tables["special_segments.tsv"]
    return {
        **{name: "".join(map(_record, groups[name])) for name in sorted(groups)},
        "special_segments.fasta": "".join(_special_records(special)),
        "aliases.tsv": _tsv(_aliases(rows, tables)),
        "rss_flanks.tsv": _tsv([*tables["rss_flanks.tsv"], *_intron_flank(special)]),
        "j_anchor_exceptions.tsv": _tsv(tables["j_anchor_exceptions.tsv"]),
        "v_anchor_exceptions.tsv": _tsv(_v_exceptions(rows)),
    }


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort key that puts IGHV1-8 before IGHV1-18."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _record(row: Row) -> str:
    stated = row.get("functionality") or ("F" if row["functional"] == "yes" else "NF")
    words = [row["allele"], f"functionality={stated}", f"source={row['source']}"]
    if row["segment"] != "D":
        words.insert(1, f"anchor={row['cdr3_anchor']}")
    return f">{' '.join(words)}\n{row['gapped'] or row['sequence']}\n"


def _special_records(special: list[Row]) -> Iterator[str]:
    for row in special:
        if row["name"] in _SPECIAL_NAMES:
            name, kind = _SPECIAL_NAMES[row["name"]]
            source = f"{row['source'].replace(' ', ':')}:{row['chrom']}:{row['start']}-{row['end']}:{row['strand']}"
            yield f">{name} kind={kind} loci=IGK anchor= source={source}\n{row['sequence']}\n"


def _intron_flank(special: list[Row]) -> Iterator[Row]:
    for row in special:
        if row["name"] == "INTRON_RSS":
            flank = row["sequence"]
            place = f"{row['source']} {row['chrom']}:{row['start']}-{row['end']}:{row['strand']}"
            yield {
                "gene": "Intron",
                "side": "3'",
                "flank": flank,
                "length": str(len(flank)),
                "heptamer": flank[:7],
                "adjacent20": flank[:20],
                "source": place,
                "note": row["note"],
            }


def _aliases(rows: list[Row], tables: Tables) -> list[Row]:
    """The listed names that the reference does not have, with the alleles of shared genes written out."""
    taken = {row["allele"] for row in rows} | {row["gene"] for row in rows}
    listed = [row for row in tables["aliases.tsv"] if row["alias"] not in taken]
    shared = [row for row in listed if row["evidence"] in _SHARED_GENE]
    written_out = [
        {**alias, "alias": f"{alias['alias']}*{number}", "canonical": row["allele"], "level": "allele"}
        for alias in shared
        for row in rows
        for gene, _, number in [row["allele"].partition("*")]
        if gene == alias["canonical"]
    ]
    return [*listed, *written_out, *_special_aliases(tables["special_segments.tsv"])]


def _special_aliases(special: list[Row]) -> Iterator[Row]:
    for row in special:
        if row["name"] in _SPECIAL_NAMES:
            name = _SPECIAL_NAMES[row["name"]][0]
            others = [row["name"].removesuffix("_long"), *row["other_names"].split(";")]
            for other in others:
                if other != name:
                    evidence = "name in use for this element"
                    yield {"alias": other, "canonical": name, "level": "gene", "evidence": evidence}


def _v_exceptions(rows: list[Row]) -> Iterator[Row]:
    for row in sorted(rows, key=lambda row: _natural(row["allele"])):
        excepted = exception(row)
        if row["segment"] == "V" and excepted is not None:
            yield {
                "gene": row["gene"],
                "allele": row["allele"],
                "length_nt": row["length"],
                "md5": digest(row["sequence"]),
                "cdr3_anchor": row["cdr3_anchor"],
                "anchor_codon": excepted[0],
                "note": excepted[1],
            }


def _tsv(rows: Iterable[Row]) -> str:
    """Tab-separated text; the first row's keys are the header."""
    rows = list(rows)
    lines = [list(rows[0])] + [[row.get(field, "") for field in rows[0]] for row in rows]
    return "".join("\t".join(line) + "\n" for line in lines)
