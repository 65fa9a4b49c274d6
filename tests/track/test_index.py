from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.germline import LOCI
from clonotrack.kernels.runs import PIECE, K
from clonotrack.kernels.scan import WORD
from clonotrack.sequence import encode, reverse_complement
from clonotrack.track.index import j_masks, probes_of, seeds_of
from tests.track.made import REFERENCE, V, bases, target

POWERS = [4**i for i in reversed(range(K))]


def key(word: str) -> int:
    return int(encode(word).astype(int) @ POWERS)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32), st.integers(PIECE, 90))
def test_whatever_is_substituted_some_piece_is_untouched_and_all_its_seeds_are_known(seed: int, length: int) -> None:
    rng = np.random.default_rng(seed)
    edits = int(rng.integers(length // PIECE))
    part = bases(rng, length)
    seeds = seeds_of([target(part, edits=edits)], REFERENCE)
    for probe, sequence in enumerate((part, reverse_complement(part))):
        known = set()
        for start in range(length - K + 1):
            places = slice(
                seeds.first[key(sequence[start : start + K])], seeds.first[key(sequence[start : start + K]) + 1]
            )
            held = zip(seeds.probe[places].tolist(), seeds.end[places].tolist(), strict=True)
            if (probe, start + K) in held:
                known.add(start)
        pieces = [s for s in range(length - PIECE + 1) if all(s + i in known for i in range(WORD))]
        apart = max((n for n in range(len(pieces) + 1) if any(disjoint(c) for c in combinations(pieces, n))), default=0)
        assert apart >= edits + 1
        assert len(known) == WORD * (edits + 1)


def disjoint(starts: tuple[int, ...]) -> bool:
    return all(b - a >= PIECE for a, b in pairwise(starts))


def test_pieces_avoid_germline_where_they_can() -> None:
    germline = V["IGH"][0]
    part = germline[-30:] + bases(np.random.default_rng(1), 39) + germline[:30]
    seeds = seeds_of([target(part)], REFERENCE)
    words = [part[end - K : end] for end in seeds.end[seeds.probe == 0].tolist()]
    assert len(words) == 3 * WORD
    assert not [word for word in words if word in germline]


def test_the_table_holds_the_keys_of_targets_and_of_j_and_no_others() -> None:
    seeds = seeds_of([target(bases(np.random.default_rng(2), 60))], REFERENCE)
    held = np.unpackbits(seeds.table, bitorder="little").astype(bool)
    assert np.array_equal(held, (np.diff(seeds.first) > 0) | (seeds.masks > 0))


def test_j_keys_say_locus_and_strand() -> None:
    masks = j_masks(REFERENCE)
    for segment in REFERENCE.select("J"):
        for start in range(len(segment.sequence) - K + 1):
            word = segment.sequence[start : start + K]
            assert masks[key(word)] >> LOCI.index(segment.locus) & 1
            assert masks[key(reverse_complement(word))] >> (LOCI.index(segment.locus) + len(LOCI)) & 1
    shared = masks[key("TTCGGCGGAG")]
    assert shared == 1 << LOCI.index("IGK") | 1 << LOCI.index("IGL")


def test_probes_say_whose_they_are() -> None:
    targets = [
        target("A" * 30, "a"),
        target("C" * 30, "c", subject_id=None, edits=1),
        target("G" * 30, "g", subject_id="q"),
    ]
    probes = probes_of([*targets, target("T" * 30, "t", subject_id="r")], "p")
    assert probes.group.tolist() == [0, -1, 1, 2]
    assert probes.edits.tolist() == [2, 1, 2, 2]
    assert probes.offsets.tolist() == list(range(0, 241, 30))
    assert probes_of(targets, None).group.tolist() == [1, -1, 2]
