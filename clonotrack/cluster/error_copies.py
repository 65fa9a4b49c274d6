"""Find the key regions that are error copies of another key region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from clonotrack.cluster.error_model import MAX_ERROR_RATE, ErrorModel, error_model, estimate_error_rate
from clonotrack.cluster.kernels.error_copies import find_roots, pair_probabilities
from clonotrack.cluster.kernels.neighbours import indel_neighbours, match_unknown_bases, neighbours
from clonotrack.config import Cluster
from clonotrack.sequences import F64, I64, U8, Bool, Ragged

MAX_SCORE = 93
"""Highest Phred score of FASTQ; stands for an unknown score, too."""


def clonotypes_of(
    regions: pl.DataFrame, scores: U8 | None, settings: Cluster, errors: ErrorModel | None = None
) -> tuple[I64, ErrorModel]:
    """Find the key region that each key region is, in the end, an error copy of.

    METHOD: a parent has the same locus and more reads. It is up to `max_distance` substitutions, or one inserted or
    deleted base, away, and its errors explain the reads of the copy (`ErrorModel`). Of several parents the one with the
    most expected copies is taken. A parent can be a copy itself; its copies follow it. All counts are those before any
    merging.

    METHOD: a key region with unknown bases is an error copy of the most abundant one that agrees with it. Reads do not
    matter, as nothing speaks against it. If there is none, the key region is treated like any other.

    Args:
        regions: by falling `reads`, with `locus` and `key_region`.
        scores: best Phred score of each base of the key regions, concatenated; None without qualities.
        settings: distance and error rates.
        errors: the error model; by default that of the settings, with the error rate of the sample.

    Returns:
        Row of the clonotype's key region for each key region, its own row for a clonotype, shape (n,); and the error
        model.
    """
    key_regions = _KeyRegions.of(regions)
    if scores is None:
        scores = np.full(len(key_regions.sequences.codes), MAX_SCORE, dtype=np.uint8)
    loosest = errors or error_model(settings, MAX_ERROR_RATE)
    likeliest = loosest.substitution_probabilities[scores.min(initial=MAX_SCORE)]
    max_child_reads = loosest.max_copy_reads(key_regions.reads, likeliest, max(settings.max_distance, 1))
    pairs = key_regions.neighbour_pairs(max_child_reads, settings.max_distance)
    errors = errors or error_model(settings, key_regions.error_rate(pairs))
    parent, child, distance, is_indel = pairs.T
    probability = np.full(len(pairs), errors.substitution_probabilities[MAX_SCORE])
    same_length = is_indel == 0
    sequences = key_regions.sequences
    probability[same_length] = pair_probabilities(
        sequences.codes, sequences.offsets, scores, pairs[same_length], errors.substitution_probabilities
    )
    parent_reads, child_reads = key_regions.reads[parent], key_regions.reads[child]
    expected = errors.expected_copies(parent_reads, probability, distance)
    sequencing = errors.sequencing_explains(expected, child_reads)
    early_pcr = (distance == 1) & errors.early_pcr_explains(parent_reads, child_reads)
    kept = sequencing | early_pcr
    return key_regions.roots(pairs[kept], expected[kept], sequencing[kept]), errors


def neighbourhoods(regions: pl.DataFrame, settings: Cluster) -> tuple[I64, ErrorModel]:
    """Group key regions that are near each other, whatever their reads.

    Args:
        regions: by falling `reads`, with `locus` and `key_region`.
        settings: distance and error rates.

    Returns:
        Index of the most abundant key region of the group of each, shape (n,); and the error model.
    """
    key_regions = _KeyRegions.of(regions)
    max_child_reads = np.tile(key_regions.reads, (max(settings.max_distance, 1), 1))
    pairs = key_regions.neighbour_pairs(max_child_reads, settings.max_distance)
    reads = key_regions.reads[pairs[:, 0]].astype(np.float64)
    heads = key_regions.roots(pairs, reads, np.ones(len(pairs), dtype=np.bool_))
    return heads, error_model(settings, key_regions.error_rate(pairs))


@dataclass(frozen=True, slots=True)
class _KeyRegions:
    """Key regions as arrays, by falling reads.

    Attributes:
        sequences: the key regions.
        loci: number of the locus of each, shape (n,).
        reads: shape (n,).
        known: for a key region with unknown bases the one that agrees with it; otherwise -1, shape (n,).
    """

    sequences: Ragged
    loci: I64
    reads: I64
    known: I64

    @classmethod
    def of(cls, regions: pl.DataFrame) -> _KeyRegions:
        """Encode `locus`, `key_region` and `reads`."""
        sequences = Ragged.from_strings(regions["key_region"])
        loci = regions["locus"].rank("dense").to_numpy().astype(np.int64)
        known = match_unknown_bases(sequences.codes, sequences.offsets, loci)
        return cls(sequences, loci, regions["reads"].to_numpy(), known)

    def neighbour_pairs(self, max_child_reads: I64, max_distance: int) -> I64:
        """Find pairs of neighbours, without the key regions that agree with a known one.

        Returns:
            Rows of (parent, child, distance, 1 for an inserted or deleted base or 0).
        """
        if max_distance == 0:
            return np.empty((0, 4), dtype=np.int64)
        arrays = self.sequences.codes, self.sequences.offsets, self.loci, self.reads
        substitutions = np.insert(neighbours(*arrays, max_child_reads), 3, 0, axis=1)
        indels = np.insert(indel_neighbours(*arrays, max_child_reads[0]), 2, 1, axis=1)
        pairs: I64 = np.concatenate([substitutions, np.insert(indels, 3, 1, axis=1)])
        unmatched = self.known < 0
        kept: I64 = pairs[unmatched[pairs[:, 0]] & unmatched[pairs[:, 1]]]
        return kept

    def error_rate(self, pairs: I64) -> float:
        """Estimate the error rate of the sample from its pairs of neighbours."""
        return estimate_error_rate(self.reads, self.sequences.lengths, pairs[pairs[:, 3] == 0, :3])

    def roots(self, pairs: I64, weights: F64, parent_may_be_copy: Bool) -> I64:
        """Find the root of each key region; of several parents the one with the greatest weight is taken."""
        order = np.lexsort((pairs[:, 0], -weights, pairs[:, 1]))
        root: I64 = find_roots(pairs[order, :2], parent_may_be_copy[order], len(self.reads))
        matched = np.flatnonzero(self.known >= 0)
        root[matched] = root[self.known[matched]]
        return root
