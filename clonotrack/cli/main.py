"""Entry point of the command line: find the command, run it, and convert errors to messages and exit statuses."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Sequence

import click

import clonotrack
from clonotrack.cli.console import Verbosity
from clonotrack.errors import ClonotrackError

GC_THRESHOLD = 600_000
"""Number of new objects after which Python's garbage collector runs.

With the default of 700, the start of `track` takes 7 % more CPU time (1.24 against 1.15 s), and `annotate` of 200,000
reads takes 4 % more (medians of 5 runs). Compilation makes the most objects. A `baseline` that compiles all kernels
takes 22.9 s and 0.46 GB with 200,000, 22.1 s and 0.51 GB with 500,000, and 21.5 s and 0.59 GB with 1,000,000.
"""

COMMANDS = {
    "baseline": "Find the markers of a patient in a sample with many cancer cells.",
    "followup": "Measure MRD in one later sample.",
    "run": "Run the whole workflow on a cohort, from reads to reports.",
    "demo": "Run the whole workflow on simulated data, and compare with the truth.",
    "check": "Print all problems of a sample sheet and of the files that it names.",
    "reads": "Stage 1: check, merge, filter and deduplicate reads.",
    "annotate": "Stage 2: find V, D, J and junction of each sequence.",
    "cluster": "Stage 3: merge sequences into clonotypes.",
    "markers": "Stage 4: select the clonotypes of the cancer as markers.",
    "track": "Stage 5: count markers and controls in raw reads.",
    "quantify": "Stage 6: compute MRD, its interval, its limits and the call.",
    "report": "Stage 7: write the report of a patient or a cohort.",
    "simulate": "Simulate reads whose origin is known.",
    "germline": "List, check or import a germline reference.",
    "plan": "Compute the cells, DNA and reads that a sensitivity needs.",
    "compile": "Compile all numerical functions, so that later commands start faster.",
    "config": "Print all settings with their defaults and meanings.",
}

_FUNCTIONS = {"compile": "compile_kernels"}
"""Name of a command to the name of its function, if the two differ: `compile` is a function of Python."""


class LazyGroup(click.Group):
    """Command group that imports the module of a command only when this command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command from the module of the same name; None if there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"clonotrack.cli.{cmd_name}")
        command: click.Command = getattr(module, _FUNCTIONS.get(cmd_name, cmd_name))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands for the help, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


COMMON_OPTIONS = """All commands accept --quiet (no summary, no progress), --verbose (also prints the steps of a run and
the QC of a sample) and --debug (prints the traceback of an error), anywhere in the call."""


@click.command(
    cls=LazyGroup,
    epilog=COMMON_OPTIONS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(clonotrack.__version__, prog_name="clonotrack")
def clonotrack_command() -> None:
    """Measure residual blood cancer (MRD) from Ig/TCR sequencing reads.

    Start with `clonotrack demo`. Use `baseline` and `followup` for one sample, and `run` for a cohort. Research use
    only.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command of the command line and return its exit status.

    The options ``--quiet``, ``--verbose`` and ``--debug`` may be anywhere in the call before a ``--``.

    Args:
        arguments: the command and its arguments; None takes the arguments of the process (``sys.argv``).

    Returns:
        0 for success, 1 for wrong data or settings, 2 for wrong command-line arguments, 130 after an interrupt.
    """
    gc.set_threshold(GC_THRESHOLD)
    call = list(sys.argv[1:] if arguments is None else arguments)
    options = call[: call.index("--")] if "--" in call else call
    verbosity = Verbosity(**{name: f"--{name}" in options for name in ("quiet", "verbose")})
    debug = "--debug" in options
    call = [*(word for word in options if word not in ("--quiet", "--verbose", "--debug")), *call[len(options) :]]
    try:
        return clonotrack_command.main(args=call, prog_name="clonotrack", standalone_mode=False, obj=verbosity) or 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo("clonotrack: interrupted", err=True)
        return 130
    except ClonotrackError as error:
        if debug:
            raise
        click.echo(f"clonotrack: error: {error}", err=True)
        return 1
    except OSError as error:
        if debug:
            raise
        file = f"{error.filename}: " if error.filename else ""
        reason = (error.strerror or str(error)).lower()
        click.echo(f"clonotrack: error: {file}{reason}: correct the cause and run the command again", err=True)
        return 1
    except Exception as error:
        if debug:
            raise
        click.echo(
            f"clonotrack: internal error of clonotrack, not of your data ({type(error).__name__}: {error}): "
            "run the command "
            "again with --debug and report its output",
            err=True,
        )
        return 1
