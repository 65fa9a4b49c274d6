"""Fit the distribution of reads per molecule to a histogram of reads per UMI, and choose the UMI threshold.

METHOD: the number of reads of a molecule is Poisson, and its mean (the rate) differs between molecules and is
log-normal (Poisson-lognormal distribution), because the PCR yield of a molecule is a product over the cycles.
`simulate` and `quantify` use the same distribution. The probability of no read corrects for unobserved molecules. The
probability of fewer reads than the UMI threshold corrects for molecules below the threshold. TRUmiCount makes both
corrections with another distribution (Pflug & von Haeseler 2018, doi:10.1093/bioinformatics/bty283).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, lgamma, log, sqrt

import numpy as np

from clonotrack.sequences import F64, I64

PRIOR_SD = 0.5
"""Mean and standard deviation of the normal prior of `ReadsPerMolecule.sd`, which is fitted."""

MAX_SD = 1.8
"""Largest standard deviation of the log rate that is fitted."""

MAX_EXCESS = 1.5
"""Ratio of observed to predicted UMIs with t reads above which `umi_threshold` raises the threshold t."""

MAX_LOST = 0.1
"""Largest share of the observed molecules that `umi_threshold` leaves out."""

_EXACT_COUNTS = 32  # larger numbers of reads are binned in bins 5 % wide
_MAX_COLLISION_READS = 400  # collisions are not separated at larger numbers of reads
_QUANTILES: F64 = np.linspace(-5, 5, 161)
_WEIGHTS: F64 = np.exp(-(_QUANTILES**2) / 2) / np.exp(-(_QUANTILES**2) / 2).sum()


@dataclass(frozen=True, slots=True)
class ReadsPerMolecule:
    """Distribution of the reads of one molecule: Poisson with a log-normal mean, called the rate.

    Attributes:
        mean: mean of the rate [reads].
        sd: standard deviation of log(rate).
    """

    mean: float
    sd: float

    def probability(self, counts: F64 | I64) -> F64:
        """Compute the probability that a molecule has each number of reads in `counts`, shape of `counts`."""
        rates = self.mean * np.exp(self.sd * _QUANTILES - self.sd**2 / 2)
        factorials = np.array([lgamma(count + 1) for count in counts.tolist()])
        density: F64 = np.exp(counts[:, None] * np.log(rates) - rates - factorials[:, None]) @ _WEIGHTS
        return density

    def below(self, reads: int) -> float:
        """Compute the probability that a molecule has fewer than `reads` reads."""
        return float(self.probability(np.arange(reads)).sum())

    def expected_rate(self, counts: I64) -> F64:
        """Compute the posterior mean of the rate [reads], given the reads of a molecule (Robbins 1956).

        Args:
            counts: reads of each molecule, shape (n,).

        Returns:
            Shape (n,).
        """
        probability = self.probability(counts)
        positive = probability > 1e-12
        rate = (counts + 1) * self.probability(counts + 1) / np.where(positive, probability, 1.0)
        return np.where(positive, rate, counts)

    def thinned(self, share: float) -> ReadsPerMolecule:
        """Return the distribution of the reads that remain if each read is kept with probability `share`."""
        return ReadsPerMolecule(self.mean * share, self.sd)


def fit(histogram: F64, min_reads: int) -> ReadsPerMolecule:
    """Fit the distribution to the molecules with at least `min_reads` reads.

    METHOD: the standard deviation maximises the likelihood of the histogram, truncated below `min_reads`, times a weak
    prior (`PRIOR_SD`). For each standard deviation, the mean of the rate is chosen so that the truncated distribution
    has the mean of the truncated histogram. A golden-section search of 14 steps ends at an interval of 0.002, which is
    less than the uncertainty of any estimate. `scipy.optimize` would take another 0.16 s of processor time to import.

    Args:
        histogram: number of molecules with 0, 1, 2, .. reads; at least one molecule has `min_reads` reads or more.
        min_reads: fewest reads of a molecule that is used.
    """
    counts, molecules = _binned(histogram, min_reads)
    mean = float(counts @ molecules / molecules.sum())

    def log_posterior(sd: float) -> tuple[float, ReadsPerMolecule]:
        distribution = ReadsPerMolecule(_mean(mean, sd, min_reads), sd)
        observed = max(1 - distribution.below(min_reads), 1e-300)
        logarithms = np.log(np.maximum(distribution.probability(counts), 1e-300))
        likelihood = float(molecules @ (logarithms - log(observed)))
        return likelihood - (sd - PRIOR_SD) ** 2 / (2 * PRIOR_SD**2), distribution

    low, high = 0.0, MAX_SD
    golden = (sqrt(5) - 1) / 2
    lower, upper = log_posterior(high - golden * high), log_posterior(golden * high)
    for _ in range(14):
        if lower[0] > upper[0]:
            high, upper = upper[1].sd, lower
            lower = log_posterior(high - golden * (high - low))
        else:
            low, lower = lower[1].sd, upper
            upper = log_posterior(low + golden * (high - low))
    return max(lower, upper, key=lambda item: item[0])[1]


def _binned(histogram: F64, min_reads: int) -> tuple[F64, F64]:
    """Bin the molecules with at least `min_reads` reads by their number of reads.

    Returns:
        Mean reads of the molecules in each bin; number of molecules in each bin. Empty bins are left out.
    """
    counts = np.arange(len(histogram))
    large = _EXACT_COUNTS + np.rint(20 * np.log(np.maximum(counts, 1) / _EXACT_COUNTS))
    bins = np.where(counts > _EXACT_COUNTS, large, counts)
    kept = (counts >= min_reads) & (histogram > 0)
    bins = bins[kept].astype(np.int64)
    molecules = np.bincount(bins, histogram[kept])
    reads = np.bincount(bins, (counts * histogram)[kept])
    filled = molecules > 0
    return reads[filled] / molecules[filled], molecules[filled].astype(np.float64)


def _mean(observed: float, sd: float, min_reads: int) -> float:
    """Find the mean of the rate at which molecules with at least `min_reads` reads have `observed` reads on average.

    Args:
        observed: mean reads of the molecules with at least `min_reads` reads.
        sd: standard deviation of log(rate).
        min_reads: fewest reads of a molecule that is used.
    """
    low, high = log(observed) - 7.0, log(observed) + 0.5
    few = np.arange(min_reads)
    for _ in range(36):
        middle = (low + high) / 2
        probability = ReadsPerMolecule(exp(middle), sd).probability(few)
        if exp(middle) - float(few @ probability) > observed * (1 - probability.sum()):
            high = middle
        else:
            low = middle
    return exp((low + high) / 2)


def split_collisions(histogram: F64, density: float) -> F64:
    """Estimate the histogram of reads per molecule from the histogram of reads per UMI.

    METHOD: several molecules can have one UMI. Their number is Poisson, so the reads of a UMI are compound Poisson.
    Panjer's recursion (1981) is solved for the distribution of the reads of one molecule.

    Args:
        histogram: number of UMIs with 0, 1, 2, .. reads; the number with 0 reads is ignored.
        density: molecules with at least one read, per possible UMI.

    Returns:
        Number of molecules with 0, 1, 2, .. reads; 0 molecules with 0 reads.
    """
    observed = histogram.sum() - histogram[0]
    if density < 1e-4 or not observed:
        return histogram
    shared = histogram / observed * -np.expm1(-density)
    single = shared.copy()
    for count in range(2, min(len(shared), _MAX_COLLISION_READS)):
        steps = np.arange(1, count)
        overlap = float(steps / count * single[1:count] @ shared[count - 1 : 0 : -1])
        single[count] = max(0.0, shared[count] - overlap)
    single[0] = 0.0
    result: F64 = single / single.sum() * observed * density / -np.expm1(-density)
    return result


def umi_threshold(histogram: F64) -> int:
    """Choose the UMI threshold t: the fewest reads of a UMI that counts as a molecule.

    METHOD: artefacts, such as UMIs with three errors, have few reads each. t starts at 1. The distribution is fitted to
    the molecules with more than t reads and predicts the number p of molecules with exactly t reads. If the observed
    number is above `MAX_EXCESS` p + 3 sqrt(p + 1), t rises by 1. t does not rise if the molecules with 1 to t reads are
    more than `MAX_LOST` of the observed molecules by the fitted distribution, or if fewer than 30 molecules have more
    than t reads.

    Args:
        histogram: number of molecules with 0, 1, 2, .. reads.

    Returns:
        t, at least 1.
    """
    threshold = 1
    while histogram[threshold + 1 :].sum() >= 30:
        distribution = fit(histogram, threshold + 1)
        if distribution.below(threshold + 1) - distribution.below(1) > MAX_LOST * (1 - distribution.below(1)):
            break
        larger = histogram[threshold + 1 :].sum() / (1 - distribution.below(threshold + 1))
        predicted = float(larger * distribution.probability(np.array([threshold]))[0])
        if histogram[threshold] <= MAX_EXCESS * predicted + 3 * sqrt(predicted + 1):
            break
        threshold += 1
    return threshold
