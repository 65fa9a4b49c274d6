"""Read and write tables: Parquet if the file name ends with ``.parquet``, otherwise TSV.

TSV follows AIRR: one header line, tabs, no quotes, booleans T and F, empty fields for null, no comment lines.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
from polars.io.plugins import register_io_source

from clonotrack.errors import InputError
from clonotrack.tables import Column, Table, check

BLOCK_BYTES = 1 << 25  # bytes of a TSV file that are read and parsed at once
_BOOLEANS = {"T": True, "F": False, "true": True, "false": False, "TRUE": True, "FALSE": False}
_PARQUET_ROWS = 65_536  # rows of a row group that is written, and of a batch that is read
_PARQUET_LEVEL = 1  # zstd level: files are as large as with the default level, in a fifth of the time
_SelectColumns = Callable[[list[str]], list[str]]


def read_table(
    path: str | Path,
    table: Table,
    *,
    required: tuple[str, ...] | None = None,
    require_rows: bool = False,
    columns: Collection[str] | None = None,
) -> pl.DataFrame:
    """Read a table and check it against its declaration.

    Args:
        path: Parquet or TSV file.
        table: the declaration.
        required: columns that the file must have; None for all declared columns. A column that is not required and is
            missing becomes null.
        require_rows: raise an error if the table has no row.
        columns: declared columns to read; None for all. The values of other columns are not read.

    Returns:
        A data frame with the read columns, in the order of the declaration.

    Raises:
        InputError: names file, line and column of the first problem.
    """
    return pl.concat(table_batches(path, table, required=required, require_rows=require_rows, columns=columns))


def table_batches(
    path: str | Path,
    table: Table,
    *,
    required: tuple[str, ...] | None = None,
    require_rows: bool = False,
    columns: Collection[str] | None = None,
) -> Iterator[pl.DataFrame]:
    """Read a table in batches; yield at least one batch, which may be empty. Arguments and errors: `read_table`."""
    path = Path(path)
    needed = required if required is not None else tuple(table.names)
    wanted = [column for column in table.columns if columns is None or column.name in columns]
    read = _read_parquet if path.suffix == ".parquet" else _read_tsv
    for line, frame in read(path, partial(_select_columns, path, table, needed, wanted)):
        batch = frame.select(_parse_or_null(path, frame, column, table, line) for column in wanted)
        for column in wanted:
            not_null = not column.null and (required is None or column.name in required)
            _check_values(path, batch.get_column(column.name), column, line, not_null=not_null)
        require_rows = require_rows and not batch.height
        yield batch
    if require_rows:
        raise InputError(path, f"table {table.name} has no row below its header: add at least one row")


def write_table(frame: pl.DataFrame, table: Table, path: str | Path) -> None:
    """Check a table against its declaration and write it as Parquet or TSV.

    Args:
        frame: the table.
        table: the declaration.
        path: output file, usually a temporary path from `clonotrack.io.outputs.staged`.

    Raises:
        TableError: the frame does not fit the declaration.
    """
    write_batches([frame], table, path)


def write_batches(batches: Iterable[pl.DataFrame], table: Table, path: str | Path) -> None:
    """Check and write a table in batches, with few batches in memory at a time.

    Args:
        batches: consecutive rows of the table.
        table: the declaration.
        path: output file, usually a temporary path from `clonotrack.io.outputs.staged`.

    Raises:
        TableError: a batch does not fit the declaration. Repeated keys are found only within a batch.
    """
    checked = (check(batch, table) for batch in batches)
    if Path(path).suffix == ".parquet":
        source = register_io_source(lambda *_: checked, schema=table.schema())
        source.sink_parquet(path, compression="zstd", compression_level=_PARQUET_LEVEL, row_group_size=_PARQUET_ROWS)
        return
    for _ in _write_tsv(checked, table, Path(path)):
        pass


def write_through(batches: Iterable[pl.DataFrame], table: Table, path: str | Path) -> Iterator[pl.DataFrame]:
    """Check each batch, write it as TSV, and yield it; see `write_batches`."""
    return _write_tsv((check(batch, table) for batch in batches), table, Path(path))


def _write_tsv(batches: Iterable[pl.DataFrame], table: Table, path: Path) -> Iterator[pl.DataFrame]:
    booleans = [column.name for column in table.columns if column.kind == "bool"]
    as_text = pl.col(booleans).replace_strict({True: "T", False: "F"}, return_dtype=pl.String)
    for number, batch in enumerate(batches):
        with path.open("ab" if number else "wb") as file:
            text = batch.with_columns(as_text)
            text.write_csv(file, separator="\t", quote_style="never", null_value="", include_header=not number)
        yield batch


def _select_columns(
    path: Path, table: Table, needed: tuple[str, ...], wanted: list[Column], names: list[str]
) -> list[str]:
    """Select the columns to read from the column names of a file.

    Raises:
        InputError: a name is repeated, missing or not declared.
    """
    if repeated := {name for name in names if names.count(name) > 1}:
        raise InputError(
            path, f"column {sorted(repeated)[0]!r} appears twice in table {table.name}: remove one", line=1
        )
    if missing := [name for name in needed if name not in names]:
        raise InputError(path, f"table {table.name} has no column {missing[0]!r}: add it", line=1)
    if unknown := [name for name in names if name not in table.names]:
        declared = ", ".join(table.names)
        message = f"column {unknown[0]!r} is unknown to table {table.name}, which has {declared}: remove or rename it"
        raise InputError(path, message, line=1)
    return [column.name for column in wanted if column.name in names]


def _read_parquet(path: Path, select: _SelectColumns) -> Iterator[tuple[int, pl.DataFrame]]:
    """Yield batches of a Parquet file, each with the line number that its first row would have in TSV."""
    try:
        whole = pl.scan_parquet(path).select(select(list(pl.read_parquet_schema(path))))
        height = whole.select(pl.len()).collect().item()
        for start in range(0, max(1, height), _PARQUET_ROWS):
            yield start + 2, whole.slice(start, _PARQUET_ROWS).collect()
    except FileNotFoundError:
        raise InputError(path, "no such file: check the path") from None
    except (pl.exceptions.PolarsError, OSError):
        raise InputError(
            path, "is not a readable Parquet file: copy it again, or make it again with the command that wrote it"
        ) from None


def _read_tsv(path: Path, select: _SelectColumns) -> Iterator[tuple[int, pl.DataFrame]]:
    """Yield batches of a TSV file as text, each with the number of its first line."""
    header: bytes | None = None
    line = 2
    for data in _read_blocks(path):
        if header is None:
            header = data.split(b"\n", 1)[0] + b"\n"
            names = header.decode().rstrip("\n").split("\t")
            columns = select(names)
            data = data[len(header) :]
        if uneven := _uneven_line(header + data):
            uneven_line, fields, expected = uneven
            message = f"has {fields} fields, but the header has {expected}: add or remove tabs in this line"
            raise InputError(path, message, line=line + uneven_line - 2)
        text = BytesIO(header + data)
        frame = pl.read_csv(text, separator="\t", quote_char=None, infer_schema=False, columns=columns)
        yield line, frame
        line += data.count(b"\n")


def _read_blocks(path: Path) -> Iterator[bytes]:
    """Read a text file in blocks of whole lines; yield about `BLOCK_BYTES` bytes at a time.

    A byte order mark at the start is removed, and CR LF becomes a line feed. Empty lines at the end of the file are
    removed; the last line always ends with one line feed.
    """
    rest, line, begun = b"", 1, False
    try:
        with path.open("rb") as file:
            while read := file.read(BLOCK_BYTES):
                data = rest + (read if begun or rest else read.removeprefix(b"\xef\xbb\xbf"))
                cut = data.rstrip(b"\r\n").rfind(b"\n") + 1  # keeps back one line, so that the last block is not empty
                rest, data = data[cut:], data[:cut].replace(b"\r\n", b"\n")
                if data:
                    begun = True
                    yield _check_utf8(path, data, line)
                    line += data.count(b"\n")
    except FileNotFoundError:
        raise InputError(path, "no such file: check the path") from None
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise InputError(path, f"cannot be read ({reason}): check the path and the permissions") from None
    rest = rest.replace(b"\r\n", b"\n").rstrip(b"\n")
    if not begun and not rest.strip():
        raise InputError(path, "is empty: a table starts with a header line")
    yield _check_utf8(path, rest, line) + b"\n"


def _check_utf8(path: Path, data: bytes, line: int) -> bytes:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line += data[: error.start].count(b"\n")
        raise InputError(path, "is not UTF-8 text: save the table as UTF-8", line=line) from None
    return data


def _uneven_line(data: bytes) -> tuple[int, int, int] | None:
    """Find the first line whose number of fields differs from that of the header.

    Args:
        data: the header and further lines, each ended by a line feed.

    Returns:
        1-based number of the line in `data`, its number of fields, and the number of fields of the header; None if all
        lines have as many fields as the header.
    """
    array = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero(array == ord("\n"))
    fields = np.diff(np.searchsorted(np.flatnonzero(array == ord("\t")), ends), prepend=0) + 1
    uneven = np.flatnonzero(fields != fields[0])
    return None if not uneven.size else (int(uneven[0]) + 1, int(fields[uneven[0]]), int(fields[0]))


def _parse_or_null(path: Path, frame: pl.DataFrame, column: Column, table: Table, line: int) -> pl.Series | pl.Expr:
    """Convert a column of a batch to its declared type; make a null column if the file does not have the column."""
    if column.name in frame.columns:
        return _parse(path, frame.get_column(column.name), column, table, line)
    return pl.lit(None, dtype=table.schema()[column.name]).alias(column.name)


def _parse(path: Path, series: pl.Series, column: Column, table: Table, line: int) -> pl.Series:
    """Convert a column to its declared type.

    Args:
        path: file, for the error message.
        series: values of the column in a batch.
        column: declaration of the column.
        table: declaration of the table.
        line: 1-based number of the line of the first value.

    Raises:
        InputError: a value does not have the declared type.
    """
    kind = table.schema()[column.name]
    if series.dtype != pl.String() or column.kind == "str":
        return series.cast(kind)
    text = series.str.strip_chars().replace("", None)
    if column.kind == "bool":
        parsed = text.replace_strict(_BOOLEANS, default=None, return_dtype=pl.Boolean)
    else:
        parsed = text.cast(kind, strict=False)
    invalid = (text.is_not_null() & parsed.is_null()) | (parsed.is_nan() if column.kind == "float" else False)
    if invalid.any():
        row = int(invalid.arg_max() or 0)
        expected = {"int": "a whole number", "float": "a number", "bool": "T or F", "str": "text"}[column.kind]
        raise InputError(
            path, f"column {column.name} is {series[row]!r}, but must be {expected}: correct the value", line=row + line
        )
    return parsed


def _check_values(path: Path, series: pl.Series, column: Column, line: int, *, not_null: bool) -> None:
    """Raise an error if a column has a value that its declaration does not list or, with `not_null`, an empty value."""
    if not_null and series.null_count():
        row = int(series.is_null().arg_max() or 0)
        raise InputError(path, f"column {column.name} is empty: fill in a value", line=row + line)
    if column.values:
        invalid = series.is_not_null() & ~series.is_in(column.values)
        if invalid.any():
            row = int(invalid.arg_max() or 0)
            allowed = ", ".join(column.values)
            message = f"column {column.name} is {series[row]!r}: use one of {allowed}"
            raise InputError(path, message, line=row + line)
