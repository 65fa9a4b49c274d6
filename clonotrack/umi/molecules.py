"""Molecules from UMIs: errors, true neighbours, collisions and molecules without reads taken into account.

METHOD: every UMI of a target is a molecule's own or made by errors of its neighbours. Directional merging (Smith et al.
2017) decides by counts alone and loses true neighbours where UMIs are dense (6 % of 100,000 molecules at 12 nt), and
keeps UMIs with two errors as molecules. Here the probability of both is weighed, as dropEst does (Petukhov et al. 2018,
doi:10.1186/s13059-018-1449-6), and molecules are the sum of probabilities:

- a molecule of its own: density of molecules in the space of UMIs times the law of reads per molecule
  (`clonotrack.umi.read_law`);
- errors: Poisson with the expected rate of each neighbour one base away times e / 3, two bases away times (e / 3)^2
  (looked for only where it matters and is no great work; else, and for more errors, such reads are taken to be
  spread over the whole space);
  and errors of the polymerase that many reads share, whose counts fall as 1 / count^2 (Luria & Delbrueck 1943). Of two
  UMIs with equal counts either can be the error, hence twice the rate;
- e from pairs of reads: of those of one molecule s^L agree in all L bases and L s^(L-1) (1 - s) in all but one, where
  s = (1-e)^2 + e^2/3; pairs that meet by chance are subtracted from both.

Density, law and probabilities are brought up to date in turn. Two molecules with one UMI are counted by inverting the
occupancy of the UMI space: M = -K ln(1 - occupied / K), where 1 / K is the chance that two molecules have one UMI, from
the share of each base at each place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clonotrack.sequences import F64, I64, Bool
from clonotrack.umi.collect import Umis
from clonotrack.umi.kernels import one_apart, two_apart
from clonotrack.umi.read_law import ReadLaw, apart, fit, threshold

__all__ = ["Molecules", "Umis", "molecules"]

FULL = 0.1
"""Share of the UMI space that molecules of one target may fill; above, they are not counted."""

LEAST_MOLECULES = 30
MOST_NEIGHBOURS = 0.4
"""True neighbours with one read that a molecule has; with more the law of few reads cannot be told from errors."""

POLYMERASE_ERRORS = 1e-5
"""Errors per base and doubling of an ordinary polymerase."""

_USUAL_ERRORS, _USUAL_PAIRS = 0.003, 50  # e of a sample, with the weight of so many pairs of reads
_USUAL_SHARES = 1_000
_ROUNDS = 10
_MOST_LOOKED_UP = 200_000_000


@dataclass(frozen=True, slots=True)
class Molecules:
    """How many molecules of each target were seen, and how many there were.

    Attributes:
        seen: molecules with at least one read; NaN where the UMI space is too full, shape (targets,).
        total: with those of which no read was seen; NaN also where that cannot be told: for fewer than
            `LEAST_MOLECULES` of the sample, where more than half are unseen, and beyond `MOST_NEIGHBOURS`.
        groups: directional groups, shape (targets,).
        collided: of the molecules seen, those that share the UMI of another one; shape (targets,).
        full: the UMI space is too full to count, shape (targets,).
        histogram: molecules with 0, 1, 2, .. reads, of all targets.
        law: reads of a molecule.
        least: reads from which on a UMI counts.
        error_rate: of the bases of UMIs.
        space: effective number of different UMIs.
    """

    seen: F64
    total: F64
    groups: I64
    collided: F64
    full: Bool
    histogram: F64
    law: ReadLaw
    least: int
    error_rate: float
    space: float


def molecules(found: Umis, n_targets: int, *, min_reads: int | None = None) -> Molecules:
    """Count the molecules of each target of one sample.

    Args:
        found: UMIs of the sample.
        n_targets: targets are 0 to `n_targets` - 1.
        min_reads: reads from which on a UMI counts; by default `clonotrack.umi.read_law.threshold`.
    """
    heads = found.heads()
    groups = np.bincount(found.targets[heads == np.arange(len(heads))], minlength=n_targets)
    space, chance = _space(found, heads)
    full = np.bincount(found.targets, minlength=n_targets) > space / 2
    kept = ~full[found.targets]
    umis = Umis(found.umis[kept], found.reads[kept], found.targets[kept], found.length, np.empty(0, dtype=np.int64))
    if not kept.any():
        nothing = np.where(full, np.nan, 0.0)
        return Molecules(
            nothing, nothing, groups, nothing, full, np.zeros(2), ReadLaw(1.0, 0.5), 1, _USUAL_ERRORS, space
        )
    model = _Model(umis, n_targets, space, chance)
    for _ in range(_ROUNDS):
        model.improve()
    least = threshold(model.histogram) if min_reads is None else min_reads
    return _counted(model, least, groups, full)


def _space(found: Umis, heads: I64) -> tuple[float, float]:
    """The effective number of UMIs, and how many pairs meet by chance at one difference for each that agrees.

    From pairs of directional groups, as reads of one molecule agree because they are copies; a group weighs as its
    reads, so that molecules of one UMI do not count as one. Few groups tell little: equal shares of the bases
    weigh as many as `_USUAL_SHARES` pairs.
    """
    reads = np.bincount(heads, found.reads, len(heads))
    alone = heads == np.arange(len(heads))
    weight = reads[alone] * alone.sum() / max(1.0, reads[alone].sum())
    umis, itself = found.umis[alone], float(weight @ weight)
    pairs = weight.sum() ** 2 - itself
    shares = np.empty(found.length)
    for place in range(found.length):
        base = (umis >> np.uint64(2 * place)).astype(np.int64) & 3
        alike = float((np.bincount(base, weight) ** 2).sum()) - itself
        shares[place] = max(0.25, (alike + 0.25 * _USUAL_SHARES) / (pairs + _USUAL_SHARES))
    return float(1 / shares.prod()), float(((1 - shares) / shares).sum())


class _Model:
    """Probability of each UMI to be a molecule's own, brought up to date in rounds."""

    def __init__(self, umis: Umis, n_targets: int, space: float, chance: float) -> None:
        self.umis, self.n_targets, self.space = umis, n_targets, space
        reads, targets, n = umis.reads, umis.targets, len(umis.umis)
        heads = umis.heads()
        head = heads == np.arange(n)
        ones = one_apart(umis.umis, targets, umis.length)
        under_head = np.zeros(n, dtype=np.bool_)
        under_head[ones[head[ones[:, 0]], 1]] = True
        lone = (reads <= 2) & ~under_head
        if lone.sum() * _two_away(umis.length) > _MOST_LOOKED_UP:
            lone[:] = False
        twos = two_apart(umis.umis, targets, lone, umis.length)
        self.pairs = np.concatenate([ones, twos])
        self.distance = np.repeat([1, 2], [len(ones), len(twos)])
        self.error_rate = _error_rate(umis, ones, n_targets, space, chance)
        total = np.bincount(targets, reads, minlength=n_targets)[targets]
        self.scattered = total / space * np.where(lone, *_scattering(self.error_rate, umis.length))
        self.own = head.astype(np.float64)
        self.size = np.bincount(heads, reads, minlength=n).astype(np.int64)
        self.histogram, self.law = np.zeros(2), ReadLaw(1.0, 0.5)
        self.counts, self.place = np.unique(reads, return_inverse=True)
        self._refit()

    def molecules(self, least: int = 1) -> F64:
        """Molecules of each target of at least so many reads, those that share a UMI included."""
        result: F64 = -self.space * np.log1p(-np.minimum(self.occupied(least) / self.space, 0.9))
        return result

    def occupied(self, least: int) -> F64:
        """UMIs of each target that are a molecule's own, of at least so many reads."""
        own = self.own * (self.size >= least)
        return np.bincount(self.umis.targets, own, minlength=self.n_targets).astype(np.float64)

    def _refit(self) -> None:
        """The histogram of molecules by reads, those of their errors included, and its law."""
        seen = self.molecules()
        occupied = np.bincount(self.size, self.own)
        self.histogram = apart(np.append(occupied, 0.0), float(seen @ seen / seen.sum() / self.space))
        self.law = fit(self.histogram, 1)

    def improve(self) -> None:
        """One round: probabilities from density and law, then these from the probabilities."""
        reads, (parent, child) = self.umis.reads, self.pairs.T
        law = self.law.thinned((1 - self.error_rate) ** self.umis.length)
        odds = self.error_rate / 3 / (1 - self.error_rate)
        flow: F64 = (law.rate(self.counts)[self.place] * self.own)[parent] * odds**self.distance
        flow *= 1.0 + (reads[parent] == reads[child])
        rate: F64 = np.bincount(child, flow, minlength=len(reads)) + self.scattered
        near = self.distance == 1
        large = np.bincount(child[near], (reads * self.own)[parent[near]], minlength=len(reads))
        shared = POLYMERASE_ERRORS / 3 * large / (reads * (reads + 1.0))
        density = (self.molecules() / (1 - self.law.below(1)) / self.space)[self.umis.targets]
        expected = law.probability(self.counts)[self.place] * density
        errors = _poisson(reads, rate) + shared
        self.own = expected / np.maximum(expected + errors, 1e-300)
        share = flow / np.maximum(rate, 1e-300)[child]
        returned = np.bincount(parent, share * ((1 - self.own) * reads)[child], minlength=len(reads))
        self.size = reads + np.rint(returned).astype(np.int64)
        self._refit()


def _error_rate(umis: Umis, ones: I64, n_targets: int, space: float, chance: float) -> float:
    """Errors per base of a UMI, from pairs of reads (see above)."""
    reads = umis.reads.astype(np.float64)
    met = float((np.bincount(umis.targets, reads, minlength=n_targets) ** 2).sum()) / 2 / space
    equal = max(float((reads * (reads - 1)).sum()) / 2 - met, 0.0)
    off_by_one = max(float(reads[ones[:, 0]] @ reads[ones[:, 1]]) - met * chance, 0.0)
    off_by_one += _USUAL_PAIRS * 2 * _USUAL_ERRORS * umis.length
    differ = 1 - 1 / (1 + off_by_one / (equal + _USUAL_PAIRS) / umis.length)
    return float(0.75 * (1 - np.sqrt(1 - 4 / 3 * min(differ, 0.5))))


def _two_away(length: int) -> int:
    """UMIs that differ from one in two bases."""
    return 9 * length * (length - 1) // 2


def _scattering(rate: float, length: int) -> tuple[float, float]:
    """Probability of three or more errors in a UMI, and of two or more."""
    none, one = (1 - rate) ** length, length * rate * (1 - rate) ** (length - 1)
    two = length * (length - 1) / 2 * rate**2 * (1 - rate) ** (length - 2)
    return 1 - none - one - two, 1 - none - one


def _poisson(counts: I64, rates: F64) -> F64:
    """Probability of each count under its rate; rates are small or zero."""
    logarithms = np.zeros(int(counts.max()) + 1)
    logarithms[1:] = np.cumsum(np.log(np.arange(1, len(logarithms))))
    result: F64 = np.exp(counts * np.log(np.maximum(rates, 1e-300)) - rates - logarithms[counts])
    return result


def _counted(model: _Model, least: int, groups: I64, full: Bool) -> Molecules:
    law = model.law if least == 1 else fit(model.histogram, least)
    kept = model.molecules(least)
    seen = kept * (1 - law.below(1)) / (1 - law.below(least))
    crowded = full | (kept > -model.space * np.log1p(-FULL))
    known = kept.sum() >= LEAST_MOLECULES and law.below(1) <= 0.5
    neighbours = 3 * model.umis.length * seen / model.space * float(law.probability(np.array([1]))[0])
    total = np.where(known & (neighbours <= MOST_NEIGHBOURS), kept / (1 - law.below(least)), np.nan)
    collided = kept - model.occupied(least)
    seen, total, collided = (np.where(crowded, np.nan, numbers) for numbers in (seen, total, collided))
    return Molecules(seen, total, groups, collided, crowded, model.histogram, law, least, model.error_rate, model.space)
