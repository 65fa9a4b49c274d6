"""Model how many error copies of a key region sequencing and PCR make."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from clonotrack.config import Cluster
from clonotrack.sequences import F64, I64, Bool

MAX_ERROR_RATE = 0.02
"""Highest error rate per base of reads that pass the filter of the stage reads."""

PRIOR_ERROR_RATE, PRIOR_BASES = 0.003, 10_000
"""Error rate per base that is assumed, with the weight of this number of bases of the sample."""

_ABUNDANT_READS = 500
_MAX_COPY_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class ErrorModel:
    """Decide whether errors of one key region explain the reads of another.

    METHOD: the abundance p-value of DADA2 (Callahan et al. 2016, doi:10.1038/nmeth.3869). The reads of an error copy
    are Poisson with mean (reads of the parent) x (probability to read one as the other). The probability is a product
    over the bases in which the two differ. If P(this number of reads or more) is below `min_probability`, errors are no
    explanation. The probability of one particular substitution is (e + 10^(-Q/10)) / 3, with Q the best Phred score of
    the copies at that base. An inserted or deleted base is as likely as one particular substitution at score 93.

    METHOD: an error of an early PCR cycle is in many reads. An error with a share of at least f of the parent's reads
    has the probability u / (3 f), whatever the number of molecules (Luria & Delbrueck 1943): 1 / f new strands have
    descendants of that share. u is the error rate of the polymerase. Such an error explains a copy at one substitution,
    but no copy of a copy.

    Attributes:
        error_rate: e, errors per base in addition to those that the quality scores predict.
        polymerase_error_rate: u, errors per base and doubling.
        min_probability: probability below which errors are no explanation.
        single_read_share: share of the counted units that are single reads. It is 1 if reads are counted. If molecules
            are counted, the others are a consensus of several reads, in which only errors of the first copies remain,
            with probability u per base.
    """

    error_rate: float
    polymerase_error_rate: float
    min_probability: float
    single_read_share: float = 1.0

    def for_molecules(self, single_read_share: float) -> ErrorModel:
        """Return the model for molecules, of which this share has a single read."""
        return replace(self, single_read_share=single_read_share)

    @property
    def substitution_probabilities(self) -> F64:
        """Probability of one particular substitution at a base of each Phred score, shape (256,)."""
        return np.minimum((self.error_rate + 10.0 ** (-np.arange(256) / 10)) / 3, 1 / 3)

    def expected_copies(self, parent_reads: I64, probabilities: F64, distance: I64) -> F64:
        """Compute the expected number of copies of each parent, shape of all arguments.

        Args:
            parent_reads: reads or molecules of the parent.
            probabilities: to read the parent as the child.
            distance: number of substitutions.
        """
        first_copies = np.where(distance == 1, (1 - self.single_read_share) * self.polymerase_error_rate / 3, 0.0)
        result: F64 = parent_reads * (self.single_read_share * probabilities + first_copies)
        return result

    def sequencing_explains(self, expected: F64, reads: I64) -> Bool:
        """Check whether sequencing errors explain the reads of each copy, given the expected ones, shape of both."""
        from scipy.special import gammainc  # noqa: PLC0415  (0.3 s, needed by this stage only)

        explained: Bool = gammainc(reads, expected) >= self.min_probability
        return explained

    def early_pcr_explains(self, parent_reads: I64, reads: I64) -> Bool:
        """Check whether one early PCR error explains the reads of each copy, shape of both.

        It never explains molecules, as such an error is in one molecule only.
        """
        explained: Bool = self.polymerase_error_rate * parent_reads >= 3 * self.min_probability * reads
        return explained & (self.single_read_share == 1)

    def max_copy_reads(self, reads: I64, probability: float, max_distance: int) -> I64:
        """Compute the most reads of an error copy of each key region, at each distance.

        Args:
            reads: of each key region, shape (n,).
            probability: of one particular substitution.
            max_distance: D.

        Returns:
            Shape (D, n).
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
        """Find the greatest number of reads that sequencing explains, by bisection over whole numbers."""
        low = np.zeros(len(expected), dtype=np.int64)
        high = np.ceil(expected + 10 * np.sqrt(expected) + 20).astype(np.int64)
        while (high - low > 1).any():
            middle = (low + high) // 2
            explained = self.sequencing_explains(expected, np.maximum(middle, 1)) | (middle == 0)
            low, high = np.where(explained, middle, low), np.where(explained, high, middle)
        return low


def estimate_error_rate(reads: I64, lengths: I64, pairs: I64) -> float:
    """Estimate the errors per base from the one-substitution copies of abundant key regions.

    METHOD: an abundant key region has at least 500 reads and no neighbour with 20 times as many. Its copies are one
    substitution away and have at most a twentieth of its reads. The rate is the reads of the copies over the bases of
    the abundant key regions. `PRIOR_ERROR_RATE` is included with the weight of `PRIOR_BASES`.

    Args:
        reads: of each key region, shape (n,).
        lengths: of each key region, shape (n,).
        pairs: (parent, child, distance) of key regions that differ by substitutions.
    """
    parent, child, distance = pairs.T
    rare = reads[child] <= _MAX_COPY_SHARE * reads[parent]
    abundant = reads >= _ABUNDANT_READS
    abundant[child[rare]] = False
    copies = reads[child[rare & abundant[parent] & (distance == 1)]].sum()
    bases = (reads * lengths)[abundant].sum()
    return float((copies + PRIOR_ERROR_RATE * PRIOR_BASES) / (bases + PRIOR_BASES))


def error_model(settings: Cluster, estimated_rate: float) -> ErrorModel:
    """Build the error model of the settings; `estimated_rate` is used if they state no error rate."""
    rate = estimated_rate if settings.error_rate is None else settings.error_rate
    return ErrorModel(rate, settings.polymerase_error_rate, settings.min_probability)
