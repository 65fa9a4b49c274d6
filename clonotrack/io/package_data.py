"""Find the folders of clonotrack that contain no Python code: the workflow and the demo data."""

from __future__ import annotations

from pathlib import Path

from clonotrack.errors import ClonotrackError

_PACKAGE = Path(__file__).resolve().parent.parent


def workflow_folder() -> Path:
    """Return the folder of the Snakemake workflow, in the installed package or in the repository.

    Raises:
        ClonotrackError: the workflow is missing.
    """
    for folder in (_PACKAGE / "workflows", _PACKAGE.parent / "workflows"):
        if (folder / "Snakefile").is_file():
            return folder
    raise ClonotrackError("the workflow is missing from this installation: install clonotrack again")


def demo_folder() -> Path | None:
    """Return the folder of the demo data in the repository; None in an installed package, which does not have it."""
    folder = _PACKAGE.parent / "test_data" / "demo"
    return folder if (folder / "samples.tsv").is_file() else None
