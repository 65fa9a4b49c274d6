"""A patient's page: well-formed, alone, complete, escaped, the same bytes for the same input."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from clonotrack.config import Report
from clonotrack.errors import TableError
from clonotrack.report import patient_page
from clonotrack.report.page import TERMS
from clonotrack.tables import FLAGS, MARKERS
from tests.report import example_cohort
from tests.report.html_parser import Element, parse

LEVEL = re.compile(r"\d\.\d+e-?\d+")


def whole_page(subject_id: str = "p1") -> str:
    mrd = example_cohort.mrd()
    return patient_page(
        mrd,
        example_cohort.markers(),
        subject_id=subject_id,
        qc=example_cohort.qc(mrd),
        kinetics=example_cohort.kinetics(mrd),
        samples=example_cohort.samples(mrd),
        target=1e-4,
        provenance=example_cohort.summaries(mrd),
        settings=Report(title="Measurable residual disease"),
    )


@pytest.fixture(scope="module")
def page() -> Element:
    return parse(whole_page())


def test_the_page_loads_nothing(page: Element) -> None:
    names = {element.name for element in page.all()}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "base", "form", "image", "use", "a"}
    attributes = {key for element in page.all() for key in element.attributes}
    assert not attributes & {"src", "href", "xlink:href", "action", "style"}
    assert not [key for key in attributes if key.startswith("on")]
    html = whole_page()
    assert not re.search(r"https?:|//|@import|url\(", html)


def test_is_accessible(page: Element) -> None:
    assert page.one("html").attributes["lang"] == "en"
    assert page.one("head").one("title").text == "Measurable residual disease: p1"
    ids = [element.attributes["id"] for element in page.all() if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    drawn = page.all("svg", role="img")
    assert len(drawn) == 2
    for svg in drawn:
        named = (svg.attributes["aria-labelledby"] or "").split()
        assert [child.attributes.get("id") for child in svg.children[:2]] == named
        assert [child.name for child in svg.children[:2]] == ["title", "desc"]
        assert "p1_d180, day 180: negative at LoD 1.0e-5" in svg.children[1].text
    assert all(svg.attributes.get("aria-hidden") == "true" for svg in page.all("svg") if svg not in drawn)


def test_headings_are_in_order(page: Element) -> None:
    levels = [int(e.name[1]) for e in page.all() if re.fullmatch(r"h[1-6]", e.name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_tables_are_rectangles(page: Element) -> None:
    for table in page.all("table"):
        width = len(table.one("thead").one("tr").children)
        covered = 0
        for row in table.all("tr"):
            spans = [
                (int(c.attributes.get("colspan") or 1), int(c.attributes.get("rowspan") or 1)) for c in row.children
            ]
            covered += sum(columns * rows for columns, rows in spans)
        assert covered == width * len(table.all("tr"))


def results(page: Element) -> dict[tuple[str, str], list[str]]:
    """Cells of the result table by sample and marker."""
    cells: dict[tuple[str, str], list[str]] = {}
    table = page.all("table", class_="results")[0]
    for body in table.all("tbody"):
        group, *rows = body.all("tr")
        sample = group.text.split(" ", 1)[0]
        cells |= {(sample, row.children[0].text): [cell.text for cell in row.children[1:]] for row in rows}
    return cells


def test_every_plotted_value_is_in_the_table(page: Element) -> None:
    cells = results(page)
    assert len(cells) == 21
    for svg in page.all("svg", role="img"):
        points = [
            group.children[0].text for group in svg.all("g") if group.children and group.children[0].name == "title"
        ]
        assert len(points) == 21
        for point in points:
            position, said = point.split(": ", 1)
            sample, marker = position.split(", ")
            row = cells[sample, marker]
            for level in LEVEL.findall(said):
                assert any(level in cell for cell in row), (point, row)


def test_the_table_has_the_numbers_of_the_results(page: Element) -> None:
    assert results(page)["p1_d33", "combined"] == [
        "1,116", "36", "60", "500,000", "1.2e-4 pooled 1.1e-4",
        "8.0e-5 to 1.7e-4 7.2e-5 to 1.6e-4", "0", "1.0e-5", "1.0e-5", "< 1e-12", "Positive",
    ]  # fmt: skip
    assert results(page)["p1_d150", "combined"][4:] == [*["–a"] * 6, "Failed control_contaminated"]


def test_every_empty_cell_has_its_reason(page: Element) -> None:
    found = 0
    for section in page.all("section"):
        notes = " ".join(note.text for note in section.all("p", class_="notes"))
        letters = {cell.text[1:] for cell in section.all("td") if cell.text.startswith("–")}
        found += len(letters)
        assert all(f"{letter} " in notes for letter in letters)
    assert found >= 4


@pytest.mark.parametrize("subject_id", ["p1", "p2"])
def test_no_null_is_printed(subject_id: str) -> None:
    text = parse(whole_page(subject_id)).one("body").text
    assert not re.search(r"\b(nan|NaN|None|null|inf|True|False)\b", text)


def test_every_flag_is_explained(page: Element) -> None:
    text = parse(whole_page("p2")).text
    assert all(sentence in text for sentence in FLAGS.values())


def test_terms_have_the_meaning_of_the_glossary() -> None:
    lines = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text().splitlines()
    glossary = dict(cells for line in lines if len(cells := line.strip("| ").split(" | ")) == 2)
    words = [word for word in TERMS if word != "notation"]
    assert len(words) == 8
    for word in words:
        entries = [meaning for entry, meaning in glossary.items() if word in entry.split(", ")]
        assert len(entries) == 1, word
        assert entries[0].lower() in TERMS[word].lower(), word


def test_every_string_is_escaped() -> None:
    evil = "\"><script>alert('1')</script>&amp;<b>"
    rows = [row | {"subject_id": evil, "sample_id": evil + row["sample_id"]} for row in example_cohort.first_patient()]
    rows = [row | {"marker_id": evil + row["marker_id"], "flags": evil} if row["locus"] else row for row in rows]
    mrd = example_cohort.mrd(*rows)
    text_columns = [
        name for name, kind in MARKERS.schema().items() if kind == pl.String and name not in ("locus", "system")
    ]
    markers = example_cohort.markers().with_columns(pl.lit(evil).alias(name) for name in text_columns)
    html = patient_page(
        mrd,
        markers,
        subject_id=evil,
        qc=example_cohort.qc(mrd).with_columns(pl.lit(evil).alias("unit"), pl.lit(evil).alias("stage")),
        kinetics=example_cohort.kinetics(example_cohort.mrd()).with_columns(
            pl.lit(evil).alias("subject_id"), pl.lit(evil).alias("marker_id")
        ),
        samples=example_cohort.samples(mrd).with_columns(
            pl.lit(evil).alias(name) for name in ("tissue", "disease", "collection_date")
        ),
        provenance={evil: {"provenance": {evil: evil, "inputs": {evil: evil}, "configuration": {evil: [evil]}}}},
        settings=Report(title=evil),
    )
    page = parse(html)
    assert "<script" not in html.lower()
    assert not page.all("script")
    assert not [e for e in page.all("b") if e.text.startswith(("alert", "&amp"))]
    assert page.one("h1").text == f"Patient {evil}"
    assert all(evil in svg.children[0].text for svg in page.all("svg", role="img"))
    assert {e.name for e in page.all()} <= {e.name for e in parse(whole_page()).all()}


def test_control_characters_do_not_reach_the_page() -> None:
    row = example_cohort.result("d\x001", 1.0, "combined", "negative", flags="\x1b")
    assert not re.search(
        "[\x00-\x08\x0b-\x1f]", patient_page(example_cohort.mrd(row), example_cohort.markers(), subject_id="p1")
    )


def test_same_input_same_bytes() -> None:
    assert whole_page() == whole_page()


def test_rows_of_other_patients_are_left_out() -> None:
    alone = example_cohort.mrd().filter(pl.col("subject_id") == "p1")
    one = patient_page(alone, example_cohort.markers().filter(pl.col("subject_id") == "p1"), subject_id="p1")
    assert one == patient_page(example_cohort.mrd(), example_cohort.markers(), subject_id="p1")


def test_samples_stand_by_day_whatever_the_order_of_the_table() -> None:
    groups = example_cohort.mrd(*example_cohort.first_patient()).partition_by("sample_id")
    turned = pl.concat(reversed(groups))
    straight = patient_page(pl.concat(groups), example_cohort.markers(), subject_id="p1")
    assert patient_page(turned, example_cohort.markers(), subject_id="p1") == straight


def test_verdict_is_of_the_latest_sample(page: Element) -> None:
    verdict = page.one("div", class_="verdict")
    assert verdict.attributes["class"] == "verdict negative"
    assert [p.text for p in verdict.all("p")] == [
        "Latest sample p1_d180 (day 180, bone marrow, follow-up)",
        "Negative: no molecule of the clone in DNA of 500,000 nucleated cells (capture 0.6); a clone at 1.0e-5 would "
        "have been found 95 times in 100.",
    ]
    assert "Research use only" in page.one("header").text


def test_a_failed_patient_without_markers() -> None:
    row = example_cohort.result("p1_f", 33.0, "combined", "failed", flags="no_marker")
    page = parse(patient_page(example_cohort.mrd(row), MARKERS.empty(), subject_id="p1", target=1e-4))
    assert page.one("div", class_="verdict").attributes["class"] == "verdict failed"
    assert FLAGS["no_marker"] in page.one("ol").text
    assert "The markers table has no row of this patient." in page.text
    assert all("no result to draw" in svg.text for svg in page.all("svg", role="img"))


def test_a_single_sample_with_one_marker() -> None:
    rows = example_cohort.with_markers("d33", 33, "negative", 0)[:2]
    page = parse(patient_page(example_cohort.mrd(*rows), example_cohort.markers(), subject_id="p1"))
    (legend, *_) = page.all("ul", class_="legend")
    assert [item.text.strip() for item in legend.all("li")] == [f"combined (the one marker, {example_cohort.IGH})"]
    assert set(results(page)) == {("d33", "combined"), ("d33", example_cohort.IGH)}


def test_without_a_day_samples_are_drawn_in_order_and_the_caption_says_so() -> None:
    rows = [row | {"day": None} for row in example_cohort.first_patient()]
    page = parse(patient_page(example_cohort.mrd(*rows), example_cohort.markers(), subject_id="p1"))
    assert "drawn in their order, not to scale, because a day is missing" in page.one("figcaption").text
    assert "7 samples, days not given" in page.one("header").text


def test_entries_that_all_summaries_share_are_shown_once() -> None:
    page = parse(whole_page())
    assert page.text.count("quantify.pg_per_cell") == 1
    assert page.text.count("reads/p1_d33.fastq.gz") == 1


def test_a_patient_without_results_is_an_error() -> None:
    with pytest.raises(TableError, match="no row of patient p3, only of p1, p2"):
        patient_page(example_cohort.mrd(), example_cohort.markers(), subject_id="p3")


def test_a_sample_without_combined_row_is_an_error() -> None:
    rows = example_cohort.with_markers("d33", 33, "negative", 0)[1:]
    with pytest.raises(TableError, match="sample d33 has 0 rows `combined`"):
        patient_page(example_cohort.mrd(*rows), example_cohort.markers(), subject_id="p1")
