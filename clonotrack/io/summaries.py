"""JSON documents: the summary beside every result, and the cohort's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clonotrack.errors import InputError
from clonotrack.io.outputs import write_text


def read_summary(path: str | Path) -> dict[str, Any]:
    """A ``summary.json``.

    Raises:
        InputError: the file is missing or no JSON object.
    """
    path = Path(path)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(path, "no such file: check the path of the summary") from None
    except json.JSONDecodeError as error:
        raise InputError(path, f"is no JSON ({error.msg}): write it again", line=error.lineno) from None
    except (OSError, UnicodeDecodeError):
        raise InputError(path, "cannot be read as text: a summary is JSON in UTF-8") from None
    if not isinstance(document, dict):
        raise InputError(path, "holds no JSON object: give the summary.json of a sample")
    return document


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a document: keys in their order, no NaN, the same bytes for the same document."""
    write_text(path, json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
