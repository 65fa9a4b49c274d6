"""Whether the reads of a tube are long enough to hold a target: no read of a longer one could be a hit."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from clonotrack.germline import LOCI
from clonotrack.sequence import I64
from clonotrack.track.targets import Target

ENOUGH = 0.05
"""Share of like reads as long as a target from which on it can be seen."""


def too_long(targets: Iterable[Target], lengths: I64) -> frozenset[str]:
    """The markers for which `cut_short` says so; those of one locus and length are judged once."""
    told: dict[tuple[str | None, int], bool] = {}
    markers = [(target, (target.locus, _needed(target))) for target in targets if target.kind == "marker"]
    for target, kind in markers:
        if kind not in told:
            told[kind] = cut_short(target, lengths)
    return frozenset(target.target_id for target, kind in markers if told[kind])


def cut_short(target: Target, lengths: I64) -> bool:
    """Whether next to no read that could be the target's is as long as it.

    METHOD: amplicons of one locus have like lengths, so the reads with a J of the target's locus tell; where its locus
    is not stated, or has no read, each kind that makes up some of the tube. Our rule: a target is too long where under
    5 % of every such kind hold as many bases as a read has to hold of it.

    Args:
        target: what is looked for.
        lengths: shape (8, longest + 1); reads by the locus of their J, the last row without one, and by length, the
            last column for all that are longer.
    """
    kinds = lengths.sum(axis=1)
    usual = kinds > ENOUGH * kinds.sum()
    if target.locus is not None and kinds[LOCI.index(target.locus)]:
        usual = np.arange(len(kinds)) == LOCI.index(target.locus)
    long = lengths[:, _needed(target) :].sum(axis=1)
    return bool(kinds.any() and (long[usual] < ENOUGH * kinds[usual]).all())


def _needed(target: Target) -> int:
    """Bases that a read has to hold of a target."""
    return min(bases for bases in (len(target.part), target.least_head, target.least_tail) if bases is not None)
