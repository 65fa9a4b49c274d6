"""Consensus sequences of clonotypes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl

from clonotrack.cluster.rows import Rows
from clonotrack.io.strings import strings
from clonotrack.kernels.consensus import consensus
from clonotrack.kernels.selection import scatter
from clonotrack.kernels.text import spell
from clonotrack.sequence import DECODE, ENCODE, I64, U8, offsets_of

MOST_ROWS = 1_000
"""Rows of a clonotype that are laid over each other, those with most reads."""
BASES_AT_ONCE = 1 << 25


def consensus_sequences(rows: Rows, of: pl.Series) -> pl.DataFrame:
    """Consensus of the rows of each clonotype, laid over each other at their common key region.

    METHOD: the base of a column is the one with the greatest sum of reads times Phred score: for independent errors
    the base of greatest likelihood, as a Phred score is the logarithm of an error's odds. It goes on to both sides
    while at least half of the reads reach a column. All rows carry the same key region at the same place, so the
    consensus holds it unchanged. Rows are not aligned: a read with an inserted or deleted base is outvoted from
    there on. The `MOST_ROWS` rows with most reads have a say.

    Args:
        rows: with `clone`.
        of: which rows carry the key region of their clone.

    Returns:
        `clone` and `sequence`, a row per clone.
    """
    order = ["clone", "duplicate_count", "copy_hash"]  # hashes break ties whatever the order of the rows
    ranked = rows.table.select(*order).with_row_index("row").filter(of)
    ranked = ranked.sort(order, descending=[False, True, False])
    chosen = ranked.filter(pl.int_range(pl.len()).over("clone") < MOST_ROWS)["row"].to_numpy()
    table = rows.table.select("clone", "duplicate_count", "key_region_start")[chosen]
    clones, starts = np.unique(table["clone"].to_numpy(), return_index=True)
    bounds = np.append(starts, len(chosen))
    weights, anchors = table["duplicate_count"].to_numpy(), table["key_region_start"].to_numpy().astype(np.int64) - 1
    parts = []
    bases = np.cumsum(rows.table["length"].to_numpy()[chosen], dtype=np.int64)
    cuts = np.searchsorted(bounds, np.searchsorted(bases, np.arange(0, bases[-1], BASES_AT_ONCE)))
    for low, high in pairwise(np.unique([*cuts, len(clones)]).tolist()):
        here = slice(bounds[low], bounds[high])
        codes, scores, offsets = _taken(rows, chosen[here])
        groups = bounds[low : high + 1] - bounds[low]
        agreed, ends, _ = consensus(codes, offsets, scores, weights[here], anchors[here], groups)
        parts.append(strings(spell(agreed, DECODE), ends))
    return pl.DataFrame({"clone": clones, "sequence": pl.concat(parts)})


def _taken(rows: Rows, chosen: I64) -> tuple[U8, U8, I64]:
    """Codes, scores and offsets of the chosen rows, in their order."""
    lengths = rows.table["length"].to_numpy().astype(np.int64)[chosen]
    offsets = offsets_of(lengths)
    letters, scores = (np.empty(offsets[-1], dtype=np.uint8) for _ in range(2))
    order = np.argsort(chosen)
    in_order = chosen[order]
    for part in rows.letters():
        low, high = np.searchsorted(in_order, (part.first, part.first + len(part.offsets) - 1))
        taken, places = in_order[low:high] - part.first, offsets[order[low:high]]
        scatter(part.letters, part.offsets, taken, places, letters)
        scatter(part.scores, part.offsets, taken, places, scores)
    return spell(letters, ENCODE), scores, offsets
