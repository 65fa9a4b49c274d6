"""Fit the distribution of reads per molecule to a histogram of reads per UMI, and choose the UMI threshold.

METHOD: reads per molecule are Poisson with a log-normal rate (Poisson-lognormal): the PCR yield of a molecule is a
product over the cycles. `simulate` and `quantify` use the same distribution. Its probability of no read corrects for
unobserved molecules, and its probability of few reads for molecules below a threshold. TRUmiCount corrects in the same
way with another distribution (Pflug & von Haeseler 2018, doi:10.1093/bioinformatics/bty283).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, lgamma, log, sqrt

import numpy as np

from clonotrack.sequences import F64, I64

PRIOR_SD = 0.5
"""Prior of the standard deviation of the log rate: normal, with this mean and this standard deviation."""

MAX_SD = 1.8
MAX_EXCESS = 1.5
"""Ratio of observed to predicted UMIs of t reads above which `umi_threshold` raises t."""

MAX_LOST = 0.1
"""Share of the observed molecules that `umi_threshold` may leave out."""

_EXACT_COUNTS = 32  # larger counts are binned in steps of 5 %
_MAX_COLLISION_READS = 400
_QUANTILES: F64 = np.linspace(-5, 5, 161)
_WEIGHTS: F64 = np.exp(-(_QUANTILES**2) / 2) / np.exp(-(_QUANTILES**2) / 2).sum()


@dataclass(frozen=True, slots=True)
class ReadsPerMolecule:
    """Distribution of the reads of one molecule: Poisson with a log-normal rate.

    Attributes:
        mean: of the rate [reads].
        sd: standard deviation of log(rate).
    """

    mean: float
    sd: float

    def probability(self, counts: F64 | I64) -> F64:
        """Compute the probability of each number of reads, shape of `counts`."""
        rates = self.mean * np.exp(self.sd * _QUANTILES - self.sd**2 / 2)
        factorials = np.array([lgamma(count + 1) for count in counts.tolist()])
        density: F64 = np.exp(counts[:, None] * np.log(rates) - rates - factorials[:, None]) @ _WEIGHTS
        return density

    def below(self, reads: int) -> float:
        """Compute the probability of fewer than `reads` reads."""
        return float(self.probability(np.arange(reads)).sum())

    def expected_rate(self, counts: I64) -> F64:
        """Compute the posterior mean rate of a molecule with each number of reads (Robbins 1956), shape of `counts`."""
        probability = self.probability(counts)
        positive = probability > 1e-12
        rate = (counts + 1) * self.probability(counts + 1) / np.where(positive, probability, 1.0)
        return np.where(positive, rate, counts)

    def thinned(self, share: float) -> ReadsPerMolecule:
        """Return the distribution of a `share` of the reads."""
        return ReadsPerMolecule(self.mean * share, self.sd)


def fit(histogram: F64, min_reads: int) -> ReadsPerMolecule:
    """Fit the distribution to the molecules with at least `min_reads` reads.

    METHOD: maximum likelihood of the left-truncated histogram over the standard deviation, with a weak prior
    (`PRIOR_SD`). For each standard deviation, the mean is the one that gives the mean of the histogram. The
    golden-section search of 14 steps ends at an interval of 0.002, which is less than the uncertainty of any estimate.
    `scipy.optimize` would take another 0.16 s of processor time to import.

    Args:
        histogram: molecules with 0, 1, 2, .. reads; at least one has `min_reads` or more.
        min_reads: counts below are ignored.
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
    """Bin the counts; return the mean count and the molecules of each bin."""
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
    """Find the mean under which molecules with at least `min_reads` reads have `observed` reads on average."""
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
    """Estimate the histogram of single molecules from that of UMIs, which several molecules can share.

    METHOD: the number of molecules with one UMI is Poisson, so the reads of a UMI are compound Poisson. Panjer's
    recursion (1981), solved for the distribution of a single molecule, separates them.

    Args:
        histogram: UMIs with 0, 1, 2, .. reads; the entry of 0 is ignored.
        density: observed molecules per possible UMI.
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
    """Choose the fewest reads of a UMI that counts as a molecule.

    METHOD: t starts at 1. UMIs with exactly t reads are left out if they are more than `MAX_EXCESS` times as many as
    the distribution fitted to larger counts predicts, beyond three standard deviations. Artefacts, such as UMIs with
    three errors, have few reads each. t stops rising if that would lose more than `MAX_LOST` of the observed molecules.


    Args:
        histogram: molecules with 0, 1, 2, .. reads.
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
