"""Command group ``clonotrack germline``: list, check and import germline references."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from clonotrack.germline import Reference, Segment


_ALLELE_COLUMNS = (
    "allele",
    "gene",
    "loci",
    "kind",
    "length",
    "anchor",
    "functionality",
    "orphon",
    "identical",
)


@click.group("germline")
def germline() -> None:
    """List a germline reference, check FASTA files of one, or import published germline sets."""


@germline.command("list")
@click.option(
    "--germline",
    "folder",
    type=click.Path(path_type=Path),
    help="Folder of a germline reference.  [default: the embedded human reference]",
)
@click.option("--alleles", is_flag=True, help="Print a TSV table with one row per allele instead.")
def list_reference(folder: Path | None, alleles: bool) -> None:
    """Print the number of genes and alleles of each locus and kind of segment (V, D, J)."""
    from clonotrack.germline.load import load_reference

    reference = load_reference(folder)
    if alleles:
        _print_tsv(_ALLELE_COLUMNS, _allele_rows(reference))
        return
    click.echo(_aligned(_summary_rows(reference)))
    click.echo(f"\n{reference.name}, {len(reference.segments)} segments, sha256 {reference.digest}")


@germline.command("check")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
def check(paths: tuple[Path, ...]) -> None:
    """Check FASTA files, or folders of FASTA files, with V, D and J alleles: names, bases and CDR3 anchors.

    The sequences may have IMGT gaps. The command prints one row per record. The exit status is 1 if a record has a
    problem.
    """
    from clonotrack.errors import GermlineError
    from clonotrack.germline.check import check_reference
    from clonotrack.io.import_germline import CHECK_COLUMNS, check_row

    findings = check_reference(paths)
    _print_tsv(CHECK_COLUMNS, map(check_row, findings))
    problems = [finding for finding in findings if finding.status == "problem"]
    if problems:
        first = problems[0]
        raise GermlineError(
            f"{len(problems)} of {len(findings)} records have a problem, the first is {first.path}, record "
            f"{first.record} ({first.message}): correct or remove the records whose status is problem"
        )


@germline.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    "folder",
    required=True,
    type=click.Path(path_type=Path),
    help="Output folder; it must be new or empty.",
)
def import_sets(paths: tuple[Path, ...], folder: Path) -> None:
    """Convert published germline sets to a folder for the option --germline of other commands.

    PATHS are FASTA files (ungapped or IMGT-gapped) or AIRR GermlineSet JSON files, of any species. The command finds
    the CDR3 anchors and writes them into the headers. It prints the records that it could not use or that have no
    anchor. The file import.tsv in the output folder lists all records.
    """
    from clonotrack.germline.load import load_reference
    from clonotrack.io.import_germline import CHECK_COLUMNS, check_row, import_germline

    findings = import_germline(paths, folder)
    if remarks := [finding for finding in findings if finding.message]:
        _print_tsv(CHECK_COLUMNS, map(check_row, remarks))
        click.echo()
    click.echo(_aligned(_summary_rows(load_reference(folder))))
    imported = sum(finding.segment is not None for finding in findings)
    click.echo(f"\n{imported} of {len(findings)} records imported: use the new reference with --germline {folder}")


def _summary_rows(reference: Reference) -> Iterator[Sequence[object]]:
    """Yield a header, then one row for each locus and kind of segment."""
    from clonotrack.germline import KINDS

    yield "locus", "kind", "genes", "alleles", "functional", "orphons", "also from"
    for locus in reference.loci:
        for kind in KINDS:
            segments = [s for s in reference.segments if s.locus == locus and s.kind == kind]
            called = [s for s in segments if not s.orphon]
            shared = {s.gene for s in reference.select(kind, locus) if s.locus != locus}
            if segments:
                genes, functional = {s.gene for s in called}, sum(s.functionality == "F" for s in called)
                also = f"{len(shared)} genes of another locus" if shared else ""
                yield locus, kind, len(genes), len(called), functional, len(segments) - len(called), also


def _allele_rows(reference: Reference) -> Iterator[Sequence[object]]:
    for segment in reference.segments:
        yield (
            segment.allele,
            segment.gene,
            ",".join(segment.loci),
            segment.kind,
            len(segment.sequence),
            _anchor(segment),
            segment.functionality,
            "T" if segment.orphon else "F",
            ",".join(reference.identical_alleles(segment.allele)),
        )


def _anchor(segment: Segment) -> object:
    return "" if segment.anchor is None else segment.anchor


def _print_tsv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    click.echo("\t".join(columns))
    for row in rows:
        click.echo("\t".join(str(value).replace("\t", " ") for value in row))


def _aligned(rows: Iterable[Sequence[object]]) -> str:
    table = [[str(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in table)
    return "\n".join(lines)
