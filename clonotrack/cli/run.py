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
@options.output("Output folder.")
@click.option("--cores", type=click.IntRange(min=1), help="Number of cores.  [default: all]")
@click.option(
    "--profile",
    default="default",
    show_default=True,
    help="Snakemake profile: default, slurm, or the folder of your own profile.",
)
@click.option(
    "--config", "settings", type=options.PATH, help="Settings file (YAML); `clonotrack config` prints an example."
)
def run(
    samples: Path, arguments: tuple[str, ...], output: Path, cores: int | None, profile: str, settings: Path | None
) -> None:
    """Run the whole workflow on all samples of the sample sheet SAMPLES, from reads to reports.

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
    """Check the inputs, then run the Snakemake workflow.

    Args:
        samples: the sample sheet.
        output: output folder.
        cores: number of cores; None uses the number that the profile sets.
        profile: name of a Snakemake profile of clonotrack (default or slurm), or the folder of another profile.
        settings: the settings file; None uses the default settings.
        arguments: further arguments for Snakemake.

    Raises:
        ClonotrackError: an input is wrong, Snakemake is not installed, another run uses the output folder, or a step
            of the workflow failed.
    """
    from clonotrack.errors import ClonotrackError
    from clonotrack.io.cohort import read_cohort
    from clonotrack.io.outputs import staged
    from clonotrack.io.settings import read_config

    require_snakemake()
    read_cohort(samples, read_config(settings))
    with staged([output / ".writable"], force=True) as (path,):  # Snakemake's own message would not name the folder
        path.touch()
    (output / ".writable").unlink()
    start = time.time()
    command = _command(samples, output, cores=cores, profile=profile, settings=settings)
    status = subprocess.run([*command, *arguments], env=_environment(profile), check=False).returncode
    if status and any(output.glob(".snakemake/locks/*")):  # Snakemake removes its locks when it ends
        raise ClonotrackError(
            f"{output}: the folder is locked by another run, or by a run that was killed: wait for the other run; if "
            "no run is active, run the command with `-- --unlock` at its end, then without"
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
    """Print the MRD table of a cohort and the paths of its reports.

    Args:
        output: output folder of the run.
        truth: TRUTH table of a simulation; its true values are printed beside the results. None prints the results
            only.
    """
    from clonotrack.io.tables import read_table
    from clonotrack.report import terminal_table
    from clonotrack.tables import MRD

    mrd = output / "6_quantify" / "mrd.tsv"
    if mrd.is_file():  # missing after a dry run
        print_summary("\n" + terminal_table(read_table(mrd, MRD), truth) + "\n")
    for page in sorted((output / "7_report").glob("*.html")):
        print_summary(f"report: {page}")


def _error_messages(output: Path, since: float) -> list[str]:
    """Return the lines with error messages in the log files of this run, each line after the path of its file.

    Args:
        output: output folder of the run.
        since: start of the run [s since 1970]; older log files are left out.
    """
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
    """Return the kinds of Snakemake output to hide: all with --quiet, none with --verbose, otherwise technical ones."""
    level = verbosity()
    return ("all",) if level.quiet else () if level.verbose else ("rules", "host", "reason")


def _environment(profile: str) -> dict[str, str]:
    """Return environment variables with which the steps of the workflow call this installation of `clonotrack`.

    If no permanent folder for compiled kernels is available, all steps on this machine share one temporary folder.
    """
    from clonotrack.kernels import cache_folder

    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path}
    if profile == "default" and not cache_folder.readable():
        folder = cache_folder.writable()
        if folder is not None and not cache_folder.is_kept(folder):
            environment[cache_folder.VARIABLE] = str(folder)
    return environment
