"""Draw MRD over time as static SVG, for wide and for narrow screens, with legend and caption.

The outline of a symbol (circle, square, triangle ...) shows the marker. The filling shows the call.
"""

from __future__ import annotations

import math
from itertools import pairwise

from clonotrack.report import formats
from clonotrack.report.axes import (
    FONT,
    Decades,
    fit_decades,
    fit_labels,
    is_positive,
    line_offsets,
    plotted_level,
    sample_positions,
)
from clonotrack.report.markup import Markup, join, tag
from clonotrack.report.series import PatientSeries, Row, Sample
from clonotrack.report.statement import CALL_NAMES
from clonotrack.report.style import FLOOR, INK, MUTED, PAPER, RULE, SERIES
from clonotrack.tables import COMBINED

# Outline of the symbol of each marker: number of corners and angle of the first corner [degrees]; None is a circle.
_SHAPES: tuple[tuple[int, float] | None, ...] = (None, (4, 45), (3, -90), (3, 90), (5, -90), (6, 0), (4, 0), (3, 0))
_DIAMOND = (4, -90)
# Factor on the radius by number of corners, so that all outlines look equally large.
_SCALE = {3: 1.22, 4: 1.12, 5: 1.06, 6: 1.03}
RADIUS, LARGE = 4.3, 5.8


def colour(index: int | None) -> str:
    """Return the colour of a marker by its position among the patient's markers (from 0); None is `combined`."""
    return INK if index is None else SERIES[index % len(SERIES)]


def symbol(x: float, y: float, call: str, index: int | None) -> Markup:
    """Draw the symbol of one result.

    Args:
        x: x coordinate of the centre [px].
        y: y coordinate of the centre [px].
        call: call of the result. positive is a filled symbol, positive_below_loq an open symbol with a filled centre,
            negative an open symbol, insufficient an open symbol with a cross, and failed a cross.
        index: position of the marker among the patient's markers (from 0), which gives outline and colour. None is
            `combined`, a larger diamond.
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
    """Format a coordinate to a tenth of a pixel, so that every computer writes equal bytes."""
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


_LEFT, _RIGHT, _TOP, _BELOW, _LANE = 44, 16, 30, 50, 26


def plot_lines(series: PatientSeries) -> list[tuple[str, int | None]]:
    """Return the lines of the plot: `combined`, then each marker if the patient has more than one.

    Returns:
        Name, and position of the marker among the patient's markers (from 0); None for `combined`.
    """
    markers = series.marker_ids
    return [(COMBINED, None), *((marker, i) for i, marker in enumerate(markers) if len(markers) > 1)]


class Plot:
    """One drawing of the plot.

    Args:
        series: results of the patient.
        width: width of the drawing [px].
        height: height of the drawing [px].
    """

    def __init__(self, series: PatientSeries, width: int, height: int) -> None:
        self.series = series
        self.width, self.height = width, height
        self.failed = any(row["call"] == "failed" for sample in series.samples for row in sample.results)
        self.bottom = height - _BELOW - (_LANE if self.failed else 0)
        self.y: Decades = fit_decades(series, _TOP, self.bottom)
        inset = 26 if width < 600 else 42
        self.x = sample_positions(series, _LEFT + inset, width - _RIGHT - inset)
        self.lines = plot_lines(series)
        self.offsets = line_offsets(self.x, len(self.lines))

    def draw(self) -> Markup:
        """Draw the figure, with a title and a description for screen readers."""
        name = f"plot-{self.width}"
        return tag(
            "svg",
            tag("title", f"MRD over time of patient {self.series.subject_id}", id=f"{name}-title"),
            tag("desc", describe(self.series), id=f"{name}-desc"),
            self._grid(),
            self._floors(),
            self._target(),
            *(self._line(i) for i in reversed(range(len(self.lines)))),
            *(self._points(i) for i in reversed(range(len(self.lines)))),
            self._days(),
            self._empty_message(),
            viewBox=f"0 0 {self.width} {self.height}",
            role="img",
            aria_labelledby=f"{name}-title {name}-desc",
            font_size=FONT,
            fill=INK,
        )

    def _grid(self) -> Markup:
        lines = []
        for power in range(self.y.low, self.y.high + 1):
            y = self.y.y(10.0**power)
            lines.append(rule(_LEFT, y, self.width - _RIGHT, y, INK if power == self.y.low else RULE))
            text = "1" if power == 0 else f"1e{power}"
            lines.append(tag("text", text, x=_LEFT - 6, y=px(y + 4), text_anchor="end", fill=MUTED))
        title = tag("text", "clone cells per nucleated cell", x=2, y=13, fill=MUTED)
        return tag("g", title, *lines)

    def _floors(self) -> Markup:
        """Shade the levels that each sample could not detect: up to the LoD of `combined`."""
        room = min((after - before for before, after in pairwise(self.x)), default=60.0)
        half = min(17.0, max(room * 0.42, 3.0))
        drawn = []
        for x, sample in zip(self.x, self.series.samples, strict=True):
            lod = formats.number(sample.combined["lod"])
            if lod is None:
                continue
            y = self.y.y(lod)
            shade = tag("rect", x=px(x - half), y=px(y), width=px(2 * half), height=px(self.bottom - y), fill=FLOOR)
            drawn += [shade, rule(x - half, y, x + half, y, MUTED, 1.4)]
        return tag("g", *drawn)

    def _target(self) -> Markup | None:
        target = self.series.target
        if target is None:
            return None
        y, end = self.y.y(target), self.width - _RIGHT
        text = f"target {formats.level(target)}"
        line = rule(_LEFT, y, end, y, MUTED, 1.2, "6 4")
        return tag("g", line, _haloed(text, end, y - 5, anchor="end", fill=MUTED))

    def _line(self, i: int) -> Markup:
        """Draw the line that joins the results of one marker, or of `combined`, in the order of the samples.

        Insufficient and failed samples are skipped. A segment is solid if it joins the estimates of two successive
        positive samples, and otherwise dashed.
        """
        marker, index = self.lines[i]
        points = [
            (number, self.x[number] + self.offsets[i], self.y.y(level), is_positive(row))
            for number, sample in enumerate(self.series.samples)
            if (row := self.series.result(sample, marker))
            and row["call"] != "insufficient"
            and (level := plotted_level(row)) is not None
        ]
        drawn = []
        for (before, ax, ay, a_found), (after, bx, by, b_found) in pairwise(points):
            solid = a_found and b_found and after == before + 1
            drawn.append(rule(ax, ay, bx, by, colour(index), 2.2 if index is None else 1.3, None if solid else "3 4"))
        return tag("g", *drawn)

    def _points(self, i: int) -> Markup:
        marker, index = self.lines[i]
        return tag(
            "g",
            *(
                self._point(x + self.offsets[i], sample, row, index)
                for x, sample in zip(self.x, self.series.samples, strict=True)
                if (row := self.series.result(sample, marker))
            ),
        )

    def _point(self, x: float, sample: Sample, row: Row, index: int | None) -> Markup | None:
        level = plotted_level(row)
        if level is None and row["call"] != "failed":
            return None
        y = self.bottom + _LANE / 2 + 1 if level is None else self.y.y(level)
        bar = self._bar(x, row, index) if is_positive(row) else None
        tip = tag("title", f"{sample.sample_id}, {row['marker_id']}: {result_text(row)}")
        return tag("g", tip, bar, symbol(x, y, row["call"], index))

    def _bar(self, x: float, row: Row, index: int | None) -> Markup | None:
        """Draw the 95 % interval as a bar. If the lower limit is below the axis, the lower end has no cap."""
        low, high = formats.number(row["mrd_low"]), formats.number(row["mrd_high"])
        if low is None or high is None:
            return None
        foot, head, cap = self.y.y(low), self.y.y(high), 4 if index is None else 3
        path = f"M{px(x)} {px(foot)}V{px(head)}M{px(x - cap)} {px(head)}h{2 * cap}"
        if low > 10.0**self.y.low:
            path += f"M{px(x - cap)} {px(foot)}h{2 * cap}"
        return tag("path", d=path, fill="none", stroke=colour(index), stroke_width="1.8" if index is None else "1.2")

    def _empty_message(self) -> Markup | None:
        """Return the message of a plot without results; None if there is a result to draw."""
        if any(plotted_level(row) is not None for sample in self.series.samples for row in sample.results):
            return None
        middle = (_LEFT + self.width - _RIGHT) / 2
        return _haloed("no result to draw", middle, (self.bottom + _TOP) / 2, anchor="middle", fill=MUTED)

    def _days(self) -> Markup:
        foot = self.bottom + (_LANE if self.failed else 0)
        samples = self.series.samples
        days = [formats.day(sample.day) if sample.day is not None else "–" for sample in samples]
        if not self.series.by_day:
            days = [str(i + 1) for i in range(len(samples))]
        names = [formats.shorten(sample.sample_id, 14) for sample in samples]
        ticks = [rule(x, self.bottom, x, self.bottom + 5, INK) for x in self.x]
        rows = []
        for y, texts, fill in ((foot + 18, days, INK), (foot + 35, names, MUTED)):
            for label in fit_labels(self.x, texts, _LEFT, self.width - 2):
                rows.append(tag("text", label.text, x=px(label.x), y=px(y), text_anchor="middle", fill=fill))
        unit = tag("text", "day" if self.series.by_day else "no.", x=2, y=px(foot + 18), fill=MUTED)
        lane = tag("text", "failed", x=2, y=px(self.bottom + _LANE / 2 + 5), fill=MUTED) if self.failed else None
        return tag("g", unit, lane, *ticks, *rows)


def result_text(row: Row) -> str:
    """Describe a result of the plot in words: the call, with the estimate and interval, or with the LoD."""
    call, level = CALL_NAMES[row["call"]].lower(), plotted_level(row)
    if level is None:
        return call
    if not is_positive(row):
        return f"{call} at LoD {formats.level(level)}"
    low, high = formats.number(row["mrd_low"]), formats.number(row["mrd_high"])
    if low is None or high is None:
        return f"{call}, {formats.level(level)}"
    return f"{call}, {formats.level(level, low, high)} ({formats.interval(low, high)})"


def describe(series: PatientSeries) -> str:
    """Describe the plot in words for screen readers: the combined result of every sample."""
    results = []
    for sample in series.samples:
        when = "" if sample.day is None else f", day {formats.day(sample.day)}"
        results.append(f"{sample.sample_id}{when}: {result_text(sample.combined)}")
    return f"Clone cells per nucleated cell on a logarithmic axis, combined over markers. {'; '.join(results)}."


def rule(
    x1: float, y1: float, x2: float, y2: float, stroke: str, width: float = 1, dashes: str | None = None
) -> Markup:
    """Draw a straight line between two points [px]."""
    return tag(
        "line", x1=px(x1), y1=px(y1), x2=px(x2), y2=px(y2), stroke=stroke, stroke_width=width, stroke_dasharray=dashes
    )


def _haloed(text: str, x: float, y: float, *, anchor: str, fill: str) -> Markup:
    """Draw a text with a white outline, so that it stays legible on lines."""
    return tag(
        "text", text, x=px(x), y=px(y), text_anchor=anchor, fill=fill,
        stroke=PAPER, stroke_width=3, paint_order="stroke", stroke_linejoin="round",
    )  # fmt: skip


def figure(series: PatientSeries) -> Markup:
    """Build the figure: a wide and a narrow drawing with legend and caption.

    The style sheet shows the drawing that fits the width of the screen.
    """
    return tag(
        "figure",
        tag("div", Plot(series, 1000, 430).draw(), class_="wide"),
        tag("div", Plot(series, 380, 360).draw(), class_="narrow"),
        tag("figcaption", _legend(series), _caption(series)),
    )


def _legend(series: PatientSeries) -> Markup:
    lines = [_key(_swatch(index), marker) for marker, index in _named(series)]
    calls = [call for call in CALL_NAMES if any(row["call"] == call for s in series.samples for row in s.results)]
    symbols = [_key(symbol(13, 8, call, None), _MEANING[call]) for call in calls]
    if any(sample.combined["lod"] is not None for sample in series.samples):
        symbols.append(_key(_floor_key(), "not detectable: below the LoD of the sample (combined)"))
    return join((tag("ul", *lines, class_="legend"), tag("ul", *symbols, class_="legend")))


_MEANING = {
    "positive": "positive, with 95 % interval",
    "positive_below_loq": "positive, below LoQ",
    "insufficient": "insufficient: not found, at the LoD",
    "negative": "negative: not found, at the LoD",
    "failed": "failed: no result",
}


def _named(series: PatientSeries) -> list[tuple[str, int | None]]:
    markers = series.marker_ids
    if len(markers) == 1:
        return [(f"{COMBINED} (the one marker, {markers[0]})", None)]
    return plot_lines(series)


def _key(drawing: Markup, text: str) -> Markup:
    return tag("li", tag("svg", drawing, viewBox="0 0 26 16", aria_hidden="true"), tag("span", text))


def _swatch(index: int | None) -> Markup:
    width = 2.2 if index is None else 1.3
    return join((rule(1, 8, 25, 8, colour(index), width), symbol(13, 8, "positive", index)))


def _floor_key() -> Markup:
    return join((tag("rect", x=2, y=5, width=22, height=11, fill=FLOOR), rule(2, 5, 24, 5, MUTED, 1.4)))


def _caption(series: PatientSeries) -> Markup:
    text = "The table below has the values of all points."
    if not series.by_day:
        text += " Samples are drawn in their order, not to scale, because a day is missing."
    elif len(series.samples) > 1:
        text += " Samples close in time are moved apart to stay legible; points of one sample are drawn side by side."
    return tag("p", text)
