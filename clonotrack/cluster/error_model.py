"""How many error copies of a key region are to be expected, and how many are too many."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from clonotrack.config import Cluster
from clonotrack.sequences import F64, I64, Bool

HIGHEST_RATE = 0.02  # errors per base of reads that pass the filter of `reads`
USUAL_RATE, USUAL_BASES = 0.003, 10_000  # of a sample, with the weight of so many bases
_LARGE = 500
_COPY_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class ErrorModel:
    """When the reads of a key region are explained as errors of another.

    METHOD: the abundance p-value of DADA2 (Callahan et al. 2016, doi:10.1038/nmeth.3869): the reads of a copy are
    Poisson with mean reads of the parent times the chance of reading one as the other, a product over the bases in
    which they differ; a key region with so many reads that a Poisson count as large has a probability below
    `least` is no copy. A base that was read with a low Phred score is wrong more often: the chance of one certain
    substitution is (e + 10^(-Q/10)) / 3, Q the best score of the copies there. An inserted or deleted base is as
    likely as a certain substitution of score 93.

    METHOD: errors of early PCR cycles are in many reads at once: an error with a share of at least f of the parent's
    reads has the probability u / (3 f), u the errors of the polymerase per base and doubling, whatever the number of
    molecules (Luria & Delbrueck 1943; as many new strands as 1 / f have descendants that many). It explains a copy at
    one substitution too, but no copy of a copy.

    Attributes:
        error_rate: e, errors per base that the scores do not tell.
        polymerase: u.
        least: probability below which chance is no explanation.
        single: share of what is counted that one read stands for: 1 for reads; of molecules the others are a consensus
            of several reads, in which only errors of the first copies are left, u a base.
    """

    error_rate: float
    polymerase: float
    least: float
    single: float = 1.0

    def of_molecules(self, single: float) -> ErrorModel:
        """The model for molecules of which this share has a single read."""
        return replace(self, single=single)

    @property
    def rates(self) -> F64:
        """Chance of a certain substitution at a base of each Phred score, shape (256,)."""
        return np.minimum((self.error_rate + 10.0 ** (-np.arange(256) / 10)) / 3, 1 / 3)

    def expected(self, parent: I64, rates: F64, distance: I64) -> F64:
        """Copies that are expected of so many of the parent, shape of all three.

        Args:
            parent: reads or molecules of the parent.
            rates: product of the chances of the substitutions.
            distance: their number.
        """
        first_copies = np.where(distance == 1, (1 - self.single) * self.polymerase / 3, 0.0)
        result: F64 = parent * (self.single * rates + first_copies)
        return result

    def sequencing(self, expected: F64, reads: I64) -> Bool:
        """Whether so many reads are explained where so many are expected, shape of both."""
        from scipy.special import gammainc  # noqa: PLC0415  (0.3 s, only where it is needed)

        explained: Bool = gammainc(reads, expected) >= self.least
        return explained

    def amplification(self, parent: I64, reads: I64) -> Bool:
        """Whether one early error explains so many of the parent's reads, shape of both; it is in one molecule only."""
        explained: Bool = (self.polymerase * parent >= 3 * self.least * reads) & (self.single == 1)
        return explained

    def limits(self, reads: I64, rate: float, max_distance: int) -> I64:
        """The most reads of a copy of each key region at each distance, a substitution having this `rate`.

        Args:
            reads: of each key region, shape (n,).
            rate: of a certain substitution.
            max_distance: D.

        Returns:
            Shape (D, n).
        """
        sizes, place = np.unique(reads, return_inverse=True)
        rows = []
        for distance in range(1, max_distance + 1):
            rates = np.full(len(sizes), rate**distance)
            rows.append(self._most(self.expected(sizes, rates, np.full(len(sizes), distance))))
        by_polymerase = np.floor(self.polymerase * sizes / (3 * self.least)).astype(np.int64)
        rows[0] = np.maximum(rows[0], by_polymerase * (self.single == 1))
        result: I64 = np.stack(rows)[:, place]
        return result

    def _most(self, expected: F64) -> I64:
        """The greatest count that is explained where so many are expected, by bisection."""
        low = np.zeros(len(expected), dtype=np.int64)
        high = np.ceil(expected + 10 * np.sqrt(expected) + 20).astype(np.int64)
        while (high - low > 1).any():
            middle = (low + high) // 2
            explained = self.sequencing(expected, np.maximum(middle, 1)) | (middle == 0)
            low, high = np.where(explained, middle, low), np.where(explained, high, middle)
        return low


def error_rate(reads: I64, lengths: I64, pairs: I64) -> float:
    """Errors per base of the reads, from the copies with one substitution of large key regions.

    METHOD: the reads of all key regions at one substitution that have at most a twentieth of the reads of a key region
    with at least 500, which is not itself so much smaller than a neighbour, over its bases. `USUAL_RATE` stands in
    with the weight of `USUAL_BASES`.

    Args:
        reads: of each key region, shape (n,).
        lengths: of each key region, shape (n,).
        pairs: (parent, child, distance) of key regions that differ in substitutions.
    """
    parent, child, distance = pairs.T
    small = reads[child] <= _COPY_SHARE * reads[parent]
    large = reads >= _LARGE
    large[child[small]] = False
    copies = reads[child[small & large[parent] & (distance == 1)]].sum()
    bases = (reads * lengths)[large].sum()
    return float((copies + USUAL_RATE * USUAL_BASES) / (bases + USUAL_BASES))


def model(settings: Cluster, rate: float) -> ErrorModel:
    """The error model of the settings, with the sample's own error rate where they state none."""
    stated = rate if settings.error_rate is None else settings.error_rate
    return ErrorModel(stated, settings.polymerase_error_rate, settings.min_probability)
