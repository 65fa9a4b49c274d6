"""The whole search, filters and comparison, finds what the whole tables of edit distances contain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clonotrack.config import Track
from clonotrack.pgen.allowed_edits import edits_for_length
from clonotrack.track.seed_index import choose_target_seeds
from tests.track.naive_targets import naive_targets
from tests.track.small_inputs import REFERENCE, bases, edited, either_strand, search_reads, target
from tests.track.twins import verify_hits as naive


@pytest.mark.parametrize("least", [30, None])
@pytest.mark.parametrize("count", [12, pytest.param(150, marks=pytest.mark.slow)])
def test_no_read_is_missed_and_no_hit_is_false(count: int, least: int | None) -> None:
    """Up to one edit more than allowed, anywhere; a third of the reads end inside a target; either strand."""
    rng = np.random.default_rng(8)
    targets = []
    for number, size in enumerate((30, 40, 53, 66)):
        edits = edits_for_length(size, Track())[0]
        whole = target(bases(rng, size), f"m{number}", subject_id=f"p{number}", edits=edits)
        targets.append(replace(whole, min_prefix=least, min_suffix=least))
    reads = []
    for i in range(count):
        chosen = targets[i % 4]
        inner = edited(rng, chosen.part, int(rng.integers(chosen.max_edits + 2)))
        cut = int(rng.integers(28, len(inner))) if i % 3 == 0 and len(inner) > 30 else len(inner)
        prefix, suffix = bases(rng, int(rng.integers(40))), bases(rng, int(rng.integers(40)))
        reads.append(either_strand(rng, prefix + inner[:cut] + (suffix if cut == len(inner) else "")))
    matches, counts = search_reads(reads, targets, subject_id=None)
    seed_starts = choose_target_seeds(targets, REFERENCE)
    expected = naive.verify_hits([[read] for read in reads], naive_targets(targets, seed_starts, None))
    assert ({tuple(row) for row in matches.rows[:, :5].tolist()}, counts.hits, counts.ambiguous) == expected
    assert len(matches.rows) > count // 5
