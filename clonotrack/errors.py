"""Errors that a user can cause.

Each is a `ClonotrackError` whose message says what is wrong, where, and what to do. The command line prints the
message and exits with status 1. It shows the traceback only with ``--debug``.
"""

from __future__ import annotations

from os import PathLike


class ClonotrackError(Exception):
    """Base class: wrong data, settings or outputs; the message is written for the user."""


class InputError(ClonotrackError):
    """A file that is missing, unreadable or contains wrong data.

    Args:
        path: path of the file, as the user wrote it.
        message: what is wrong and what to do, without path, record and line.
        record: number of the record, 1-based, if the file has records.
        line: number of the line, 1-based, if the error is on one line.
    """

    def __init__(
        self, path: str | PathLike[str], message: str, *, record: int | None = None, line: int | None = None
    ) -> None:
        self.path = str(path)
        self.record = record
        self.line = line
        location = [self.path]
        if record is not None:
            location.append(f"record {record}")
        if line is not None:
            location.append(f"line {line}")
        super().__init__(f"{', '.join(location)}: {message}")


class TableError(ClonotrackError):
    """A table that does not agree with its declaration.

    Args:
        table: name of the table.
        column: name of the column, or of the key columns joined by ``+``.
        message: what is wrong and what to do.
    """

    def __init__(self, table: str, column: str, message: str) -> None:
        self.table = table
        self.column = column
        super().__init__(f"table {table}, column {column}: {message}")


class ConfigError(ClonotrackError):
    """A setting that is unknown or has a value that is not allowed; the message names the setting."""


class OutputError(ClonotrackError):
    """A result that cannot be written to the path that the user gave."""


class GermlineError(ClonotrackError):
    """A germline reference that cannot be used."""


class QuantityError(ClonotrackError):
    """An amount (cells, DNA mass, copies) that is not possible, or that is needed and missing."""
