"""The stage: sequences in, one row of calls for each out."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clonotrack.annotate import limits
from clonotrack.annotate.chimeras import chimeras
from clonotrack.annotate.columns import cigars, coordinates, flags, identities, junctions
from clonotrack.annotate.extended import Extended, extend
from clonotrack.annotate.incomplete import add_incomplete
from clonotrack.annotate.index import Index, build_index
from clonotrack.annotate.joints import inserted, lost
from clonotrack.annotate.names import call_names, locus_and_system
from clonotrack.annotate.regions import regions
from clonotrack.annotate.support import support
from clonotrack.config import Annotate
from clonotrack.errors import TableError
from clonotrack.germline import Reference
from clonotrack.kernels.germline_alignment import align_to_germline
from clonotrack.kernels.pairing import Pairs, find_pairs
from clonotrack.kernels.settlement import Details, settle_pairs
from clonotrack.sequence import ENCODE, I64, U8, Ragged, reverse_complement
from clonotrack.tables import REARRANGEMENTS, check

# Distinct reads that go to the kernels at once.
AT_ONCE = 8192
_LETTERS = np.frombuffer(b"ACGTN-", dtype=np.uint8)


def annotate(sequences: pl.DataFrame, reference: Reference, settings: Annotate, *, threads: int = 1) -> pl.DataFrame:
    """Recognise the rearrangement of each sequence.

    Equal sequences are annotated once; case does not matter.

    Args:
        sequences: SEQUENCES, or at least `sequence_id` and `sequence`; `quality`, `umi` and `duplicate_count` are
            carried through (1 read where there is no count).
        reference: the germline.
        settings: what is accepted.
        threads: parts of the sequences that are worked on at once; the result does not depend on it.

    Returns:
        REARRANGEMENTS, a row per row, in order. `sequence` is on the strand of the rearrangement, in upper case; where
        there is none it is as given and the calls are null.

    Raises:
        GermlineError: the reference lacks V or J of the loci in the settings.
        TableError: a `sequence_id` occurs twice, or a sequence is null.
    """
    index = build_index(reference, settings.loci)
    extended = extend(index)
    if missing := sequences.get_column("sequence").null_count():
        raise TableError("SEQUENCES", "sequence", f"is empty in {missing} rows")
    upper = sequences.get_column("sequence").str.to_uppercase()
    distinct = upper.unique(maintain_order=True)
    with ThreadPoolExecutor(max_workers=threads) as workers:  # the kernels release the interpreter's lock
        parts = workers.map(lambda part: _annotate_distinct(part, index, extended, settings), _parts(distinct))
        called = pl.concat(parts).with_columns(distinct.alias("upper"))
    given = sequences.select(
        pl.col("sequence_id"),
        pl.col("sequence").alias("given"),
        upper.alias("upper"),
        *(_carried(sequences, name) for name in ("duplicate_count", "umi", "quality")),
    )
    joined = given.join(called, on="upper", how="left", maintain_order="left")
    turned = pl.col("rev_comp")
    complete = joined.with_columns(
        pl.col("sequence").fill_null(pl.col("given")),
        pl.when(turned).then(pl.col("quality").str.reverse()).otherwise("quality").alias("quality"),
        *(
            pl.lit(None, dtype=kind).alias(name)
            for name, kind in REARRANGEMENTS.schema().items()
            if name not in called.columns and name not in given.columns
        ),
    )
    return check(complete, REARRANGEMENTS)


def _parts(distinct: pl.Series) -> Iterator[pl.Series]:
    """The distinct sequences, so many at once; at least one part."""
    for start in range(0, max(1, len(distinct)), AT_ONCE):
        yield distinct.slice(start, AT_ONCE)


def _carried(sequences: pl.DataFrame, name: str) -> pl.Expr:
    """A column that is passed on, or what stands for it where it is not there."""
    if name in sequences.columns:
        return pl.col(name)
    return (pl.lit(1) if name == "duplicate_count" else pl.lit(None)).cast(REARRANGEMENTS.schema()[name]).alias(name)


def _annotate_distinct(
    sequences: pl.Series, index: Index, extended: Extended | None, settings: Annotate
) -> pl.DataFrame:
    """Calls of distinct upper-case sequences, a row each."""
    reads = _encode(sequences)
    accepted = limits.complete(settings)
    pairs = find_pairs(reads.codes, reads.offsets, index.germline, accepted)
    calls = _told(pairs.calls, index)
    details = settle_pairs(reads.offsets, pairs, index.germline, accepted)
    if extended is not None:
        details = add_incomplete(reads, pairs, details, index, extended, limits.incomplete(settings))
    oriented = _oriented(sequences, calls)
    columns = {
        "sequence": oriented.set(pl.Series(calls["found"] == 0), None),
        "rev_comp": pl.Series(calls["reversed"] == 1),
        **flags(calls),
        **call_names(details, index),
        **_alignments(reads.offsets, pairs, details, index),
        **junctions(calls, oriented),
        **cigars(calls, details, reads.lengths),
        **locus_and_system(calls, index),
        **identities(calls),
        **coordinates(calls),
        **inserted(calls, oriented),
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


def _encode(sequences: pl.Series) -> Ragged:
    letters = "".join(sequences.to_list()).encode("utf-8")
    offsets = np.zeros(len(sequences) + 1, dtype=np.int64)
    np.cumsum(sequences.str.len_bytes().to_numpy(), out=offsets[1:])
    return Ragged(ENCODE[np.frombuffer(letters, dtype=np.uint8)], offsets)


def _oriented(sequences: pl.Series, calls: NDArray[Any]) -> pl.Series:
    """The sequences on the strand of the rearrangement."""
    turned = np.flatnonzero(calls["reversed"])
    if not len(turned):
        return sequences
    return sequences.scatter(turned, [reverse_complement(text) for text in sequences.gather(turned)])


def _alignments(offsets: I64, pairs: Pairs, details: Details, index: Index) -> dict[str, pl.Series]:
    """`sequence_alignment` and `germline_alignment`, null where there is no call."""
    beside, below, bounds = align_to_germline(
        pairs.oriented, offsets, pairs.calls, details.pieces, details.piece_offsets, index.germline
    )
    return {
        "sequence_alignment": _texts(beside, bounds),
        "germline_alignment": _texts(below, bounds),
    }


def _texts(codes: U8, bounds: I64) -> pl.Series:
    letters = _LETTERS[codes].tobytes().decode("ascii")
    rows = [letters[start:end] or None for start, end in pairwise(bounds.tolist())]
    return pl.Series(rows, dtype=pl.String)
