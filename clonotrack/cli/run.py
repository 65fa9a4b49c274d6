"""Command ``clonotrack run``: run the Snakemake workflow on a cohort."""

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
from clonotrack.cli.console import print_summary, verbosity

if TYPE_CHECKING:
    import polars as pl


@click.command()
@click.argument("samples", type=options.PATH)
@click.argument("arguments", nargs=-1)
@options.output("Folder for the results.")
@click.option("--cores", type=click.IntRange(min=1), help="Number of cores.  [default: all]")
@click.option(
    "--profile",
    default="default",
    show_default=True,
    help="Snakemake profile: default, slurm, or the folder of another one.",
)
@click.option(
    "--config", "settings", type=options.PATH, help="Settings file (YAML); `clonotrack config` prints an example."
)
def run(
    samples: Path, arguments: tuple[str, ...], output: Path, cores: int | None, profile: str, settings: Path | None
) -> None:
    """Take all samples of the sample sheet SAMPLES from reads to reports.

    Steps whose results are up to date do not run again. ARGUMENTS after -- are passed to Snakemake.
    """
    run_workflow(samples, output, cores=cores, profile=profile, settings=settings, arguments=arguments)
    print_results(output)


def run_workflow(
    samples: Path,
    output: Path,
    *,
    cores: int | None = None,
    profile: str = "default",
    settings: Path | None = None,
    arguments: Sequence[str] = (),
) -> None:
    """Check the inputs, then run the workflow.

    Args:
        samples: the sample sheet.
        output: folder for the results.
        cores: number of cores; None leaves it to the profile.
        profile: name of one of our Snakemake profiles, or the folder of another one.
        settings: the settings file; None uses the defaults.
        arguments: further arguments of Snakemake.

    Raises:
        ClonotrackError: an input is wrong, Snakemake is not installed, the output is locked, or a step failed.
    """
    from clonotrack.errors import ClonotrackError
    from clonotrack.io.cohort import read_cohort
    from clonotrack.io.outputs import staged
    from clonotrack.io.settings import read_config

    require_snakemake()
    read_cohort(samples, read_config(settings))
    with staged([output / ".writable"], force=True) as (path,):  # the message of Snakemake would not name the folder
        path.touch()
    (output / ".writable").unlink()
    start = time.time()
    command = _command(samples, output, cores=cores, profile=profile, settings=settings)
    status = subprocess.run([*command, *arguments], env=_environment(profile), check=False).returncode
    if status and any(output.glob(".snakemake/locks/*")):  # Snakemake removes them at its end
        raise ClonotrackError(
            f"{output}: the folder is locked by another run, or by one that was killed: wait for the other run; if "
            "there is none, run the command with `-- --unlock` at its end, then without"
        )
    if status:
        for message in _error_messages(output, start):
            click.echo(message, err=True)
        raise ClonotrackError(f"{output}: a step of the workflow failed: see the messages above and {output}/logs")


def require_snakemake() -> None:
    """Check that Snakemake is installed.

    Raises:
        ClonotrackError: Snakemake is not installed.
    """
    from clonotrack.errors import ClonotrackError

    if find_spec("snakemake") is None:
        raise ClonotrackError('Snakemake is not installed: run `pip install "clonotrack[workflow]"`')


def print_results(output: Path, truth: pl.DataFrame | None = None) -> None:
    """Print the MRD table of a cohort, with the true values if they are given, and the paths of the reports."""
    from clonotrack.io.tables import read_table
    from clonotrack.report import terminal_table
    from clonotrack.tables import MRD

    mrd = output / "6_quantify" / "mrd.tsv"
    if mrd.is_file():  # missing after a dry run
        print_summary("\n" + terminal_table(read_table(mrd, MRD), truth) + "\n")
    for page in sorted((output / "7_report").glob("*.html")):
        print_summary(f"report: {page}")


def _error_messages(output: Path, since: float) -> list[str]:
    """Return the error messages in the logs of this run, each after the path of its log."""
    logs = [path for path in sorted(output.glob("logs/**/*.log")) if path.stat().st_mtime >= since]
    return [f"{path}: {line}" for path in logs for line in path.read_text().splitlines() if "clonotrack: " in line]


def _command(samples: Path, output: Path, *, cores: int | None, profile: str, settings: Path | None) -> list[str]:
    from clonotrack.io.package_data import workflow_folder

    workflow = workflow_folder()
    own_profile = workflow / "profiles" / profile
    configuration = [f"samples={samples.resolve()}", f"output={output.resolve()}"]
    if settings:
        configuration.append(f"settings={settings.resolve()}")
    return [
        *(sys.executable, "-m", "snakemake"),
        *("--snakefile", str(workflow / "Snakefile"), "--directory", str(output)),
        *("--profile", str(own_profile if own_profile.is_dir() else profile)),
        *(("--cores", str(cores)) if cores else ()),
        *(("--quiet", *hidden) if (hidden := _hidden_output()) else ()),
        *("--config", *configuration),
    ]


def _hidden_output() -> tuple[str, ...]:
    """Return the kinds of Snakemake output to hide: all, nothing, or by default what does not concern our steps."""
    level = verbosity()
    return ("all",) if level.quiet else () if level.verbose else ("rules", "host", "reason")


def _environment(profile: str) -> dict[str, str]:
    """Return an environment in which the steps of the workflow call this installation of `clonotrack`.

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
