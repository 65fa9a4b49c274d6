"""A patient's page: one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from clonotrack.config import Report
from clonotrack.report import formats
from clonotrack.report.course import Course, course
from clonotrack.report.figure import figure
from clonotrack.report.kinetics import kinetics_section
from clonotrack.report.markup import Markup, tag
from clonotrack.report.origin import origin_section
from clonotrack.report.results import about, result_table, statements
from clonotrack.report.sections import marker_section, quality_section, reading_section
from clonotrack.report.statement import flag_sentences, statement
from clonotrack.report.style import sheet

RESEARCH_USE = "Research use only. Not a diagnostic report; not for decisions about treatment."


def patient(
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
    """The report of one patient over time as HTML: static, offline, the same bytes for the same input.

    Args:
        mrd: MRD table; rows of other patients are left out, as in all tables here.
        markers: MARKERS table, refused rows included.
        subject_id: the patient.
        qc: QC table of the patient's samples.
        kinetics: KINETICS table.
        samples: SAMPLES table, for tissue, role, date and disease.
        target: level that a negative result has to reach [clone cells per nucleated cell], drawn as a line.
        provenance: the parsed ``summary.json`` of each sample, by a name for it.
        settings: the ``report`` section of the configuration.

    Raises:
        TableError: the patient has no row in `mrd`, or a sample no `combined` row.
    """
    told = course(mrd, subject_id, samples, target)
    title = f"{(settings or Report()).title}: {subject_id}"
    sections = (
        ("MRD over time", figure(told)),
        ("Results", result_table(told)),
        ("Statements", statements(told)),
        ("Markers", marker_section(markers, subject_id)),
        ("Kinetics", kinetics_section(kinetics, subject_id)),
        ("Quality", quality_section(told, qc)),
        ("Provenance", origin_section(provenance or {})),
        ("How to read this page", reading_section()),
    )
    body = tag(
        "body",
        _header(told, (settings or Report()).title),
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


def _header(told: Course, title: str) -> Markup:
    facts = [("Disease", formats.listed(told.diseases) if told.diseases else "not given"), ("Samples", _samples(told))]
    if told.target is not None:
        facts.append(("Target level", f"{formats.level(told.target)} clone cells per nucleated cell"))
    return tag(
        "header",
        tag("p", title, class_="kind"),
        tag("h1", f"Patient {told.subject_id}"),
        tag("dl", *(tag("div", tag("dt", name), tag("dd", fact)) for name, fact in facts), class_="facts"),
        _verdict(told),
        tag("p", RESEARCH_USE, class_="ruo"),
    )


def _verdict(told: Course) -> Markup:
    latest = told.samples[-1]
    row = latest.combined
    flags = [] if row["call"] == "failed" else flag_sentences(row["flags"])
    return tag(
        "div",
        tag("p", "Latest sample ", tag("strong", latest.sample_id), f" ({about(latest)})", class_="sample"),
        tag("p", statement(row, told.target)),
        tag("p", " ".join(flags), class_="sample") if flags else None,
        class_=f"verdict {row['call']}",
    )


def _samples(told: Course) -> str:
    number = len(told.samples)
    said = f"{number} sample" if number == 1 else f"{number} samples"
    for values in (_dates(told), _days(told)):
        if values:
            first, last = values[0], values[-1]
            return f"{said}, {first}" if first == last else f"{said}, {first} to {last}"
    return f"{said}, days not given"


def _dates(told: Course) -> list[str]:
    return sorted(str(date) for sample in told.samples if (date := sample.sheet.get("collection_date")))


def _days(told: Course) -> list[str]:
    return [f"day {formats.day(sample.day)}" for sample in told.samples if sample.day is not None]
