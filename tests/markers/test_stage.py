from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from clonotrack.config import Markers
from clonotrack.markers.stage import select_markers, unite_baselines
from clonotrack.tables import CLONOTYPES, MARKERS

REGION = "TGTGCGAGAGATTTACCCGGGTACTTTGACTACTGGGGCCAG"
LEFT, RIGHT = "GAGGACACGGCTGTGTATTAC", "GGAACCCTGGTCACCGTC"


def clonotype(name: str, reads: int, **more: Any) -> dict[str, Any]:
    return {
        "clone_id": name,
        "family_id": name,
        "locus": "IGH",
        "system": "IGH",
        "v_call": "IGHV1-2*02",
        "j_call": "IGHJ4*02",
        "junction": REGION,
        "key_region": REGION,
        "sequence": LEFT + REGION + RIGHT,
        "duplicate_count": reads,
        "unique_sequences": 1,
    } | more


def baseline(*rows: dict[str, Any]) -> pl.DataFrame:
    """Build CLONOTYPES by falling reads, with their fractions of the locus."""
    frame = pl.DataFrame(list(rows), schema=CLONOTYPES.schema(), orient="row")
    reads = pl.when(pl.col("control_id").is_null()).then("duplicate_count")
    shares = frame.with_columns(fraction_of_locus=reads / reads.sum().over("locus"))
    return shares.sort("duplicate_count", "clone_id", descending=[True, False])


def polyclonal(number: int, reads: int) -> list[dict[str, Any]]:
    return [clonotype(f"{i:08d}poly{reads:04d}", reads) for i in range(number)]


def selected(clonotypes: pl.DataFrame, settings: Markers | None = None, **known: Any) -> pl.DataFrame:
    amounts: dict[str, Any] = {"input_cells": 10_000, "reads_per_copy": {"IGH": 10.0}} | known
    return select_markers(clonotypes, settings or Markers(), subject_id="p1", sample_id="dx", **amounts)


# 10,000 of 20,000 reads, 1,000 of 10,000 cells, nothing in the next decade.
DOMINANT = [clonotype("aaaaaaaa00000001", 10_000), *polyclonal(100, 100)]


def reason(markers: pl.DataFrame, index: int = 0) -> str:
    text: str = markers["reason"][index]
    return text


def test_a_dominant_clonotype_is_selected_and_the_reason_has_every_figure_and_threshold() -> None:
    markers = selected(baseline(*DOMINANT))
    assert markers["selected"].to_list() == [True] + [False] * 19
    assert reason(markers) == (
        "Selected: 50 % of the IGH reads (at least 3 %); 10 % of nucleated cells (at least 0.2 %); "
        "0 sequences in the next decade (at most 5); 1,000 genome equivalents (at least 40)."
    )
    assert reason(markers, 1) == (
        "Refused: 0.5 % of the IGH reads, less than 3 %; 0.1 % of nucleated cells, less than 0.2 %; "
        "99 sequences in the next decade, more than 5; 10.0 genome equivalents, less than 40."
    )
    first = markers.row(0, named=True)
    assert first["marker_id"] == "p1.IGH.aaaaaaaa"
    assert (first["cells"], first["copies_per_cell"], first["sample_id"]) == (1_000.0, 1.0, "dx")


@pytest.mark.parametrize(
    ("rows", "known", "clause"),
    [
        ([*DOMINANT, clonotype("cccccccc", 400_000)], {}, "2.38 % of the IGH reads, less than 3 %"),
        (DOMINANT, {"input_cells": 600_000}, "0.167 % of nucleated cells, less than 0.2 %"),
        ([*DOMINANT, *polyclonal(6, 1_000)], {}, "6 sequences in the next decade, more than 5"),
        (DOMINANT, {"reads_per_copy": {"IGH": 251.0}}, "39.8 genome equivalents, less than 40"),
    ],
)
def test_each_criterion_alone_refuses_a_clonotype_and_the_reason_says_so(
    rows: list[dict[str, Any]], known: dict[str, Any], clause: str
) -> None:
    markers = selected(baseline(*rows), **known).filter(pl.col("marker_id") == "p1.IGH.aaaaaaaa")
    assert markers["selected"].to_list() == [False]
    clauses = reason(markers).removeprefix("Refused: ").removesuffix(".").split("; ")
    failed = [text for text in clauses if "less than" in text or "more than" in text]
    assert failed == [clause]


@pytest.mark.parametrize(
    ("others", "near"), [([1_000] * 5, 5), ([999] * 9, 0), ([10_000] * 2, 2), ([10_001], 0), ([1_000, 999], 1)]
)
def test_the_next_decade_runs_from_a_tenth_to_the_frequency_itself(others: list[int], near: int) -> None:
    rows = [clonotype("aaaaaaaa", 10_000), *(clonotype(f"b{i}", reads) for i, reads in enumerate(others))]
    markers = selected(baseline(*rows)).filter(pl.col("marker_id") == "p1.IGH.aaaaaaaa")
    assert f"; {near} sequence" in reason(markers)


def test_relatives_do_not_fill_the_next_decade_but_are_reported() -> None:
    relatives = [clonotype(f"b{i}", 2_000, family_id="aaaaaaaa") for i in range(9)]
    markers = selected(baseline(clonotype("aaaaaaaa", 10_000), *relatives, clonotype("c", 1_500)))
    assert markers["selected"][0]
    assert "1 sequence in the next decade beside 9 of its family (at most 5)" in reason(markers)


def test_ranks_and_fractions_are_by_locus() -> None:
    trg = [clonotype(f"t{i}", 9_000, locus="TRG", system="TRG") for i in range(9)]
    markers = selected(baseline(*DOMINANT, *trg))
    assert "50 % of the IGH reads" in reason(markers)
    assert "0 sequences in the next decade" in reason(markers)
    assert markers["locus"].to_list().count("TRG") == 9


def test_calibrators_get_no_row_and_no_rank() -> None:
    calibrators = [clonotype(f"k{i}", 9_000, control_id=f"cal{i}") for i in range(7)]
    markers = selected(baseline(*DOMINANT, *calibrators))
    assert markers["selected"][0]
    assert "0 sequences in the next decade" in reason(markers)
    assert not markers["marker_id"].str.contains("IGH.k").any()


@pytest.mark.parametrize(
    ("known", "clauses"),
    [
        ({"input_cells": None}, ["share of nucleated cells not assessed (their number is not known)"]),
        (
            {"reads_per_copy": None},
            [
                "share of nucleated cells not assessed (no calibrator tells the clone's cells)",
                "genome equivalents not assessed (no calibrator)",
            ],
        ),
        ({"reads_per_copy": {"TRG": 3.0}}, ["genome equivalents not assessed (no calibrator)"]),
        ({"reads_per_copy": {"IGH": 0.0}}, ["genome equivalents not assessed (no calibrator)"]),
    ],
)
def test_a_criterion_without_data_is_reported_as_not_assessed(known: dict[str, Any], clauses: list[str]) -> None:
    markers = selected(baseline(*DOMINANT), **known)
    assert markers["selected"][0]
    assert all(clause in reason(markers) for clause in clauses)


def test_fewer_reads_than_genome_equivalents_are_refused_even_without_calibrators() -> None:
    markers = selected(baseline(clonotype("a", 39)), reads_per_copy=None)
    assert not markers["selected"][0]
    assert "at most 39 genome equivalents, one a read, fewer than 40" in reason(markers)
    assert selected(baseline(clonotype("a", 40)), reads_per_copy=None)["selected"][0]


def test_a_clonotype_that_meets_the_rule_gets_a_row_whatever_its_rank() -> None:
    trg = clonotype("tttttttt", 900, locus="TRG", system="TRG")
    crowd = polyclonal(30, 2_000)
    markers = selected(baseline(*crowd, trg), reads_per_copy={"IGH": 10.0, "TRG": 1.0})
    assert markers.height == 21
    assert markers.filter("selected")["marker_id"].to_list() == ["p1.TRG.tttttttt"]


def test_the_most_abundant_are_selected_up_to_the_limit_of_a_baseline() -> None:
    rows = [clonotype(f"{i}" * 16, 10_000 - i) for i in range(4)]
    markers = selected(baseline(*rows), Markers(max_selected=3))
    assert markers["selected"].to_list() == [True, True, True, False]
    assert reason(markers, 3).startswith(
        "Refused although it meets the rule, as 3 larger markers were taken, the most of one baseline: 25 % "
    )


def test_ids_that_would_be_equal_have_all_digits() -> None:
    rows = [clonotype("aaaaaaaa00000001", 900), clonotype("aaaaaaaa00000002", 800), clonotype("bbbbbbbb00000001", 700)]
    assert selected(baseline(*rows))["marker_id"].to_list() == [
        "p1.IGH.aaaaaaaa00000001",
        "p1.IGH.aaaaaaaa00000002",
        "p1.IGH.bbbbbbbb",
    ]


def test_an_empty_baseline_gives_an_empty_table() -> None:
    assert selected(CLONOTYPES.empty()).equals(MARKERS.empty())


@pytest.mark.parametrize(
    ("left", "region", "right", "least", "part"),
    [
        ("A" * 10, REGION, "A" * 10, 40, REGION),
        ("A" * 10, "C" * 30, "A" * 10, 40, "A" * 5 + "C" * 30 + "A" * 5),
        ("A" * 10, "C" * 31, "A" * 10, 40, "A" * 4 + "C" * 31 + "A" * 5),
        ("A" * 2, "C" * 30, "A" * 10, 40, "A" * 2 + "C" * 30 + "A" * 8),
        ("A" * 10, "C" * 30, "A" * 2, 40, "A" * 8 + "C" * 30 + "A" * 2),
        ("A" * 2, "C" * 30, "A" * 2, 40, "A" * 2 + "C" * 30 + "A" * 2),
        ("GNA", "C" * 30, "AAANG", 40, "A" + "C" * 30 + "AAA"),
    ],
)
def test_the_clone_specific_part_is_the_key_region_extended_within_known_bases(
    left: str, region: str, right: str, least: int, part: str
) -> None:
    row = clonotype("a", 900, key_region=region, sequence=left + region + right)
    marker = selected(baseline(row), Markers(min_target_length=least)).row(0, named=True)
    assert marker["sequence"][marker["target_start"] - 1 : marker["target_end"]] == part
    assert "N" not in marker["sequence"]


def test_a_key_region_with_an_unknown_base_is_refused() -> None:
    region = REGION[:20] + "N" + REGION[21:]
    markers = selected(baseline(clonotype("a", 900, key_region=region, sequence=LEFT + region + RIGHT)))
    assert not markers["selected"][0]
    assert "its clone-specific part holds an unknown base" in reason(markers)


def test_of_a_marker_in_two_baselines_the_selected_row_is_kept() -> None:
    crowd = [clonotype(f"cccc000{i}", 15_000) for i in range(8)]
    first = selected(baseline(*DOMINANT))
    second = selected(baseline(clonotype("aaaaaaaa00000001", 20_000), *crowd)).with_columns(sample_id=pl.lit("relapse"))
    united = unite_baselines([second, first])
    both = united.filter(pl.col("marker_id") == "p1.IGH.aaaaaaaa")
    assert both.select("sample_id", "selected", "duplicate_count").rows() == [("dx", True, 10_000)]
    assert united.height == first.height + second.height - 1
    assert united["duplicate_count"].is_sorted(descending=True)


def by_umi(*rows: tuple[str, int, int]) -> pl.DataFrame:
    """Build CLONOTYPES from (name, reads, molecules)."""
    frame = baseline(*(clonotype(name, reads, umi_count=umis) for name, reads, umis in rows))
    return frame.with_columns(fraction_of_locus=pl.col("umi_count") / pl.col("umi_count").sum())


def test_with_umis_fractions_ranks_and_cells_are_of_molecules() -> None:
    crowd = [(f"b{i}", 90_000 + i, 40) for i in range(7)]
    markers = selected(
        by_umi(("aaaaaaaa", 10_000, 600), *crowd), umis_per_copy={"IGH": 0.5}, reads_per_copy={"IGH": 1.0}
    )
    assert markers["marker_id"][0] == "p1.IGH.aaaaaaaa"
    assert reason(markers) == (
        "Selected: 68.2 % of the IGH molecules (at least 3 %); 12 % of nucleated cells (at least 0.2 %); "
        "0 sequences in the next decade (at most 5); 1,200 genome equivalents (at least 40)."
    )
    assert not markers["selected"][1:].any()


def test_the_reason_reports_an_assumed_capture() -> None:
    found = by_umi(("aaaaaaaa", 10_000, 600))
    markers = selected(found, umis_per_copy={"IGH": 0.6}, capture_assumed=True)
    assert reason(markers).endswith("1,000 genome equivalents (at least 40); cells at an assumed capture of UMIs.")


def test_if_the_umi_space_of_a_clonotype_is_saturated_reads_are_counted() -> None:
    found = baseline(clonotype("a", 10_000, umi_count=None), clonotype("b", 300, umi_count=290))
    markers = selected(found, umis_per_copy={"IGH": 0.5})
    assert "% of the IGH reads" in reason(markers)
    assert markers["cells"].to_list() == [1_000.0, 580.0]
