"""Count molecules from UMIs, corrected for UMI errors, collisions and molecules without reads.

METHOD: a UMI of a target is either a molecule's own or made by errors from its neighbours. Directional merging (Smith
et al. 2017) decides by read counts alone. It loses true neighbours if UMIs are dense (6 % of 100,000 molecules at 12
nt), and it keeps UMIs with two errors as molecules. Here both probabilities are weighed, as in dropEst (Petukhov et al.
2018, doi:10.1186/s13059-018-1449-6), and the number of molecules is the sum of P(own):

- Own molecule: density of molecules in the UMI space times P(reads) (`clonotrack.umi.reads_per_molecule`).
- Errors: Poisson. The rate is the sum over all neighbours of their expected reads, times e / 3 for a neighbour one base
  away and (e / 3)^2 for one two bases away. Neighbours two bases away are searched only for UMIs of at most two reads
  that are no neighbour of the head of a directional group. Reads with other errors are spread over the UMI space.
- Polymerase errors that many reads share: their counts fall as 1 / count^2 (Luria & Delbrueck 1943).
- Of two UMIs with equal counts, either can be the error, so the rate doubles.
- e, the error rate of a UMI base, comes from pairs of reads. Of the pairs of one molecule, s^L agree in all L bases
  and L s^(L-1) (1 - s) in all but one, with s = (1 - e)^2 + e^2 / 3. Pairs of different molecules with such UMIs by
  chance are subtracted from both.

Density, distribution and probabilities are updated in turn. Collisions (two molecules with one UMI) are corrected by
inverting the occupancy of the UMI space: M = -K ln(1 - occupied / K). 1 / K is the probability that two molecules have
one UMI, from the share of each base at each position.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clonotrack.sequences import F64, I64, Bool
from clonotrack.umi.collect import UmiTable
from clonotrack.umi.kernels import pairs_one_apart, pairs_two_apart
from clonotrack.umi.reads_per_molecule import ReadsPerMolecule, fit, split_collisions, umi_threshold

MAX_OCCUPANCY = 0.1
"""Share of the UMI space that the molecules of one target may fill; above, they are not counted."""

MIN_MOLECULES = 30
"""Molecules of a sample from which the molecules without reads are estimated."""

MAX_NEIGHBOURS = 0.4
"""True neighbours with one read per molecule; above, molecules of few reads cannot be distinguished from errors."""

POLYMERASE_ERRORS = 1e-5
"""Errors of an ordinary polymerase per base and doubling."""

_PRIOR_ERROR_RATE, _PRIOR_PAIRS = 0.003, 50  # e of a sample, with the weight of this number of pairs of reads
_PRIOR_BASE_PAIRS = 1_000
_ROUNDS = 10
_MAX_LOOKUPS = 200_000_000


@dataclass(frozen=True, slots=True)
class Molecules:
    """Molecules of each target of one sample.

    Attributes:
        observed: molecules with at least one read, shape (targets,); NaN if the UMI space is saturated.
        total: molecules, those without a read included, shape (targets,). NaN if saturated, for a sample with fewer
            than `MIN_MOLECULES`, if more than half are unobserved, and beyond `MAX_NEIGHBOURS`.
        directional_groups: groups by the directional method, shape (targets,).
        collided: observed molecules that share the UMI of another molecule, shape (targets,).
        saturated: whether too much of the UMI space is occupied to count, shape (targets,).
        histogram: molecules with 0, 1, 2, .. reads, of all targets.
        distribution: of the reads of a molecule.
        min_reads: UMI threshold: fewest reads of a UMI that counts.
        error_rate: e, errors per base of a UMI.
        umi_space: K, the effective number of different UMIs.
    """

    observed: F64
    total: F64
    directional_groups: I64
    collided: F64
    saturated: Bool
    histogram: F64
    distribution: ReadsPerMolecule
    min_reads: int
    error_rate: float
    umi_space: float


def count_molecules(counts: UmiTable, n_targets: int, *, min_reads: int | None = None) -> Molecules:
    """Count the molecules of each target of one sample.

    Args:
        counts: UMIs of the sample.
        n_targets: targets are 0 to `n_targets` - 1.
        min_reads: UMI threshold; by default `clonotrack.umi.reads_per_molecule.umi_threshold` chooses it.
    """
    heads = counts.group_heads()
    groups = np.bincount(counts.targets[heads == np.arange(len(heads))], minlength=n_targets)
    umi_space, near_per_equal = _umi_space(counts, heads)
    saturated = np.bincount(counts.targets, minlength=n_targets) > umi_space / 2
    kept = ~saturated[counts.targets]
    none = np.empty(0, dtype=np.int64)
    countable = UmiTable(counts.umis[kept], counts.reads[kept], counts.targets[kept], counts.length, none)
    if not kept.any():
        zero = np.where(saturated, np.nan, 0.0)
        empty, distribution = np.zeros(2), ReadsPerMolecule(1.0, 0.5)
        return Molecules(zero, zero, groups, zero, saturated, empty, distribution, 1, _PRIOR_ERROR_RATE, umi_space)
    model = _MoleculeModel(countable, n_targets, umi_space, near_per_equal)
    for _ in range(_ROUNDS):
        model.update()
    threshold = umi_threshold(model.histogram) if min_reads is None else min_reads
    return _molecules(model, threshold, groups, saturated)


def _umi_space(counts: UmiTable, heads: I64) -> tuple[float, float]:
    """Estimate the effective number of UMIs from how often each base occurs at each position.

    Pairs of directional groups are compared, as reads of one molecule agree because they are copies. A group weighs as
    its reads, so that several molecules with one UMI count as several. Equal shares of the four bases are a prior with
    the weight of `_PRIOR_BASE_PAIRS` pairs.

    Returns:
        K, and the number of pairs of molecules that differ in one base for each pair with equal UMIs.
    """
    reads = np.bincount(heads, counts.reads, len(heads))
    is_head = heads == np.arange(len(heads))
    weight = reads[is_head] * is_head.sum() / max(1.0, reads[is_head].sum())
    umis, with_itself = counts.umis[is_head], float(weight @ weight)
    pairs = weight.sum() ** 2 - with_itself
    agree = np.empty(counts.length)
    for position in range(counts.length):
        base = (umis >> np.uint64(2 * position)).astype(np.int64) & 3
        equal = float((np.bincount(base, weight) ** 2).sum()) - with_itself
        agree[position] = max(0.25, (equal + 0.25 * _PRIOR_BASE_PAIRS) / (pairs + _PRIOR_BASE_PAIRS))
    return float(1 / agree.prod()), float(((1 - agree) / agree).sum())


class _MoleculeModel:
    """Probability that each UMI is a molecule's own; `update` runs one round of the estimation."""

    def __init__(self, counts: UmiTable, n_targets: int, umi_space: float, near_per_equal: float) -> None:
        self.counts, self.n_targets, self.umi_space = counts, n_targets, umi_space
        reads, targets, n = counts.reads, counts.targets, len(counts.umis)
        heads = counts.group_heads()
        is_head = heads == np.arange(n)
        one_apart = pairs_one_apart(counts.umis, targets, counts.length)
        near_head = np.zeros(n, dtype=np.bool_)
        near_head[one_apart[is_head[one_apart[:, 0]], 1]] = True
        searched = (reads <= 2) & ~near_head
        if searched.sum() * _number_two_apart(counts.length) > _MAX_LOOKUPS:
            searched[:] = False
        two_apart = pairs_two_apart(counts.umis, targets, searched, counts.length)
        self.pairs = np.concatenate([one_apart, two_apart])
        self.distance = np.repeat([1, 2], [len(one_apart), len(two_apart)])
        self.error_rate = _error_rate(counts, one_apart, n_targets, umi_space, near_per_equal)
        target_reads = np.bincount(targets, reads, minlength=n_targets)[targets]
        far = np.where(searched, *_probability_of_far_errors(self.error_rate, counts.length))
        self.far_error_rate = target_reads / umi_space * far
        self.p_own = is_head.astype(np.float64)
        self.molecule_reads = np.bincount(heads, reads, minlength=n).astype(np.int64)
        self.histogram, self.distribution = np.zeros(2), ReadsPerMolecule(1.0, 0.5)
        self.distinct_reads, self.reads_index = np.unique(reads, return_inverse=True)
        self._refit()

    def molecules(self, min_reads: int = 1) -> F64:
        """Estimate the molecules of each target with at least `min_reads` reads, collided ones included."""
        occupancy = np.minimum(self.occupied(min_reads) / self.umi_space, 0.9)
        result: F64 = -self.umi_space * np.log1p(-occupancy)
        return result

    def occupied(self, min_reads: int) -> F64:
        """Estimate the UMIs of each target that are a molecule's own and have at least `min_reads` reads."""
        own = self.p_own * (self.molecule_reads >= min_reads)
        return np.bincount(self.counts.targets, own, minlength=self.n_targets).astype(np.float64)

    def _refit(self) -> None:
        """Fit the distribution to the histogram of reads per molecule, reads with UMI errors included."""
        observed = self.molecules()
        occupied = np.bincount(self.molecule_reads, self.p_own)
        density = float(observed @ observed / observed.sum() / self.umi_space)
        self.histogram = split_collisions(np.append(occupied, 0.0), density)
        self.distribution = fit(self.histogram, 1)

    def update(self) -> None:
        """Update the probabilities from density and distribution, then these from the probabilities."""
        reads, (parent, child) = self.counts.reads, self.pairs.T
        without_errors = self.distribution.thinned((1 - self.error_rate) ** self.counts.length)
        odds = self.error_rate / 3 / (1 - self.error_rate)
        parent_rate = without_errors.expected_rate(self.distinct_reads)[self.reads_index] * self.p_own
        flow: F64 = parent_rate[parent] * odds**self.distance
        flow *= 1.0 + (reads[parent] == reads[child])
        rate: F64 = np.bincount(child, flow, minlength=len(reads)) + self.far_error_rate
        near = self.distance == 1
        neighbour_reads = np.bincount(child[near], (reads * self.p_own)[parent[near]], minlength=len(reads))
        polymerase = POLYMERASE_ERRORS / 3 * neighbour_reads / (reads * (reads + 1.0))
        density = (self.molecules() / (1 - self.distribution.below(1)) / self.umi_space)[self.counts.targets]
        own = without_errors.probability(self.distinct_reads)[self.reads_index] * density
        errors = _poisson(reads, rate) + polymerase
        self.p_own = own / np.maximum(own + errors, 1e-300)
        share = flow / np.maximum(rate, 1e-300)[child]
        returned = np.bincount(parent, share * ((1 - self.p_own) * reads)[child], minlength=len(reads))
        self.molecule_reads = reads + np.rint(returned).astype(np.int64)
        self._refit()


def _error_rate(counts: UmiTable, one_apart: I64, n_targets: int, umi_space: float, near_per_equal: float) -> float:
    """Estimate e, the errors per base of a UMI, from pairs of reads (see the METHOD of this module)."""
    reads = counts.reads.astype(np.float64)
    by_chance = float((np.bincount(counts.targets, reads, minlength=n_targets) ** 2).sum()) / 2 / umi_space
    equal = max(float((reads * (reads - 1)).sum()) / 2 - by_chance, 0.0)
    one_off = max(float(reads[one_apart[:, 0]] @ reads[one_apart[:, 1]]) - by_chance * near_per_equal, 0.0)
    one_off += _PRIOR_PAIRS * 2 * _PRIOR_ERROR_RATE * counts.length
    differ = 1 - 1 / (1 + one_off / (equal + _PRIOR_PAIRS) / counts.length)
    return float(0.75 * (1 - np.sqrt(1 - 4 / 3 * min(differ, 0.5))))


def _number_two_apart(length: int) -> int:
    """Count the UMIs that differ from one UMI in two bases."""
    return 9 * length * (length - 1) // 2


def _probability_of_far_errors(rate: float, length: int) -> tuple[float, float]:
    """Compute the probability of three or more errors in a UMI, and of two or more."""
    none, one = (1 - rate) ** length, length * rate * (1 - rate) ** (length - 1)
    two = length * (length - 1) / 2 * rate**2 * (1 - rate) ** (length - 2)
    return 1 - none - one - two, 1 - none - one


def _poisson(counts: I64, rates: F64) -> F64:
    """Compute the Poisson probability of each count; rates are small or zero."""
    logarithms = np.zeros(int(counts.max()) + 1)
    logarithms[1:] = np.cumsum(np.log(np.arange(1, len(logarithms))))
    result: F64 = np.exp(counts * np.log(np.maximum(rates, 1e-300)) - rates - logarithms[counts])
    return result


def _molecules(model: _MoleculeModel, threshold: int, groups: I64, saturated: Bool) -> Molecules:
    """Read the result of the fitted model, at a UMI threshold."""
    distribution = model.distribution if threshold == 1 else fit(model.histogram, threshold)
    kept = model.molecules(threshold)
    unobserved, lost = distribution.below(1), distribution.below(threshold)
    observed = kept * (1 - unobserved) / (1 - lost)
    saturated = saturated | (kept > -model.umi_space * np.log1p(-MAX_OCCUPANCY))
    estimable = kept.sum() >= MIN_MOLECULES and unobserved <= 0.5
    single_read = float(distribution.probability(np.array([1]))[0])
    neighbours = 3 * model.counts.length * observed / model.umi_space * single_read
    total = np.where(estimable & (neighbours <= MAX_NEIGHBOURS), kept / (1 - lost), np.nan)
    collided = kept - model.occupied(threshold)
    observed, total, collided = (np.where(saturated, np.nan, numbers) for numbers in (observed, total, collided))
    return Molecules(
        observed,
        total,
        groups,
        collided,
        saturated,
        model.histogram,
        distribution,
        threshold,
        model.error_rate,
        model.umi_space,
    )
