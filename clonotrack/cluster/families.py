"""Relatives of a clonotype: near key regions of the same genes, which ongoing mutation makes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import polars as pl

from clonotrack.cluster.groups import genes
from clonotrack.kernels.neighbours import neighbours
from clonotrack.sequence import I64, Ragged

SHARE = 0.1
MOST = 4


def family_heads(clonotypes: pl.DataFrame) -> I64:
    """The row that heads the family of each row; its own number for a head.

    METHOD: a head and the less abundant clonotypes of its system with a V and a J gene and the length in common that
    are at most `SHARE` of the key region, and never more than `MOST` substitutions, away: lineages by V, J,
    junction length and a junction distance are as in Gupta et al. 2017 (J Immunol 198:2489); the two limits are ours.
    A relative of a relative is not drawn in, so families stay narrow where a repertoire is dense.

    Args:
        clonotypes: by falling `duplicate_count`.

    Returns:
        Shape (n,).
    """
    regions = Ragged.from_strings(clonotypes["key_region"])
    systems = clonotypes["system"].rank("dense").to_numpy().astype(np.int64)
    reads = clonotypes["duplicate_count"].to_numpy()
    pairs = neighbours(regions.codes, regions.offsets, systems, reads, np.tile(reads, (MOST, 1)))
    pairs = pairs[pairs[:, 2] <= SHARE * regions.lengths[pairs[:, 1]]]
    calls = clonotypes.select("v_call", "j_call").rows()
    head = np.arange(clonotypes.height)
    for parent, child in pairs[np.lexsort((pairs[:, 0], pairs[:, 1])), :2].tolist():
        if head[child] == child and head[parent] == parent and _same_genes(calls[parent], calls[child]):
            head[child] = parent
    return head


@lru_cache(maxsize=100_000)
def _same_genes(one: tuple[str | None, ...], other: tuple[str | None, ...]) -> bool:
    sets = [(genes(a), genes(b)) for a, b in zip(one, other, strict=True)]
    return all(a == b or not a.isdisjoint(b) for a, b in sets)
