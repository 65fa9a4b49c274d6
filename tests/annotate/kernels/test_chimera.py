from __future__ import annotations

from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.annotate.index import Index, build_index
from clonotrack.annotate.kernels.chimera import find_chimeras
from clonotrack.annotate.kernels.complete_calls import complete_calls
from clonotrack.annotate.kernels.find_vj import find_pairs
from clonotrack.germline import Reference
from clonotrack.sequences import Ragged, reverse_complement
from tests.annotate.kernels.small_germline import LIMITS, segment
from tests.annotate.random_reads import mutate, random_bases
from tests.annotate.twins import chimera as naive
from tests.annotate.twins import complete_calls as naive_calls
from tests.annotate.twins import find_vj as naive_pairs


@cache
def related() -> Index:
    """Index three V of 150 nt, two of which differ from the first in a quarter of their bases, and a J."""
    rng = np.random.default_rng(1)
    first = random_bases(rng, 150)
    vs = [first, *(mutate(rng, first, 0.25) for _ in range(2))]
    segments = [segment("V", "IGH", str(i), v, anchor=138) for i, v in enumerate(vs)]
    segments.append(segment("J", "IGH", "1", random_bases(rng, 50), anchor=12))
    return build_index(Reference("related", tuple(segments), {}), ("IGH",))


def rearranged(rng: np.random.Generator, rate: float) -> str:
    """Make a read with V and J."""
    index = related()
    v = index.v[rng.integers(3)].sequence[rng.integers(60) :]
    return mutate(rng, v[: len(v) - rng.integers(6)] + random_bases(rng, 6) + index.j[0].sequence[4:], rate)


def switched(rng: np.random.Generator, rate: float) -> str:
    """Make a read whose V continues as a related V."""
    one, other = (related().v[i].sequence for i in rng.permutation(3)[:2])
    at = int(rng.integers(50, 100))
    return mutate(rng, one[:at] + other[at:] + "ACC" + related().j[0].sequence, rate)


def joined(rng: np.random.Generator, rate: float) -> str:
    """Join two rearrangements, the second cut and perhaps on the other strand."""
    one, other = rearranged(rng, rate), rearranged(rng, rate)
    other = other[: rng.integers(30, len(other))]
    return one + (reverse_complement(other) if rng.random() < 0.5 else other)


def with_deletion(rng: np.random.Generator, rate: float) -> str:
    """Make a read whose V has a longer deletion than a gapped alignment spans."""
    v = related().v[0].sequence
    return mutate(rng, v[:60] + v[100:] + "ACC" + related().j[0].sequence, rate)


def check(reads: list[str]) -> list[bool]:
    """Assert that the kernel agrees with its twin; return which reads are chimeric."""
    germline, ragged = related().germline, Ragged.from_strings(reads)
    found = find_pairs(ragged.codes, ragged.offsets, germline, LIMITS)
    complete_calls(ragged.offsets, found, germline, LIMITS)
    converted = find_chimeras(found.oriented, ragged.offsets, found.calls, germline).tolist()
    pairs = naive_pairs.find_pairs(reads, germline, LIMITS)
    positions = [0 if pair is None else pair.v.position for pair in pairs]
    assert converted == naive.find_chimeras(naive_calls.complete_calls(pairs, germline, LIMITS), positions, germline)
    return converted


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.05, 0.15]))
def test_chimeras_are_those_of_the_naive_twin(seed: int, rate: float) -> None:
    rng = np.random.default_rng(seed)
    check([make_read(rng, rate) for make_read in (rearranged, switched, joined, with_deletion)] + [""])


def test_chimeras_of_both_kinds_are_found_and_other_reads_are_not() -> None:
    rng = np.random.default_rng(1)
    for make_read, least, most in ((switched, 15, 20), (joined, 15, 20), (rearranged, 0, 0), (with_deletion, 0, 0)):
        assert least <= sum(check([make_read(rng, 0.02) for _ in range(20)])) <= most, make_read
