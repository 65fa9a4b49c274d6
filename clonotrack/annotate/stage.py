"""Annotate sequences: find V, D, J, junction and coordinates of each, as one row of REARRANGEMENTS.

Each batch goes through four steps. Equal sequences are annotated once. `find_pairs` finds V and J. `complete_calls`
aligns them with gaps, and finds their ends, the D and the reading frame. `add_incomplete` finds incomplete
rearrangements, such as D-J, in sequences without V and J. The calls are then converted to columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clonotrack.annotate.columns import (
    chimeras,
    cigars,
    coordinates,
    deleted_bases,
    evalues,
    identities,
    inserted_bases,
    junctions,
    productivity,
    region_coordinates,
)
from clonotrack.annotate.dj import ExtendedGermline, add_incomplete, extend_germline
from clonotrack.annotate.index import Index, build_index, complete_limits, incomplete_limits
from clonotrack.annotate.kernels.cigar import align_to_germline
from clonotrack.annotate.kernels.complete_calls import complete_calls
from clonotrack.annotate.kernels.find_vj import find_pairs
from clonotrack.annotate.names import call_names, locus_and_system
from clonotrack.config import Annotate
from clonotrack.errors import TableError
from clonotrack.germline import Reference
from clonotrack.kernels.text import map_bytes, reverse_rows
from clonotrack.parallel import map_in_order
from clonotrack.sequences import DECODE, ENCODE, Ragged
from clonotrack.tables import REARRANGEMENTS, check
from clonotrack.text_columns import column_bytes, joined_text, substrings, text_column

# Rows that are annotated at once: enough to occupy the kernels, few enough to hold several batches in memory.
BATCH_ROWS = 16_384
# A mate that covers the key region is preferred to one that does not, whatever their alignment scores.
_KEY_REGION_BONUS = 1e6
_ALIGNMENT_CHARACTERS = np.frombuffer(b"ACGTN-", dtype=np.uint8)


def annotate(sequences: pl.DataFrame, reference: Reference, settings: Annotate, *, threads: int = 1) -> pl.DataFrame:
    """Annotate a whole table of sequences; arguments are those of `annotate_batches`.

    Returns:
        REARRANGEMENTS, one row for each input row, in order.

    Raises:
        GermlineError: the reference has no V, or no J, for the loci in the settings.
        TableError: a `sequence_id` occurs twice, or a sequence is null.
    """
    batches = (sequences.slice(start, BATCH_ROWS) for start in range(0, max(1, sequences.height), BATCH_ROWS))
    return check(pl.concat(annotate_batches(batches, reference, settings, threads=threads)), REARRANGEMENTS)


def annotate_batches(
    batches: Iterable[pl.DataFrame], reference: Reference, settings: Annotate, *, threads: int = 1
) -> Iterator[pl.DataFrame]:
    """Annotate the sequences of each batch.

    Equal sequences of a batch are annotated once, whatever their letter case. At most `threads` + 1 batches are in
    memory.

    Args:
        batches: SEQUENCES, or at least the columns `sequence_id` and `sequence`. `quality`, `umi` and `duplicate_count`
            are copied to the result. Without `duplicate_count` each row counts as 1 read. If there is `sequence_2`, the
            better mate is returned; see `annotate_pairs`.
        reference: germline alleles.
        settings: loci that are reported, and thresholds for V, D and J.
        threads: number of batches that are annotated in parallel. The result depends neither on `threads` nor on the
            division of the rows into batches.

    Yields:
        REARRANGEMENTS, one row for each input row, in order. `sequence` is on the strand of the rearrangement, in upper
        case, with N for every unknown base. A sequence without rearrangement is returned unchanged with null calls.

    Raises:
        GermlineError: the reference has no V, or no J, for the loci in the settings.
        TableError: a sequence is null.
    """
    index = build_index(reference, settings.loci)
    annotate_distinct = partial(_annotate_distinct, index=index, extended=extend_germline(index), settings=settings)
    annotate_batch = partial(_annotate_batch, annotate_distinct=annotate_distinct)
    yield from map_in_order(partial(annotate_pairs, annotate=annotate_batch), batches, threads)


def annotate_pairs(sequences: pl.DataFrame, annotate: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame:
    """Annotate single sequences and unmerged pairs; of a pair, return the row of the better mate.

    Both mates are annotated. A mate that covers the key region is better than a mate that does not. If both or neither
    cover it, the mate with the higher sum of V, D and J scores is better. If the sums are equal, the first mate is
    returned. The row of the other mate is not used.

    Args:
        sequences: SEQUENCES, with or without the columns `sequence_2` and `quality_2`.
        annotate: function that returns REARRANGEMENTS with one row for each value of the column `sequence`.

    Returns:
        REARRANGEMENTS, one row for each row of `sequences`, in order.
    """
    first = annotate(sequences)
    if "sequence_2" not in sequences.columns:
        return first
    paired = np.flatnonzero(sequences.get_column("sequence_2").is_not_null().to_numpy())
    if not paired.size:
        return first
    mates = sequences[paired].with_columns(pl.col("sequence_2").alias("sequence"), pl.col("quality_2").alias("quality"))
    second = annotate(mates)
    second_is_better = _evidence(second) > _evidence(first[paired])
    chosen = np.arange(sequences.height)
    chosen[paired[second_is_better]] = sequences.height + np.flatnonzero(second_is_better)
    return pl.concat([first, second])[chosen]


def _evidence(rearrangements: pl.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    scores = [pl.col(f"{segment}_score").fill_null(0.0) for segment in "vdj"]
    bonus = pl.col("key_region").is_not_null().cast(pl.Float64) * _KEY_REGION_BONUS
    evidence: np.ndarray[tuple[int], np.dtype[np.float64]]
    evidence = rearrangements.select(bonus + pl.sum_horizontal(scores)).to_series().to_numpy()
    return evidence


def _annotate_batch(sequences: pl.DataFrame, annotate_distinct: Callable[[Ragged], pl.DataFrame]) -> pl.DataFrame:
    """Annotate one batch of single sequences.

    Args:
        sequences: SEQUENCES; mates are ignored.
        annotate_distinct: function that annotates distinct sequences, `_annotate_distinct`.

    Returns:
        REARRANGEMENTS, one row for each row of `sequences`, in order.
    """
    if missing := sequences.get_column("sequence").null_count():
        raise TableError("SEQUENCES", "sequence", f"is empty in {missing} rows: give each row a sequence")
    distinct, row_of = _distinct(sequences.get_column("sequence"))
    characters, offsets = column_bytes(distinct)
    annotated = annotate_distinct(Ragged(map_bytes(characters, ENCODE), offsets))
    if len(distinct) < sequences.height:
        annotated = annotated[row_of]
    original = sequences.select(
        pl.col("sequence_id"),
        pl.col("sequence").alias("original"),
        *(_copied(sequences, name) for name in ("duplicate_count", "umi", "quality")),
    )
    quality = _orient_qualities(original.get_column("quality"), annotated.get_column("rev_comp"))
    complete = original.hstack(annotated).with_columns(pl.col("sequence").fill_null(pl.col("original")), quality)
    return complete.select(
        pl.col(name) if name in complete.columns else pl.lit(None, dtype=kind).alias(name)
        for name, kind in REARRANGEMENTS.schema().items()
    )


def _distinct(sequences: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Find the distinct sequences.

    Returns:
        Distinct sequences in upper case, in order of first occurrence; for each input row, the index of its sequence
        among the distinct sequences.
    """
    rows = pl.DataFrame({"sequence": sequences.str.to_uppercase()})
    distinct = rows.unique(maintain_order=True).with_row_index("row")
    if distinct.height == rows.height:
        return distinct["sequence"], distinct["row"]
    return distinct["sequence"], rows.join(distinct, on="sequence", how="left", maintain_order="left")["row"]


def _orient_qualities(quality: pl.Series, rev_comp: pl.Series) -> pl.Series:
    """Reverse the quality text of each sequence that was reverse-complemented (`rev_comp`)."""
    if quality.null_count() == len(quality):
        return quality
    rows = np.flatnonzero(rev_comp.to_numpy() & quality.is_not_null().to_numpy())
    characters, offsets = column_bytes(quality.gather(rows))
    source = np.arange(len(quality))
    source[rows] = len(quality) + np.arange(len(rows))
    reversed_ = text_column(reverse_rows(characters, offsets), offsets)
    return pl.concat([quality.set(quality == "", None), reversed_], rechunk=True).gather(source).alias("quality")


def _copied(sequences: pl.DataFrame, name: str) -> pl.Expr:
    """Select the column `name` of the input; a missing column becomes 1 for `duplicate_count`, otherwise null."""
    if name in sequences.columns:
        return pl.col(name)
    return (pl.lit(1) if name == "duplicate_count" else pl.lit(None)).cast(REARRANGEMENTS.schema()[name]).alias(name)


def _annotate_distinct(
    reads: Ragged, index: Index, extended: ExtendedGermline | None, settings: Annotate
) -> pl.DataFrame:
    """Annotate distinct sequences.

    Args:
        reads: bases of the distinct sequences.
        index: germline alleles and their seeds.
        extended: D genes with their germline flanks, for incomplete rearrangements such as D-J; None if the reference
            has no such genes.
        settings: thresholds for V, D and J.

    Returns:
        The columns of REARRANGEMENTS that come from annotation, one row for each distinct sequence, in order.
    """
    limits = complete_limits(settings)
    pairs = find_pairs(reads.codes, reads.offsets, index.germline, limits)
    calls = _reported(pairs.calls, index)
    details = complete_calls(reads.offsets, pairs, index.germline, limits)
    if extended is not None:
        details = add_incomplete(reads, pairs, details, index, extended, incomplete_limits(settings))
    text = joined_text(map_bytes(pairs.oriented, DECODE))
    read_rows, germline_rows, bounds = align_to_germline(
        pairs.oriented, reads.offsets, calls, details.operations, details.operation_offsets, index.germline
    )
    columns = {
        "sequence": substrings(text, reads.offsets[:-1], np.where(calls["called"] == 0, 0, reads.lengths)),
        "rev_comp": pl.Series(calls["reversed"] == 1),
        **productivity(calls),
        **call_names(details, index),
        "sequence_alignment": text_column(map_bytes(read_rows, _ALIGNMENT_CHARACTERS), bounds),
        "germline_alignment": text_column(map_bytes(germline_rows, _ALIGNMENT_CHARACTERS), bounds),
        **junctions(calls, Ragged(pairs.oriented, reads.offsets), text),
        **cigars(calls, details, reads.lengths),
        **locus_and_system(calls, index),
        **identities(calls),
        **coordinates(calls),
        **inserted_bases(calls, reads.offsets[:-1], text),
        **deleted_bases(calls, index),
        **evalues(calls),
        **region_coordinates(calls, details, index),
        **chimeras(reads.offsets, pairs, index),
    }
    return pl.DataFrame(columns)


def _reported(calls: NDArray[Any], index: Index) -> NDArray[Any]:
    """Remove the V and J calls of loci that the settings do not report, in place; return `calls`."""
    unreported = (calls["v"] >= 0) & ~index.reported[calls["j_group"]]
    calls["v"][unreported] = -1
    calls["j"][unreported] = -1
    calls["reversed"][calls["v"] < 0] = 0
    return calls
