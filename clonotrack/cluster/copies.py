"""Which key regions are error copies of another."""

from __future__ import annotations

import numpy as np
import polars as pl

from clonotrack.config import Cluster
from clonotrack.kernels.indels import indel_neighbours
from clonotrack.kernels.neighbours import completions, neighbours
from clonotrack.sequence import I64, Ragged


def roots(nodes: pl.DataFrame, settings: Cluster) -> I64:
    """The node that each node is, in the end, a copy of; its own number for a clonotype.

    METHOD: a directional network (Smith et al. 2017, Genome Res 27:491) with a ratio for each error, as clonotypes
    are clustered by Bolotin et al. 2015 (Nat Methods 12:380). A key region is put under another of its locus that is
    up to `max_distance` substitutions, or one inserted or deleted base (counted as one), away and has at least
    ``min_ratio ** distance`` times its reads, so a true neighbour of similar abundance stays apart. Of several such
    parents that which makes most copies is taken: the greatest reads / ``min_ratio ** distance``. A parent can be a
    copy itself; its copies follow it. Ratios compare what was read of each key region, before any was merged.

    METHOD: a key region with unknown bases is put under the most abundant one that it can be, whatever their reads:
    it has no evidence of its own against it. Where there is none it is treated like any other.

    Args:
        nodes: by falling `reads`, with `locus` and `key_region`.
        settings: distance and ratio.

    Returns:
        Shape (n,).
    """
    root = np.arange(nodes.height)
    if settings.max_distance == 0:
        return root
    regions = Ragged.from_strings(nodes["key_region"])
    loci = nodes["locus"].rank("dense").to_numpy().astype(np.int64)
    reads = nodes["reads"].to_numpy()
    completed = completions(regions.codes, regions.offsets, loci)
    pairs = _error_pairs(regions, loci, reads, settings)
    pairs = pairs[(completed[pairs[:, 0]] < 0) & (completed[pairs[:, 1]] < 0)]
    for parent, child in _likeliest(pairs, reads, settings.min_ratio).tolist():
        root[child] = root[parent]
    unknown = np.flatnonzero(completed >= 0)
    root[unknown] = root[completed[unknown]]
    return root


def _error_pairs(regions: Ragged, loci: I64, reads: I64, settings: Cluster) -> I64:
    """Rows of (parent, child, distance)."""
    arrays = regions.codes, regions.offsets, loci, reads
    substituted = neighbours(*arrays, settings.max_distance, settings.min_ratio)
    shifted = indel_neighbours(*arrays, settings.min_ratio)
    return np.concatenate([substituted, np.insert(shifted, 2, 1, axis=1)])


def _likeliest(pairs: I64, reads: I64, min_ratio: float) -> I64:
    """The one parent of each child: rows of (parent, child), by rising child.

    A parent comes before its child, so its own root is settled when the child's turn comes.
    """
    copies = reads[pairs[:, 0]] / min_ratio ** pairs[:, 2]
    ordered = pairs[np.lexsort((pairs[:, 0], -copies, pairs[:, 1]))]
    first = np.diff(ordered[:, 1], prepend=-1) != 0
    return ordered[first, :2]
