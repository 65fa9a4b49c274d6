from __future__ import annotations

from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.annotate.index import Index, build_index
from clonotrack.annotate.kernels.chimera import find_chimeras
from clonotrack.annotate.kernels.complete_calls import settle_pairs
from clonotrack.annotate.kernels.find_vj import find_pairs
from clonotrack.germline import Reference
from clonotrack.sequences import Ragged, reverse_complement
from tests.annotate.kernels.made import LIMITS, segment
from tests.annotate.made import mutate, random_bases
from tests.annotate.twins import chimera as naive
from tests.annotate.twins import complete_calls as naive_settlement
from tests.annotate.twins import pairing as naive_pairing


@cache
def related() -> Index:
    """Three V of 150 nt, of which each differs from the first by a quarter, and a J."""
    rng = np.random.default_rng(1)
    first = random_bases(rng, 150)
    vs = [first, *(mutate(rng, first, 0.25) for _ in range(2))]
    segments = [segment("V", "IGH", str(i), v, anchor=138) for i, v in enumerate(vs)]
    segments.append(segment("J", "IGH", "1", random_bases(rng, 50), anchor=12))
    return build_index(Reference("related", tuple(segments), {}), ("IGH",))


def rearranged(rng: np.random.Generator, rate: float) -> str:
    """V and J."""
    index = related()
    v = index.v[rng.integers(3)].sequence[rng.integers(60) :]
    return mutate(rng, v[: len(v) - rng.integers(6)] + random_bases(rng, 6) + index.j[0].sequence[4:], rate)


def switched(rng: np.random.Generator, rate: float) -> str:
    """A read that leaves its V for a related one."""
    one, other = (related().v[i].sequence for i in rng.permutation(3)[:2])
    at = int(rng.integers(50, 100))
    return mutate(rng, one[:at] + other[at:] + "ACC" + related().j[0].sequence, rate)


def joined(rng: np.random.Generator, rate: float) -> str:
    """Two rearrangements, the one perhaps cut or on the other strand."""
    one, other = rearranged(rng, rate), rearranged(rng, rate)
    other = other[: rng.integers(30, len(other))]
    return one + (reverse_complement(other) if rng.random() < 0.5 else other)


def with_deletion(rng: np.random.Generator, rate: float) -> str:
    """A V that lacks more bases than an alignment bridges."""
    v = related().v[0].sequence
    return mutate(rng, v[:60] + v[100:] + "ACC" + related().j[0].sequence, rate)


def check(reads: list[str]) -> list[bool]:
    """What the kernel and its twin say."""
    germline, ragged = related().germline, Ragged.from_strings(reads)
    found = find_pairs(ragged.codes, ragged.offsets, germline, LIMITS)
    settle_pairs(ragged.offsets, found, germline, LIMITS)
    told = find_chimeras(found.oriented, ragged.offsets, found.calls, germline).tolist()
    pairs = naive_pairing.find_pairs(reads, germline, LIMITS)
    places = [0 if pair is None else pair.v.place for pair in pairs]
    assert told == naive.find_chimeras(naive_settlement.settle_pairs(pairs, germline, LIMITS), places, germline)
    return told


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.05, 0.15]))
def test_chimeras_are_those_of_the_naive_twin(seed: int, rate: float) -> None:
    rng = np.random.default_rng(seed)
    check([made(rng, rate) for made in (rearranged, switched, joined, with_deletion)] + [""])


def test_both_kinds_are_told_and_nothing_else() -> None:
    rng = np.random.default_rng(1)
    for made, least, most in ((switched, 15, 20), (joined, 15, 20), (rearranged, 0, 0), (with_deletion, 0, 0)):
        assert least <= sum(check([made(rng, 0.02) for _ in range(20)])) <= most, made
