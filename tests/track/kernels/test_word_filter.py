import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.sequences import encode
from clonotrack.track.kernels.word_filter import plausible
from tests.track.twins.word_filter import plausible as naive


def edited(rng, text, count):
    for _ in range(count):
        place, letter = int(rng.integers(len(text) + 1)), "ACGT"[rng.integers(4)]
        text = text[:place] + (letter if rng.random() < 0.6 else "") + text[place + int(rng.integers(2)) :]
    return text


@settings(deadline=None, max_examples=300)
@given(st.integers(0, 2**32), st.integers(0, 4), st.integers(0, 5))
def test_no_read_within_the_edits_is_refused(seed, most, made):
    rng = np.random.default_rng(seed)
    part = "".join(rng.choice(list("ACGT"), int(rng.integers(30, 90))))
    low = int(rng.integers(len(part) - 13))
    high = low + 13
    lead = "".join(rng.choice(list("ACGT"), int(rng.integers(12))))
    split = int(rng.integers(made + 1))
    left = lead + edited(rng, part[:low], split)
    read = left + part[low:high] + edited(rng, part[high:], made - split) + lead
    begin = len(left) - low
    found = plausible(encode(read), len(read), begin, encode(part), 0, len(part), low, high, most)
    assert found or not naive(read, begin, part, low, high, most)


def test_nearly_every_other_read_is_refused():
    rng = np.random.default_rng(1)
    part = rng.integers(0, 4, 60, dtype=np.uint8)
    passed = 0
    for _ in range(2_000):
        read = rng.integers(0, 4, 200, dtype=np.uint8)
        read[120:133] = part[40:53]
        passed += bool(plausible(read, 200, 80, part, 0, 60, 40, 53, 2))
    assert passed < 10
