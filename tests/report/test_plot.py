"""The plot: points are drawn at their values, labels and samples do not overlap."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clonotrack.report import patient_page
from clonotrack.report.axes import Decades, fit_decades, fit_labels, line_offsets, sample_positions
from clonotrack.report.series import PatientSeries, patient_series
from tests.report import example_cohort
from tests.report.html_parser import Element, parse


def drawn(*rows: dict[str, Any], target: float | None = None) -> list[Element]:
    """Both drawings of these rows."""
    page = parse(patient_page(example_cohort.mrd(*rows), example_cohort.markers(), subject_id="p1", target=target))
    return page.all("svg", role="img")


def series_of(*rows: dict[str, Any], target: float | None = None) -> PatientSeries:
    return patient_series(example_cohort.mrd(*rows), "p1", target=target)


def points(svg: Element) -> dict[str, Element]:
    """Groups that are a point, by what they are of."""
    groups = [group for group in svg.all("g") if group.children and group.children[0].name == "title"]
    return {group.children[0].text.split(":", 1)[0]: group for group in groups}


def level_at(svg: Element, y: float) -> float:
    """The level of a pixel, read from the axis's own labels."""
    ticks = [
        (float(text.attributes["y"] or 0) - 4, float(text.text))
        for text in svg.all("text")
        if re.fullmatch(r"1(e-?\d+)?", text.text) and text.attributes.get("text-anchor") == "end"
    ]
    (y0, low), (y1, high) = ticks[0], ticks[-1]
    return float(low * (high / low) ** ((y0 - y) / (y0 - y1)))


def test_points_are_drawn_at_their_values() -> None:
    mrd = example_cohort.mrd(*example_cohort.first_patient())
    for svg in drawn(*example_cohort.first_patient()):
        found = points(svg)
        seen = 0
        for row in mrd.filter(pl.col("marker_id") == example_cohort.IGH).rows(named=True):
            group = found[f"{row['sample_id']}, {example_cohort.IGH}"]
            if row["call"] == "failed":
                continue
            value = row["mrd"] if row["call"].startswith("positive") else row["lod"]
            centre = float(group.all("circle")[0].attributes["cy"] or 0)
            assert level_at(svg, centre) == pytest.approx(value, rel=0.02)
            seen += 1
        assert seen == 6


def test_intervals_and_lods_are_drawn_at_their_values() -> None:
    row = example_cohort.result("d33", 33.0, "combined", "positive", molecules=36.0)
    for svg in drawn(row):
        bar = points(svg)["d33, combined"].one("path").attributes["d"] or ""
        foot, head = (float(y) for y in re.findall(r"^M[\d.]+ ([\d.]+)V([\d.]+)", bar)[0])
        assert level_at(svg, foot) == pytest.approx(row["mrd_low"], rel=0.02)
        assert level_at(svg, head) == pytest.approx(row["mrd_high"], rel=0.02)
        floor = float(svg.one("rect").attributes["y"] or 0)
        assert level_at(svg, floor) == pytest.approx(row["lod"], rel=0.02)


def test_each_call_has_its_own_symbol() -> None:
    rows = [
        example_cohort.result(call, float(day), "combined", call, molecules=9.0)
        for day, call in enumerate(["positive", "positive_below_loq", "insufficient", "negative", "failed"])
    ]
    for svg in drawn(*rows):
        shapes = {
            name.split(",")[0]: [(e.name, e.attributes.get("fill")) for e in group.children if e.name != "title"]
            for name, group in points(svg).items()
        }
        ink, paper, line = ("polygon", "#1b1f24"), ("polygon", "#ffffff"), ("path", "none")
        assert shapes == {
            "positive": [line, ink],
            "positive_below_loq": [line, paper, ink],
            "insufficient": [paper, line],
            "negative": [paper],
            "failed": [line],
        }


def test_lines_skip_insufficient_and_failed_samples() -> None:
    calls = ["positive", "positive", "insufficient", "positive", "failed", "negative"]
    rows = [example_cohort.result(f"s{i}", 50.0 * i, "combined", call, molecules=90.0) for i, call in enumerate(calls)]
    for svg in drawn(*rows):
        lines = [line for line in svg.all("line") if line.attributes["stroke-width"] == "2.2"]
        assert [line.attributes.get("stroke-dasharray") for line in lines] == [None, "3 4", "3 4"]


def test_the_target_is_drawn() -> None:
    for svg in drawn(example_cohort.result("d33", 33.0, "combined", "negative"), target=1e-4):
        assert "target 1.0e-4" in svg.text
        (line,) = [line for line in svg.all("line") if line.attributes.get("stroke-dasharray") == "6 4"]
        assert level_at(svg, float(line.attributes["y1"] or 0)) == pytest.approx(1e-4, rel=0.02)


def test_everything_stays_inside_the_drawing() -> None:
    rows = [
        example_cohort.result(f"a-very-long-name-of-a-sample-{i:02}", 7.0 * i**1.7, f"p1.IGH.{m}" if m else "combined",
                    "positive" if i < 15 else "negative", molecules=max(2e5 / 3**i, 0.5))
        for i in range(30) for m in range(9)
    ]  # fmt: skip
    for svg in drawn(*rows):
        width, height = (float(n) for n in (svg.attributes["viewbox"] or "").split()[2:])
        for element in svg.all():
            for key in ("x", "x1", "x2", "cx"):
                assert 0 <= float(element.attributes.get(key) or 0) <= width
            for key in ("y", "y1", "y2", "cy"):
                assert 0 <= float(element.attributes.get(key) or 0) <= height


@given(st.lists(st.floats(-30, 4000), min_size=1, max_size=30), st.sampled_from([(86.0, 942.0), (70.0, 338.0)]))
def test_samples_keep_their_order_and_a_distance(days: list[float], edges: tuple[float, float]) -> None:
    rows = [example_cohort.result(f"s{i}", day, "combined", "negative") for i, day in enumerate(days)]
    x = sample_positions(series_of(*rows), *edges)
    apart = min(13.0, 0.9 * (edges[1] - edges[0]) / max(len(days) - 1, 1))
    assert all(after - before > apart - 1e-6 for before, after in pairwise(x))
    assert edges[0] <= x[0] <= x[-1] <= edges[1] + 1e-9
    lines = 4
    offsets = line_offsets(x, lines)
    assert len(offsets) == len(set(offsets)) == lines
    assert max(offsets) - min(offsets) < min((b - a for a, b in pairwise(x)), default=60.0)


@given(st.lists(st.floats(44, 982), min_size=1, max_size=30, unique=True), st.integers(1, 14))
def test_labels_do_not_overlap(x: list[float], length: int) -> None:
    x.sort()
    chosen = fit_labels(x, ["m" * length] * len(x), 44, 998)
    assert chosen[0].x >= 44
    assert all(after.x - before.x >= length * 7 for before, after in pairwise(chosen))


@given(st.lists(st.floats(0.7, 1e6), min_size=1, max_size=6), st.floats(100, 1e7))
def test_decades_contain_every_point(molecules: list[float], cells: float) -> None:
    rows = [
        example_cohort.result(
            f"s{i}", float(i), "combined", "positive" if found > 3 else "negative", molecules=found, input_cells=cells
        )
        for i, found in enumerate(molecules)
    ]
    axis = fit_decades(series_of(*rows), 30, 380)
    assert axis.high - axis.low >= 3
    for row in rows:
        level = row["mrd"] if row["call"] == "positive" else row["lod"]
        assert 10.0**axis.low < level <= 10.0**axis.high
        assert row["call"] == "negative" or row["mrd_high"] <= 10.0**axis.high * (1 + 1e-9)


def test_decades_are_even() -> None:
    axis = Decades(-6, 0, 30, 390)
    assert [axis.y(10.0**power) for power in (0, -1, -6)] == pytest.approx([30, 90, 390])
    assert axis.y(0.0) == axis.y(1e-9) == 390
