"""``clonotrack demo``: the whole flow on data of known truth."""

from __future__ import annotations

import time
from pathlib import Path

import click

from clonotrack.cli import options
from clonotrack.cli.console import say
from clonotrack.cli.run import require_snakemake, run_workflow, summarise


@click.command()
@click.option("-o", "--output", type=options.FILE, default=Path("demo_results"), show_default=True, help="Folder.")
@click.option("--cores", type=click.IntRange(min=1), help="Most cores in use at once; by default all.")
@click.option("--force", is_flag=True, help="Make everything again.")
def demo(output: Path, cores: int | None, force: bool) -> None:
    """Take the shipped demo data, two simulated patients, from reads to reports, and compare with the truth."""
    from clonotrack.io.tables import read_table
    from clonotrack.tables import COMBINED, TRUTH

    start = time.monotonic()
    require_snakemake()
    data = _data(output)
    arguments = ["--forceall"] if force else []
    run_workflow(data / "samples.tsv", output, cores=cores, settings=data / "config.yaml", arguments=arguments)
    truth = read_table(data / "truth.tsv", TRUTH)
    summarise(output, truth.filter(truth["marker_id"] == COMBINED))
    say(f"the run took {time.monotonic() - start:.0f} s, compilation of the kernels included where they were new")


def _data(output: Path) -> Path:
    """The demo data of a checkout, else the same made from its seed."""
    from clonotrack.io.package_data import demo_folder

    shipped = demo_folder()
    if shipped is not None:
        return shipped
    from clonotrack.cli.simulate import write_demo

    made = output / "data"
    if not (made / "samples.tsv").is_file():
        click.echo("making the demo data from its seed", err=True)
        write_demo(made)
    return made
