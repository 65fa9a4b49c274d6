"""How many reads a molecule gives: the law behind a reads-per-UMI histogram, and the UMI threshold.

METHOD: reads per molecule are Poisson with a log-normal rate: the PCR yield of a molecule multiplies over the cycles,
as the simulator and the statistics of `quantify` have it. What the law says of molecules with no read corrects for
those that were not seen, and of few reads for those below a threshold, as TRUmiCount does with a law of its own (Pflug
& von Haeseler 2018, doi:10.1093/bioinformatics/bty283).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, lgamma, log, sqrt

import numpy as np

from clonotrack.sequences import F64, I64

EXPECTED_SD = 0.5  # of the log yield, with the weight of a single observation of this standard deviation
MOST_SD = 1.8
EXCESS, LOST = 1.5, 0.1  # see `threshold`
_EXACT = 32  # larger counts are put together in steps of 5 %
_COMPOUNDED = 400
_QUANTILES: F64 = np.linspace(-5, 5, 161)
_WEIGHTS: F64 = np.exp(-(_QUANTILES**2) / 2) / np.exp(-(_QUANTILES**2) / 2).sum()


@dataclass(frozen=True, slots=True)
class ReadLaw:
    """Reads of a molecule: Poisson, its rate log-normal with this mean and standard deviation of the logarithm."""

    mean: float
    sd: float

    def probability(self, counts: F64 | I64) -> F64:
        """Of each number of reads, shape of `counts`."""
        rates = self.mean * np.exp(self.sd * _QUANTILES - self.sd**2 / 2)
        factorials = np.array([lgamma(count + 1) for count in counts.tolist()])
        density: F64 = np.exp(counts[:, None] * np.log(rates) - rates - factorials[:, None]) @ _WEIGHTS
        return density

    def below(self, least: int) -> float:
        """Probability of fewer than `least` reads."""
        return float(self.probability(np.arange(least)).sum())

    def rate(self, counts: I64) -> F64:
        """Expected rate of a molecule of which so many reads were seen (Robbins 1956), shape of `counts`."""
        here = self.probability(counts)
        known = here > 1e-12
        raised = (counts + 1) * self.probability(counts + 1) / np.where(known, here, 1.0)
        return np.where(known, raised, counts)

    def thinned(self, share: float) -> ReadLaw:
        """The law of a `share` of the reads."""
        return ReadLaw(self.mean * share, self.sd)


def fit(histogram: F64, least: int) -> ReadLaw:
    """The law of molecules with at least `least` reads.

    METHOD: greatest likelihood of the left-truncated histogram over the standard deviation, with a weak prior (see
    `EXPECTED_SD`); for each the mean that gives the mean of the histogram.

    Args:
        histogram: molecules with 0, 1, 2, .. reads.
        least: counts below are not looked at; at least one molecule has to have as many.
    """
    counts, molecules = _classes(histogram, least)
    mean = float(counts @ molecules / molecules.sum())

    def fitted(sd: float) -> tuple[float, ReadLaw]:
        law = ReadLaw(_mean(mean, sd, least), sd)
        seen = max(1 - law.below(least), 1e-300)
        logarithms = np.log(np.maximum(law.probability(counts), 1e-300))
        return float(molecules @ (logarithms - log(seen))) - (sd - EXPECTED_SD) ** 2 / (2 * EXPECTED_SD**2), law

    low, high = 0.0, MOST_SD
    golden = (sqrt(5) - 1) / 2
    one, two = fitted(high - golden * high), fitted(golden * high)
    for _ in range(14):
        if one[0] > two[0]:
            high, two = two[1].sd, one
            one = fitted(high - golden * (high - low))
        else:
            low, one = one[1].sd, two
            two = fitted(low + golden * (high - low))
    return max(one, two, key=lambda item: item[0])[1]


def _classes(histogram: F64, least: int) -> tuple[F64, F64]:
    """Mean count and molecules of each class of counts."""
    counts = np.arange(len(histogram))
    steps = np.where(counts > _EXACT, _EXACT + np.rint(20 * np.log(np.maximum(counts, 1) / _EXACT)), counts)
    kept = (counts >= least) & (histogram > 0)
    classes = steps[kept].astype(np.int64)
    molecules = np.bincount(classes, histogram[kept])
    reads = np.bincount(classes, (counts * histogram)[kept])
    filled = molecules > 0
    return reads[filled] / molecules[filled], molecules[filled].astype(np.float64)


def _mean(observed: float, sd: float, least: int) -> float:
    """Mean of the law under which molecules with at least `least` reads have `observed` on average."""
    low, high = log(observed) - 7.0, log(observed) + 0.5
    few = np.arange(least)
    for _ in range(36):
        middle = (low + high) / 2
        probability = ReadLaw(exp(middle), sd).probability(few)
        if exp(middle) - float(few @ probability) > observed * (1 - probability.sum()):
            high = middle
        else:
            low = middle
    return exp((low + high) / 2)


def apart(histogram: F64, density: float) -> F64:
    """The histogram of single molecules, from that of UMIs which several molecules can share.

    METHOD: the number of molecules with one UMI is Poisson, so the reads of a UMI are compound Poisson; Panjer's
    recursion (1981), solved for the law of a single molecule, takes them apart.

    Args:
        histogram: UMIs with 0, 1, 2, .. reads; that of 0 is not looked at.
        density: molecules seen for each UMI there is.
    """
    seen = histogram.sum() - histogram[0]
    if density < 1e-4 or not seen:
        return histogram
    shared = histogram / seen * -np.expm1(-density)
    single = shared.copy()
    for count in range(2, min(len(shared), _COMPOUNDED)):
        steps = np.arange(1, count)
        overlap = float(steps / count * single[1:count] @ shared[count - 1 : 0 : -1])
        single[count] = max(0.0, shared[count] - overlap)
    single[0] = 0.0
    result: F64 = single / single.sum() * seen * density / -np.expm1(-density)
    return result


def threshold(histogram: F64) -> int:
    """The least number of reads of a UMI that counts as a molecule.

    METHOD: from one read upwards, UMIs with exactly t reads are left out if there are more than `EXCESS` times as many
    as the law fitted to the larger ones predicts, beyond three standard deviations: artefacts, such as UMIs with three
    errors, give few reads each. It stops where that would cost more than `LOST` of the molecules that were seen.
    """
    least = 1
    while histogram[least + 1 :].sum() >= 30:
        law = fit(histogram, least + 1)
        if law.below(least + 1) - law.below(1) > LOST * (1 - law.below(1)):
            break
        larger = histogram[least + 1 :].sum() / (1 - law.below(least + 1))
        predicted = float(larger * law.probability(np.array([least]))[0])
        if histogram[least] <= EXCESS * predicted + 3 * sqrt(predicted + 1):
            break
        least += 1
    return least
