"""Seeds are found and candidates kept as by the naive twins; nearly all other targets are rejected."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.pgen.kernels import SEED_LENGTH
from clonotrack.sequences import encode, reverse_complement
from clonotrack.track.kernels.seed_filter import (
    BASES_PER_BYTE,
    END_ROW,
    ENTRY_SEED,
    ENTRY_STRAND,
    PADDING,
    SEED_BITS,
    VALUE,
    build_seed_filter,
    fill_slots,
    find_candidates,
    find_seeds,
    seed_values,
)
from clonotrack.track.kernels.word_filter import MAX_EDITS, TARGETS_PER_ROW
from clonotrack.track.seed_index import build_index, choose_target_seeds
from clonotrack.track.targets import Target
from tests.track.small_inputs import REFERENCE, bases, edited, either_strand, target
from tests.track.twins import seed_filter as naive


def seeds_in(reads, seeds):
    """What the kernel finds in reads that lie one after another: all of it, and what has the value of a seed."""
    text = np.frombuffer("\n".join(["", *reads]).encode(), dtype=np.uint8)
    ends = np.cumsum([1 + len(read) for read in reads])
    starts = ends - [len(read) for read in reads]
    values = np.unique([value for seed in seeds for value in seed_values(encode(seed))]).astype(np.int64)
    longest = max(map(len, reads))
    packed = np.zeros(longest // BASES_PER_BYTE + 2 * PADDING, dtype=np.uint8)
    passed, found = np.zeros((2, longest + BASES_PER_BYTE), dtype=np.int64)
    rows = []
    for number, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        n = find_seeds(text, start, end - start, build_seed_filter(values), packed, passed, found)
        pairs = [divmod(int(element), 1 << SEED_BITS) for element in found[:n]]
        rows += [(number, start + at, value) for at, value in pairs if 0 <= at <= end - start - SEED_LENGTH]
    numbers, positions, row_values = zip(*rows, strict=True) if rows else ((), (), ())
    listed = [
        (i, p - int(starts[i]), text[p : p + SEED_LENGTH].tobytes().decode())
        for i, p in zip(numbers, positions, strict=True)
    ]
    assert listed == sorted(listed)
    plain = [set(stretch) <= set("ACGTacgt") for _, _, stretch in listed]
    expected = [
        int(seed_values(encode(stretch))[0]) if ok else None for ok, (*_, stretch) in zip(plain, listed, strict=True)
    ]
    assert all(known in (None, value) for known, value in zip(expected, row_values, strict=True))
    return listed, [row for row, value in zip(listed, row_values, strict=True) if value in values]


ALPHABETS = st.sampled_from(["ACGT", "AC", "A", "ACGTN"])
READS = ALPHABETS.flatmap(lambda alphabet: st.lists(st.text(alphabet, max_size=60), min_size=1, max_size=6))


@given(READS, st.data())
@settings(deadline=None, max_examples=60)
def test_every_seed_is_found_once(reads, data):
    k = SEED_LENGTH
    stretches = sorted({r[i : i + k] for r in reads for i in range(len(r) - k + 1) if "N" not in r[i : i + k]})
    seeds = data.draw(st.lists(st.sampled_from(stretches), max_size=4, unique=True)) if stretches else []
    seeds += data.draw(st.lists(st.text("ACGT", min_size=k, max_size=k), max_size=3))
    listed, true = seeds_in(reads, seeds)
    assert len(set(listed)) == len(listed)
    assert [row for row in true if "N" not in row[2]] == naive.find_seeds(reads, set(seeds))
    assert set(naive.find_seeds(reads, set(seeds))) <= set(listed)


def test_lower_case_is_upper_case_and_u_is_t():
    seed = "ACGTTGCATGCAT"
    for read in (seed, seed.lower(), seed.replace("T", "U"), "gg" + seed.lower().replace("t", "u") + "N"):
        assert len(seeds_in([read], [seed])[1]) == 1


def test_few_stretches_pass_that_are_no_seed():
    rng = np.random.default_rng(7)
    seeds = ["".join(rng.choice(list("ACGT"), SEED_LENGTH)) for _ in range(3_000)]
    reads = ["".join(rng.choice(list("ACGT"), 250)) for _ in range(400)]
    listed, _ = seeds_in(reads, seeds)
    assert len(listed) < 0.002 * 250 * len(reads)


def candidates_of(
    reads: list[str], targets: list[Target]
) -> tuple[set[tuple[int, ...]], set[tuple[int, ...]], set[tuple[int, ...]]]:
    """Candidates of the kernel; all seeds in the reads; those at which a read matches within the target's edits."""
    seed_starts = choose_target_seeds(targets, REFERENCE)
    index = build_index(targets, seed_starts)
    text = np.frombuffer("\n".join(["", *reads, ""]).encode(), dtype=np.uint8)
    ends = np.cumsum([1 + len(read) for read in reads])
    starts = ends - [len(read) for read in reads]
    values = index.slots[index.slots[:, END_ROW] > 0, VALUE].astype(np.int64)
    found = find_candidates(text, starts, ends, build_seed_filter(values), index)
    assert (np.diff(found[:, 0]) >= 0).all()
    seeds = [(2 * t, int(start)) for t, of_target in enumerate(seed_starts) for start in of_target]
    seeds += [(strand + 1, len(targets[strand >> 1].part) - SEED_LENGTH - start) for strand, start in seeds]
    parts = [part for t in targets for part in (t.part, reverse_complement(t.part))]
    contained, within = naive.find_candidates(reads, seeds, parts, [t.max_edits for t in targets for _ in range(2)])
    entries = index.entries[found[:, 2]]
    positions = found[:, 1] - starts[found[:, 0]]
    kept = zip(found[:, 0], positions, entries[:, ENTRY_STRAND], entries[:, ENTRY_SEED], strict=True)
    return set(kept), contained, within


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32), st.sampled_from(["ACGT", "ACGT", "AC"]), st.integers(0, MAX_EDITS + 1))
def test_no_target_within_its_edits_is_rejected(seed: int, alphabet: str, most: int) -> None:
    rng = np.random.default_rng(seed)
    common = bases(rng, 20, alphabet)
    targets, reads = [], []
    for number in range(int(rng.integers(1, 2 * TARGETS_PER_ROW))):
        part = bases(rng, int(rng.integers(SEED_LENGTH, 70)), alphabet)
        part = part + common if rng.random() < 0.5 else common + part
        targets.append(target(part, f"m{number}", edits=min(most, len(part) // SEED_LENGTH - 1)))
    for _ in range(12):
        part = targets[int(rng.integers(len(targets)))].part
        prefix, suffix = bases(rng, int(rng.integers(40)), alphabet), bases(rng, int(rng.integers(40)), alphabet)
        reads.append(either_strand(rng, prefix + edited(rng, part, int(rng.integers(most + 2))) + suffix))
    kept, contained, within = candidates_of(reads, targets)
    assert within <= kept <= contained


def test_nearly_all_targets_that_share_a_segment_are_rejected() -> None:
    rng = np.random.default_rng(5)
    segment = bases(rng, 16)
    targets = [target(bases(rng, 23) + segment, f"m{i}", edits=2) for i in range(50)]
    reads = [bases(rng, 60) + segment + bases(rng, 60) for _ in range(20)]
    kept, contained, within = candidates_of(reads, targets)
    assert len(contained) >= 1000
    assert not within
    assert len(kept) <= 5


def test_targets_with_cut_reads_are_never_rejected() -> None:
    rng = np.random.default_rng(6)
    part = bases(rng, 45)
    whole, cut = target(part, "m1"), target(bases(rng, 45), "m2")
    kept, contained, _ = candidates_of([part[:16], cut.part[:16], part[-16:], cut.part[-16:]], [whole, cut])
    assert kept < contained
    kept, contained, _ = candidates_of([cut.part[:16], cut.part[-16:]], [replace(cut, min_prefix=30)])
    assert kept == contained


def test_the_hash_table_contains_every_seed_once() -> None:
    rng = np.random.default_rng(3)
    values = np.unique(rng.integers(0, 4**SEED_LENGTH, 1000))
    seeds = np.column_stack([values, rng.integers(0, 9, (len(values), 2)), rng.integers(9, 99, len(values))])
    slots = np.zeros((2048, 4), dtype=np.int32)
    fill_slots(seeds.astype(np.int32), slots)
    assert sorted(map(tuple, slots.tolist())) == sorted(naive.fill_slots([*map(tuple, seeds.tolist())], len(slots)))
