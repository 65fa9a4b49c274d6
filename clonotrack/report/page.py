"""Build the page of one patient: one HTML file with all sections, which loads no other files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from clonotrack.config import Report
from clonotrack.report import formats
from clonotrack.report.markup import EmptyCells, Markup, escape, join, table, tag
from clonotrack.report.plot import figure
from clonotrack.report.results import call_label, describe_sample, result_table, statements
from clonotrack.report.series import PatientSeries, Row, patient_series
from clonotrack.report.statement import CALL_NAMES, flag_sentences, statement
from clonotrack.report.style import sheet
from clonotrack.tables import COMBINED

RESEARCH_USE = "Research use only. Not a diagnostic report; not for decisions about treatment."
CALL_MEANINGS = {
    "positive": "The decision rule was met, and the level can be quantified.",
    "positive_below_loq": "The decision rule was met, below the limit of quantification: the clone is present, but its "
    "amount is uncertain.",
    "insufficient": "The decision rule was not met, and the LoD does not reach the target level: neither positive nor "
    "negative.",
    "negative": "The decision rule was not met, and a clone at the LoD would have been found 95 times in 100. A lower "
    "level cannot be ruled out.",
    "failed": "A quality check failed, or the number of cells is not known: there is no result.",
}
# Each meaning begins with that of docs/glossary.md. Further sentences are only for readers of the page.
TERMS = {
    "MRD": "Measurable residual disease: clone cells per nucleated cell. MRD = molecules / (capture × copies per cell "
    "× strands tagged × input cells).",
    "interval": "The 95 % confidence interval of MRD.",
    "limit of blank (LoB)": "The value that 95 % of samples without the clone do not exceed.",
    "limit of detection (LoD)": "The true level that the decision rule calls positive in 95 % of samples. It belongs "
    "to this sample: to its cells, its capture and its depth.",
    "limit of quantification (LoQ)": "The lowest level with a root-mean-square error of at most 70 %, at least the "
    "LoD.",
    "decision rule": "When a count is called positive: p at or below alpha. p is the probability of as many molecules "
    "without the clone.",
    "flag": "A named condition of a result, with what to do.",
    "combined": "The row of a sample over all its markers: the highest marker, corrected for the choice of the "
    "highest. The pooled estimate is below.",
    "notation": "1.0e-5 is 1 in 100,000.",
}
_SIGNS = {"at_least": "≥ ", "at_most": "≤ ", None: ""}


def patient_page(
    mrd: pl.DataFrame,
    markers: pl.DataFrame,
    *,
    subject_id: str,
    qc: pl.DataFrame | None = None,
    kinetics: pl.DataFrame | None = None,
    samples: pl.DataFrame | None = None,
    target: float | None = None,
    provenance: Mapping[str, Any] | None = None,
    settings: Report | None = None,
) -> str:
    """Build the report of one patient over time as an HTML page.

    The page has no JavaScript and loads no other files. Equal inputs give equal bytes. Rows of other patients are
    ignored in every table. The section of a table that is None says that the table was not given.

    Args:
        mrd: MRD.
        markers: MARKERS, including markers that were not selected.
        subject_id: the patient.
        qc: QC of the patient's samples.
        kinetics: KINETICS.
        samples: SAMPLES, for tissue, role, date and disease.
        target: target level, the LoD that a negative result must not exceed [clone cells per nucleated cell]. It is
            drawn as a line.
        provenance: parsed ``summary.json`` files, by the name under which each is shown.
        settings: section ``report`` of the settings; the defaults if None.

    Returns:
        The HTML text.

    Raises:
        TableError: the patient has no row in `mrd`, or a sample has no `combined` row.
    """
    series = patient_series(mrd, subject_id, samples, target)
    title = f"{(settings or Report()).title}: {subject_id}"
    sections = (
        ("MRD over time", figure(series)),
        ("Results", result_table(series)),
        ("Statements", statements(series)),
        ("Markers", marker_section(markers, subject_id)),
        ("Kinetics", kinetics_section(kinetics, subject_id)),
        ("Quality", quality_section(series, qc)),
        ("Provenance", provenance_section(provenance or {})),
        ("How to read this page", help_section()),
    )
    body = tag(
        "body",
        _header(series, (settings or Report()).title),
        tag("main", *(tag("section", tag("h2", name), content) for name, content in sections)),
        tag("footer", tag("p", RESEARCH_USE)),
    )
    return f"<!DOCTYPE html>\n{tag('html', _head(title), body, lang='en')}\n"


def _head(title: str) -> Markup:
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("title", title),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("style", Markup(sheet())),
    )


def _header(series: PatientSeries, title: str) -> Markup:
    facts = [
        ("Disease", formats.join_words(series.diseases) if series.diseases else "not given"),
        ("Samples", _samples(series)),
    ]
    if series.target is not None:
        facts.append(("Target level", f"{formats.level(series.target)} clone cells per nucleated cell"))
    return tag(
        "header",
        tag("p", title, class_="kind"),
        tag("h1", f"Patient {series.subject_id}"),
        tag("dl", *(tag("div", tag("dt", name), tag("dd", fact)) for name, fact in facts), class_="facts"),
        _verdict(series),
        tag("p", RESEARCH_USE, class_="ruo"),
    )


def _verdict(series: PatientSeries) -> Markup:
    latest = series.samples[-1]
    row = latest.combined
    flags = [] if row["call"] == "failed" else flag_sentences(row["flags"])
    return tag(
        "div",
        tag("p", "Latest sample ", tag("strong", latest.sample_id), f" ({describe_sample(latest)})", class_="sample"),
        tag("p", statement(row, series.target)),
        tag("p", " ".join(flags), class_="sample") if flags else None,
        class_=f"verdict {row['call']}",
    )


def _samples(series: PatientSeries) -> str:
    number = len(series.samples)
    text = f"{number} sample" if number == 1 else f"{number} samples"
    for values in (_dates(series), _days(series)):
        if values:
            first, last = values[0], values[-1]
            return f"{text}, {first}" if first == last else f"{text}, {first} to {last}"
    return f"{text}, days not given"


def _dates(series: PatientSeries) -> list[str]:
    return sorted(str(date) for sample in series.samples if (date := sample.sheet.get("collection_date")))


def _days(series: PatientSeries) -> list[str]:
    return [f"day {formats.day(sample.day)}" for sample in series.samples if sample.day is not None]


def marker_section(markers: pl.DataFrame, subject_id: str) -> Markup:
    """List the markers of a patient in two tables, tracked and not selected, with the reason for each marker.

    Args:
        markers: MARKERS; rows of other patients are left out.
        subject_id: the patient.
    """
    own = markers.filter(pl.col("subject_id") == subject_id)
    tracked, rejected = own.filter(pl.col("selected")), own.filter(~pl.col("selected"))
    if not own.height:
        return tag("p", "The markers table has no row of this patient.")
    return join(
        (
            _markers(f"Tracked ({tracked.height}).", tracked.rows(named=True))
            if tracked.height
            else tag("p", "No sequence is tracked: none was selected."),
            _tracked_sequences(tracked),
            _markers(f"Considered and not selected ({rejected.height}).", rejected.rows(named=True))
            if rejected.height
            else None,
        )
    )


def _markers(caption: str, rows: Sequence[Row]) -> Markup:
    notes = EmptyCells()
    header = ["Marker", "V, D, J", "Junction", _unit("Reads"), _unit("Share", "of locus"), _unit("Clone cells"),
              _unit("Copies", "per cell"), "Why"]  # fmt: skip
    return table(caption, header, [_marker(row, notes) for row in rows], class_="rows markers", notes=notes.listing())


def _unit(name: str, unit: str = "") -> Markup:
    return tag("th", name, tag("span", unit, class_="unit") if unit else None, scope="col", class_="number")


def _marker(row: Row, notes: EmptyCells) -> Markup:
    cells, share, reads = (formats.number(row[name]) for name in ("cells", "fraction_of_locus", "duplicate_count"))
    kind = row["system"] or row["locus"] or ""
    system = None if kind in row["marker_id"] else tag("small", f" {kind}")
    calls = [tag("div", *_ties(row[f"{segment}_call"])) for segment in "vdj" if row[f"{segment}_call"]]
    own = "not known for this marker"
    return tag(
        "tr",
        tag("th", row["marker_id"], system, scope="row", class_="id"),
        tag("td", *calls) if calls else tag("td", notes.dash("no segment was called")),
        tag("td", row["junction"] or notes.dash("no junction: incomplete, or not a rearrangement"),
            class_="sequence" if row["junction"] else None),
        tag("td", notes.dash(own) if reads is None else formats.count(reads), class_="number"),
        tag("td", notes.dash(own) if share is None else _percent(share), class_="number"),
        tag("td", notes.dash("not known: it needs calibrators and cells") if cells is None else formats.quantity(cells),
            class_="number"),
        tag("td", f"{row['copies_per_cell']:g}", class_="number"),
        tag("td", row["reason"] or notes.dash("no reason given")),
    )  # fmt: skip


def _ties(call: str) -> list[Markup]:
    """Return the alleles of a call as elements, so that a line breaks between alleles and not within one."""
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


def kinetics_section(kinetics: pl.DataFrame | None, subject_id: str) -> Markup:
    """List the change of MRD between successive samples of a patient, and describe the last sample in sentences.

    Args:
        kinetics: KINETICS; None if the table was not given.
        subject_id: the patient.
    """
    if kinetics is None:
        return tag("p", "No table of kinetics was given.")
    own = kinetics.filter(pl.col("subject_id") == subject_id).sort("day", maintain_order=True)
    if not own.height:
        return tag("p", "There are no two samples of the same tissue with a day, so nothing can be compared.")
    notes = EmptyCells()
    header = ["From", "To", _unit("Time", "days"), "Marker", _unit("Change", "log10"), _unit("Reduction", "log10"),
              _unit("Doubling time", "days"), "Call"]  # fmt: skip
    pairs = own.partition_by("previous_sample_id", "sample_id", maintain_order=True)
    bodies = [_steps(_combined_first(pair), notes) for pair in pairs]
    steps = table(
        "Change between successive samples, and reduction since the first baseline. ≥ and ≤: one of the two levels is "
        "below its LoD.",
        header,
        *bodies,
        class_="results short",
        notes=notes.listing(),
    )
    return join((_latest_state(own), steps))


def _latest_state(own: pl.DataFrame) -> Markup | None:
    """Describe the MRD kinetics up to the last sample of each tissue, over all markers.

    Args:
        own: rows of KINETICS of one patient, by day. Only the `combined` rows are used.

    Returns:
        List of sentences on reduction, negativity, rise and doubling time; None if there is nothing to say.
    """
    combined = own.filter(pl.col("marker_id") == COMBINED)
    latest = [rows.row(-1, named=True) for rows in combined.partition_by("tissue", maintain_order=True)]
    several = len(latest) > 1
    sentences = [sentence for row in latest for sentence in kinetics_sentences(row, several=several)]
    return tag("ul", *(tag("li", sentence) for sentence in sentences)) if sentences else None


def kinetics_sentences(row: Row, *, several: bool = False) -> list[str]:
    """Describe reduction, negativity, rise and doubling time of one row of KINETICS, in a sentence each.

    Args:
        row: a row of KINETICS.
        several: if true, each sentence begins with the tissue, because the patient has samples of several tissues.

    Returns:
        Sentences for the values that the row has.
    """
    where = f"In {row['tissue'] or 'samples of unnamed tissue'}: " if several else ""
    sentences = [_reduction(row), _negativity(row), _rise(row), _doubling(row)]
    return [where + sentence for sentence in sentences if sentence]


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
    start = f"Negativity was reached {after}by day {formats.day(reached)} from the first baseline"
    since = formats.number(row["negative_since"])
    if since is None:
        return f"{start}, and was lost again."
    lasts = ": it is sustained" if row["sustained"] else ""
    return f"{start}; no positive sample since day {formats.day(since)}{lasts}."


def _rise(row: Row) -> str | None:
    if not row["rise"]:
        return None
    return (
        f"At {row['sample_id']} the level is at least one log above the lowest before it "
        f"({formats.level(row['lowest'])}): a second sample has to confirm it."
    )


def _doubling(row: Row) -> str | None:
    time, low, high = (formats.number(row[name]) for name in ("doubling_days", "doubling_low", "doubling_high"))
    if time is None:
        return None if high is None else f"The level doubled in at most {formats.quantity(high)} days."
    most = "no upper limit" if high is None else f"{formats.quantity(high)}"
    limits = f"95 % interval {formats.quantity(low or 0.0)} to {most}"
    return f"Since {row['previous_sample_id']} the level doubled in {formats.quantity(time)} days ({limits})."


def _combined_first(frame: pl.DataFrame) -> list[Row]:
    return sorted(frame.rows(named=True), key=lambda row: row["marker_id"] != COMBINED)


def _steps(rows: Sequence[Row], notes: EmptyCells) -> list[Markup]:
    """Build the table rows of one pair of successive samples, one for each marker.

    The cells with the two samples and the days between them span all rows of the pair.
    """
    first, number = rows[0], len(rows)
    pair_cells = (
        tag("td", first["previous_sample_id"], rowspan=number),
        tag("td", first["sample_id"], rowspan=number),
        tag("td", formats.day(first["days_between"]), rowspan=number, class_="number"),
    )
    return [_step(row, pair_cells if row is first else (), notes) for row in rows]


def _step(row: Row, pair_cells: Iterable[Markup], notes: EmptyCells) -> Markup:
    return tag(
        "tr",
        *pair_cells,
        tag("th", row["marker_id"], scope="row", class_="id"),
        tag("td", _log(row, "log10_change", "change_bound", notes), class_="number"),
        tag("td", _log(row, "log10_reduction", "reduction_bound", notes), class_="number"),
        tag("td", _time(row, notes), class_="number"),
        tag("td", call_label(row["call"]), tag("small", " rise") if row["rise"] else None),
        class_="combined" if row["marker_id"] == COMBINED else None,
    )


def _log(row: Row, name: str, bound: str, notes: EmptyCells) -> Markup | str:
    value = formats.number(row[name])
    if value is None:
        return notes.dash("no ratio: neither sample detected the clone, or one failed")
    sign = "+" if name == "log10_change" else ""
    return escape(f"{_SIGNS[row[bound]]}{value:{sign}.1f}".replace("-", "−"))


def _time(row: Row, notes: EmptyCells) -> Markup | str:
    time, high = formats.number(row["doubling_days"]), formats.number(row["doubling_high"])
    if time is not None:
        return escape(formats.quantity(time))
    return notes.dash("no growth was measured") if high is None else escape(f"≤ {formats.quantity(high)}")


def quality_section(series: PatientSeries, qc: pl.DataFrame | None) -> Markup:
    """Build the QC section: a table for each stage, with a row for each metric and a column for each sample.

    Args:
        series: results of the patient.
        qc: QC; None if no QC table was given.
    """
    ids = [sample.sample_id for sample in series.samples]
    own = None if qc is None else qc.filter(pl.col("sample_id").is_in(ids))
    if own is None or not own.height:
        return tag("p", "No quality table was given for these samples.")
    return join(_stage(stage, ids) for stage in own.partition_by("stage", maintain_order=True))


def _stage(values: pl.DataFrame, ids: list[str]) -> Markup:
    notes = EmptyCells()
    metrics = list(dict.fromkeys(zip(values["metric"], values["unit"], strict=True)))
    value_of = {(row["sample_id"], row["metric"]): row["value"] for row in values.rows(named=True)}
    samples = [sample for sample in ids if any((sample, metric) in value_of for metric, _ in metrics)]
    rows = [
        tag(
            "tr",
            tag("th", metric.replace("_", " "), scope="row"),
            tag("td", unit or ""),
            *(tag("td", _value(value_of.get((sample, metric)), notes), class_="number") for sample in samples),
        )
        for metric, unit in metrics
    ]
    header = ["Measure", "Unit", *samples]
    return table(f"Stage {values['stage'][0]}.", header, rows, class_="rows short", notes=notes.listing())


def _value(value: float | None, notes: EmptyCells) -> str:
    number = formats.number(value)
    return notes.dash("not measured in this sample") if number is None else formats.plain(number)


def provenance_section(provenance: Mapping[str, Any]) -> Markup:
    """Build the section with versions, digests of input files, and configuration.

    Entries that are equal in all summaries are shown once.

    Args:
        provenance: parsed ``summary.json`` files, by the name under which each is shown. Of each file the part
            `provenance` is shown.
    """
    parts = {name: summary.get("provenance", summary) for name, summary in provenance.items()}
    if not parts:
        return tag("p", "No summary was given, so versions, settings and digests of the inputs are not known.")
    inputs = {file: digest for part in parts.values() for file, digest in part.get("inputs", {}).items()}
    apart = ("inputs", "configuration")
    made = {name: {key: part[key] for key in part if key not in apart} for name, part in parts.items()}
    return join(
        (
            *_listings("Software and reference", made),
            _inputs(inputs) if inputs else None,
            *_listings("Configuration", {name: part.get("configuration", {}) for name, part in parts.items()}),
        )
    )


def _inputs(digests: Mapping[str, str]) -> Markup:
    rows = [
        tag("tr", tag("th", file, scope="row", class_="id"), tag("td", digest, class_="sequence"))
        for file, digest in sorted(digests.items())
    ]
    return join((tag("h3", "Inputs"), table("Files and their digests.", ["File", "Digest"], rows, class_="rows short")))


def _listings(title: str, documents: Mapping[str, Mapping[str, Any]]) -> Iterator[Markup]:
    """List the entries that are equal in all documents, then the remaining entries of each document.

    Args:
        title: heading.
        documents: nested entries, by the name of the summary.
    """
    flat = {name: dict(_entries(document)) for name, document in documents.items()}
    first, *others = flat.values()
    shared = {key: text for key, text in first.items() if all(other.get(key) == text for other in others)}
    if shared:
        yield _listing(title, shared)
    for name, entries in flat.items():
        if own := {key: text for key, text in entries.items() if key not in shared}:
            yield _listing(f"{title}: {name}", own)


def _listing(title: str, entries: Mapping[str, str]) -> Markup:
    rows = (tag("div", tag("dt", key), tag("dd", text)) for key, text in entries.items())
    return join((tag("h3", title), tag("dl", *rows, class_="settings")))


def _entries(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Flatten nested entries: yield the keys, joined by dots, and the value as text."""
    if isinstance(value, Mapping) and (value or not name):
        for key, inner in value.items():
            yield from _entries(inner, f"{name}.{key}" if name else str(key))
    else:
        yield name, _text(value)


def _text(value: object) -> str:
    if value is None or value == "" or (isinstance(value, list | tuple | Mapping) and not value):
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(_text, value)) if isinstance(value, list | tuple) else str(value)


def help_section() -> Markup:
    """Build the section that explains the calls and the terms of the page."""
    calls = [tag("tr", tag("th", call_label(call), scope="row"), tag("td", CALL_MEANINGS[call])) for call in CALL_NAMES]
    terms = [
        tag("tr", tag("th", term, scope="row", class_="nowrap"), tag("td", meaning)) for term, meaning in TERMS.items()
    ]
    return join(
        (
            table("The calls.", ["Call", "Meaning"], calls, class_="rows"),
            table("The terms, as in the glossary of the documentation.", ["Term", "Meaning"], terms, class_="rows"),
        )
    )
