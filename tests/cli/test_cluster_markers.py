from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from clonotrack.cli.main import main
from clonotrack.io.tables import read_table, write_table
from clonotrack.tables import CLONOTYPES, HITS, MARKERS, QC, REARRANGEMENTS
from tests.cluster.simulated_rearrangements import J_END, V_END, Clone, random_region, row, table


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Rearrangements of a baseline with one clone and a calibrator, its controls, hits and sheet."""
    random = np.random.default_rng(3)
    calibrator = random_region(random)
    clones = [Clone(random_region(random), 5_000), Clone(calibrator, 400)]
    clones += [Clone(random_region(random), 20) for _ in range(50)]
    write_table(table([row(clone) for clone in clones]), REARRANGEMENTS, tmp_path / "dx.rearrangements.tsv")
    header = "control_id\tkind\tlocus\tsequence\tcopies\n"
    (tmp_path / "controls.tsv").write_text(f"{header}cal\tcalibrator\tIGH\t{V_END}{calibrator}{J_END}\t40\n")
    hit = {"sample_id": "dx", "target_id": "cal", "target_kind": "control", "match_class": "exact", "reads": 400}
    write_table(pl.DataFrame([hit], schema=HITS.schema()), HITS, tmp_path / "dx.control_hits.tsv")
    (tmp_path / "reads.fastq").write_text("@a\nACGT\n+\nIIII\n")
    sheet = "sample_id\tsubject_id\trole\treads_1\tinput_cells\ndx\tp1\tbaseline\treads.fastq\t100000\n"
    (tmp_path / "samples.tsv").write_text(sheet)
    return tmp_path


def run(folder: Path, *words: str) -> int:
    names = ("dx.", "controls.tsv", "samples.tsv", "out")
    return main([str(folder / word) if word.startswith(names) else word for word in words])


CLUSTER = ("cluster", "dx.rearrangements.tsv", "--controls", "controls.tsv", "-o", "dx.clonotypes.tsv")
MARKERS_CALL = ("markers", "dx.clonotypes.tsv", "--subject-id", "p1", "-o", "out.markers.tsv")
KNOWN = ("--samples", "samples.tsv", "--hits", "dx.control_hits.tsv", "--controls", "controls.tsv")


def test_cluster_and_markers_select_the_clone_by_all_four_criteria(folder: Path) -> None:
    assert run(folder, *CLUSTER) == 0
    assert read_table(folder / "dx.clonotypes.tsv", CLONOTYPES)["control_id"].to_list()[:2] == [None, "cal"]
    qc = read_table(folder / "dx.cluster.qc.tsv", QC)
    assert dict(qc.select("metric", "value").iter_rows())["reads"] == 6_400
    assert run(folder, *MARKERS_CALL, *KNOWN) == 0
    markers = read_table(folder / "out.markers.tsv", MARKERS)
    assert markers["selected"].sum() == 1
    assert markers["cells"][0] == 500
    assert markers["reason"][0] == (
        "Selected: 83.3 % of the IGH reads (at least 3 %); 0.5 % of nucleated cells (at least 0.2 %); "
        "0 sequences in the next decade (at most 5); 500 genome equivalents (at least 40)."
    )


def test_criteria_without_their_inputs_are_not_assessed(folder: Path) -> None:
    assert run(folder, *CLUSTER) == 0
    assert run(folder, *MARKERS_CALL) == 0
    reason = read_table(folder / "out.markers.tsv", MARKERS)["reason"][0]
    assert reason.count("not assessed") == 2


@pytest.mark.parametrize(
    ("more", "status", "sentence"),
    [
        (("--samples", "samples.tsv", "--sample-id", "other"), 1, "has no sample 'other'"),
        (("--samples", "samples.tsv", "--input-cells", "5"), 2, "the sample sheet (--samples) gives the input"),
        (("--input-cells", "-5"), 2, "-5.0 is not in the range x>0"),
        (("--hits", "dx.control_hits.tsv", "--sample-id", "other"), 1, "has no row of sample 'other'"),
        (("--samples", "samples.tsv", "--subject-id", "p2"), 1, "sample 'dx' belongs to patient p1, not p2"),
        (("dx.clonotypes.tsv", "--sample-id", "dx"), 2, "describe one baseline"),
    ],
)
def test_a_wrong_call_prints_one_error_and_leaves_no_output(
    folder: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], status: int, sentence: str
) -> None:
    assert run(folder, *CLUSTER) == 0
    assert run(folder, *MARKERS_CALL, *more) == status
    assert sentence in capsys.readouterr().err
    assert not list(folder.glob("out*"))


def test_a_missing_or_wrong_table_prints_one_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "cluster", "dx.nothing.tsv", "-o", "out.clonotypes.tsv") == 1
    assert "dx.nothing.tsv: no such file" in capsys.readouterr().err
    assert run(folder, "cluster", "controls.tsv", "-o", "out.clonotypes.tsv") == 1
    assert "table REARRANGEMENTS has no column" in capsys.readouterr().err
    assert not list(folder.glob("out*"))
