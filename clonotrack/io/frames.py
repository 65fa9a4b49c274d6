"""Tables as files: TSV or Parquet, by the ending of the name.

TSV is AIRR's: one header line, tabs, no quoting, T/F booleans, empty for null, no comment lines.
"""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
from polars.io.plugins import register_io_source

from clonotrack.errors import InputError
from clonotrack.tables import Column, Table, check

BOOLEANS = {"T": True, "F": False, "true": True, "false": False, "TRUE": True, "FALSE": False}
# Of zstd: the lowest takes a fifth of the time of the default, for files as small.
PARQUET_LEVEL = 1


def read_table(
    path: str | Path, table: Table, *, required: tuple[str, ...] | None = None, extra: bool = False, rows: bool = False
) -> pl.DataFrame:
    """Read a table and check it against its declaration.

    Args:
        path: ``.parquet``, or TSV under any other name.
        table: the declaration.
        required: columns that have to be there; by default all. The others become null.
        extra: leave out columns that are not declared, as AIRR tables of other tools have, instead of refusing them.
        rows: refuse a table without a row.

    Returns:
        The declared columns, in order.

    Raises:
        InputError: names file, line and column of the first thing that is wrong.
    """
    path = Path(path)
    parquet = path.suffix == ".parquet"
    frame = _parquet(path) if parquet else _text(path, table)
    _columns(path, frame, table, required if required is not None else tuple(table.names), extra=extra)
    if rows and not frame.height:
        raise InputError(path, f"table {table.name} has no row below its header: nothing to work on")
    parsed = frame.select(
        _parse(path, frame.get_column(column.name), column, table)
        if column.name in frame.columns
        else pl.lit(None, dtype=table.schema()[column.name]).alias(column.name)
        for column in table.columns
    )
    for column in table.columns:
        must = not column.null and (required is None or column.name in required)
        _values(path, parsed.get_column(column.name), column, must=must)
    return parsed


def write_table(frame: pl.DataFrame, table: Table, path: str | Path) -> None:
    """Check `frame` and write it; see `clonotrack.io.outputs.staged` for where.

    Raises:
        TableError: the frame is not what its declaration says.
    """
    write_batches([frame], table, path)


def write_batches(frames: Iterable[pl.DataFrame], table: Table, path: str | Path) -> None:
    """Check and write a table that comes in one part or more, of which few are held at a time.

    Raises:
        TableError: a part is not what the declaration says; that keys are not repeated is checked within each part.
    """
    checked = (check(frame, table) for frame in frames)
    if Path(path).suffix == ".parquet":
        source = register_io_source(lambda *_: checked, schema=table.schema())
        source.sink_parquet(path, compression="zstd", compression_level=PARQUET_LEVEL)
        return
    booleans = [column.name for column in table.columns if column.kind == "bool"]
    letters = pl.col(booleans).replace_strict({True: "T", False: "F"}, return_dtype=pl.String)
    for number, frame in enumerate(checked):
        with Path(path).open("ab" if number else "wb") as file:
            text = frame.with_columns(letters)
            text.write_csv(file, separator="\t", quote_style="never", null_value="", include_header=not number)


def _parquet(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except FileNotFoundError:
        raise InputError(path, "no such file: check the path") from None
    except (pl.exceptions.PolarsError, OSError):
        raise InputError(path, "is not a readable Parquet file: write it again") from None


def _text(path: Path, table: Table) -> pl.DataFrame:
    data = _bytes(path)
    lines = _ragged_line(data)
    if lines is not None:
        line, found, expected = lines
        raise InputError(path, f"has {found} fields where the header has {expected}: mend the line", line=line)
    header = data.split(b"\n", 1)[0].decode().split("\t")
    if twice := {name for name in header if header.count(name) > 1}:
        raise InputError(path, f"column {sorted(twice)[0]!r} stands twice in table {table.name}: remove one", line=1)
    return pl.read_csv(BytesIO(data), separator="\t", quote_char=None, infer_schema=False)


def _bytes(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputError(path, "no such file: check the path") from None
    except OSError as error:
        raise InputError(path, f"cannot be read ({(error.strerror or 'unknown reason').lower()})") from None
    data = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").rstrip(b"\n")
    if not data.strip():
        raise InputError(path, "is empty: a table starts with a header line")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(path, "is not UTF-8 text: save the table as UTF-8", line=line) from None
    return data + b"\n"


def _ragged_line(data: bytes) -> tuple[int, int, int] | None:
    """Line, fields found and fields expected of the first line that has not as many fields as the header."""
    array = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero(array == ord("\n"))
    fields = np.diff(np.searchsorted(np.flatnonzero(array == ord("\t")), ends), prepend=0) + 1
    odd = np.flatnonzero(fields != fields[0])
    return None if not odd.size else (int(odd[0]) + 1, int(fields[odd[0]]), int(fields[0]))


def _columns(path: Path, frame: pl.DataFrame, table: Table, required: tuple[str, ...], *, extra: bool) -> None:
    if missing := [name for name in required if name not in frame.columns]:
        raise InputError(path, f"table {table.name} has no column {missing[0]!r}: add it", line=1)
    unknown = [name for name in frame.columns if name not in table.names]
    if unknown and not extra:
        known = ", ".join(table.names)
        raise InputError(path, f"column {unknown[0]!r} is unknown to table {table.name}, which has {known}", line=1)


def _parse(path: Path, series: pl.Series, column: Column, table: Table) -> pl.Series:
    kind = table.schema()[column.name]
    if series.dtype != pl.String() or column.kind == "str":
        return series.cast(kind)
    text = series.str.strip_chars().replace("", None)
    if column.kind == "bool":
        parsed = text.replace_strict(BOOLEANS, default=None, return_dtype=pl.Boolean)
    else:
        parsed = text.cast(kind, strict=False)
    bad = (text.is_not_null() & parsed.is_null()) | (parsed.is_nan() if column.kind == "float" else False)
    if bad.any():
        row = int(bad.arg_max() or 0)
        wanted = {"int": "a whole number", "float": "a number", "bool": "T or F", "str": "text"}[column.kind]
        raise InputError(path, f"column {column.name} holds {series[row]!r}, not {wanted}: correct it", line=row + 2)
    return parsed


def _values(path: Path, series: pl.Series, column: Column, *, must: bool) -> None:
    if must and series.null_count():
        row = int(series.is_null().arg_max() or 0)
        raise InputError(path, f"column {column.name} is empty: fill it in", line=row + 2)
    if column.values:
        bad = series.is_not_null() & ~series.is_in(column.values)
        if bad.any():
            row = int(bad.arg_max() or 0)
            known = ", ".join(column.values)
            raise InputError(path, f"column {column.name} holds {series[row]!r}, not one of {known}", line=row + 2)
