"""Declare tables and columns, check data frames against declarations, and define columns that several tables share."""

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
    """Declaration of one column.

    Attributes:
        name: name of the column in data frames and files.
        kind: type of the values.
        meaning: text for the documentation: what the column contains.
        unit: unit of the values; "" if they have no unit.
        null: whether values may be missing (null; an empty field in TSV).
        values: allowed values; empty if every value is allowed.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    null: bool = False
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Declaration of one table.

    Attributes:
        name: name of the table in messages and in the documentation.
        meaning: text for the documentation: what the table contains.
        columns: declarations of the columns, in the order of the file.
        key: columns whose values together identify a row; no two rows have the same. Empty if the table has no key.
        airr: whether the table follows the AIRR Rearrangement schema.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    airr: bool = False

    @property
    def names(self) -> list[str]:
        """Names of the columns, in order."""
        return [column.name for column in self.columns]

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def schema(self) -> dict[str, pl.DataType]:
        """Return the polars type of each column, in order."""
        import polars as pl  # noqa: PLC0415  (keeps the import of declarations light)

        types: dict[Kind, pl.DataType] = {
            "str": pl.String(),
            "int": pl.Int64(),
            "float": pl.Float64(),
            "bool": pl.Boolean(),
        }
        return {column.name: types[column.kind] for column in self.columns}

    def empty(self) -> pl.DataFrame:
        """Make a data frame with the columns of this table and no row."""
        import polars as pl  # noqa: PLC0415  (polars is heavy; this module is imported by light commands)

        return pl.DataFrame(schema=self.schema())


def check(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Check a data frame against a declaration.

    Args:
        frame: the data frame.
        table: the declaration.

    Returns:
        The declared columns, in the declared order, cast to the declared types. Other columns are dropped. A cast may
        convert integers to floats, and narrow number types to wide ones.

    Raises:
        TableError: a column is missing, has another type, has null although null is not allowed, or has a value that is
            not allowed; or two rows have the same key.
    """
    import polars as pl  # noqa: PLC0415  (polars is heavy; this module is imported by light commands)

    types = table.schema()
    for column in table.columns:
        if column.name not in frame.columns:
            raise TableError(table.name, column.name, "the column is missing: add the column")
        series = frame.get_column(column.name)
        expected = types[column.name]
        if not _fits(series.dtype, expected):
            raise TableError(
                table.name, column.name, f"has type {series.dtype}, but must have {expected}: convert the column"
            )
        if not column.null and series.null_count():
            raise TableError(table.name, column.name, f"is empty in {series.null_count()} rows: fill in a value")
        if column.values and (odd := series.drop_nulls().filter(~series.drop_nulls().is_in(column.values))).len():
            raise TableError(table.name, column.name, f"contains {odd[0]!r}: use one of {', '.join(column.values)}")
    if table.key and frame.select(table.key).is_duplicated().any():
        repeated = frame.filter(frame.select(table.key).is_duplicated()).row(0, named=True)
        key = ", ".join(f"{name}={repeated[name]!r}" for name in table.key)
        raise TableError(
            table.name, "+".join(table.key), f"several rows have the same key ({key}): keep one of these rows"
        )
    return frame.select(pl.col(name).cast(kind) for name, kind in types.items())


def _fits(found: pl.DataType, expected: pl.DataType) -> bool:
    """Return True if a cast to the declared type loses nothing: same type, same kind of number, or all null."""
    numbers = (found.is_integer() and expected.is_numeric()) or (found.is_float() and expected.is_float())
    return found == expected or numbers or str(found) == "Null"


def column(
    name: str, kind: Kind, meaning: str, unit: str = "", *, null: bool = False, values: tuple[str, ...] = ()
) -> Column:
    """Declare a column; see `Column` for the arguments."""
    return Column(name, kind, meaning, unit, null, values)


def position(name: str, meaning: str) -> Column:
    """Declare a column of positions in a sequence (1-based, closed intervals, as in AIRR) that may be empty."""
    return Column(name, "int", meaning, "1-based, closed", null=True)


UMI_COUNT = column("umi_count", "int", "number of molecules, counted by UMI", "molecules", null=True)
CONSENSUS_COUNT = column(
    "consensus_count", "int", "reads of the UMI families that were counted as molecules", "reads", null=True
)
LOCUS = column("locus", "str", "locus of the rearrangement", values=LOCI)
NULL_LOCUS = column("locus", "str", "locus of the rearrangement", null=True, values=LOCI)
SYSTEM = column("system", "str", "rearrangement system; + marks incomplete and unusual rearrangements", values=SYSTEMS)
CALLED = tuple(
    column(
        f"{segment}_call",
        "str",
        f"{segment.upper()} allele; alleles with equal scores are separated by commas",
        null=True,
    )
    for segment in "vdj"
)
SUBJECT = column("subject_id", "str", "identifier of the patient")
SAMPLE = column("sample_id", "str", "identifier of the sample")
