import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.sequences import encode
from clonotrack.track.kernels.word_filter import may_match
from tests.track.twins import word_filter as naive


def edited(rng, text, count):
    """The text with edits that may also lie at its end, most of them substitutions."""
    for _ in range(count):
        position, base = int(rng.integers(len(text) + 1)), "ACGT"[rng.integers(4)]
        text = text[:position] + (base if rng.random() < 0.6 else "") + text[position + int(rng.integers(2)) :]
    return text


@settings(deadline=None, max_examples=300)
@given(st.integers(0, 2**32), st.integers(0, 4), st.integers(0, 5))
def test_no_read_within_the_edits_is_rejected(seed, max_edits, edits):
    rng = np.random.default_rng(seed)
    part = "".join(rng.choice(list("ACGT"), int(rng.integers(30, 90))))
    exact_start = int(rng.integers(len(part) - 13))
    exact_end = exact_start + 13
    flank = "".join(rng.choice(list("ACGT"), int(rng.integers(12))))
    on_left = int(rng.integers(edits + 1))
    left = flank + edited(rng, part[:exact_start], on_left)
    read = left + part[exact_start:exact_end] + edited(rng, part[exact_end:], edits - on_left) + flank
    start = len(left) - exact_start
    found = may_match(encode(read), len(read), start, encode(part), 0, len(part), exact_start, exact_end, max_edits)
    assert found or not naive.may_match(read, start, part, exact_start, exact_end, max_edits)


def test_nearly_every_other_read_is_rejected():
    rng = np.random.default_rng(1)
    part = rng.integers(0, 4, 60, dtype=np.uint8)
    passed = 0
    for _ in range(2_000):
        read = rng.integers(0, 4, 200, dtype=np.uint8)
        read[120:133] = part[40:53]
        passed += bool(may_match(read, 200, 80, part, 0, 60, 40, 53, 2))
    assert passed < 10
