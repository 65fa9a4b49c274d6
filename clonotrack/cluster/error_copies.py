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
"""Highest Phred score of FASTQ; also assumed for bases without a score."""


def clonotypes_of(
    regions: pl.DataFrame, scores: U8 | None, settings: Cluster, errors: ErrorModel | None = None
) -> tuple[I64, ErrorModel]:
    """Find the clonotype of each key region: the key region at the end of its chain of parents.

    METHOD: a key region is an error copy of a parent if four conditions hold. Both have the same locus. The parent has
    more reads. They differ by at most `max_distance` substitutions, or by one inserted or deleted base. Errors of the
    parent explain the reads of the copy (`ErrorModel`). If there are several parents, the parent with the most expected
    copies is taken. If the parent is itself a copy, both belong to the parent's clonotype. All reads are counted before
    any copy is merged.

    METHOD: a key region with unknown bases (N) is an error copy of the most abundant key region that has the same bases
    at all other positions, whatever the reads of both. If no key region agrees, it is treated like any other.

    Args:
        regions: key regions by falling `reads`, with `locus` and `key_region`.
        scores: best Phred score of each base of the key regions, concatenated; None without qualities.
        settings: maximum distance and error rates.
        errors: error model; None to build it from the settings and the error rate of the sample.

    Returns:
        Row number of the clonotype's key region for each key region, shape (n,); a key region that is no copy has its
        own row number. And the error model.
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
    """Group neighbouring key regions, whatever their numbers of reads.

    Args:
        regions: key regions by falling `reads`, with `locus` and `key_region`.
        settings: maximum distance and error rates.

    Returns:
        Row number of the most abundant key region in the group of each key region, shape (n,); and the error model.
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
        sequences: bases of the n key regions.
        loci: number of the locus of each key region, shape (n,).
        reads: reads of each key region, shape (n,).
        known: for a key region with unknown bases, the row number of the most abundant key region that agrees with it;
            -1 if none agrees, and for key regions without unknown bases. Shape (n,).
    """

    sequences: Ragged
    loci: I64
    reads: I64
    known: I64

    @classmethod
    def of(cls, regions: pl.DataFrame) -> _KeyRegions:
        """Convert the columns `locus`, `key_region` and `reads` to arrays."""
        sequences = Ragged.from_strings(regions["key_region"])
        loci = regions["locus"].rank("dense").to_numpy().astype(np.int64)
        known = match_unknown_bases(sequences.codes, sequences.offsets, loci)
        return cls(sequences, loci, regions["reads"].to_numpy(), known)

    def neighbour_pairs(self, max_child_reads: I64, max_distance: int) -> I64:
        """Find pairs of neighbours; key regions with an entry in `known` are left out.

        Args:
            max_child_reads: most reads of a child of each key region, by number of substitutions, shape
                (max_distance, n).
            max_distance: largest number of substitutions; 0 finds no pairs.

        Returns:
            Rows of (parent, child, distance, is_indel). `is_indel` is 1 for a pair that differs by one inserted or
            deleted base, otherwise 0.
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
        """Estimate the errors per base of the sample from its pairs of neighbours (`neighbour_pairs`)."""
        return estimate_error_rate(self.reads, self.sequences.lengths, pairs[pairs[:, 3] == 0, :3])

    def roots(self, pairs: I64, weights: F64, parent_may_be_copy: Bool) -> I64:
        """Find the key region at the end of each key region's chain of parents.

        Args:
            pairs: (parent, child, ..) by row number, shape (pairs, 2 or more).
            weights: weight of each pair; if a child has several parents, the parent with the greatest weight is taken.
            parent_may_be_copy: whether each pair counts even if its parent is itself a copy, shape (pairs,).

        Returns:
            Row number, shape (n,); a key region without a parent has its own row number.
        """
        order = np.lexsort((pairs[:, 0], -weights, pairs[:, 1]))
        root: I64 = find_roots(pairs[order, :2], parent_may_be_copy[order], len(self.reads))
        matched = np.flatnonzero(self.known >= 0)
        root[matched] = root[self.known[matched]]
        return root
