"""Tables as files: TSV or Parquet, by the ending of the name.

TSV is AIRR's: one header line, tabs, no quoting, T/F booleans, empty for null, no comment lines.
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

BOOLEANS = {"T": True, "F": False, "true": True, "false": False, "TRUE": True, "FALSE": False}
# Of zstd: the lowest takes a fifth of the time of the default, for files as small.
PARQUET_LEVEL = 1
BLOCK_BYTES = 1 << 25
PARQUET_ROWS = 65_536
Choose = Callable[[list[str]], list[str]]


def read_table(
    path: str | Path,
    table: Table,
    *,
    required: tuple[str, ...] | None = None,
    extra: bool = False,
    rows: bool = False,
    columns: Collection[str] | None = None,
) -> pl.DataFrame:
    """Read a table and check it against its declaration.

    Args:
        path: ``.parquet``, or TSV under any other name.
        table: the declaration.
        required: columns that have to be there; by default all. The others become null.
        extra: leave out columns that are not declared, as AIRR tables of other tools have, instead of refusing them.
        rows: refuse a table without a row.
        columns: those that are kept; by default all. Of the others only the names are looked at.

    Returns:
        The declared columns, in order.

    Raises:
        InputError: names file, line and column of the first thing that is wrong.
    """
    return pl.concat(table_batches(path, table, required=required, extra=extra, rows=rows, columns=columns))


def table_batches(
    path: str | Path,
    table: Table,
    *,
    required: tuple[str, ...] | None = None,
    extra: bool = False,
    rows: bool = False,
    columns: Collection[str] | None = None,
) -> Iterator[pl.DataFrame]:
    """The parts of a table, as `read_table`: at least one, of some ten megabytes."""
    path = Path(path)
    needed = required if required is not None else tuple(table.names)
    wanted = [column for column in table.columns if columns is None or column.name in columns]
    source = _parquet if path.suffix == ".parquet" else _text
    for line, frame in source(path, partial(_chosen, path, table, needed, wanted, extra)):
        parsed = frame.select(_parsed(path, frame, column, table, line) for column in wanted)
        for column in wanted:
            must = not column.null and (required is None or column.name in required)
            _values(path, parsed.get_column(column.name), column, line, must=must)
        rows = rows and not parsed.height
        yield parsed
    if rows:
        raise InputError(path, f"table {table.name} has no row below its header: nothing to work on")


def _chosen(
    path: Path, table: Table, needed: tuple[str, ...], wanted: list[Column], extra: bool, names: list[str]
) -> list[str]:
    """Of the names that a file has, those to read; or what is wrong with the names."""
    if twice := {name for name in names if names.count(name) > 1}:
        raise InputError(path, f"column {sorted(twice)[0]!r} stands twice in table {table.name}: remove one", line=1)
    if missing := [name for name in needed if name not in names]:
        raise InputError(path, f"table {table.name} has no column {missing[0]!r}: add it", line=1)
    unknown = [name for name in names if name not in table.names]
    if unknown and not extra:
        known = ", ".join(table.names)
        raise InputError(path, f"column {unknown[0]!r} is unknown to table {table.name}, which has {known}", line=1)
    return [column.name for column in wanted if column.name in names]


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
        source.sink_parquet(path, compression="zstd", compression_level=PARQUET_LEVEL, row_group_size=PARQUET_ROWS)
        return
    for _ in _as_text(checked, table, Path(path)):
        pass


def written(frames: Iterable[pl.DataFrame], table: Table, path: str | Path) -> Iterator[pl.DataFrame]:
    """The parts of a table, each when it was checked and written as TSV; see `write_batches`."""
    return _as_text((check(frame, table) for frame in frames), table, Path(path))


def _as_text(frames: Iterable[pl.DataFrame], table: Table, path: Path) -> Iterator[pl.DataFrame]:
    booleans = [column.name for column in table.columns if column.kind == "bool"]
    letters = pl.col(booleans).replace_strict({True: "T", False: "F"}, return_dtype=pl.String)
    for number, frame in enumerate(frames):
        with path.open("ab" if number else "wb") as file:
            text = frame.with_columns(letters)
            text.write_csv(file, separator="\t", quote_style="never", null_value="", include_header=not number)
        yield frame


def _parquet(path: Path, choose: Choose) -> Iterator[tuple[int, pl.DataFrame]]:
    try:
        whole = pl.scan_parquet(path).select(choose(list(pl.read_parquet_schema(path))))
        height = whole.select(pl.len()).collect().item()
        for start in range(0, max(1, height), PARQUET_ROWS):
            yield start + 2, whole.slice(start, PARQUET_ROWS).collect()
    except FileNotFoundError:
        raise InputError(path, "no such file: check the path") from None
    except (pl.exceptions.PolarsError, OSError):
        raise InputError(path, "is not a readable Parquet file: write it again") from None


def _text(path: Path, choose: Choose) -> Iterator[tuple[int, pl.DataFrame]]:
    """The rows as text, so many at a time, with the line of the first."""
    header: bytes | None = None
    line = 2
    for data in _blocks(path):
        if header is None:
            header = data.split(b"\n", 1)[0] + b"\n"
            names = header.decode().rstrip("\n").split("\t")
            columns = choose(names)
            data = data[len(header) :]
        if odd := _ragged_line(header + data):
            message = f"has {odd[1]} fields where the header has {odd[2]}: mend the line"
            raise InputError(path, message, line=line + odd[0] - 2)
        text = BytesIO(header + data)
        frame = pl.read_csv(text, separator="\t", quote_char=None, infer_schema=False, columns=columns)
        yield line, frame
        line += data.count(b"\n")


def _blocks(path: Path) -> Iterator[bytes]:
    """Whole lines of a file, `BLOCK_BYTES` or a little less at a time; line feeds at its end are left out but one."""
    rest, line, begun = b"", 1, False
    try:
        with path.open("rb") as file:
            while read := file.read(BLOCK_BYTES):
                data = rest + (read if begun or rest else read.removeprefix(b"\xef\xbb\xbf"))
                cut = data.rstrip(b"\r\n").rfind(b"\n") + 1  # a line behind, so that the last block holds one
                rest, data = data[cut:], data[:cut].replace(b"\r\n", b"\n")
                if data:
                    begun = True
                    yield _utf8(path, data, line)
                    line += data.count(b"\n")
    except FileNotFoundError:
        raise InputError(path, "no such file: check the path") from None
    except OSError as error:
        raise InputError(path, f"cannot be read ({(error.strerror or 'unknown reason').lower()})") from None
    rest = rest.replace(b"\r\n", b"\n").rstrip(b"\n")
    if not begun and not rest.strip():
        raise InputError(path, "is empty: a table starts with a header line")
    yield _utf8(path, rest, line) + b"\n"


def _utf8(path: Path, data: bytes, line: int) -> bytes:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line += data[: error.start].count(b"\n")
        raise InputError(path, "is not UTF-8 text: save the table as UTF-8", line=line) from None
    return data


def _ragged_line(data: bytes) -> tuple[int, int, int] | None:
    """Line, fields found and fields expected of the first line that has not as many fields as the header."""
    array = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero(array == ord("\n"))
    fields = np.diff(np.searchsorted(np.flatnonzero(array == ord("\t")), ends), prepend=0) + 1
    odd = np.flatnonzero(fields != fields[0])
    return None if not odd.size else (int(odd[0]) + 1, int(fields[odd[0]]), int(fields[0]))


def _parsed(path: Path, frame: pl.DataFrame, column: Column, table: Table, line: int) -> pl.Series | pl.Expr:
    if column.name in frame.columns:
        return _parse(path, frame.get_column(column.name), column, table, line)
    return pl.lit(None, dtype=table.schema()[column.name]).alias(column.name)


def _parse(path: Path, series: pl.Series, column: Column, table: Table, line: int) -> pl.Series:
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
        raise InputError(path, f"column {column.name} holds {series[row]!r}, not {wanted}: correct it", line=row + line)
    return parsed


def _values(path: Path, series: pl.Series, column: Column, line: int, *, must: bool) -> None:
    if must and series.null_count():
        row = int(series.is_null().arg_max() or 0)
        raise InputError(path, f"column {column.name} is empty: fill it in", line=row + line)
    if column.values:
        bad = series.is_not_null() & ~series.is_in(column.values)
        if bad.any():
            row = int(bad.arg_max() or 0)
            known = ", ".join(column.values)
            raise InputError(path, f"column {column.name} holds {series[row]!r}, not one of {known}", line=row + line)
