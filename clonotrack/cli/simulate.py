"""clonotrack simulate: reads of known truth."""

from __future__ import annotations

from pathlib import Path

import click

from clonotrack.cli import options

LOCI = ("IGH", "IGK", "IGL", "TRA", "TRB", "TRG", "TRD")
_seed = click.option("--seed", type=click.IntRange(min=0), help="In place of the plan's seed.")


@click.group()
def simulate() -> None:
    """Make reads of known truth: the demo, a series of your own, or single annotated reads."""


@simulate.command()
@options.output("Folder for reads, sheet, controls, settings and truth.")
@_seed
@options.force
def demo(output: Path, seed: int | None, force: bool) -> None:
    """The shipped demo: two patients, six samples each, and two controls."""
    write_demo(output, seed=seed, force=force)


@simulate.command()
@click.argument("plan", type=options.FILE)
@options.output("Folder for reads, sheet, controls, settings and truth.")
@_seed
@options.germline
@options.force
def series(plan: Path, output: Path, seed: int | None, germline: Path | None, force: bool) -> None:
    """A series of tubes from PLAN, a YAML file as `clonotrack simulate plan` prints one."""
    _write_series(plan, output, seed=seed, germline=germline, force=force)


@simulate.command()
def plan() -> None:
    """Print the plan of the demo, to start your own from."""
    click.echo(_demo_plan().read_text(encoding="utf-8"), nl=False)


@simulate.command()
@click.option("--locus", "loci", type=click.Choice(LOCI), multiple=True, default=("IGH",), show_default=True)
@click.option("--reads", "count", type=click.IntRange(min=1), default=10_000, show_default=True)
@click.option("--clonotypes", type=click.IntRange(min=1), help="Different rearrangements.  [default: one per read]")
@click.option("--largest", type=click.FloatRange(0, 1), help="Share of the reads of the largest clonotype.")
@click.option("--mutation", type=click.FloatRange(0, 0.3), default=0.0, show_default=True, help="Hypermutated bases.")
@click.option("--error-rate", type=float, default=0.0015, show_default=True, help="Wrong bases of sequencing.")
@click.option("--length", type=click.IntRange(min=60), help="nt of a read, up to the J's end.  [default: from FR3]")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--truth", type=options.FILE, required=True, help="READ_TRUTH table (.tsv or .parquet) to write.")
@options.output("FASTQ file to write; gzip where it ends with .gz.")
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
    """Reads of random rearrangements, with the truth of each: what annotation is measured on."""
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
    """Write the demo's files, telling each tube on standard error."""
    _write_series(_demo_plan(), folder, seed=seed, germline=None, force=force)


def _demo_plan() -> Path:
    from importlib.resources import files

    return Path(str(files("clonotrack.simulate") / "demo.yaml"))


def _write_series(plan: Path, output: Path, *, seed: int | None, germline: Path | None, force: bool) -> None:
    from clonotrack.germline.load import load_reference
    from clonotrack.io.settings import read_yaml
    from clonotrack.simulate import Series, parse_plan, write_series

    simulated = Series(parse_plan(read_yaml(plan), str(plan)), load_reference(germline), seed)
    write_series(simulated, output, force=force, progress=lambda sentence: click.echo(sentence, err=True))
