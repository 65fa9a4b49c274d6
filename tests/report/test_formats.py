"""Numbers as a person reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clonotrack.report import formats


@pytest.mark.parametrize(
    ("value", "limits", "text"),
    [
        (1e-5, (), "1.0e-5"),
        (1.249e-4, (9e-5, 1.5e-4), "1.2e-4"),
        (1.249e-2, (1.2e-2, 1.3e-2), "1.25e-2"),
        (9.96e-5, (), "1.0e-4"),
        (0.83, (), "8.3e-1"),
        (0.0, (), "0"),
        (0.0, (0.0, 1e-5), "0"),
        (1.0, (), "1.0e0"),
    ],
)
def test_level(value: float, limits: tuple[float, ...], text: str) -> None:
    assert formats.level(value, *limits) == text


@given(st.floats(1e-12, 10))
def test_level_is_right_to_half_a_digit(value: float) -> None:
    assert float(formats.level(value)) == pytest.approx(value, rel=0.0501)
    assert float(formats.level(value, value / 1.05, value * 1.05)) == pytest.approx(value, rel=0.00501)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.8, "0.8"), (0.004, "4.0e-3"), (3.24, "3.2"), (9.97, "10"), (36.4, "36"), (999.6, "1,000"),
     (153_846, "154,000"), (500_000, "500,000"), (1_234_567, "1,230,000")],
)  # fmt: skip
def test_quantity(value: float, text: str) -> None:
    assert formats.quantity(value) == text


@given(st.floats(1e-9, 1e9))
def test_quantity_is_right_to_half_a_digit(value: float) -> None:
    assert float(formats.quantity(value).replace(",", "")) == pytest.approx(value, rel=0.0501)


def test_counts_are_exact() -> None:
    assert formats.count(7_173_400) == "7,173,400"
    assert formats.with_noun(1.0, "molecule") == "1 molecule"
    assert formats.with_noun(0.0, "molecule") == "0 molecules"


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "< 1e-12"), (2.44e-6, "2.4e-6"), (0.0123, "0.012"), (0.31, "0.31"), (1.0, "1")]
)
def test_probability(value: float, text: str) -> None:
    assert formats.probability(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(412_345.0, "412,345"), (0.98912, "0.989"), (31.27, "31.3"), (-2.0, "-2"), (12_345.6, "12,346")]
)
def test_plain(value: float, text: str) -> None:
    assert formats.plain(value) == text


@pytest.mark.parametrize("nothing", [None, float("nan"), "1"])
def test_no_number(nothing: object) -> None:
    assert formats.number(nothing) is None


@given(st.text(min_size=1, max_size=60), st.integers(1, 40))
def test_shortened_fits_and_keeps_both_ends(text: str, width: int) -> None:
    cut = formats.shorten(text, width)
    assert len(cut) == min(len(text), width)
    if len(text) > width >= 3:
        assert cut[0] == text[0]
        assert cut[-1] == text[-1]


def test_words() -> None:
    assert formats.join_words(["ALL"]) == "ALL"
    assert formats.join_words(["a", "b", "c"]) == "a, b and c"
    assert formats.day(-2.0) == "−2"
    assert formats.day(33.5) == "33.5"
