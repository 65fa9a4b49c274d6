"""Errors that a user can cause.

Each error is a `ClonotrackError`. Its message says what is wrong, where, and what to do. The command line prints the
message and exits with status 1. The traceback is shown only with ``--debug``.
"""

from __future__ import annotations

from os import PathLike


class ClonotrackError(Exception):
    """Base class of all errors that wrong data, settings or outputs cause; the message is written for the user."""


class InputError(ClonotrackError):
    """A file that is missing, unreadable or contains wrong data.

    Args:
        path: path of the file, as the user wrote it.
        message: what is wrong and what to do, without path, record and line.
        record: number of the wrong record, 1-based; None if the error is of the whole file.
        line: number of the wrong line, 1-based; None if the error is not on a single line.
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
    """A table whose columns or values are not as `clonotrack.tables` declares them.

    Args:
        table: name of the table, such as MARKERS.
        column: name of the wrong column; several key columns are joined by ``+``.
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
