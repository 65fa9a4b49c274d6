"""Targets as the naive twin of `verify_hits` takes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clonotrack.pgen.kernels import SEED_LENGTH
from clonotrack.track.kernels.assign import CONTROL, OWN
from clonotrack.track.targets import Target
from tests.track.twins.verify_hits import NaiveTarget


def naive_targets(
    targets: Sequence[Target], seed_starts: Sequence[np.ndarray], subject_id: str | None
) -> list[NaiveTarget]:
    """The targets in other words. A cut read may have one edit less than it contains seeds."""
    patients = sorted({t.subject_id for t in targets if t.subject_id is not None and t.subject_id != subject_id})
    found = []
    for target, starts in zip(targets, seed_starts, strict=True):
        size = len(target.part)
        prefix_edits, suffix_edits = [], []
        for m in range(size):
            in_prefix, in_suffix = sum(s + SEED_LENGTH <= m for s in starts), sum(s >= size - m for s in starts)
            for edits, seeds, least in (
                (prefix_edits, in_prefix, target.min_prefix),
                (suffix_edits, in_suffix, target.min_suffix),
            ):
                edits.append(-1 if least is None or m < least else min(target.max_edits, seeds - 1))
        if target.subject_id is None:
            owner = CONTROL
        else:
            owner = OWN if target.subject_id == subject_id else OWN + 1 + patients.index(target.subject_id)
        found.append(
            NaiveTarget(
                *(target.part, owner, target.max_edits),
                *([*prefix_edits, target.max_edits], [*suffix_edits, target.max_edits]),
                *(max(target.evolved_min, target.max_edits + 1), target.evolved_max),
                *(target.stem_start, target.stem_max, starts.tolist()),
            )
        )
    return found
