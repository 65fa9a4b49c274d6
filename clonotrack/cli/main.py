"""How the memory that a command frees is treated.

The one funnel: commands by name, loaded when called; every error of the user's data becomes one sentence.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import sys
from collections.abc import Sequence

import click

import clonotrack
from clonotrack.cli.console import Speech
from clonotrack.errors import ClonotrackError

# Of glibc's malloc.h: blocks from this size on are given back when they are freed; so is free memory at the top of the
# heap from that size on.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGEST_BLOCK = 1 << 26
_LARGEST_TOP = 1 << 30
# Of jemalloc, which polars allocates with: how long freed memory waits for its next use. Polars itself says 0.5 s.
# Behind what a process that has polars handed down: the last one counts.
_POLARS, _DECAY = "_RJEM_MALLOC_CONF", "dirty_decay_ms:30000"


def let_memory_wait() -> None:
    """Let freed memory wait for the next batch, in place of giving it back to the system.

    Batches are alike, and memory that is new to the process has to be cleared page by page: a tenth of the time of
    `annotate`. To be called before polars is imported; without effect where the allocators are others.
    """
    os.environ[_POLARS] = ",".join(filter(None, (os.environ.get(_POLARS), _DECAY)))
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGEST_BLOCK)
        mallopt(_TRIM_THRESHOLD, _LARGEST_TOP)


_NEW_OBJECTS = 200_000
"""After so many, unused cycles are looked for: with the usual 700 that is a tenth of the time to import everything, and
4 % of that of `annotate`."""

COMMANDS = {
    "baseline": "Find a patient's markers in a high-burden sample.",
    "followup": "Measure MRD in one later sample.",
    "run": "Take a whole cohort from reads to reports.",
    "demo": "Run the whole flow on the shipped data.",
    "check": "Say every problem of a sample sheet at once.",
    "reads": "Stage 1: check, filter and collapse reads.",
    "annotate": "Stage 2: recognise V(D)J rearrangements.",
    "cluster": "Stage 3: put rearrangements together to clonotypes.",
    "markers": "Stage 4: choose the clonotypes to track.",
    "track": "Stage 5: count markers and controls in raw reads.",
    "quantify": "Stage 6: from counts to MRD with interval, limits and call.",
    "report": "Stage 7: what a person reads.",
    "simulate": "Make reads of known truth.",
    "germline": "List or check the V, D and J reference.",
    "plan": "Say what has to go into a tube to detect a level.",
    "compile": "Compile the kernels before they are needed.",
    "config": "Print commented default settings, or their JSON Schema.",
}

_FUNCTIONS = {"compile": "compile_kernels"}
"""Commands that would hide a function of Python under their own name."""


class Commands(click.Group):
    """A group that imports a command's file only when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the flow."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, from the file of this name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"clonotrack.cli.{cmd_name}")
        command: click.Command = getattr(module, _FUNCTIONS.get(cmd_name, cmd_name))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


EVERYWHERE = """Anywhere in a call: --quiet prints no summary and no progress, --verbose tells more where there is more
to tell (a run's steps, a sample's QC), --debug shows the traceback of an error."""


@click.command(
    cls=Commands,
    epilog=EVERYWHERE,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(clonotrack.__version__, prog_name="clonotrack")
def clonotrack_command() -> None:
    """Measure residual blood cancer (MRD) from Ig/TCR sequencing: reads in, MRD with its limits out.

    Research use only.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and give back its exit status: 0, 1 for wrong data, 2 for a wrong call.

    ``--quiet``, ``--verbose`` and ``--debug`` may stand anywhere in the call, but not behind a ``--``.
    """
    gc.set_threshold(_NEW_OBJECTS)
    call = list(sys.argv[1:] if arguments is None else arguments)
    own = call[: call.index("--")] if "--" in call else call
    speech = Speech(**{name: f"--{name}" in own for name in ("quiet", "verbose")})
    debug = "--debug" in own
    call = [*(word for word in own if word not in ("--quiet", "--verbose", "--debug")), *call[len(own) :]]
    try:
        return clonotrack_command.main(args=call, prog_name="clonotrack", standalone_mode=False, obj=speech) or 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo("clonotrack: stopped", err=True)
        return 130
    except ClonotrackError as error:
        if debug:
            raise
        click.echo(f"clonotrack: error: {error}", err=True)
        return 1
    except OSError as error:
        if debug:
            raise
        place = f"{error.filename}: " if error.filename else ""
        reason = (error.strerror or str(error)).lower()
        click.echo(f"clonotrack: error: {place}{reason}: mend that and run the command again", err=True)
        return 1
    except Exception as error:
        if debug:
            raise
        click.echo(
            f"clonotrack: a fault of clonotrack itself, not of your data ({type(error).__name__}: {error}): "
            "run the command again with --debug and report what it prints",
            err=True,
        )
        return 1
