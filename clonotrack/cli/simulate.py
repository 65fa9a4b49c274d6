"""Command group ``clonotrack simulate``: simulate reads whose origin is known."""

from __future__ import annotations

from pathlib import Path

import click

from clonotrack.cli import options

LOCI = ("IGH", "IGK", "IGL", "TRA", "TRB", "TRG", "TRD")
_seed = click.option(
    "--seed", type=click.IntRange(min=0), help="Seed of all random numbers; replaces the seed of the plan."
)


@click.group()
def simulate() -> None:
    """Simulate reads whose origin is known: the demo, the samples of a plan, or reads to test annotation."""


@simulate.command()
@options.output("Output folder for reads, sample sheet, controls, settings and truth.")
@_seed
@options.force
def demo(output: Path, seed: int | None, force: bool) -> None:
    """Simulate the demo: two patients with six samples each, and two control samples."""
    write_demo(output, seed=seed, force=force)


@simulate.command()
@click.argument("plan", type=options.PATH)
@options.output("Output folder for reads, sample sheet, controls, settings and truth.")
@_seed
@options.germline
@options.force
def series(plan: Path, output: Path, seed: int | None, germline: Path | None, force: bool) -> None:
    """Simulate the samples of the YAML file PLAN; `clonotrack simulate plan` prints an example."""
    _write_series(plan, output, seed=seed, germline=germline, force=force)


@simulate.command()
def plan() -> None:
    """Print the plan of the demo as an example."""
    click.echo(_demo_plan().read_text(encoding="utf-8"), nl=False)


@simulate.command()
@click.option(
    "--locus",
    "loci",
    type=click.Choice(LOCI),
    multiple=True,
    default=("IGH",),
    show_default=True,
    help="Locus of the rearrangements; may be repeated.",
)
@click.option(
    "--reads",
    "count",
    type=click.IntRange(min=1),
    default=10_000,
    show_default=True,
    help="Number of reads to simulate.",
)
@click.option(
    "--clonotypes", type=click.IntRange(min=1), help="Number of different clonotypes.  [default: one per read]"
)
@click.option("--largest", type=click.FloatRange(0, 1), help="Share of the largest clonotype in the reads.")
@click.option(
    "--mutation", type=click.FloatRange(0, 0.3), default=0.0, show_default=True, help="Hypermutated bases per base."
)
@click.option("--error-rate", type=float, default=0.0015, show_default=True, help="Mean sequencing errors per base.")
@click.option(
    "--length",
    type=click.IntRange(min=60),
    help="Length of a read [nt]; reads end with the last base of J.  [default: reads start at the FR3 primer]",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Seed of all random numbers.")
@click.option(
    "--truth", type=options.PATH, required=True, help="Output file of the READ_TRUTH table (.tsv or .parquet)."
)
@options.output("Output FASTQ file; compressed if its name ends with .gz.")
@options.germline
@options.force
def reads(
    *,
    loci: tuple[str, ...],
    count: int,
    clonotypes: int | None,
    largest: float | None,
    mutation: float,
    error_rate: float,
    length: int | None,
    seed: int,
    truth: Path,
    output: Path,
    germline: Path | None,
    force: bool,
) -> None:
    """Simulate single reads of random rearrangements, and write their true annotation."""
    from clonotrack.germline.load import load_reference
    from clonotrack.simulate import simulate_labelled_reads, write_labelled_reads

    batches = simulate_labelled_reads(
        load_reference(germline),
        loci,
        count,
        clonotypes=clonotypes or count,
        largest=largest,
        mutation=mutation,
        error_rate=error_rate,
        length=length,
        seed=seed,
    )
    write_labelled_reads(batches, output, truth, force=force)


def write_demo(folder: Path, *, seed: int | None = None, force: bool = False) -> None:
    """Simulate the demo; print a line on standard error after each tube.

    Args:
        folder: output folder.
        seed: seed of all random numbers; None uses the seed of the demo.
        force: overwrite existing files.
    """
    _write_series(_demo_plan(), folder, seed=seed, germline=None, force=force)


def _demo_plan() -> Path:
    from importlib.resources import files

    return Path(str(files("clonotrack.simulate") / "demo.yaml"))


def _write_series(plan: Path, output: Path, *, seed: int | None, germline: Path | None, force: bool) -> None:
    from clonotrack.germline.load import load_reference
    from clonotrack.io.settings import read_yaml
    from clonotrack.simulate import Series, parse_plan, write_series

    simulated = Series(parse_plan(read_yaml(plan), str(plan)), load_reference(germline), seed)
    write_series(simulated, output, force=force, progress=lambda line: click.echo(line, err=True))
