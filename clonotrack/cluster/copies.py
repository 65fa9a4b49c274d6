"""Which key regions are error copies of another."""

from __future__ import annotations

import numpy as np
import polars as pl

from clonotrack.cluster.errors import HIGHEST_RATE, ErrorModel, error_rate, model
from clonotrack.config import Cluster
from clonotrack.kernels.error_copies import settle, substitution_rates
from clonotrack.kernels.indels import indel_neighbours
from clonotrack.kernels.neighbours import completions, neighbours
from clonotrack.sequence import F64, I64, U8, Ragged

NO_SCORE = 93


def roots(nodes: pl.DataFrame, scores: U8 | None, settings: Cluster) -> I64:
    """The node that each node is, in the end, a copy of; its own number for a clonotype.

    METHOD: a key region is put under another of its locus with more reads that is up to `max_distance` substitutions,
    or one inserted or deleted base, away, if the errors of that one explain its reads (`ErrorModel`). Of several such
    parents that with most expected copies is taken. A parent can be a copy itself; its copies follow it. All counts
    are what was read of each key region, before any was merged.

    METHOD: a key region with unknown bases is put under the most abundant one that it can be, whatever their reads:
    it has no evidence of its own against it. Where there is none it is treated like any other.

    Args:
        nodes: by falling `reads`, with `locus` and `key_region`.
        scores: best Phred score of each base of the key regions, one after the other; None where there are none.
        settings: distance, and the rates of errors.

    Returns:
        Shape (n,).
    """
    if settings.max_distance == 0:
        return np.arange(nodes.height)
    regions = Ragged.from_strings(nodes["key_region"])
    loci = nodes["locus"].rank("dense").to_numpy().astype(np.int64)
    reads = nodes["reads"].to_numpy()
    if scores is None:
        scores = np.full(len(regions.codes), NO_SCORE, dtype=np.uint8)
    completed = completions(regions.codes, regions.offsets, loci)
    known = completed < 0
    pairs, expected, errors = _candidates(regions, loci, reads, scores, settings)
    parent, child, distance = pairs.T
    sequenced = errors.sequencing(expected, reads[child])
    amplified = (distance == 1) & errors.amplification(reads[parent], reads[child])
    kept = (sequenced | amplified) & known[parent] & known[child]
    pairs, expected, sequenced = pairs[kept], expected[kept], sequenced[kept]
    order = np.lexsort((pairs[:, 0], -expected, pairs[:, 1]))
    root = settle(pairs[order, :2], sequenced[order], nodes.height)
    unknown = np.flatnonzero(~known)
    root[unknown] = root[completed[unknown]]
    return root


def _candidates(regions: Ragged, loci: I64, reads: I64, scores: U8, settings: Cluster) -> tuple[I64, F64, ErrorModel]:
    """Rows of (parent, child, distance), the copies of each that are expected, and the error model."""
    arrays = regions.codes, regions.offsets, loci, reads
    loosest = model(settings, HIGHEST_RATE)
    limits = loosest.limits(reads, loosest.rates[scores.min(initial=NO_SCORE)], settings.max_distance)
    substituted = neighbours(*arrays, limits)
    errors = model(settings, error_rate(reads, regions.lengths, substituted))
    shifted = np.insert(indel_neighbours(*arrays, limits[0]), 2, 1, axis=1)
    rates = substitution_rates(regions.codes, regions.offsets, scores, substituted, errors.rates)
    pairs = np.concatenate([substituted, shifted])
    rates = np.concatenate([rates, np.full(len(shifted), errors.rates[NO_SCORE])])
    return pairs, rates * reads[pairs[:, 0]], errors
