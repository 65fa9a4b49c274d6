"""What is refused beside a piece, against the edit distance; and that nearly all is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.pgen.kernels import PIECE
from clonotrack.sequences import reverse_complement
from clonotrack.track.kernels.seed_filter import END, VALUE, fill_slots, narrow, sieve_of
from clonotrack.track.kernels.word_filter import LANES, MOST_EDITS
from clonotrack.track.seed_index import index_of, piece_starts
from clonotrack.track.targets import Target
from tests.track.kernels.test_verify import edited
from tests.track.made import REFERENCE, bases, either_strand, target
from tests.track.twins import narrowing as naive


def narrowed(
    reads: list[str], targets: list[Target]
) -> tuple[set[tuple[int, ...]], set[tuple[int, ...]], set[tuple[int, ...]]]:
    """What is left; what reads hold a piece of; and what may not be refused."""
    starts = piece_starts(targets, REFERENCE)
    index = index_of(targets, starts)
    text = np.frombuffer("\n".join(["", *reads, ""]).encode(), dtype=np.uint8)
    ends = np.cumsum([1 + len(read) for read in reads])
    begins = ends - [len(read) for read in reads]
    values = index.slots[index.slots[:, END] > 0, VALUE].astype(np.int64)
    left = narrow(text, begins, ends, sieve_of(values), index)
    assert (np.diff(left[:, 0]) >= 0).all()
    places = [(2 * t, int(s)) for t, first in enumerate(starts) for s in first]
    places += [(p + 1, len(targets[p >> 1].part) - PIECE - s) for p, s in places]
    parts = [part for t in targets for part in (t.part, reverse_complement(t.part))]
    found, within = naive.narrow(reads, places, parts, [t.edits for t in targets for _ in range(2)])
    rows = index.places[left[:, 2]]
    return {*zip(left[:, 0], left[:, 1] - begins[left[:, 0]], rows[:, 0], rows[:, 1], strict=True)}, found, within


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32), st.sampled_from(["ACGT", "ACGT", "AC"]), st.integers(0, MOST_EDITS + 1))
def test_no_target_within_its_edits_is_refused(seed: int, letters: str, most: int) -> None:
    rng = np.random.default_rng(seed)
    common = bases(rng, 20, letters)
    targets, reads = [], []
    for number in range(int(rng.integers(1, 2 * LANES))):
        part = bases(rng, int(rng.integers(PIECE, 70)), letters)
        part = part + common if rng.random() < 0.5 else common + part
        targets.append(target(part, f"m{number}", edits=min(most, len(part) // PIECE - 1)))
    for _ in range(12):
        part = targets[int(rng.integers(len(targets)))].part
        before, after = bases(rng, int(rng.integers(40)), letters), bases(rng, int(rng.integers(40)), letters)
        reads.append(either_strand(rng, before + edited(rng, part, int(rng.integers(most + 2))) + after))
    left, found, within = narrowed(reads, targets)
    assert within <= left <= found


def test_of_targets_that_share_a_segment_nearly_all_are_refused() -> None:
    rng = np.random.default_rng(5)
    segment = bases(rng, 16)
    targets = [target(bases(rng, 23) + segment, f"m{i}", edits=2) for i in range(50)]
    reads = [bases(rng, 60) + segment + bases(rng, 60) for _ in range(20)]
    left, found, within = narrowed(reads, targets)
    assert len(found) >= 1000
    assert not within
    assert len(left) <= 5


def test_targets_that_a_read_may_show_a_part_of_are_never_refused() -> None:
    rng = np.random.default_rng(6)
    part = bases(rng, 45)
    whole, cut = target(part, "m1"), target(bases(rng, 45), "m2")
    left, found, _ = narrowed([part[:16], cut.part[:16], part[-16:], cut.part[-16:]], [whole, cut])
    assert left < found
    left, found, _ = narrowed([cut.part[:16], cut.part[-16:]], [replace(cut, least_head=30)])
    assert left == found


def test_the_hash_table_holds_every_group_once() -> None:
    rng = np.random.default_rng(3)
    values = np.unique(rng.integers(0, 4**PIECE, 1000))
    groups = np.column_stack([values, rng.integers(0, 9, (len(values), 2)), rng.integers(9, 99, len(values))])
    slots = np.zeros((2048, 4), dtype=np.int32)
    fill_slots(groups.astype(np.int32), slots)
    assert sorted(map(tuple, slots.tolist())) == sorted(naive.fill_slots([*map(tuple, groups.tolist())], len(slots)))
