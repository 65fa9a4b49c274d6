"""Command ``clonotrack demo``: run the whole workflow on simulated data and compare the results with the truth."""

from __future__ import annotations

import time
from pathlib import Path

import click

from clonotrack.cli import options
from clonotrack.cli.console import print_summary
from clonotrack.cli.run import print_results, require_snakemake, run_workflow


@click.command()
@click.option(
    "-o", "--output", type=options.PATH, default=Path("demo_results"), show_default=True, help="Output folder."
)
@click.option("--cores", type=click.IntRange(min=1), help="Number of cores.  [default: all]")
@click.option("--force", is_flag=True, help="Run all steps again, including those whose results are up to date.")
def demo(output: Path, cores: int | None, force: bool) -> None:
    """Run two simulated patients from reads to reports and compare the results with the truth."""
    from clonotrack.io.tables import read_table
    from clonotrack.tables import COMBINED, TRUTH

    start = time.monotonic()
    require_snakemake()
    data = _demo_data(output)
    arguments = ["--forceall"] if force else []
    run_workflow(data / "samples.tsv", output, cores=cores, settings=data / "config.yaml", arguments=arguments)
    truth = read_table(data / "truth.tsv", TRUTH)
    print_results(output, truth.filter(truth["marker_id"] == COMBINED))
    print_summary(
        f"the run took {time.monotonic() - start:.0f} s (the first run takes longer, because it compiles kernels)"
    )


def _demo_data(output: Path) -> Path:
    """Return the folder of the demo data; simulate the data if this installation does not contain them.

    A clone of the git repository contains the data in ``test_data/demo``. An installed package does not: the same plan
    and seed are then simulated into ``data`` inside the output folder, unless this was done before.

    Args:
        output: output folder of the demo.
    """
    from clonotrack.io.package_data import demo_folder

    shipped = demo_folder()
    if shipped is not None:
        return shipped
    from clonotrack.cli.simulate import write_demo

    simulated = output / "data"
    if not (simulated / "samples.tsv").is_file():
        click.echo("simulating the demo data", err=True)
        write_demo(simulated)
    return simulated
