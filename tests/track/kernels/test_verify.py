"""Every read and target that the comparison sees, against the whole tables of edit distances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.pgen.kernels import PIECE
from clonotrack.sequences import reverse_complement
from clonotrack.track.kernels.assign import CONTROL, OWN
from clonotrack.track.kernels.verify_hits import BEGIN, EVOLVED, KIND, PROBE, SOURCE, verify
from clonotrack.track.seed_index import index_of, piece_starts, probes_of
from clonotrack.track.targets import Target
from tests.track.made import REFERENCE, bases, either_strand, substituted
from tests.track.sieved import sieved
from tests.track.twins import verify as naive

PATIENTS = ("p", "q", None)


def edited(rng: np.random.Generator, sequence: str, edits: int) -> str:
    """So many substitutions, insertions and deletions, anywhere."""
    for _ in range(edits):
        place, kind = int(rng.integers(len(sequence))), int(rng.integers(3))
        put = bases(rng, 1) if kind < 2 else ""
        sequence = sequence[:place] + put + sequence[place + (kind != 1) :]
    return sequence


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Target], list[list[str]]]:
    """Targets of two patients and the tube, some near each other; fragments of one or two reads."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    letters = draw(st.sampled_from(["ACGT", "ACGT", "AC"]))
    parts = [bases(rng, int(rng.integers(PIECE, 60)), letters) for _ in range(draw(st.integers(1, 4)))]
    parts += [edited(rng, parts[0] + bases(rng, 6), 2)] if draw(st.booleans()) else []
    targets = []
    for number, part in enumerate(parts):
        subject, size = PATIENTS[int(rng.integers(3))], len(part)
        least = [None if rng.random() < 0.3 else int(rng.integers(PIECE, size + 1)) for _ in range(2)]
        edits = int(rng.integers(size // PIECE))
        stem = int(rng.integers(size - 8)) if rng.random() < 0.5 else None
        kind = "marker" if subject else "control"
        far, inside = int(rng.integers(-1, 9)), int(rng.integers(3)) if stem is not None else -1
        target = Target(f"m{number}", kind, subject, None, part, part, edits, edits, far=far, stem=stem)
        targets.append(
            replace(target, least_head=least[0], least_tail=least[1], stem_edits=inside, apart=int(rng.integers(6)))
        )
    mates = draw(st.integers(1, 2))
    count = mates * draw(st.integers(1, 7))
    reads = [_read(rng, parts[int(rng.integers(len(parts)))], letters) for _ in range(count)]
    return targets, [reads[i : i + mates] for i in range(0, count, mates)]


def _read(rng: np.random.Generator, part: str, letters: str) -> str:
    inner = edited(rng, part, int(rng.integers(5)))
    kind = int(rng.integers(4))
    before, after = bases(rng, int(rng.integers(9)), letters), bases(rng, int(rng.integers(9)), letters)
    if kind == 0:
        read = inner[int(rng.integers(len(inner))) :] + after
    elif kind == 1:
        read = before + inner[: int(rng.integers(1, len(inner) + 1))]
    elif kind == 2:
        read = before + bases(rng, 6) + inner[6:] + after
    else:
        read = before + inner + after
    if rng.random() < 0.3:
        read = substituted(read, [int(rng.integers(len(read)))]) if rng.random() < 0.5 else "N" + read[1:]
    return either_strand(rng, read)


def wanted(targets: Sequence[Target], starts: Sequence[np.ndarray]) -> list[naive.Wanted]:
    """The same targets in the words of the twin; a read cut inside may have one edit less than it holds pieces."""
    found = []
    for target, first in zip(targets, starts, strict=True):
        size = len(target.part)
        head = [-1 if target.least_head is None or m < target.least_head else
                min(target.edits, sum(s + PIECE <= m for s in first) - 1) for m in range(size)]  # fmt: skip
        tail = [-1 if target.least_tail is None or m < target.least_tail else
                min(target.edits, sum(s >= size - m for s in first) - 1) for m in range(size)]  # fmt: skip
        group = CONTROL if target.subject_id is None else OWN if target.subject_id == "p" else OWN + 1
        found.append(
            naive.Wanted(
                target.part, group, target.edits, [*head, target.edits], [*tail, target.edits],
                max(target.apart, target.edits + 1), target.far, target.stem, target.stem_edits, first.tolist(),
            )
        )  # fmt: skip
    return found


@settings(deadline=None, max_examples=80)
@given(cases())
def test_fragments_are_what_the_whole_tables_say(case: tuple[list[Target], list[list[str]]]) -> None:
    targets, fragments = case
    starts = piece_starts(targets, REFERENCE)
    index, probes = index_of(targets, starts), probes_of(targets, starts, "p")
    events, hits, ambiguous = verify(
        *sieved([read for reads in fragments for read in reads], index), len(fragments[0]), index.places, probes
    )
    expected = naive.verify(fragments, wanted(targets, starts))
    assert ({tuple(event) for event in events[:, :5].tolist()}, hits, ambiguous) == expected
    assert len(events) == len(expected[0])
    for event in events[events[:, KIND] == EVOLVED]:
        assert event[SOURCE] // len(fragments[0]) == event[0]
        assert event[PROBE] >> 1 == event[1]
        assert event[BEGIN] > -len(targets[event[1]].part)


@settings(deadline=None, max_examples=25)
@given(cases())
def test_strand_order_and_chunks_change_nothing(case: tuple[list[Target], list[list[str]]]) -> None:
    targets, fragments = case
    starts = piece_starts(targets, REFERENCE)
    index, probes = index_of(targets, starts), probes_of(targets, starts, "p")
    mates = len(fragments[0])

    def events(some: Sequence[Sequence[str]]) -> list[list[int]]:
        found = verify(*sieved([read for reads in some for read in reads], index), mates, index.places, probes)[0]
        return found[:, :5].tolist()

    turned = [[reverse_complement(read) for read in reads] for reads in fragments[::-1]]
    together = sorted([len(fragments) - 1 - event[0], *event[1:]] for event in events(turned))
    assert together == sorted(events(fragments))
    alone = [[number, *event[1:]] for number, reads in enumerate(fragments) for event in events([reads])]
    assert sorted(alone) == together
