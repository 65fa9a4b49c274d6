"""Count molecules from UMIs, corrected for UMI errors, collisions and molecules without reads.

METHOD: a UMI of a target (a clonotype or marker) is either the UMI of a molecule, or errors made it from other UMIs of
the target. Directional merging (Smith et al. 2017) decides by numbers of reads alone. If UMIs are dense, it loses
molecules whose UMIs are one base apart, up to 8 % of 100,000 molecules at 12 nt. It also keeps UMIs with two errors as
molecules. Here both cases are weighed, as in dropEst (Petukhov et al. 2018, doi:10.1186/s13059-018-1449-6). For a UMI
with n reads

    P(own) = D P(n) / (D P(n) + E(n) + F(n))

The number of molecules of a target is the sum of P(own) over its UMIs, corrected for collisions (below). Symbols:

- D: molecules of the target per possible UMI (density).
- P(n): probability that a molecule has n reads without a UMI error (`clonotrack.umi.reads_per_molecule`).
- E(n): probability that UMI errors in sequencing make n reads of this UMI, Poisson. The mean is a sum over the UMIs of
  the target one or two bases away (neighbours): expected reads of the neighbour's molecule times (e / (3 (1 - e)))^d,
  with d the number of bases that differ. UMIs two bases away are searched only for UMIs of at most two reads that are
  not one base from the head of a directional group. Reads with more errors add a constant, because they are spread
  evenly over all possible UMIs. For a neighbour with the same number of reads the term is doubled, because either of
  the two UMIs can be the error.
- F(n): probability that an error of the polymerase, which many reads share, makes this UMI. It falls with the number of
  reads as 1 / (n (n + 1)) (Luria & Delbrueck 1943).
- e: errors per base of a UMI, estimated from all pairs of reads of one target. Let s = (1 - e)^2 + e^2 / 3 be the
  probability that two reads of one molecule agree at a base. Of the pairs of reads of one molecule, the share s^L
  agrees in all L bases of the UMI, and the share L s^(L-1) (1 - s) in all but one. From both numbers, the pairs of
  different molecules that chance makes equal or one base apart are subtracted.

D, P and P(own) are updated in turn. Collisions (two molecules with one UMI) are corrected by M = -K ln(1 - U / K), with
M the number of molecules and U the sum of P(own). K is the effective number of different UMIs: 1 / K is the probability
that two molecules have one UMI, from the share of each base at each position.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clonotrack.sequences import F64, I64, Bool
from clonotrack.umi.collect import UmiTable
from clonotrack.umi.kernels import pairs_one_apart, pairs_two_apart
from clonotrack.umi.reads_per_molecule import ReadsPerMolecule, fit, split_collisions, umi_threshold

MAX_OCCUPANCY = 0.1
"""Largest share of all possible UMIs that the molecules of a target may have; a target with more is not counted."""

MIN_MOLECULES = 30
"""Fewest molecules of a sample from which the molecules without reads are estimated."""

MAX_NEIGHBOURS = 0.4
"""Largest mean number of other molecules, with one read and a UMI one base away, of each molecule.

Above this number, molecules with few reads cannot be distinguished from errors.
"""

POLYMERASE_ERRORS = 1e-5
"""Errors of an ordinary polymerase per base and doubling."""

_PRIOR_ERROR_RATE, _PRIOR_PAIRS = 0.003, 50  # prior of e, and the pairs of reads that have the same weight as the prior
_PRIOR_BASE_PAIRS = 1_000  # pairs of UMIs that have the same weight as the prior of equal base shares
_ROUNDS = 10  # updates of D, P and P(own)
_MAX_LOOKUPS = 200_000_000  # above this number of look-ups, UMIs two bases away are not searched


@dataclass(frozen=True, slots=True)
class Molecules:
    """Molecules of each target of one sample.

    Attributes:
        observed: number of molecules with at least one read, shape (targets,); NaN for a saturated target.
        total: number of molecules, also of those without a read, shape (targets,). NaN for a saturated target, and for
            one with more than `MAX_NEIGHBOURS`. NaN for all targets if the sample has fewer than `MIN_MOLECULES`
            molecules, or if more than half of the molecules have no read.
        directional_groups: number of UMI groups by the directional method, shape (targets,).
        collided: number of observed molecules that share the UMI of another molecule, shape (targets,).
        saturated: whether the molecules have more than `MAX_OCCUPANCY` of all possible UMIs, shape (targets,).
        histogram: number of molecules with 0, 1, 2, .. reads, all targets together.
        distribution: fitted distribution of the reads of a molecule.
        min_reads: UMI threshold: fewest reads of a UMI that counts as a molecule.
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
        counts: UMIs of the sample with their reads.
        n_targets: number of targets; their numbers are 0 to `n_targets` - 1.
        min_reads: UMI threshold [reads]; None if `clonotrack.umi.reads_per_molecule.umi_threshold` chooses it.

    Returns:
        Numbers of molecules; 0 for a target without UMIs.
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
    """Estimate the effective number of UMIs from the share of each base at each position of the UMI.

    The heads of directional groups are compared, not reads, because reads of one molecule are copies. A group has a
    weight proportional to its reads, so that several molecules with one UMI count as several. Equal shares of the four
    bases are a prior with the weight of `_PRIOR_BASE_PAIRS` pairs.

    Args:
        counts: UMIs of the sample with their reads.
        heads: number of the entry that heads the directional group of each entry.

    Returns:
        K, the effective number of UMIs. And the expected number of pairs of molecules whose UMIs differ in one base,
        for each pair of molecules with equal UMIs.
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
    """P(own) of each UMI, and the quantities that it depends on; `update` runs one round of the estimation."""

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
        """Estimate the number of molecules of each target with at least `min_reads` reads, corrected for collisions."""
        occupancy = np.minimum(self.occupied(min_reads) / self.umi_space, 0.9)
        result: F64 = -self.umi_space * np.log1p(-occupancy)
        return result

    def occupied(self, min_reads: int) -> F64:
        """Estimate the number of distinct UMIs of the molecules of each target, before the correction for collisions.

        It is the sum of P(own), the probability that a UMI belongs to a molecule and is no UMI error (see the module),
        over the UMIs of the target that have at least `min_reads` reads. Shape (targets,).
        """
        own = self.p_own * (self.molecule_reads >= min_reads)
        return np.bincount(self.counts.targets, own, minlength=self.n_targets).astype(np.float64)

    def _refit(self) -> None:
        """Fit the distribution to the histogram of reads per molecule, which includes reads with UMI errors."""
        observed = self.molecules()
        occupied = np.bincount(self.molecule_reads, self.p_own)
        density = float(observed @ observed / observed.sum() / self.umi_space)
        self.histogram = split_collisions(np.append(occupied, 0.0), density)
        self.distribution = fit(self.histogram, 1)

    def update(self) -> None:
        """Update P(own) from density and distribution, then density and distribution from P(own)."""
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
    """Estimate e, the errors per base of a UMI, from pairs of reads (see the METHOD of this module).

    Args:
        counts: UMIs with their reads.
        one_apart: pairs of entries of one target whose UMIs differ in one base, shape (pairs, 2).
        n_targets: number of targets.
        umi_space: K, the effective number of UMIs.
        near_per_equal: pairs of molecules whose UMIs differ in one base, for each pair with equal UMIs.
    """
    reads = counts.reads.astype(np.float64)
    by_chance = float((np.bincount(counts.targets, reads, minlength=n_targets) ** 2).sum()) / 2 / umi_space
    equal = max(float((reads * (reads - 1)).sum()) / 2 - by_chance, 0.0)
    one_off = max(float(reads[one_apart[:, 0]] @ reads[one_apart[:, 1]]) - by_chance * near_per_equal, 0.0)
    one_off += _PRIOR_PAIRS * 2 * _PRIOR_ERROR_RATE * counts.length
    differ = 1 - 1 / (1 + one_off / (equal + _PRIOR_PAIRS) / counts.length)
    return float(0.75 * (1 - np.sqrt(1 - 4 / 3 * min(differ, 0.5))))


def _number_two_apart(length: int) -> int:
    """Compute the number of possible UMIs of `length` nt that differ from a given UMI in two bases."""
    return 9 * length * (length - 1) // 2


def _probability_of_far_errors(rate: float, length: int) -> tuple[float, float]:
    """Compute the binomial probability that a UMI has several errors.

    Args:
        rate: errors per base of a UMI.
        length: length of a UMI [nt].

    Returns:
        Probability of three or more errors; probability of two or more errors.
    """
    none, one = (1 - rate) ** length, length * rate * (1 - rate) ** (length - 1)
    two = length * (length - 1) / 2 * rate**2 * (1 - rate) ** (length - 2)
    return 1 - none - one - two, 1 - none - one


def _poisson(counts: I64, rates: F64) -> F64:
    """Compute the Poisson probability of each count, given its own mean in `rates` (0 is allowed), shape of both."""
    logarithms = np.zeros(int(counts.max()) + 1)
    logarithms[1:] = np.cumsum(np.log(np.arange(1, len(logarithms))))
    result: F64 = np.exp(counts * np.log(np.maximum(rates, 1e-300)) - rates - logarithms[counts])
    return result


def _molecules(model: _MoleculeModel, threshold: int, groups: I64, saturated: Bool) -> Molecules:
    """Compute the numbers of molecules from the fitted model.

    Args:
        model: model after the last update.
        threshold: fewest reads of a UMI that counts as a molecule.
        groups: number of directional groups of each target, shape (targets,).
        saturated: targets that were left out of the model because they have too many UMIs, shape (targets,).
    """
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
