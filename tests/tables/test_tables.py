"""The declarations of tables agree with the AIRR schema, and `check` enforces them."""

import airr.schema
import polars as pl
import pytest

from clonotrack.errors import TableError
from clonotrack.tables import HITS, MARKERS, MARKERS_REQUIRED, MRD, QC, REARRANGEMENTS, TABLES, check

AIRR_TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}


def test_every_table_declares_each_column_once_and_its_key() -> None:
    assert len({table.name for table in TABLES}) == len(TABLES)
    for table in TABLES:
        assert len(set(table.names)) == len(table.names), table.name
        assert set(table.key) <= set(table.names), table.name
        assert table.empty().columns == table.names
        assert check(table.empty(), table).schema == table.schema()


def test_rearrangements_has_the_required_airr_columns_with_their_types() -> None:
    schema = airr.schema.RearrangementSchema
    assert set(schema.required) <= set(REARRANGEMENTS.names)
    for column in REARRANGEMENTS.columns:
        if column.name in schema.properties:
            assert column.kind == AIRR_TYPES[schema.type(column.name)], column.name


def test_required_columns_of_a_handwritten_markers_table_are_declared() -> None:
    assert set(MARKERS_REQUIRED) <= set(MARKERS.names)


def test_calls_are_in_the_order_of_the_decision() -> None:
    assert MRD["call"].values == ("failed", "positive", "positive_below_loq", "insufficient", "negative")


def test_check_casts_narrow_numbers_and_orders_columns() -> None:
    frame = pl.DataFrame({"value": [1], "sample_id": ["s"], "stage": ["reads"], "metric": ["m"], "unit": [None]})
    checked = check(frame.with_columns(pl.col("value").cast(pl.UInt8)), QC)
    assert checked.columns == QC.names
    assert checked.schema == QC.schema()


def test_check_errors_name_table_and_column() -> None:
    with pytest.raises(TableError, match="table HITS, column target_id: the column is missing"):
        check(HITS.empty().drop("target_id"), HITS)
    with pytest.raises(TableError, match="column reads: has type Float64, but must have Int64"):
        check(HITS.empty().with_columns(reads=pl.lit(1.5)), HITS)
