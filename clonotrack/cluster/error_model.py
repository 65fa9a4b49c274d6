"""Model the number of error copies of a key region that sequencing and PCR make."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from clonotrack.config import Cluster
from clonotrack.sequences import F64, I64, Bool

MAX_ERROR_RATE = 0.02
"""Highest errors per base of reads that pass the filter of the stage reads."""

PRIOR_ERROR_RATE, PRIOR_BASES = 0.003, 10_000
"""Prior errors per base, and the number of bases of the sample that have the same weight as this prior."""

_ABUNDANT_READS = 500  # fewest reads of a key region from whose copies the error rate is estimated
_MAX_COPY_SHARE = 0.05  # most reads of a copy from which it is estimated, as a share of the parent's reads


@dataclass(frozen=True, slots=True)
class ErrorModel:
    """Decide whether errors of one key region explain the reads of another.

    METHOD (sequencing): the abundance p-value of DADA2 (Callahan et al. 2016, doi:10.1038/nmeth.3869). The number of
    reads of an error copy is Poisson with mean (reads of the parent) x (probability that a read of the parent is read
    as the copy). This probability is a product over the bases in which parent and copy differ. The factor of a
    substituted base is (e + 10^(-Q/10)) / 3, with e = `error_rate` and Q the best Phred score of the copy's reads at
    that base. The factor of an inserted or deleted base is that of a substitution with Q = 93. Sequencing errors
    explain the copy if P(its number of reads or more) is at least `min_probability`.

    METHOD (early PCR): an error of an early PCR cycle is in many reads. One particular substitution has a share of at
    least f of the parent's reads with probability u / (3 f), with u = `polymerase_error_rate`, whatever the number of
    molecules: 1 / f new strands have descendants of that share (Luria & Delbrueck 1943). Such an error explains a copy
    at one substitution, but not a copy of a copy.

    Attributes:
        error_rate: e, errors per base in addition to the errors that the quality scores predict.
        polymerase_error_rate: u, errors of the polymerase per base and doubling.
        min_probability: probability below which errors do not explain a copy.
        single_read_share: share of the counted units that are single reads. It is 1 if reads are counted. If UMI
            families are counted, it is the share of families of one read. The other families are a consensus of several
            reads, in which only errors of the first copies remain, with probability u per base.
    """

    error_rate: float
    polymerase_error_rate: float
    min_probability: float
    single_read_share: float = 1.0

    def for_molecules(self, single_read_share: float) -> ErrorModel:
        """Return the model for counts of UMI families, of which the share `single_read_share` has a single read."""
        return replace(self, single_read_share=single_read_share)

    @property
    def substitution_probabilities(self) -> F64:
        """Probability of one particular substitution at a base of each Phred score, shape (256,)."""
        return np.minimum((self.error_rate + 10.0 ** (-np.arange(256) / 10)) / 3, 1 / 3)

    def expected_copies(self, parent_reads: I64, probabilities: F64, distance: I64) -> F64:
        """Compute the expected number of reads, or molecules, of each parent that errors turn into the child.

        Args:
            parent_reads: reads or molecules of the parent of each pair (parent, child), shape (pairs,).
            probabilities: probability that a read of the parent is read as the child, shape (pairs,).
            distance: number of substitutions between parent and child, shape (pairs,). At a distance of 1, polymerase
                errors in the first copies of a molecule are added.

        Returns:
            Shape (pairs,).
        """
        first_copies = np.where(distance == 1, (1 - self.single_read_share) * self.polymerase_error_rate / 3, 0.0)
        result: F64 = parent_reads * (self.single_read_share * probabilities + first_copies)
        return result

    def sequencing_explains(self, expected: F64, reads: I64) -> Bool:
        """Check whether sequencing errors explain the reads of each copy.

        Args:
            expected: expected reads or molecules of each copy, from `expected_copies`, shape (n,).
            reads: observed reads or molecules of each copy, shape (n,).

        Returns:
            Shape (n,).
        """
        from scipy.special import gammainc  # noqa: PLC0415  (0.3 s, needed by this stage only)

        explained: Bool = gammainc(reads, expected) >= self.min_probability
        return explained

    def early_pcr_explains(self, parent_reads: I64, reads: I64) -> Bool:
        """Check whether one early PCR error explains the reads of each copy.

        Such an error is in one molecule only, so it never explains counts of molecules.

        Args:
            parent_reads: reads of the parent of each copy, shape (n,).
            reads: observed reads of each copy, shape (n,).

        Returns:
            Shape (n,).
        """
        explained: Bool = self.polymerase_error_rate * parent_reads >= 3 * self.min_probability * reads
        return explained & (self.single_read_share == 1)

    def max_copy_reads(self, reads: I64, probability: float, max_distance: int) -> I64:
        """Compute the most reads that an error copy of each key region can have, at each distance.

        Args:
            reads: reads of each key region, shape (n,).
            probability: probability of one particular substitution, the same at every base.
            max_distance: largest number of substitutions.

        Returns:
            Shape (max_distance, n); row d - 1 is for copies at d substitutions.
        """
        sizes, index = np.unique(reads, return_inverse=True)
        rows = []
        for distance in range(1, max_distance + 1):
            probabilities = np.full(len(sizes), probability**distance)
            rows.append(self._max_explained(self.expected_copies(sizes, probabilities, np.full(len(sizes), distance))))
        early_pcr = np.floor(self.polymerase_error_rate * sizes / (3 * self.min_probability)).astype(np.int64)
        rows[0] = np.maximum(rows[0], early_pcr * (self.single_read_share == 1))
        result: I64 = np.stack(rows)[:, index]
        return result

    def _max_explained(self, expected: F64) -> I64:
        """Find the greatest number of reads that sequencing errors explain, by bisection over whole numbers.

        Args:
            expected: expected reads of each copy, shape (n,).

        Returns:
            Shape (n,).
        """
        low = np.zeros(len(expected), dtype=np.int64)
        high = np.ceil(expected + 10 * np.sqrt(expected) + 20).astype(np.int64)
        while (high - low > 1).any():
            middle = (low + high) // 2
            explained = self.sequencing_explains(expected, np.maximum(middle, 1)) | (middle == 0)
            low, high = np.where(explained, middle, low), np.where(explained, high, middle)
        return low


def estimate_error_rate(reads: I64, lengths: I64, pairs: I64) -> float:
    """Estimate the errors per base from the one-substitution copies of abundant key regions.

    METHOD: a key region is abundant if it has at least 500 reads and no neighbour has 20 times as many reads. Key
    regions that are one substitution from an abundant key region and have at most a twentieth of its reads are its
    copies. The rate is the sum of the reads of all copies, divided by the sum of (reads x length) of the abundant key
    regions. `PRIOR_ERROR_RATE` is included with the weight of `PRIOR_BASES` bases.

    Args:
        reads: reads of each key region, shape (n,).
        lengths: length of each key region [nt], shape (n,).
        pairs: (parent, child, number of substitutions) of neighbouring key regions, by their index, shape (pairs, 3).
    """
    parent, child, distance = pairs.T
    rare = reads[child] <= _MAX_COPY_SHARE * reads[parent]
    abundant = reads >= _ABUNDANT_READS
    abundant[child[rare]] = False
    copies = reads[child[rare & abundant[parent] & (distance == 1)]].sum()
    bases = (reads * lengths)[abundant].sum()
    return float((copies + PRIOR_ERROR_RATE * PRIOR_BASES) / (bases + PRIOR_BASES))


def error_model(settings: Cluster, estimated_rate: float) -> ErrorModel:
    """Build the error model from the settings; if the settings state no error rate, `estimated_rate` is used."""
    rate = estimated_rate if settings.error_rate is None else settings.error_rate
    return ErrorModel(rate, settings.polymerase_error_rate, settings.min_probability)
