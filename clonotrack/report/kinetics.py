"""How MRD moved: what can be said of the course so far, and every step of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from clonotrack.report import formats
from clonotrack.report.course import Row
from clonotrack.report.markup import Markup, Notes, escape, join, table, tag
from clonotrack.report.results import call_label
from clonotrack.tables import COMBINED

_SIGNS = {"at_least": "≥ ", "at_most": "≤ ", None: ""}


def kinetics_section(kinetics: pl.DataFrame | None, subject_id: str) -> Markup:
    """How MRD moved between samples."""
    if kinetics is None:
        return tag("p", "No table of kinetics was given.")
    own = kinetics.filter(pl.col("subject_id") == subject_id).sort("day", maintain_order=True)
    if not own.height:
        return tag("p", "There is no second sample of the same tissue with a day, so nothing can be compared.")
    notes = Notes()
    header = ["From", "To", _unit("Time", "days"), "Marker", _unit("Change", "log10"), _unit("Reduction", "log10"),
              _unit("Doubling time", "days"), "Call"]  # fmt: skip
    pairs = own.partition_by("previous_sample_id", "sample_id", maintain_order=True)
    bodies = [_steps(_combined_first(pair), notes) for pair in pairs]
    steps = table(
        "Change between successive samples, and reduction since the first baseline. ≥ and ≤: one of the two is less "
        "than its LoD.",
        header,
        *bodies,
        class_="results short",
        notes=notes.listing(),
    )
    return join((_course(own), steps))


def _course(own: pl.DataFrame) -> Markup | None:
    """The state at the last sample, by the combined result, tissue by tissue."""
    combined = own.filter(pl.col("marker_id") == COMBINED)
    latest = [rows.row(-1, named=True) for rows in combined.partition_by("tissue", maintain_order=True)]
    several = len(latest) > 1
    said = [sentence for row in latest for sentence in course_sentences(row, several=several)]
    return tag("ul", *(tag("li", sentence) for sentence in said)) if said else None


def course_sentences(row: Row, *, several: bool = False) -> list[str]:
    """What a row of KINETICS says of the course up to its sample, as sentences.

    Args:
        row: of KINETICS.
        several: whether to name the tissue.
    """
    where = f"In {row['tissue'] or 'samples of unnamed tissue'}: " if several else ""
    said = [_reduction(row), _negativity(row), _rise(row), _doubling(row)]
    return [where + sentence for sentence in said if sentence]


def _reduction(row: Row) -> str | None:
    value = formats.number(row["log10_reduction"])
    if value is None:
        return None
    least = "at least " if row["reduction_bound"] else ""
    return f"At {row['sample_id']} the reduction since the first baseline is {least}{value:.1f} logs."


def _negativity(row: Row) -> str | None:
    reached, before = (formats.number(row[name]) for name in ("days_to_negativity", "days_positive"))
    if reached is None:
        return None
    after = "" if before is None else f"after day {formats.day(before)} and "
    said = f"Negativity was reached {after}by day {formats.day(reached)} from the first baseline"
    since = formats.number(row["negative_since"])
    if since is None:
        return f"{said}, and was lost again."
    lasts = ": it is sustained" if row["sustained"] else ""
    return f"{said}; no positive sample since day {formats.day(since)}{lasts}."


def _rise(row: Row) -> str | None:
    if not row["rise"]:
        return None
    return (
        f"At {row['sample_id']} the level has risen by a log or more over the lowest before it "
        f"({formats.level(row['lowest'])}): to be confirmed by a second sample."
    )


def _doubling(row: Row) -> str | None:
    time, low, high = (formats.number(row[name]) for name in ("doubling_days", "doubling_low", "doubling_high"))
    if time is None:
        return None if high is None else f"The level doubled in at most {formats.quantity(high)} days."
    most = "no upper limit" if high is None else f"{formats.quantity(high)}"
    limits = f"95 % interval {formats.quantity(low or 0.0)} to {most}"
    return f"Since {row['previous_sample_id']} the level doubled in {formats.quantity(time)} days ({limits})."


def _unit(name: str, unit: str) -> Markup:
    return tag("th", name, tag("span", unit, class_="unit"), scope="col", class_="number")


def _combined_first(frame: pl.DataFrame) -> list[Row]:
    return sorted(frame.rows(named=True), key=lambda row: row["marker_id"] != COMBINED)


def _steps(rows: Sequence[Row], notes: Notes) -> list[Markup]:
    """The rows of one pair of samples; samples and time are said once for all markers."""
    first, number = rows[0], len(rows)
    said = (
        tag("td", first["previous_sample_id"], rowspan=number),
        tag("td", first["sample_id"], rowspan=number),
        tag("td", formats.day(first["days_between"]), rowspan=number, class_="number"),
    )
    return [_step(row, said if row is first else (), notes) for row in rows]


def _step(row: Row, said: Iterable[Markup], notes: Notes) -> Markup:
    return tag(
        "tr",
        *said,
        tag("th", row["marker_id"], scope="row", class_="id"),
        tag("td", _log(row, "log10_change", "change_bound", notes), class_="number"),
        tag("td", _log(row, "log10_reduction", "reduction_bound", notes), class_="number"),
        tag("td", _time(row, notes), class_="number"),
        tag("td", call_label(row["call"]), tag("small", " rise") if row["rise"] else None),
        class_="combined" if row["marker_id"] == COMBINED else None,
    )


def _log(row: Row, name: str, bound: str, notes: Notes) -> Markup | str:
    value = formats.number(row[name])
    if value is None:
        return notes.dash("no ratio: neither sample detected the clone, or one failed")
    sign = "+" if name == "log10_change" else ""
    return escape(f"{_SIGNS[row[bound]]}{value:{sign}.1f}".replace("-", "−"))


def _time(row: Row, notes: Notes) -> Markup | str:
    time, high = formats.number(row["doubling_days"]), formats.number(row["doubling_high"])
    if time is not None:
        return escape(formats.quantity(time))
    return notes.dash("no growth that was measured") if high is None else escape(f"≤ {formats.quantity(high)}")
