"""How well the bases of a key region were read."""

from __future__ import annotations

import numpy as np
import polars as pl

from clonotrack.sequence import U8


def best_scores(rows: pl.DataFrame, nodes: pl.DataFrame) -> U8 | None:
    """The best Phred score of each base of each key region, over the rows that carry it.

    Args:
        rows: `node`, `key_region`, `key_region_start` (1-based) and `quality` (or null).
        nodes: `key_region`, by `node`.

    Returns:
        The key regions of `nodes` one after the other; None where no row has qualities.
    """
    letters = pl.col("quality").str.slice(pl.col("key_region_start") - 1, pl.col("key_region").str.len_bytes())
    scored = rows.select("node", letters=letters).drop_nulls()
    if not scored.height:
        return None
    lengths = nodes["key_region"].str.len_bytes().to_numpy().astype(np.int64)
    ends = np.cumsum(lengths)
    scores = np.frombuffer("".join(scored["letters"]).encode(), dtype=np.uint8) - np.uint8(33)
    owner = scored["node"].to_numpy()
    first = np.cumsum(lengths[owner]) - lengths[owner]
    place = np.arange(len(scores)) + np.repeat((ends - lengths)[owner] - first, lengths[owner])
    best = np.zeros(ends[-1], dtype=np.uint8)
    np.maximum.at(best, place, scores)
    return best
