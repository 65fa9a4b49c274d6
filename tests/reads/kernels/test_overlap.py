import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.reads.kernels import overlap
from clonotrack.reads.kernels.overlap import find_overlaps
from clonotrack.sequences import Ragged, encode
from tests.reads.twins import overlap as naive

OUTCOMES = [getattr(overlap, name) for name in ("MERGED", "NOT_OVERLAPPING", "AMBIGUOUS", "MISMATCHING")]
NAMES = ("MERGED", "NOT_OVERLAPPING", "AMBIGUOUS", "MISMATCHING")
MAX_FALSE_MERGE = 1e-4


def found(pairs, max_false_merge=MAX_FALSE_MERGE):
    """(length, outcome) of pairs of (sequence, scores) twice, the second one on the strand of the first."""
    sides = []
    for side in (0, 2):
        ragged = Ragged.from_strings([pair[side] for pair in pairs])
        scores = np.array([q for pair in pairs for q in pair[side + 1]], dtype=np.uint8)
        sides += [ragged.codes, scores, ragged.offsets]
    lengths, outcomes = find_overlaps(*sides, max_false_merge)
    return [
        (length, NAMES[OUTCOMES.index(outcome)]) for length, outcome in zip(lengths.tolist(), outcomes, strict=True)
    ]


def bases(rng, length, letters="ACGT"):
    return "".join(rng.choice(list(letters), length))


@st.composite
def pairs(draw):
    """Mates of fragments of any length, of low complexity or repeats at times, with errors and N."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    made = []
    for _ in range(draw(st.integers(1, 3))):
        read, fragment = draw(st.integers(0, 70)), draw(st.integers(0, 150))
        unit = bases(rng, draw(st.sampled_from([200, 200, 200, 13, 2, 1])))
        whole = (unit * (200 // len(unit) + 1))[:fragment]
        adapters = bases(rng, 70), bases(rng, 70)
        mates = []
        for text in ((whole + adapters[0])[:read], (adapters[1] + whole)[max(0, 70 + fragment - read) :]):
            scores = rng.choice([0, 2, 12, 23, 37, 41], len(text)).tolist()
            wrong = rng.random(len(text)) < draw(st.sampled_from([0.0, 0.02, 0.2]))
            mates += ["".join(rng.choice(list("ACGTN")) if w else b for b, w in zip(text, wrong, strict=True)), scores]
        made.append(tuple(mates))
    return made


@given(pairs())
@settings(deadline=None, max_examples=150)
def test_agrees_with_the_twin(made):
    coded = [(encode(a).tolist(), p, encode(b).tolist(), q) for a, p, b, q in made]
    assert found(made) == naive.find_overlaps(coded, MAX_FALSE_MERGE)


def good(text):
    return text, [37] * len(text)


@pytest.mark.parametrize(
    ("fragment", "outcome"),
    [(60, (60, "MERGED")), (150, (150, "MERGED")), (275, (275, "MERGED")), (300, (0, "NOT_OVERLAPPING"))],
)
def test_overlaps_from_read_through_to_the_end(fragment, outcome):
    rng = np.random.default_rng(5)
    whole, ends = bases(rng, fragment), (bases(rng, 150), bases(rng, 150))
    assert found([(*good((whole + ends[0])[:150]), *good((ends[1] + whole)[-150:]))], 1e-6) == [outcome]


@pytest.mark.parametrize(("unit", "length"), [(1, 40), (2, 40), (7, 40), (8, 19), (11, 16), (12, 24), (30, 61)])
def test_a_tandem_repeat_at_the_ends_is_no_overlap(unit, length):
    """Mates that do not reach each other, both ending in the same repeat, in or out of step."""
    rng = np.random.default_rng(unit)
    repeat = bases(rng, unit) * 60
    for phase in (0, unit // 2):
        one, two = bases(rng, 80) + repeat[:length], repeat[phase:][:length] + bases(rng, 80)
        ((fragment, outcome),) = found([(*good(one), *good(two))], 1e-6)
        assert fragment == 0
        assert outcome in ("NOT_OVERLAPPING", "AMBIGUOUS")


def test_low_complexity_at_the_ends_is_no_overlap():
    """22 nt of two letters that agree, as one of four million such ends do, in mates of four letters."""
    rng = np.random.default_rng(3)
    for letters, outcome in (("AC", (0, "AMBIGUOUS")), ("ACGT", (138, "MERGED"))):
        end = bases(rng, 22, letters)
        assert found([(*good(bases(rng, 58) + end), *good(end + bases(rng, 58)))], 1e-6) == [outcome]


def test_more_mismatches_than_the_qualities_explain_are_not_merged():
    rng = np.random.default_rng(9)
    whole = bases(rng, 150)
    other = "".join("ACGT"["ACGT".index(b) - 1] if i % 10 == 0 else b for i, b in enumerate(whole))
    assert found([(*good(whole), *good(other))]) == [(0, "MISMATCHING")]
    assert found([(whole, [37] * 150, other, [9] * 150)]) == [(150, "MERGED")]


def test_mates_that_do_not_overlap_are_not_merged():
    """1,000 pairs, a quarter of them of two letters."""
    rng = np.random.default_rng(4)
    texts = [bases(rng, 60, "AC" if i % 8 < 2 else "ACGT") for i in range(2000)]
    made = [(*good(a), *good(b)) for a, b in zip(texts[::2], texts[1::2], strict=True)]
    assert sum(length > 0 for length, _ in found(made, 1e-6)) == 0
