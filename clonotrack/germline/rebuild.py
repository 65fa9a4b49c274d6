"""Rebuild the embedded reference from pip packages and the fact tables (a maintainer's script).

    python -m clonotrack.germline.rebuild --wheels DIR --facts DIR --out clonotrack/germline/data

``--wheels`` holds the wheels of abstar 0.8.0, tcrdist3 0.3 and mirpy-lib 4.7.0, ``--facts`` the tables that
PROVENANCE.md describes. A sequence is taken when its md5 is on a list, and from nowhere else; every anchor is
found from the sequence and has to equal the one listed. Nothing is written when anything disagrees. The output
is the same bytes every time.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from hashlib import md5
from io import StringIO
from itertools import chain
from pathlib import Path
from typing import TypeAlias
from zipfile import ZipFile

from clonotrack.errors import GermlineError
from clonotrack.germline.anchors import find_anchor, ungapped

Row: TypeAlias = dict[str, str]

# V alleles whose anchor the rules cannot find: codon at the listed anchor, and why it is right all the same.
V_EXCEPTIONS = {
    "IGHV8-51-1*02": ("TGT", "codon 104 is Cys by its IMGT numbering; the residues before it are NMAAFN"),
    "IGKV2-29*01": ("TGA", "stop codon at 104, anchor by IMGT position"),
    "IGLV3-2*03": ("TGT", "reading frame broken, Cys codon of TATTACTGT 4 nt before IMGT position 104"),
    "TRBV7-3*03": ("CGT", "Arg at 104; anchor as in TRBV7-3*01"),
    "TRBV17*01": ("TAC", "Tyr at 104"),
    "TRBV17*02": ("TAC", "Tyr at 104"),
    "TRBV26*01": ("TAT", "Tyr at 104"),
    "TRBV26*02": ("TAT", "Tyr at 104"),
    "TRGVA*01": ("TGC", "Cys, but the residues before it are IEGMNY"),
}
TR_TABLES = ("tr_grch38.tsv", "tr_other_haplotypes.tsv")
FIELDS_ALIASES = ("alias", "canonical", "level", "evidence")
FIELDS_EXCEPTIONS = ("gene", "allele", "length_nt", "md5", "cdr3_anchor", "anchor_codon", "note")


def main() -> None:
    """Read, check, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("wheels", "facts", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    files = build(args.wheels, args.facts)
    args.out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (args.out / name).write_text(text, encoding="ascii")
        print(f"| {name} | {_records(name, text)} | {_md5(text)} |")


def build(wheels: Path, facts: Path) -> dict[str, str]:
    """Name to text of every data file; GermlineError where anything disagrees with the tables."""
    tables = {path.name: _table(path.read_text(encoding="utf-8")) for path in sorted(facts.glob("*.tsv"))}
    sequences, gapped = _package_sequences(wheels)
    rows = _wanted(tables)
    for row in rows:
        _complete(row, sequences, gapped)
    exceptions = {row["md5"]: int(row["cdr3_anchor"]) for row in tables["j_anchor_exceptions.tsv"]}
    problems = [sentence for row in rows for sentence in _check_anchor(row, exceptions)]
    if problems:
        raise GermlineError("; ".join(problems))
    return _files(rows, tables)


def _files(rows: list[Row], tables: dict[str, list[Row]]) -> dict[str, str]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: _natural(row["allele"])):
        groups[f"{row['locus']}{row['segment']}.fasta"].append(row)
    files = {name: "".join(map(_fasta, groups[name])) for name in sorted(groups)}
    files["special_segments.fasta"] = "".join(map(_special, tables["special_segments.tsv"]))
    files["aliases.tsv"] = _tsv(_aliases(rows, tables), FIELDS_ALIASES)
    flanks = [*tables["rss_flanks.tsv"], *_intron_flank(tables["special_segments.tsv"])]
    files["rss_flanks.tsv"] = _tsv(flanks, tuple(flanks[0]))
    exceptions = tables["j_anchor_exceptions.tsv"]
    files["j_anchor_exceptions.tsv"] = _tsv(exceptions, tuple(exceptions[0]))
    files["v_anchor_exceptions.tsv"] = _tsv(_v_exceptions(rows), FIELDS_EXCEPTIONS)
    return files


# What is wanted: rows of the tables -----------------------------------------------------------------------


def _wanted(tables: dict[str, list[Row]]) -> list[Row]:
    """One row per allele, the longest where the tables have two lengths, plus D genes known as an alias only."""
    best: dict[str, Row] = {}
    for row in chain(tables["ig_ogrdb.tsv"], *(tables[name] for name in TR_TABLES)):
        row = {**row, "length": row.get("length") or row["length_nt"], "source": _source(row)}
        known = best.setdefault(row["allele"], row)
        if int(row["length"]) > int(known["length"]):
            best[row["allele"]] = row
    return [*best.values(), *_paralogs(best, tables)]


def _paralogs(best: dict[str, Row], tables: dict[str, list[Row]]) -> Iterator[Row]:
    """D genes that OGRDB folds into an identical one, but that have flanks of their own to be told apart by."""
    with_flanks = {row["gene"] for row in tables["rss_flanks.tsv"]} - {row["gene"] for row in best.values()}
    with_flanks |= {"IGHD5-18"}  # *01 is IGHD5-5*01, *02 is its own
    for alias in tables["aliases.tsv"]:
        gene = alias["alias"].split("*")[0]
        if alias["level"] == "allele" and gene in with_flanks:
            twin = best[alias["canonical"]]
            yield {**twin, "allele": alias["alias"], "gene": gene, "source": f"GRCh38:as_{twin['allele']}"}


def _source(row: Row) -> str:
    if "ogrdb_ref" in row:
        return f"OGRDB:{row['ogrdb_ref']}"
    assembly = row.get("verified") or row["assembly"]
    place = f"{row['chrom']}:{row['region_start']}-{row['region_end']}:{row['strand']}"
    return f"{'GRCh38-partial' if assembly == 'partial' else assembly}:{place}"


# Sequences from the packages ------------------------------------------------------------------------------


def _package_sequences(wheels: Path) -> tuple[dict[str, str], dict[str, str]]:
    """md5 to sequence for every human segment of the packages; allele to gapped V of OGRDB."""
    sequences: dict[str, str] = {}
    gapped: dict[str, str] = {}
    with ZipFile(_wheel(wheels, "abstar-0.8.0")) as archive:
        base = "abstar/germline_dbs"
        for receptor in ("bcr", "tcr"):
            for segment in "vdj":
                records = _fasta_records(_read(archive, f"{base}/{receptor}/human/ungapped/{segment}.fasta"))
                sequences.update((_md5(letters), letters) for letters in records.values())
        gapped = _fasta_records(_read(archive, f"{base}/bcr/human/imgt_gapped/v.fasta"))
    with ZipFile(_wheel(wheels, "tcrdist3-0.3")) as archive:
        rows = _table(_read(archive, "tcrdist/db/combo_xcr_2024-03-05.tsv"))
        _add(sequences, (ungapped(row["nucseq"]) for row in rows if row["organism"] == "human"))
    with ZipFile(_wheel(wheels, "mirpy_lib-4.7.0")) as archive:
        rows = _table(_read(archive, "mir/resources/gene_library/imgt_gene_library.txt"))
        _add(sequences, (row["sequence"].upper() for row in rows if row["species"] == "human"))
    return sequences, gapped


def _add(sequences: dict[str, str], letters: Iterable[str]) -> None:
    sequences.update((_md5(item), item) for item in letters)


def _wheel(wheels: Path, name: str) -> Path:
    found = sorted(wheels.glob(f"{name}-*.whl"))
    if len(found) != 1:
        raise GermlineError(f"{len(found)} wheels of {name} in {wheels}; put exactly one there")
    return found[0]


def _read(archive: ZipFile, name: str) -> str:
    return archive.read(name).decode("utf-8")


def _fasta_records(text: str) -> dict[str, str]:
    """Allele to letters, upper case, as written; abstar's ``__species`` is cut off the name."""
    records = (record.partition("\n") for record in text.split(">")[1:])
    return {name.split("__")[0].strip(): "".join(body.split()).upper() for name, _, body in records}


# Checks ---------------------------------------------------------------------------------------------------


def _complete(row: Row, sequences: dict[str, str], gapped: dict[str, str]) -> None:
    """Put the sequence into a row, and the gapped one of an IG V."""
    if row["md5"] not in sequences:
        raise GermlineError(f"no package holds the sequence of {row['allele']} with md5 {row['md5']}")
    row["sequence"] = sequences[row["md5"]]
    row["gapped"] = ""
    if "ogrdb_ref" in row and row["segment"] == "V":
        row["gapped"] = gapped[row["allele"]]
        if ungapped(row["gapped"]) != row["sequence"]:
            raise GermlineError(f"the gapped sequence of {row['allele']} is not its ungapped one")


def _check_anchor(row: Row, exceptions: dict[str, int]) -> Iterator[str]:
    """Sentences on what is wrong with the anchor of a row.

    An IG V is looked at twice: by IMGT position and by the rule for plain sequences.
    """
    if row["segment"] == "D":
        return
    listed = int(row["cdr3_anchor"])
    codon = row["sequence"][listed : listed + 3]
    found = {find_anchor(row["segment"], row["sequence"], view, exceptions)[0] for view in _views(row)}
    excepted = _excepted(row)
    if excepted is not None:
        if codon != excepted or found == {listed}:
            yield f"{row['allele']} is excepted with codon {excepted}, its codon at {listed} is {codon}"
    elif found != {listed} or codon != row["anchor_codon"]:
        yield f"{row['allele']}: anchor listed {listed} ({row['anchor_codon']}), found {sorted(map(str, found))}"


def _views(row: Row) -> list[str | None]:
    return [row["gapped"], None] if row["gapped"] else [None]


def _excepted(row: Row) -> str | None:
    name = "IGHV8-51-1*02" if row["gene"] == "IGHV8-51-1" else row["allele"]
    return V_EXCEPTIONS[name][0] if name in V_EXCEPTIONS else None
