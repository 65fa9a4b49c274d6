"""The whole search, first filter and comparison, against the whole tables of edit distances of every read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clonotrack.config import Track
from clonotrack.pgen.allowed_edits import edits_for_length
from clonotrack.track.seed_index import piece_starts
from clonotrack.track.stage import Search
from tests.track.kernels.test_verify import edited, wanted
from tests.track.made import REFERENCE, bases, batch, either_strand, target
from tests.track.twins import verify as naive


@pytest.mark.parametrize("least", [30, None])
@pytest.mark.parametrize("count", [12, pytest.param(150, marks=pytest.mark.slow)])
def test_no_read_is_missed_and_none_invented(count: int, least: int | None) -> None:
    """Up to one edit more than allowed, anywhere; a third of the reads end inside a target; either strand."""
    rng = np.random.default_rng(8)
    targets = []
    for number, size in enumerate((30, 40, 53, 66)):
        edits = edits_for_length(size, Track())[0]
        made = target(bases(rng, size), f"m{number}", subject_id=f"p{number}", edits=edits)
        targets.append(replace(made, least_head=least, least_tail=least))
    reads = []
    for i in range(count):
        chosen = targets[i % 4]
        inner = edited(rng, chosen.part, int(rng.integers(chosen.edits + 2)))
        cut = int(rng.integers(28, len(inner))) if i % 3 == 0 and len(inner) > 30 else len(inner)
        before, after = bases(rng, int(rng.integers(40))), bases(rng, int(rng.integers(40)))
        reads.append(either_strand(rng, before + inner[:cut] + (after if cut == len(inner) else "")))
    search = Search(targets, REFERENCE, None)
    events = search.add(batch(reads))
    told = wanted(targets, piece_starts(targets, REFERENCE))
    expected = naive.verify([[read] for read in reads], [replace(one, group=1 + i) for i, one in enumerate(told)])
    assert ({tuple(event) for event in events[:, :5].tolist()}, search.tally.hit, search.tally.ambiguous) == expected
    assert len(events) > count // 5
