"""How well the bases of a key region were read."""

from __future__ import annotations

import numpy as np
import polars as pl

from clonotrack.cluster.rows import Rows
from clonotrack.sequence import U8


def best_scores(rows: Rows, nodes: pl.DataFrame) -> U8 | None:
    """The best Phred score of each base of each key region, over the rows that carry it.

    Args:
        rows: with `node`.
        nodes: `key_region`, by `node`.

    Returns:
        The key regions of `nodes` one after the other; None where no row has qualities.
    """
    scored = rows.table["scored"].to_numpy()
    if not scored.any():
        return None
    lengths = nodes["key_region"].str.len_bytes().to_numpy().astype(np.int64)
    ends = np.cumsum(lengths)
    best = np.zeros(ends[-1], dtype=np.uint8)
    node, start = rows.table["node"].to_numpy(), rows.table["key_region_start"].to_numpy() - 1
    for part in rows.letters():
        chosen = np.flatnonzero(scored[part.first : part.first + len(part.offsets) - 1])
        owner = node[part.first + chosen]
        sizes = lengths[owner]
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        source = np.repeat(part.offsets[chosen] + start[part.first + chosen], sizes) + within
        np.maximum.at(best, np.repeat((ends - lengths)[owner], sizes) + within, part.scores[source])
    return best
