"""Format numbers and texts for a person to read. All parts of the report format their numbers here."""

from __future__ import annotations

import math
from collections.abc import Iterable

NARROW = 1.2  # a level gets a third significant digit if upper limit / lower limit is below this ratio


def number(value: object) -> float | None:
    """Return the value as a float; None if it is null, NaN or not a number."""
    if not isinstance(value, int | float) or math.isnan(value):
        return None
    return float(value)


def level(value: float, low: float | None = None, high: float | None = None) -> str:
    """Format a level in clone cells per nucleated cell: ``1.2e-4``.

    The text has two significant digits. It has three if `high` is less than 1.2 times `low`, which is about 10 % of the
    level to each side.

    Args:
        value: the level.
        low: lower 95 % limit; None if there is no interval.
        high: upper 95 % limit; None if there is no interval.
    """
    if value == 0:
        return "0"
    digits = 2 if low and high and high / low < NARROW else 1
    mantissa, exponent = f"{value:.{digits}e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def interval(low: float, high: float) -> str:
    """Format both limits of an interval with two or three significant digits, as `level` does: ``9.0e-5 to 1.5e-4``."""
    return f"{level(low, low, high)} to {level(high, low, high)}"


def count(value: float) -> str:
    """Format an exact whole number, such as reads, with commas: ``1,250``."""
    return f"{round(value):,}"


def quantity(value: float) -> str:
    """Format an estimated amount, such as molecules or cells.

    Below 10 it has two significant digits. From 10 to 999 it is a whole number. From 1,000 on it is rounded to three
    significant digits: ``12,300``.
    """
    if value >= 999.5:
        return f"{float(f'{value:.2e}'):,.0f}"
    if value >= 9.95:
        return f"{value:.0f}"
    return f"{value:.2g}" if value >= 0.01 or value == 0 else level(value)


def plain(value: float) -> str:
    """Format a value of any unit, such as a QC metric.

    Whole numbers are exact. Other numbers are rounded to a whole number from 1,000 on, and to three significant digits
    below 1,000.
    """
    if value == round(value) and abs(value) < 1e15:
        return f"{round(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def day(value: float) -> str:
    """Format a day: ``33``, with a fraction if it has one, and a minus sign if it is negative."""
    return f"{value:g}".replace("-", "−")


def probability(value: float) -> str:
    """Format a p-value with two significant digits.

    A p-value below 1e-12 becomes ``< 1e-12``, because its rounding error is of this size (it is computed as 1 - P).
    """
    if value < 1e-12:
        return "< 1e-12"
    return level(value) if value < 1e-3 else f"{value:.2g}"


def with_noun(value: float, noun: str) -> str:
    """Format an estimated amount with its noun, singular or plural: ``1 molecule``, ``36 molecules``."""
    text = quantity(value)
    return f"{text} {noun}" if text == "1" else f"{text} {noun}s"


def join_words(words: Iterable[str]) -> str:
    """Join words as a sentence does: ``a, b and c``."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def shorten(text: str, width: int) -> str:
    """Shorten a text to `width` characters: replace its middle by one ``…``, which counts as a character.

    Beginning and end are kept, because ids differ at both ends.
    """
    if len(text) <= width:
        return text
    tail = (width - 1) // 2
    return f"{text[: width - 1 - tail]}…{text[len(text) - tail :]}" if tail else f"{text[: width - 1]}…"
