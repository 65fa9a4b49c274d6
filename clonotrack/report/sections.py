"""What stands below the results: markers, quality, and how to read the page."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from clonotrack.report import formats
from clonotrack.report.course import Course, Row
from clonotrack.report.markup import Markup, Notes, join, table, tag
from clonotrack.report.results import call_label
from clonotrack.report.statement import CALL_NAMES

CALLS_EXPLAINED = {
    "positive": "The decision rule found the clone, at a level that can be quantified.",
    "positive_below_loq": "The decision rule found the clone, under its limit of quantification: it is there, its "
    "amount is uncertain.",
    "insufficient": "The clone was not found, and the sample could not have shown it at the target level: neither "
    "positive nor negative.",
    "negative": "The clone was not found, and the sample would have shown it at its LoD 95 times in 100. A lower level "
    "cannot be ruled out.",
    "failed": "A quality check failed, or there is no way to cells: no statement is possible.",
}
TERMS = {
    "MRD": "Clone cells per nucleated cell: molecules / (capture × copies per cell × strands tagged × input cells).",
    "Combined": "The sample's result over all of its markers: the highest, with the pooled estimate beside it; each "
    "marker has its own row.",
    "95 % interval": "Levels that agree with what was counted.",
    "LoB": "Limit of blank: 95 % of samples without the clone stay at or under it.",
    "LoD": "Limit of detection: a clone at this level is found in 95 % of such samples. It belongs to this sample: to "
    "its cells, its capture and its depth.",
    "LoQ": "Limit of quantification: from here on the error (RMS) is at most 70 %; never under the LoD.",
    "p": "The chance of as many molecules without the clone.",
    "Notation": "1.0e-5 is 1 in 100,000.",
}


def marker_section(markers: pl.DataFrame, subject_id: str) -> Markup:
    """The sequences that are tracked, and those that were considered and refused, each with its reason."""
    own = markers.filter(pl.col("subject_id") == subject_id)
    tracked, refused = own.filter(pl.col("selected")), own.filter(~pl.col("selected"))
    if not own.height:
        return tag("p", "The table of markers has no row of this patient.")
    return join(
        (
            _markers(f"Tracked ({tracked.height}).", tracked.rows(named=True))
            if tracked.height
            else tag("p", "No sequence is tracked: none met the rule."),
            _tracked_sequences(tracked),
            _markers(f"Considered and refused ({refused.height}).", refused.rows(named=True))
            if refused.height
            else None,
        )
    )


def _markers(caption: str, rows: Sequence[Row]) -> Markup:
    notes = Notes()
    header = ["Marker", "V, D, J", "Junction", _unit("Reads"), _unit("Share", "of locus"), _unit("Clone cells"),
              _unit("Copies", "per cell"), "Why"]  # fmt: skip
    return table(caption, header, [_marker(row, notes) for row in rows], class_="rows markers", notes=notes.listing())


def _unit(name: str, unit: str = "") -> Markup:
    return tag("th", name, tag("span", unit, class_="unit") if unit else None, scope="col", class_="number")


def _marker(row: Row, notes: Notes) -> Markup:
    cells, share, reads = (formats.number(row[name]) for name in ("cells", "fraction_of_locus", "duplicate_count"))
    kind = row["system"] or row["locus"] or ""
    system = None if kind in row["marker_id"] else tag("small", f" {kind}")
    calls = [tag("div", *_ties(row[f"{segment}_call"])) for segment in "vdj" if row[f"{segment}_call"]]
    own = "not known for this marker"
    return tag(
        "tr",
        tag("th", row["marker_id"], system, scope="row", class_="id"),
        tag("td", *calls) if calls else tag("td", notes.dash("no segment named")),
        tag("td", row["junction"] or notes.dash("no junction: incomplete, or not a rearrangement"),
            class_="sequence" if row["junction"] else None),
        tag("td", notes.dash(own) if reads is None else formats.count(reads), class_="number"),
        tag("td", notes.dash(own) if share is None else _percent(share), class_="number"),
        tag("td", notes.dash("not known: it takes calibrators and cells") if cells is None else formats.quantity(cells),
            class_="number"),
        tag("td", f"{row['copies_per_cell']:g}", class_="number"),
        tag("td", row["reason"] or notes.dash("no reason given")),
    )  # fmt: skip


def _ties(call: str) -> list[Markup]:
    """Alleles that are broken between, never within."""
    return [join((tag("span", allele, class_="nowrap"), " ")) for allele in call.replace(",", ", ").split()]


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share < 0.0995 else f"{100 * share:.1f} %"


def _tracked_sequences(tracked: pl.DataFrame) -> Markup | None:
    if not tracked.height:
        return None
    header = ["Marker", "Tracked sequence, 5' to 3'; the clone-specific part is underlined"]
    rows = [
        tag(
            "tr", tag("th", row["marker_id"], scope="row", class_="id"), tag("td", *_underlined(row), class_="sequence")
        )
        for row in tracked.rows(named=True)
    ]
    return table("Tracked sequences.", header, rows, class_="rows markers")


def _underlined(row: Row) -> list[object]:
    sequence, start, end = row["sequence"], row["target_start"], row["target_end"]
    if start is None or end is None:
        return [tag("b", sequence)]
    return [sequence[: start - 1], tag("b", sequence[start - 1 : end]), sequence[end:]]


def quality_section(course: Course, qc: pl.DataFrame | None) -> Markup:
    """What each stage measured: a table for each stage, a row for each measure, a column for each sample."""
    ids = [sample.sample_id for sample in course.samples]
    own = None if qc is None else qc.filter(pl.col("sample_id").is_in(ids))
    if own is None or not own.height:
        return tag("p", "No quality table was given for these samples.")
    return join(_stage(stage, ids) for stage in own.partition_by("stage", maintain_order=True))


def _stage(values: pl.DataFrame, ids: list[str]) -> Markup:
    notes = Notes()
    metrics = list(dict.fromkeys(zip(values["metric"], values["unit"], strict=True)))
    found = {(row["sample_id"], row["metric"]): row["value"] for row in values.rows(named=True)}
    samples = [sample for sample in ids if any((sample, metric) in found for metric, _ in metrics)]
    rows = [
        tag(
            "tr",
            tag("th", metric.replace("_", " "), scope="row"),
            tag("td", unit or ""),
            *(tag("td", _value(found.get((sample, metric)), notes), class_="number") for sample in samples),
        )
        for metric, unit in metrics
    ]
    header = ["Measure", "Unit", *samples]
    return table(f"Stage {values['stage'][0]}.", header, rows, class_="rows short", notes=notes.listing())


def _value(value: float | None, notes: Notes) -> str:
    number = formats.number(value)
    return notes.dash("not measured in this sample") if number is None else formats.plain(number)


def reading_section() -> Markup:
    """What the calls and the terms mean."""
    calls = [
        tag("tr", tag("th", call_label(call), scope="row"), tag("td", CALLS_EXPLAINED[call])) for call in CALL_NAMES
    ]
    terms = [tag("tr", tag("th", term, scope="row", class_="nowrap"), tag("td", said)) for term, said in TERMS.items()]
    return join(
        (
            table("The calls.", ["Call", "Meaning"], calls, class_="rows"),
            table("The terms.", ["Term", "Meaning"], terms, class_="rows"),
        )
    )
