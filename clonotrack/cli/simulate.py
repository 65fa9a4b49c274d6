"""Command group ``clonotrack simulate``: simulate reads with known truth."""

from __future__ import annotations

from pathlib import Path

import click

from clonotrack.cli import options

LOCI = ("IGH", "IGK", "IGL", "TRA", "TRB", "TRG", "TRD")
_seed = click.option(
    "--seed", type=click.IntRange(min=0), help="Seed of the random numbers; replaces that of the plan."
)


@click.group()
def simulate() -> None:
    """Simulate reads with known truth: the demo, a series of samples, or single rearrangements."""


@simulate.command()
@options.output("Folder for reads, sample sheet, controls, settings and truth.")
@_seed
@options.force
def demo(output: Path, seed: int | None, force: bool) -> None:
    """Simulate the demo: two patients with six samples each, and two controls."""
    write_demo(output, seed=seed, force=force)


@simulate.command()
@click.argument("plan", type=options.PATH)
@options.output("Folder for reads, sample sheet, controls, settings and truth.")
@_seed
@options.germline
@options.force
def series(plan: Path, output: Path, seed: int | None, germline: Path | None, force: bool) -> None:
    """Simulate the samples of PLAN, a YAML file; `clonotrack simulate plan` prints an example."""
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
    help="Locus; may be repeated.",
)
@click.option(
    "--reads", "count", type=click.IntRange(min=1), default=10_000, show_default=True, help="Number of reads."
)
@click.option("--clonotypes", type=click.IntRange(min=1), help="Number of clonotypes.  [default: one per read]")
@click.option("--largest", type=click.FloatRange(0, 1), help="Share of reads of the largest clonotype.")
@click.option(
    "--mutation", type=click.FloatRange(0, 0.3), default=0.0, show_default=True, help="Share of hypermutated bases."
)
@click.option("--error-rate", type=float, default=0.0015, show_default=True, help="Sequencing errors per base.")
@click.option(
    "--length", type=click.IntRange(min=60), help="Length of a read, which ends with the J [nt].  [default: from FR3]"
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Seed of the random numbers.")
@click.option("--truth", type=options.PATH, required=True, help="READ_TRUTH table to write (.tsv or .parquet).")
@options.output("FASTQ file to write; compressed if its name ends with .gz.")
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
    """Simulate reads of random rearrangements and their true annotation."""
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
    """Simulate the demo into a folder; each finished tube prints a line on standard error."""
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
