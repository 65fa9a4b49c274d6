"""What the reads of a sample were like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from clonotrack.tables import QC, check

if TYPE_CHECKING:
    from clonotrack.library.batches import Counts


def quality_control(counts: Counts, sequences: pl.DataFrame, sample_id: str) -> pl.DataFrame:
    """QC rows of the stage.

    Args:
        counts: what became of the reads.
        sequences: SEQUENCES of the reads that passed.
        sample_id: the sample.

    Returns:
        QC: `scanned` = `passed` + `no_umi` + `too_short` + `low_quality`, `distinct_sequences`, and `mean_length` of
        the reads that passed, which is missing where none did.
    """
    rows: list[tuple[str, float, str]] = [
        ("scanned", counts.scanned, "reads"),
        ("passed", counts.passed, "reads"),
        ("no_umi", counts.no_umi, "reads"),
        ("too_short", counts.too_short, "reads"),
        ("low_quality", counts.low_quality, "reads"),
        ("distinct_sequences", sequences.height, "sequences"),
    ]
    if sequences.height:
        bases = (sequences["sequence"].str.len_bytes() * sequences["duplicate_count"]).sum()
        rows.append(("mean_length", float(bases) / counts.passed, "nt"))
    frame = pl.DataFrame(rows, schema={"metric": pl.String, "value": pl.Float64, "unit": pl.String}, orient="row")
    return check(frame.with_columns(pl.lit(sample_id).alias("sample_id"), pl.lit("reads").alias("stage")), QC)
