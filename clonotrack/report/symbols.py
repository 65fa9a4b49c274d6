"""Symbols of the plot: a shape for each marker, and its filling says the call."""

from __future__ import annotations

import math

from clonotrack.report.markup import Markup, join, tag
from clonotrack.report.style import INK, PAPER, SERIES

# Corners on the unit circle: number of corners and angle of the first [degrees], or None for the circle.
_SHAPES: tuple[tuple[int, float] | None, ...] = (None, (4, 45), (3, -90), (3, 90), (5, -90), (6, 0), (4, 0), (3, 0))
_DIAMOND = (4, -90)
# Makes shapes of equal radius look equally large.
_SCALE = {3: 1.22, 4: 1.12, 5: 1.06, 6: 1.03}
RADIUS, LARGE = 4.3, 5.8


def colour(index: int | None) -> str:
    """Colour of the marker of this index; None is `combined`."""
    return INK if index is None else SERIES[index % len(SERIES)]


def symbol(x: float, y: float, call: str, index: int | None) -> Markup:
    """The symbol of one result.

    Args:
        x: centre [px].
        y: centre [px].
        call: filled: positive; open with a filled centre: positive_below_loq; open: negative; open and crossed:
            insufficient; a cross alone: failed.
        index: the marker's; None is `combined`, which is a larger diamond.
    """
    radius, ink = (LARGE if index is None else RADIUS), colour(index)
    if call == "failed":
        return _cross(x, y, radius * 0.85, ink, 2.2)
    if call == "positive":
        return _shape(x, y, radius, index, fill=ink, stroke=PAPER, stroke_width="0.8")
    outline = _shape(x, y, radius, index, fill=PAPER, stroke=ink, stroke_width="1.6")
    if call == "positive_below_loq":
        return join((outline, _shape(x, y, radius * 0.48, index, fill=ink)))
    return outline if call == "negative" else join((outline, _cross(x, y, radius * 0.55, ink, 1.4)))


def px(value: float) -> str:
    """A coordinate, to a tenth of a pixel: the same bytes everywhere."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")


def _shape(x: float, y: float, radius: float, index: int | None, **paint: str) -> Markup:
    corners = _DIAMOND if index is None else _SHAPES[index % len(_SHAPES)]
    if corners is None:
        return tag("circle", cx=px(x), cy=px(y), r=px(radius), **paint)
    number, first = corners
    size = radius * _SCALE[number]
    angles = (math.radians(first + 360 * corner / number) for corner in range(number))
    points = (f"{px(x + size * math.cos(angle))},{px(y + size * math.sin(angle))}" for angle in angles)
    return tag("polygon", points=" ".join(points), **paint)


def _cross(x: float, y: float, reach: float, ink: str, width: float) -> Markup:
    left, right, top, bottom = px(x - reach), px(x + reach), px(y - reach), px(y + reach)
    path = f"M{left} {top}L{right} {bottom}M{left} {bottom}L{right} {top}"
    return tag("path", d=path, fill="none", stroke=ink, stroke_width=width, stroke_linecap="round")
