"""``clonotrack run``: a cohort, through Snakemake."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clonotrack.cli import options
from clonotrack.cli.console import say, speech

if TYPE_CHECKING:
    import polars as pl


@click.command()
@click.argument("samples", type=options.FILE)
@click.argument("arguments", nargs=-1)
@options.output("Folder of the results.")
@click.option("--cores", type=click.IntRange(min=1), help="Most cores in use at once; by default all.")
@click.option("--profile", default="default", show_default=True, help="default, slurm, or your own.")
@click.option("--config", "settings", type=options.FILE, help="Science settings (YAML).")
def run(
    samples: Path, arguments: tuple[str, ...], output: Path, cores: int | None, profile: str, settings: Path | None
) -> None:
    """Take every sample of the sheet SAMPLES from reads to reports.

    What is up to date is not made again. ARGUMENTS after -- go to Snakemake as they are.
    """
    run_workflow(samples, output, cores=cores, profile=profile, settings=settings, arguments=arguments)
    summarise(output)


def run_workflow(
    samples: Path,
    output: Path,
    *,
    cores: int | None = None,
    profile: str = "default",
    settings: Path | None = None,
    arguments: Sequence[str] = (),
) -> None:
    """Check the inputs, then run the workflow to its end.

    Raises:
        ClonotrackError: the inputs are not in order, Snakemake is missing, or a step failed.
    """
    from clonotrack.errors import ClonotrackError
    from clonotrack.io.cohort import read_cohort
    from clonotrack.io.outputs import staged
    from clonotrack.io.settings import read_config

    require_snakemake()
    read_cohort(samples, read_config(settings))
    with staged([output / ".writable"], force=True) as (place,):
        place.touch()
    (output / ".writable").unlink()
    start = time.time()
    command = _command(samples, output, cores=cores, profile=profile, settings=settings)
    status = subprocess.run([*command, *arguments], env=_environment(profile), check=False).returncode
    if status and any(output.glob(".snakemake/locks/*")):  # Snakemake's own; a run that ends takes them away
        raise ClonotrackError(
            f"{output}: another run works on this folder, or was cut off in it: wait for its end, or where there is "
            "none, add `-- --unlock` to the command, then run it again without"
        )
    if status:
        for sentence in _failures(output, start):
            click.echo(sentence, err=True)
        raise ClonotrackError(f"{output}: a step of the workflow failed: read the sentences above or {output}/logs")


def require_snakemake() -> None:
    """Stop where the workflow cannot run.

    Raises:
        ClonotrackError: Snakemake is not installed.
    """
    from clonotrack.errors import ClonotrackError

    if find_spec("snakemake") is None:
        raise ClonotrackError('Snakemake is not installed: pip install "clonotrack[workflow]"')


def summarise(output: Path, truth: pl.DataFrame | None = None) -> None:
    """Print the cohort's MRD table, beside the truth where it is known, and where the reports are."""
    from clonotrack.io.tables import read_table
    from clonotrack.report import terminal_table
    from clonotrack.tables import MRD

    mrd = output / "6_quantify" / "mrd.tsv"
    if mrd.is_file():  # not after a dry run
        say("\n" + terminal_table(read_table(mrd, MRD), truth) + "\n")
    for page in sorted((output / "7_report").glob("*.html")):
        say(f"report: {page}")


def _failures(output: Path, since: float) -> list[str]:
    """What the steps said that failed in this run, each with its log."""
    logs = [path for path in sorted(output.glob("logs/**/*.log")) if path.stat().st_mtime >= since]
    return [f"{path}: {line}" for path in logs for line in path.read_text().splitlines() if "clonotrack: " in line]


def _command(samples: Path, output: Path, *, cores: int | None, profile: str, settings: Path | None) -> list[str]:
    from clonotrack.io.package_data import workflow_folder

    workflow = workflow_folder()
    shipped = workflow / "profiles" / profile
    configuration = [f"samples={samples.resolve()}", f"output={output.resolve()}"]
    if settings:
        configuration.append(f"settings={settings.resolve()}")
    return [
        *(sys.executable, "-m", "snakemake"),
        *("--snakefile", str(workflow / "Snakefile"), "--directory", str(output)),
        *("--profile", str(shipped if shipped.is_dir() else profile)),
        *(("--cores", str(cores)) if cores else ()),
        *(("--quiet", *loudness) if (loudness := _loudness()) else ()),
        *("--config", *configuration),
    ]


def _loudness() -> tuple[str, ...]:
    """What Snakemake leaves out: all, by default what is about itself, nothing."""
    asked = speech()
    return ("all",) if asked.quiet else () if asked.verbose else ("rules", "host", "reason")


def _environment(profile: str) -> dict[str, str]:
    """Return the environment of the steps: they call the `clonotrack` of this very installation.

    If compiled kernels cannot be kept, the steps on this machine share one temporary folder for them.
    """
    from clonotrack.kernels import cache_folder

    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path}
    if profile == "default" and not cache_folder.readable():
        folder = cache_folder.writable()
        if folder is not None and not cache_folder.is_kept(folder):
            environment[cache_folder.VARIABLE] = str(folder)
    return environment
