"""What a table declaration is, and the check that a frame keeps to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from clonotrack.errors import TableError

if TYPE_CHECKING:
    import polars as pl

Kind = Literal["str", "int", "float", "bool"]

LOCI = ("IGH", "IGK", "IGL", "TRA", "TRB", "TRG", "TRD")
SYSTEMS = ("IGH", "IGH+", "IGK", "IGK+", "IGL", "TRA", "TRA+D", "TRB", "TRB+", "TRG", "TRD", "TRD+")
ROLES = ("baseline", "followup", "negative_control", "polyclonal_control")
MATCH_CLASSES = ("exact", "mismatch", "indel", "evolved", "ambiguous")
TARGET_KINDS = ("marker", "control", "locus", "total")
TOTALS = ("scanned", "no_umi", "too_short", "low_quality", "hit", "ambiguous", "other")
COUNTINGS = ("umi", "spike_in", "read_share")
CALLS = ("failed", "positive", "positive_below_loq", "insufficient", "negative")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: name, kind, meaning; `null` says whether it may be empty, `values` what it may hold."""

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    null: bool = False
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its columns in order, its key, and whether it is an AIRR Rearrangement table."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    airr: bool = False

    @property
    def names(self) -> list[str]:
        """Column names, in order."""
        return [column.name for column in self.columns]

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def schema(self) -> dict[str, pl.DataType]:
        """Polars types of the columns."""
        import polars as pl  # noqa: PLC0415  (keeps the import of declarations light)

        types: dict[Kind, pl.DataType] = {
            "str": pl.String(),
            "int": pl.Int64(),
            "float": pl.Float64(),
            "bool": pl.Boolean(),
        }
        return {column.name: types[column.kind] for column in self.columns}

    def empty(self) -> pl.DataFrame:
        """A frame of this table without rows."""
        import polars as pl  # noqa: PLC0415

        return pl.DataFrame(schema=self.schema())


def check(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Give back `frame` with exactly the columns of `table`, in order, or say what is wrong with it.

    Raises:
        TableError: a column is missing, holds nulls or values it may not, has another type, or the key repeats.
    """
    import polars as pl  # noqa: PLC0415

    types = table.schema()
    for column in table.columns:
        if column.name not in frame.columns:
            raise TableError(table.name, column.name, "the column is missing")
        series = frame.get_column(column.name)
        expected = types[column.name]
        if not _fits(series.dtype, expected):
            raise TableError(table.name, column.name, f"holds {series.dtype} where {expected} belongs")
        if not column.null and series.null_count():
            raise TableError(table.name, column.name, f"is empty in {series.null_count()} rows")
        if column.values and (odd := series.drop_nulls().filter(~series.drop_nulls().is_in(column.values))).len():
            raise TableError(table.name, column.name, f"holds {odd[0]!r}, not one of {', '.join(column.values)}")
    if table.key and frame.select(table.key).is_duplicated().any():
        twice = frame.filter(frame.select(table.key).is_duplicated()).row(0, named=True)
        named = ", ".join(f"{name}={twice[name]!r}" for name in table.key)
        raise TableError(table.name, "+".join(table.key), f"the key repeats: {named}")
    return frame.select(pl.col(name).cast(kind) for name, kind in types.items())


def _fits(found: pl.DataType, expected: pl.DataType) -> bool:
    """Whether the cast to the declared type loses nothing: same type, same family of numbers, or all null."""
    numbers = (found.is_integer() and expected.is_numeric()) or (found.is_float() and expected.is_float())
    return found == expected or numbers or str(found) == "Null"


def column(
    name: str, kind: Kind, meaning: str, unit: str = "", *, null: bool = False, values: tuple[str, ...] = ()
) -> Column:
    """Declare a column; the short form of `Column`."""
    return Column(name, kind, meaning, unit, null, values)


def position(name: str, meaning: str) -> Column:
    """Declare a position in a sequence, as AIRR counts them; may be empty."""
    return Column(name, "int", meaning, "1-based, closed", null=True)


UMI_COUNT = column("umi_count", "int", "distinct molecules by UMI", "molecules", null=True)
CONSENSUS_COUNT = column("consensus_count", "int", "reads of the UMI groups that count", "reads", null=True)
LOCUS = column("locus", "str", "locus of the rearrangement", values=LOCI)
NULL_LOCUS = column("locus", "str", "locus of the rearrangement", null=True, values=LOCI)
SYSTEM = column("system", "str", "rearrangement system; + is incomplete or unusual", values=SYSTEMS)
CALLED = tuple(
    column(f"{segment}_call", "str", f"{segment.upper()} allele; ties comma-separated", null=True) for segment in "vdj"
)
SUBJECT = column("subject_id", "str", "the patient")
SAMPLE = column("sample_id", "str", "the sample")
