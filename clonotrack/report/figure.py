"""The figure of a page: the plot in two sizes, what its lines and symbols mean, and a caption."""

from __future__ import annotations

from clonotrack.report.course import Course
from clonotrack.report.markup import Markup, join, tag
from clonotrack.report.plot import Plot, rule, series
from clonotrack.report.statement import CALL_NAMES
from clonotrack.report.style import FLOOR, MUTED
from clonotrack.report.symbols import colour, symbol
from clonotrack.tables import COMBINED


def figure(course: Course) -> Markup:
    """Both drawings with legend and caption; the page's width decides which drawing is shown."""
    return tag(
        "figure",
        tag("div", Plot(course, 1000, 430).draw(), class_="wide"),
        tag("div", Plot(course, 380, 360).draw(), class_="narrow"),
        tag("figcaption", _legend(course), _caption(course)),
    )


def _legend(course: Course) -> Markup:
    lines = [_key(_swatch(index), marker) for marker, index in _named(course)]
    calls = [call for call in CALL_NAMES if any(row["call"] == call for s in course.samples for row in s.results)]
    symbols = [_key(symbol(13, 8, call, None), _MEANING[call]) for call in calls]
    if any(sample.combined["lod"] is not None for sample in course.samples):
        symbols.append(_key(_floor_key(), "not detectable: below the LoD of the sample (combined)"))
    return join((tag("ul", *lines, class_="legend"), tag("ul", *symbols, class_="legend")))


_MEANING = {
    "positive": "positive, with 95 % interval",
    "positive_below_loq": "positive, below LoQ",
    "insufficient": "insufficient: not found, at the LoD",
    "negative": "negative: not found, at the LoD",
    "failed": "failed: no result",
}


def _named(course: Course) -> list[tuple[str, int | None]]:
    markers = course.marker_ids
    if len(markers) == 1:
        return [(f"{COMBINED} (the one marker, {markers[0]})", None)]
    return series(course)


def _key(drawing: Markup, text: str) -> Markup:
    return tag("li", tag("svg", drawing, viewBox="0 0 26 16", aria_hidden="true"), tag("span", text))


def _swatch(index: int | None) -> Markup:
    width = 2.2 if index is None else 1.3
    return join((rule(1, 8, 25, 8, colour(index), width), symbol(13, 8, "positive", index)))


def _floor_key() -> Markup:
    return join((tag("rect", x=2, y=5, width=22, height=11, fill=FLOOR), rule(2, 5, 24, 5, MUTED, 1.4)))


def _caption(course: Course) -> Markup:
    said = "Every point stands in the table below."
    if not course.by_day:
        said += " Samples are drawn in their order, not to scale, because a day is missing."
    elif len(course.samples) > 1:
        said += " Samples close in time are set apart to stay legible; points of one sample stand side by side."
    return tag("p", said)
