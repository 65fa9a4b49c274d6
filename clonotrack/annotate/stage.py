"""Pairs that were not merged: the mate that tells more of the rearrangement.

The stage: sequences in, one row of calls for each out.
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
    flags,
    identities,
    inserted,
    junctions,
    lost,
    regions,
    support,
)
from clonotrack.annotate.dj import Extended, add_incomplete, extend
from clonotrack.annotate.index import Index, build_index, complete_limits, incomplete_limits
from clonotrack.annotate.kernels.cigar import align_to_germline
from clonotrack.annotate.kernels.complete_calls import settle_pairs
from clonotrack.annotate.kernels.find_vj import find_pairs
from clonotrack.annotate.names import call_names, locus_and_system
from clonotrack.annotate.recurrent import Recurrent
from clonotrack.config import Annotate
from clonotrack.errors import TableError
from clonotrack.germline import Reference
from clonotrack.kernels.text import spell, turn
from clonotrack.parallel import in_order
from clonotrack.sequences import DECODE, ENCODE, Ragged
from clonotrack.tables import REARRANGEMENTS, check
from clonotrack.text_columns import letters_of, one_text, pieces, strings

_JUNCTION = 1e6
"""More than any alignment scores: a mate that covers the key region goes before one that does not."""


def annotate_pairs(sequences: pl.DataFrame, annotate: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame:
    """REARRANGEMENTS of sequences of which some have a mate.

    Both mates are annotated. The row is that of the mate that covers the key region; where both or none do, of the one
    whose segments score higher; else of the first. What the other mate says is not used.

    Args:
        sequences: SEQUENCES, with or without `sequence_2`.
        annotate: gives a row for each sequence.
    """
    first = annotate(sequences)
    if "sequence_2" not in sequences.columns:
        return first
    rows = np.flatnonzero(sequences.get_column("sequence_2").is_not_null().to_numpy())
    if not rows.size:
        return first
    mates = sequences[rows].with_columns(pl.col("sequence_2").alias("sequence"), pl.col("quality_2").alias("quality"))
    second = annotate(mates)
    better = _evidence(second) > _evidence(first[rows])
    chosen = np.arange(sequences.height)
    chosen[rows[better]] = sequences.height + np.flatnonzero(better)
    return pl.concat([first, second])[chosen]


def _evidence(rearrangements: pl.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    scores = [pl.col(f"{segment}_score").fill_null(0.0) for segment in "vdj"]
    covered = pl.col("key_region").is_not_null().cast(pl.Float64) * _JUNCTION
    found: np.ndarray[tuple[int], np.dtype[np.float64]]
    found = rearrangements.select(covered + pl.sum_horizontal(scores)).to_series().to_numpy()
    return found


# Rows that are worked on at once: enough that copies meet, few enough that they take little memory.
AT_ONCE = 16_384
_LETTERS = np.frombuffer(b"ACGTN-", dtype=np.uint8)


def annotate(sequences: pl.DataFrame, reference: Reference, settings: Annotate, *, threads: int = 1) -> pl.DataFrame:
    """Recognise the rearrangement of each sequence; see `annotate_batches`.

    Raises:
        GermlineError: the reference lacks V or J of the loci in the settings.
        TableError: a `sequence_id` occurs twice, or a sequence is null.
    """
    parts = (sequences.slice(start, AT_ONCE) for start in range(0, max(1, sequences.height), AT_ONCE))
    return check(pl.concat(annotate_batches(parts, reference, settings, threads=threads)), REARRANGEMENTS)


def annotate_batches(
    batches: Iterable[pl.DataFrame], reference: Reference, settings: Annotate, *, threads: int = 1
) -> Iterator[pl.DataFrame]:
    """Recognise the rearrangement of each sequence of each batch.

    Equal sequences of a batch are annotated once; case does not matter. A batch more than there are threads is held.

    Args:
        batches: SEQUENCES, or at least `sequence_id` and `sequence`; `quality`, `umi` and `duplicate_count` are
            carried through (1 read where there is no count). Of a pair, the mate that tells more is.
        reference: the germline.
        settings: what is accepted.
        threads: batches that are worked on at once; the result depends neither on it nor on the batches.

    Yields:
        REARRANGEMENTS, a row per row, in order. `sequence` is on the strand of the rearrangement, in upper case and
        with N for every unknown base; where there is none it is as given and the calls are null.

    Raises:
        GermlineError: the reference lacks V or J of the loci in the settings.
        TableError: a sequence is null.
    """
    index = build_index(reference, settings.loci)
    recurrent = Recurrent(partial(_annotate_distinct, index=index, extended=extend(index), settings=settings))
    annotate_reads = partial(_annotate_batch, recurrent=recurrent)
    yield from in_order(partial(annotate_pairs, annotate=annotate_reads), batches, threads)


def _annotate_batch(sequences: pl.DataFrame, recurrent: Recurrent) -> pl.DataFrame:
    """REARRANGEMENTS of one batch."""
    if missing := sequences.get_column("sequence").null_count():
        raise TableError("SEQUENCES", "sequence", f"is empty in {missing} rows")
    letters, offsets = letters_of(sequences.get_column("sequence"))
    called = recurrent.annotated(Ragged(spell(letters, ENCODE), offsets))
    given = sequences.select(
        pl.col("sequence_id"),
        pl.col("sequence").alias("given"),
        *(_carried(sequences, name) for name in ("duplicate_count", "umi", "quality")),
    )
    quality = _turned(given.get_column("quality"), called.get_column("rev_comp"))
    complete = given.hstack(called).with_columns(pl.col("sequence").fill_null(pl.col("given")), quality)
    return complete.select(
        pl.col(name) if name in complete.columns else pl.lit(None, dtype=kind).alias(name)
        for name, kind in REARRANGEMENTS.schema().items()
    )


def _turned(quality: pl.Series, turned: pl.Series) -> pl.Series:
    """The qualities of sequences of which some were `turned`."""
    if quality.null_count() == len(quality):
        return quality
    rows = np.flatnonzero(turned.to_numpy() & quality.is_not_null().to_numpy())
    letters, offsets = letters_of(quality.gather(rows))
    place = np.arange(len(quality))
    place[rows] = len(quality) + np.arange(len(rows))
    both = pl.concat([quality.set(quality == "", None), strings(turn(letters, offsets), offsets)], rechunk=True)
    return both.gather(place).alias("quality")


def _carried(sequences: pl.DataFrame, name: str) -> pl.Expr:
    """A column that is passed on, or what stands for it where it is not there."""
    if name in sequences.columns:
        return pl.col(name)
    return (pl.lit(1) if name == "duplicate_count" else pl.lit(None)).cast(REARRANGEMENTS.schema()[name]).alias(name)


def _annotate_distinct(reads: Ragged, index: Index, extended: Extended | None, settings: Annotate) -> pl.DataFrame:
    """Calls of distinct sequences, a row each."""
    accepted = complete_limits(settings)
    pairs = find_pairs(reads.codes, reads.offsets, index.germline, accepted)
    calls = _told(pairs.calls, index)
    details = settle_pairs(reads.offsets, pairs, index.germline, accepted)
    if extended is not None:
        details = add_incomplete(reads, pairs, details, index, extended, incomplete_limits(settings))
    text = one_text(spell(pairs.oriented, DECODE))
    beside, below, bounds = align_to_germline(
        pairs.oriented, reads.offsets, calls, details.pieces, details.piece_offsets, index.germline
    )
    columns = {
        "sequence": pieces(text, reads.offsets[:-1], np.where(calls["found"] == 0, 0, reads.lengths)),
        "rev_comp": pl.Series(calls["reversed"] == 1),
        **flags(calls),
        **call_names(details, index),
        "sequence_alignment": strings(spell(beside, _LETTERS), bounds),
        "germline_alignment": strings(spell(below, _LETTERS), bounds),
        **junctions(calls, Ragged(pairs.oriented, reads.offsets), text),
        **cigars(calls, details, reads.lengths),
        **locus_and_system(calls, index),
        **identities(calls),
        **coordinates(calls),
        **inserted(calls, reads.offsets[:-1], text),
        **lost(calls, index),
        **support(calls),
        **regions(calls, details, index),
        **chimeras(reads.offsets, pairs, index),
    }
    return pl.DataFrame(columns)


def _told(calls: NDArray[Any], index: Index) -> NDArray[Any]:
    """The calls, without those of loci that are not wanted."""
    other = (calls["v"] >= 0) & ~index.wanted[calls["j_group"]]
    calls["v"][other] = -1
    calls["j"][other] = -1
    calls["reversed"][calls["v"] < 0] = 0
    return calls
