"""Where the files are that come with clonotrack but are no Python."""

from __future__ import annotations

from pathlib import Path

from clonotrack.errors import ClonotrackError

PACKAGE = Path(__file__).resolve().parent.parent


def workflow_folder() -> Path:
    """The workflow: the package's copy, else the checkout's.

    Raises:
        ClonotrackError: neither is there.
    """
    for folder in (PACKAGE / "workflows", PACKAGE.parent / "workflows"):
        if (folder / "Snakefile").is_file():
            return folder
    raise ClonotrackError("the workflow is missing from this installation: install clonotrack again")


def demo_folder() -> Path | None:
    """The demo data of a checkout; an installed wheel has none and makes the same from its seed."""
    folder = PACKAGE.parent / "test_data" / "demo"
    return folder if (folder / "samples.tsv").is_file() else None
