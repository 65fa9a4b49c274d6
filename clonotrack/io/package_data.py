"""Find the folders that come with clonotrack but are not Python code."""

from __future__ import annotations

from pathlib import Path

from clonotrack.errors import ClonotrackError

_PACKAGE = Path(__file__).resolve().parent.parent


def workflow_folder() -> Path:
    """Find the Snakemake workflow, in the installed package or in the repository.

    Raises:
        ClonotrackError: the workflow is missing.
    """
    for folder in (_PACKAGE / "workflows", _PACKAGE.parent / "workflows"):
        if (folder / "Snakefile").is_file():
            return folder
    raise ClonotrackError("the workflow is missing from this installation: install clonotrack again")


def demo_folder() -> Path | None:
    """Find the demo data in the repository; return None in an installed package, which simulates them instead."""
    folder = _PACKAGE.parent / "test_data" / "demo"
    return folder if (folder / "samples.tsv").is_file() else None
