"""Which key regions are error copies of another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from clonotrack.cluster.error_model import HIGHEST_RATE, ErrorModel, error_rate, model
from clonotrack.cluster.kernels.error_copies import settle, substitution_rates
from clonotrack.cluster.kernels.neighbours import completions, indel_neighbours, neighbours
from clonotrack.config import Cluster
from clonotrack.sequences import F64, I64, U8, Bool, Ragged

NO_SCORE = 93


def roots(
    nodes: pl.DataFrame, scores: U8 | None, settings: Cluster, errors: ErrorModel | None = None
) -> tuple[I64, ErrorModel]:
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
        errors: the error model; by default of the settings, with the error rate of the sample.

    Returns:
        Shape (n,); and the error model.
    """
    regions = _Regions.of(nodes)
    if scores is None:
        scores = np.full(len(regions.sequences.codes), NO_SCORE, dtype=np.uint8)
    loosest = errors or model(settings, HIGHEST_RATE)
    rate = loosest.rates[scores.min(initial=NO_SCORE)]
    pairs = regions.near(loosest.limits(regions.reads, rate, max(settings.max_distance, 1)), settings.max_distance)
    errors = errors or model(settings, regions.error_rate(pairs))
    parent, child, distance, shifted = pairs.T
    rates = np.full(len(pairs), errors.rates[NO_SCORE])
    same = shifted == 0
    sequences = regions.sequences
    rates[same] = substitution_rates(sequences.codes, sequences.offsets, scores, pairs[same], errors.rates)
    expected = errors.expected(regions.reads[parent], rates, distance)
    sequenced = errors.sequencing(expected, regions.reads[child])
    amplified = (distance == 1) & errors.amplification(regions.reads[parent], regions.reads[child])
    kept = sequenced | amplified
    return regions.settled(pairs[kept], expected[kept], sequenced[kept]), errors


def neighbourhoods(nodes: pl.DataFrame, settings: Cluster) -> tuple[I64, ErrorModel]:
    """The most abundant node near each node, and near that one, whatever their reads; and the error model."""
    regions = _Regions.of(nodes)
    limits = np.tile(regions.reads, (max(settings.max_distance, 1), 1))
    pairs = regions.near(limits, settings.max_distance)
    reads = regions.reads[pairs[:, 0]].astype(np.float64)
    heads = regions.settled(pairs, reads, np.ones(len(pairs), dtype=np.bool_))
    return heads, model(settings, regions.error_rate(pairs))


@dataclass(frozen=True, slots=True)
class _Regions:
    """Key regions as arrays, by falling reads; `completed` is the one that a region with unknown bases can be."""

    sequences: Ragged
    loci: I64
    reads: I64
    completed: I64

    @classmethod
    def of(cls, nodes: pl.DataFrame) -> _Regions:
        sequences = Ragged.from_strings(nodes["key_region"])
        loci = nodes["locus"].rank("dense").to_numpy().astype(np.int64)
        completed = completions(sequences.codes, sequences.offsets, loci)
        return cls(sequences, loci, nodes["reads"].to_numpy(), completed)

    def near(self, limits: I64, max_distance: int) -> I64:
        """Rows of (parent, child, distance, whether one has a base more), both without unknown bases or alone."""
        if max_distance == 0:
            return np.empty((0, 4), dtype=np.int64)
        arrays = self.sequences.codes, self.sequences.offsets, self.loci, self.reads
        substituted = np.insert(neighbours(*arrays, limits), 3, 0, axis=1)
        shifted = np.insert(indel_neighbours(*arrays, limits[0]), 2, 1, axis=1)
        pairs: I64 = np.concatenate([substituted, np.insert(shifted, 3, 1, axis=1)])
        known = self.completed < 0
        kept: I64 = pairs[known[pairs[:, 0]] & known[pairs[:, 1]]]
        return kept

    def error_rate(self, pairs: I64) -> float:
        """See `clonotrack.cluster.error_model.error_rate`."""
        return error_rate(self.reads, self.sequences.lengths, pairs[pairs[:, 3] == 0, :3])

    def settled(self, pairs: I64, weights: F64, of_copies: Bool) -> I64:
        """The root of each region; of several parents the one with the greatest weight is taken."""
        order = np.lexsort((pairs[:, 0], -weights, pairs[:, 1]))
        root: I64 = settle(pairs[order, :2], of_copies[order], len(self.reads))
        unknown = np.flatnonzero(self.completed >= 0)
        root[unknown] = root[self.completed[unknown]]
        return root
