"""Build the table of all results of a patient, and the list of statements of all samples."""

from __future__ import annotations

from clonotrack.report import formats
from clonotrack.report.markup import EmptyCells, Markup, join, table, tag
from clonotrack.report.series import PatientSeries, Row, Sample
from clonotrack.report.statement import CALL_NAMES, flag_names, flag_sentences, statement
from clonotrack.tables import COMBINED

SOURCES = {"cells": "counted", "dna": "from DNA mass", "reference_locus": "from a reference locus"}
COUNTINGS = {"umi": "molecules by UMI", "spike_in": "molecules by spike-in", "read_share": "molecules by read share"}
TWO_STRANDS = 2
_ROLES = {"baseline": "baseline", "followup": "follow-up"}
_LEVELS = "clone cells per nucleated cell"
_HEADER = (
    ("Marker", "", False),
    ("Reads", "", True),
    ("Molecules", "", True),
    ("Clone cells", "", True),
    ("Input", "nucleated cells", True),
    ("MRD", "per cell", True),
    ("95 % interval", "per cell", True),
    ("LoB", "per cell", True),
    ("LoD", "per cell", True),
    ("LoQ", "per cell", True),
    ("p", "", True),
    ("Call", "", False),
)


def call_label(call: str) -> Markup:
    """Return the name of a call as an HTML element with the colours of the call."""
    return tag("span", CALL_NAMES[call], class_=f"call {call}")


def result_table(series: PatientSeries) -> Markup:
    """Build the table of all results: for each sample the `combined` row, then a row for each marker."""
    umis = any(row["umis"] is not None for sample in series.samples for row in sample.results)
    columns = [*_HEADER[:2], *([("UMIs", "", True)] if umis else []), *_HEADER[2:]]
    header = [_head(*column) for column in columns]
    notes = EmptyCells()
    groups = [_group(sample, len(columns), notes, umis=umis) for sample in series.samples]
    caption = f"All results. Levels (MRD, interval, LoB, LoD, LoQ) are {_LEVELS}."
    return table(caption, header, *groups, class_="results", notes=join((notes.listing(), _flags(series))))


def statements(series: PatientSeries) -> Markup:
    """List the statement of each sample, with the sentences of its flags."""
    return tag("ol", *(_statement(sample, series.target) for sample in series.samples), class_="statements")


def _statement(sample: Sample, target: float | None) -> Markup:
    row = sample.combined
    sentences = [] if row["call"] == "failed" else flag_sentences(row["flags"])
    return tag(
        "li",
        tag("p", tag("strong", sample.sample_id), " ", tag("span", describe_sample(sample), class_="small"), " ",
            call_label(row["call"])),
        tag("p", statement(row, target)),
        tag("p", row["explanation"]) if row["explanation"] else None,
        tag("ul", *(tag("li", sentence) for sentence in sentences)) if sentences else None,
    )  # fmt: skip


def describe_sample(sample: Sample) -> str:
    """Return day, date, tissue and role of a sample as one text; what is not known is left out."""
    when = "no day given" if sample.day is None else f"day {formats.day(sample.day)}"
    role = _ROLES.get(sample.sheet.get("role", ""))
    more = (sample.sheet.get("collection_date"), sample.sheet.get("tissue"), role)
    return ", ".join([when, *(str(word) for word in more if word)])


def _head(name: str, unit: str, is_number: bool) -> Markup:
    below = tag("span", unit, class_="unit") if unit else None
    return tag("th", name, below, scope="col", class_="number" if is_number else None)


def _group(sample: Sample, width: int, notes: EmptyCells, *, umis: bool) -> list[Markup]:
    title = tag("div", sample.sample_id, " ", tag("span", f"· {_tube(sample)}"), class_="stay")
    return [
        tag("tr", tag("th", title, colspan=width, scope="rowgroup", class_="group")),
        *(_row(row, notes, umis=umis) for row in sample.results),
    ]


def _tube(sample: Sample) -> str:
    row = sample.combined
    capture, weight = formats.number(row["capture"]), formats.number(row["pg_per_cell"])
    facts = [describe_sample(sample)]
    if row["counting"]:
        facts.append(COUNTINGS[row["counting"]])
    if capture is not None:
        assumed = " assumed" if "capture_assumed" in flag_names(row["flags"]) else ""
        facts.append(f"capture {capture:.2g}{assumed}")
    if row["strands_tagged"] == TWO_STRANDS:
        facts.append("both strands tagged")
    if row["input_source"]:
        facts.append(f"input {SOURCES[row['input_source']]}")
    if row["input_source"] == "dna" and weight is not None:
        facts.append(f"{weight:g} pg DNA a cell")
    return " · ".join(facts)


def _row(row: Row, notes: EmptyCells, *, umis: bool) -> Markup:
    combined = row["marker_id"] == COMBINED
    named = combined or not row["locus"] or row["locus"] in row["marker_id"]
    locus = None if named else tag("small", f" {row['locus']}")
    low, high = formats.number(row["mrd_low"]), formats.number(row["mrd_high"])
    mrd = formats.number(row["mrd"])
    cells = [
        formats.count(row["reads"]),
        *([_amount(row, "umis", notes)] if umis else []),
        _amount(row, "molecules", notes),
        _amount(row, "clone_cells", notes),
        _amount(row, "input_cells", notes),
        notes.dash(_empty_reason(row, "mrd"))
        if mrd is None
        else join((formats.level(mrd, low, high), *_pooled(row)[:1])),
        notes.dash(_empty_reason(row, "mrd"))
        if low is None or high is None
        else join((formats.interval(low, high), *_pooled(row)[1:])),
        *(_level(row, name, notes) for name in ("lob", "lod", "loq")),
        _p_value(row, notes),
    ]
    flags = flag_names(row["flags"])
    return tag(
        "tr",
        tag("th", row["marker_id"], locus, scope="row", class_="id"),
        *(tag("td", cell, class_="number") for cell in cells),
        tag("td", call_label(row["call"]), tag("small", " ", ", ".join(flags)) if flags else None),
        class_="combined" if combined else None,
    )


def _pooled(row: Row) -> tuple[Markup, ...]:
    """Return the pooled estimate over all markers and its interval, for the cells of estimate and interval.

    Returns:
        Two elements; none if the row has no pooled estimate.
    """
    value, low, high = (formats.number(row[name]) for name in ("pooled_mrd", "pooled_low", "pooled_high"))
    if value is None or low is None or high is None:
        return ()
    texts = (f"pooled {formats.level(value, low, high)}", formats.interval(low, high))
    return tuple(tag("small", " ", text, class_="pooled") for text in texts)


def _amount(row: Row, name: str, notes: EmptyCells) -> str:
    value = formats.number(row[name])
    return notes.dash(_empty_reason(row, name)) if value is None else formats.quantity(value)


def _level(row: Row, name: str, notes: EmptyCells) -> str:
    value = formats.number(row[name])
    return notes.dash(_empty_reason(row, name)) if value is None else formats.level(value)


def _p_value(row: Row, notes: EmptyCells) -> str:
    value = formats.number(row["p_value"])
    return notes.dash(_empty_reason(row, "p_value")) if value is None else formats.probability(value)


def _empty_reason(row: Row, name: str) -> str:
    """Return why the cell of an MRD column is empty."""
    if name == "umis":
        return "the library has no UMIs"
    if row["call"] == "failed":
        return "the sample or marker failed; its flags say why"
    return "not given in the MRD table"


def _flags(series: PatientSeries) -> Markup | None:
    """List the meaning of every flag in the table; None if there are no flags."""
    used = dict.fromkeys(
        name for sample in series.samples for row in sample.results for name in flag_names(row["flags"])
    )
    if not used:
        return None
    meanings = (join((tag("b", name), f": {flag_sentences(name)[0]}")) for name in used)
    return tag("p", "Flags. ", join(meanings, " "), class_="notes")
