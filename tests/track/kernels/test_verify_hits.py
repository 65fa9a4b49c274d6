"""Matches agree with the whole tables of edit distances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.pgen.kernels import SEED_LENGTH
from clonotrack.sequences import reverse_complement
from clonotrack.track.kernels.verify_hits import CLASS, EVOLVED, READ, START, STRAND, count_bases, verify_hits
from clonotrack.track.seed_index import build_index, build_strands, choose_target_seeds
from clonotrack.track.targets import Target
from tests.track.all_candidates import as_text, with_all_candidates
from tests.track.naive_targets import naive_targets
from tests.track.small_inputs import REFERENCE, bases, edited, either_strand, substituted
from tests.track.twins import verify_hits as naive

PATIENTS = ("p", "q", None)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Target], list[list[str]]]:
    """Targets of two patients and controls, some near each other; fragments of one or two reads."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    alphabet = draw(st.sampled_from(["ACGT", "ACGT", "AC"]))
    parts = [bases(rng, int(rng.integers(SEED_LENGTH, 60)), alphabet) for _ in range(draw(st.integers(1, 4)))]
    parts += [edited(rng, parts[0] + bases(rng, 6), 2)] if draw(st.booleans()) else []
    targets = []
    for number, part in enumerate(parts):
        subject, size = PATIENTS[int(rng.integers(3))], len(part)
        least = [None if rng.random() < 0.3 else int(rng.integers(SEED_LENGTH, size + 1)) for _ in range(2)]
        edits = int(rng.integers(size // SEED_LENGTH))
        stem = int(rng.integers(size - 8)) if rng.random() < 0.5 else None
        kind = "marker" if subject else "control"
        evolved_max, stem_max = int(rng.integers(-1, 9)), int(rng.integers(3)) if stem is not None else -1
        target = Target(f"m{number}", kind, subject, None, part, part, edits, edits, stem_start=stem)
        target = replace(target, min_prefix=least[0], min_suffix=least[1])
        evolved_min = int(rng.integers(6))
        targets.append(replace(target, evolved_min=evolved_min, evolved_max=evolved_max, stem_max=stem_max))
    mates = draw(st.integers(1, 2))
    count = mates * draw(st.integers(1, 7))
    reads = [_read(rng, parts[int(rng.integers(len(parts)))], alphabet) for _ in range(count)]
    return targets, [reads[i : i + mates] for i in range(0, count, mates)]


def _read(rng: np.random.Generator, part: str, alphabet: str) -> str:
    inner = edited(rng, part, int(rng.integers(5)))
    kind = int(rng.integers(4))
    prefix, suffix = bases(rng, int(rng.integers(9)), alphabet), bases(rng, int(rng.integers(9)), alphabet)
    if kind == 0:
        read = inner[int(rng.integers(len(inner))) :] + suffix
    elif kind == 1:
        read = prefix + inner[: int(rng.integers(1, len(inner) + 1))]
    elif kind == 2:
        read = prefix + bases(rng, 6) + inner[6:] + suffix
    else:
        read = prefix + inner + suffix
    if rng.random() < 0.3:
        read = substituted(read, [int(rng.integers(len(read)))]) if rng.random() < 0.5 else "N" + read[1:]
    return either_strand(rng, read)


@settings(deadline=None, max_examples=80)
@given(cases())
def test_matches_are_those_of_the_whole_tables(case: tuple[list[Target], list[list[str]]]) -> None:
    targets, fragments = case
    seed_starts = choose_target_seeds(targets, REFERENCE)
    index, strands = build_index(targets, seed_starts), build_strands(targets, seed_starts, "p")
    mates = len(fragments[0])
    reads = with_all_candidates([read for fragment in fragments for read in fragment], index)
    matches, hits, ambiguous = verify_hits(*reads, mates, index.entries, strands)
    expected = naive.verify_hits(fragments, naive_targets(targets, seed_starts, "p"))
    assert ({tuple(row) for row in matches[:, :5].tolist()}, hits, ambiguous) == expected
    assert len(matches) == len(expected[0])
    for row in matches[matches[:, CLASS] == EVOLVED]:
        assert row[READ] // mates == row[0]
        assert row[STRAND] >> 1 == row[1]
        assert row[START] > -len(targets[row[1]].part)


@settings(deadline=None, max_examples=25)
@given(cases())
def test_strand_order_and_chunks_change_nothing(case: tuple[list[Target], list[list[str]]]) -> None:
    targets, fragments = case
    seed_starts = choose_target_seeds(targets, REFERENCE)
    index, strands = build_index(targets, seed_starts), build_strands(targets, seed_starts, "p")
    mates = len(fragments[0])

    def matches(some: Sequence[Sequence[str]]) -> list[list[int]]:
        reads = with_all_candidates([read for fragment in some for read in fragment], index)
        return verify_hits(*reads, mates, index.entries, strands)[0][:, :5].tolist()

    other_strand = [[reverse_complement(read) for read in fragment] for fragment in fragments[::-1]]
    together = sorted([len(fragments) - 1 - row[0], *row[1:]] for row in matches(other_strand))
    assert together == sorted(matches(fragments))
    alone = [[number, *row[1:]] for number, fragment in enumerate(fragments) for row in matches([fragment])]
    assert sorted(alone) == together


PLACED_READS = st.tuples(st.text("ACGTN", max_size=12), st.integers(-6, 12), st.booleans())


@settings(deadline=None, max_examples=200)
@given(st.lists(PLACED_READS, max_size=6), st.integers(1, 8), st.integers(0, 4))
def test_every_base_is_counted_at_its_position(reads: list[tuple[str, int, bool]], size: int, margin: int) -> None:
    text, starts, ends = as_text([read for read, _, _ in reads])
    counts = np.zeros((size + 2 * margin, 4), dtype=np.int64)
    target_starts, reverse = (np.array([row[i] for row in reads], dtype=np.int64) for i in (1, 2))
    count_bases(text, starts, ends, target_starts, reverse, size, margin, counts)
    expected = naive.count_bases(*map(list, zip(*reads, strict=True)), size, margin) if reads else {}
    assert {(i, "ACGT"[j]): int(counts[i, j]) for i, j in np.argwhere(counts).tolist()} == expected
