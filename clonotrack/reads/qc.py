"""Make the QC table of the stage reads."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from clonotrack.reads.merge_pairs import OUTCOMES, MergeCounts
from clonotrack.reads.stage import SampleReads
from clonotrack.tables import QC, check

OVERLAP_BIN = 10  # width of a bin of overlap lengths [nt]
CYCLE_BIN = 25  # sequencing cycles in a bin of error rates
Row = tuple[str, float, str]  # metric, value, unit


def reads_qc(reads: SampleReads, sample_id: str) -> pl.DataFrame:
    """Make the QC rows of the stage reads for one sample.

    Args:
        reads: result of `clonotrack.reads.stage.read`.
        sample_id: name of the sample.

    Returns:
        QC. Fragments: `scanned` = `passed` + `no_umi` + `too_short` + `low_quality`; `distinct_sequences`. Reads of BAM
        or CRAM that are `hard_clipped`. `mean_length` of the fragments that passed; this row is missing if no fragment
        passed. Number of read ends with each primer. If there are pairs: number of pairs with each outcome,
        `overlap_length` in bins of 10 nt, and `error_rate` by mate and cycle and by Phred score.
    """
    counts, fragments = reads.counts, reads.fragments
    rows: list[Row] = [
        ("scanned", counts.scanned, "fragments"),
        ("passed", counts.passed, "fragments"),
        ("no_umi", counts.no_umi, "fragments"),
        ("too_short", counts.too_short, "fragments"),
        ("low_quality", counts.low_quality, "fragments"),
        ("hard_clipped", counts.hard_clipped, "reads"),
        ("distinct_sequences", fragments.rows, "sequences"),
    ]
    if fragments.rows:
        rows.append(("mean_length", fragments.bases / counts.passed, "nt"))
    rows += [(f"primer {name}", count, "read ends") for name, count in counts.primers.items()]
    rows += _pair_rows(reads.merging)
    frame = pl.DataFrame(rows, schema={"metric": pl.String, "value": pl.Float64, "unit": pl.String}, orient="row")
    return check(frame.with_columns(pl.lit(sample_id).alias("sample_id"), pl.lit("reads").alias("stage")), QC)


def _pair_rows(merging: MergeCounts) -> Iterator[Row]:
    pairs = int(merging.outcomes.sum())
    if not pairs:
        return
    yield "pairs", pairs, "pairs"
    for name, count in zip(OUTCOMES, merging.outcomes.tolist(), strict=True):
        yield name, count, "pairs"
    yield "merged_share", int(merging.outcomes[0]) / pairs, "share of pairs"
    yield "read_through", merging.read_through, "pairs"
    for start in range(0, len(merging.lengths), OVERLAP_BIN):
        count = int(merging.lengths[start : start + OVERLAP_BIN].sum())
        if count:
            yield f"overlap_length {start}-{start + OVERLAP_BIN - 1}", count, "pairs"
    for mate in (0, 1):
        for start in range(0, merging.cycles.shape[1], CYCLE_BIN):
            bases, errors = merging.cycles[mate, start : start + CYCLE_BIN].sum(axis=0).tolist()
            if bases:
                yield f"error_rate read_{mate + 1} {start + 1}-{start + CYCLE_BIN}", errors / bases, "errors per base"
    for score in np.flatnonzero(merging.phred[:, 0]).tolist():
        bases, errors = merging.phred[score].tolist()
        yield f"error_rate Q{score}", errors / bases, "errors per base"
