"""What can go wrong with a user's data, as sentences.

Every error a user can cause is a `ClonotrackError`: one sentence that says what was found, where, and what to
do. The command line prints it and exits with status 1; a traceback appears only with ``--debug``.
"""

from __future__ import annotations

from os import PathLike


class ClonotrackError(Exception):
    """Wrong data: the message is one sentence to the user."""


class InputError(ClonotrackError):
    """A file that cannot be read as what it should be.

    Args:
        path: the file, as the user named it.
        message: what was found and what to do, without the place.
        record: 1-based number of the record, where there is one.
        line: 1-based number of the line, where there is one.
    """

    def __init__(
        self, path: str | PathLike[str], message: str, *, record: int | None = None, line: int | None = None
    ) -> None:
        self.path = str(path)
        self.record = record
        self.line = line
        place = [self.path]
        if record is not None:
            place.append(f"record {record}")
        if line is not None:
            place.append(f"line {line}")
        super().__init__(f"{', '.join(place)}: {message}")


class TableError(ClonotrackError):
    """A table that does not hold what its declaration says; names the table and the column."""

    def __init__(self, table: str, column: str, message: str) -> None:
        self.table = table
        self.column = column
        super().__init__(f"table {table}, column {column}: {message}")


class ConfigError(ClonotrackError):
    """A setting that cannot be: names its place in the configuration."""


class OutputError(ClonotrackError):
    """A result that cannot be written where the user asked for it."""


class GermlineError(ClonotrackError):
    """A reference that cannot be used."""


class QuantityError(ClonotrackError):
    """An amount (cells, mass, copies) that cannot be, or that a result needs and does not have."""
