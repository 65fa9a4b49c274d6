"""Make random rearrangements of a reference with known truth, independently of the simulator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clonotrack.germline import Reference, Segment
from clonotrack.sequences import reverse_complement

BASES = np.array(list("ACGT"))


@dataclass(frozen=True)
class RecombinedRead:
    """A read and its truth; `junction` contains the mutations and is None if trimming removed an anchor."""

    read: str
    v: Segment
    d: Segment | None
    j: Segment
    junction: str | None
    reversed: bool


def random_bases(rng: np.random.Generator, length: int) -> str:
    return "".join(rng.choice(BASES, size=length))


def mutate(rng: np.random.Generator, sequence: str, rate: float, spare: frozenset[int] = frozenset()) -> str:
    """Substitute bases at a rate, except at the positions `spare`."""
    letters = list(sequence)
    for i in np.flatnonzero(rng.random(len(letters)) < rate):
        if i not in spare:
            letters[i] = str(rng.choice([base for base in "ACGT" if base != letters[i]]))
    return "".join(letters)


def recombine(
    rng: np.random.Generator, reference: Reference, locus: str, mutation: float, v_bases: int | None = None
) -> RecombinedRead:
    """Join a functional V, a D if the locus has D, and a J, trimmed, with N bases, on a random strand.

    The read begins up to 30 nt after the start of the V (or contains its last `v_bases`) and ends with the J.
    """
    v, j = (
        segments[rng.integers(len(segments))]
        for segments in (
            [s for s in reference.select(kind, locus) if s.functionality == "F" and s.anchor is not None]
            for kind in ("V", "J")
        )
    )
    first_cluster = j.gene.startswith("TRBJ1")
    ds = [s for s in reference.select("D", locus) if not (first_cluster and s.gene == "TRBD2")]
    d = ds[rng.integers(len(ds))] if ds else None
    v_end = len(v.sequence) - int(rng.integers(0, 7))
    v_start = int(rng.integers(0, 30)) if v_bases is None else v_end - v_bases
    j_start = int(rng.integers(0, 8))
    middle = random_bases(rng, int(rng.integers(0, 8)))
    if d is not None:
        left, right = rng.integers(0, len(d.sequence) // 3, size=2)
        middle += d.sequence[left : len(d.sequence) - right] + random_bases(rng, int(rng.integers(0, 8)))
    v_part, j_part = v.sequence[v_start:v_end], j.sequence[j_start:]
    assert v.anchor is not None
    assert j.anchor is not None
    start = v.anchor - v_start
    end = len(v_part) + len(middle) + j.anchor - j_start + 3
    spare = frozenset([*range(start, start + 3), *range(end - 3, end)])
    read = mutate(rng, v_part + middle + j_part, mutation, spare)
    inside = v.anchor + 3 <= v_end and j.anchor >= j_start
    junction = read[start:end] if inside else None
    is_reversed = bool(rng.integers(2))
    return RecombinedRead(reverse_complement(read) if is_reversed else read, v, d, j, junction, is_reversed)
