"""Numbers as a person reads them: every number of a report goes through one of these functions."""

from __future__ import annotations

import math
from collections.abc import Iterable

NARROW = 1.2  # upper over lower limit under which a third digit means something


def number(value: object) -> float | None:
    """The value as a number; None where it is null or not a number."""
    if not isinstance(value, int | float) or math.isnan(value):
        return None
    return float(value)


def level(value: float, low: float | None = None, high: float | None = None) -> str:
    """A level in clone cells per nucleated cell: ``1.2e-4``.

    Two digits; three only where the 95 % interval from `low` to `high` is narrower than about 10 % to each side.
    """
    if value == 0:
        return "0"
    digits = 2 if low and high and high / low < NARROW else 1
    mantissa, exponent = f"{value:.{digits}e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def interval(low: float, high: float) -> str:
    """Both limits of an interval, with the digits of `level`: ``9.0e-5 to 1.5e-4``."""
    return f"{level(low, low, high)} to {level(high, low, high)}"


def count(value: float) -> str:
    """An exact whole number, such as reads, with a comma at the thousands."""
    return f"{round(value):,}"


def quantity(value: float) -> str:
    """An estimated amount, such as molecules or cells: three digits from a thousand on, two under ten."""
    if value >= 999.5:
        return f"{float(f'{value:.2e}'):,.0f}"
    if value >= 9.95:
        return f"{value:.0f}"
    return f"{value:.2g}" if value >= 0.01 or value == 0 else level(value)


def plain(value: float) -> str:
    """A measured value of unknown kind, such as a quality metric: at most four digits, none of them after a whole."""
    if value == round(value) and abs(value) < 1e15:
        return f"{round(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def day(value: float) -> str:
    """A day: ``33``; a part of a day is kept, and a day before the first has a minus."""
    return f"{value:g}".replace("-", "−")


def probability(value: float) -> str:
    """A p-value: two digits; it is one minus a distribution function, and says nothing under 1e-12."""
    if value < 1e-12:
        return "< 1e-12"
    return level(value) if value < 1e-3 else f"{value:.2g}"


def with_noun(value: float, noun: str) -> str:
    """An estimated amount with its noun in the right number: ``1 molecule``, ``36 molecules``."""
    text = quantity(value)
    return f"{text} {noun}" if text == "1" else f"{text} {noun}s"


def join_words(words: Iterable[str]) -> str:
    """Words as a sentence lists them: ``a, b and c``."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def shorten(text: str, width: int) -> str:
    """`text` cut in its middle to `width` characters; ids differ at both ends."""
    if len(text) <= width:
        return text
    tail = (width - 1) // 2
    return f"{text[: width - 1 - tail]}…{text[len(text) - tail :]}" if tail else f"{text[: width - 1]}…"
