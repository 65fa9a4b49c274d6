from __future__ import annotations

import polars as pl
import pytest

from clonotrack.cli.main import main
from clonotrack.io.tables import read_table
from clonotrack.tables import MARKERS, READ_TRUTH, SAMPLES, TRUTH

PLAN = """
seed: 3
libraries: {lib: {loci: [IGH], calibrators_per_locus: 1}}
repertoire: {clones: 20}
subjects: [{subject_id: p, markers: [{locus: IGH}]}]
samples:
  - {sample_id: dx, subject_id: p, role: baseline, cells: 300, level: 0.5, b_fraction: 0.1}
  - {sample_id: ntc, role: negative_control, cells: 0}
"""


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN)
    return path


def test_a_series_is_written(plan, tmp_path, capsys):
    folder = tmp_path / "out"
    assert main(["simulate", "series", str(plan), "-o", str(folder)]) == 0
    assert sorted(p.name for p in folder.iterdir()) == [
        "config.yaml",
        "controls.tsv",
        "dx.fastq.gz",
        "ntc.fastq.gz",
        "samples.tsv",
        "true_markers.tsv",
        "truth.tsv",
    ]
    assert read_table(folder / "samples.tsv", SAMPLES)["sample_id"].to_list() == ["dx", "ntc"]
    assert read_table(folder / "truth.tsv", TRUTH).height == 2
    assert read_table(folder / "true_markers.tsv", MARKERS).height == 1
    assert "dx: " in capsys.readouterr().err


def test_the_seed_alone_determines_the_bytes(plan, tmp_path):
    calls = {"a": [], "b": [], "c": ["--seed", "4"]}
    for name, more in calls.items():
        assert main(["simulate", "series", str(plan), "-o", str(tmp_path / name), *more]) == 0
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
    assert (tmp_path / "a" / "dx.fastq.gz").read_bytes() != (tmp_path / "c" / "dx.fastq.gz").read_bytes()


def test_existing_files_are_kept_without_force(plan, tmp_path, capsys):
    call = ["simulate", "series", str(plan), "-o", str(tmp_path / "out")]
    assert main(call) == 0
    assert main(call) == 1
    assert "exists already" in capsys.readouterr().err
    assert main([*call, "--force"]) == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [("samples: [", "is not valid YAML"), ("seed: -1", "seed: "), ("", "libraries: Field required")],
)
def test_a_bad_plan_prints_one_error_and_leaves_no_output(tmp_path, capsys, text, message):
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    assert main(["simulate", "series", str(path), "-o", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert str(path) in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_the_printed_plan_is_valid(tmp_path, capsys):
    assert main(["simulate", "plan"]) == 0
    printed = capsys.readouterr().out
    import yaml

    from clonotrack.simulate import parse_plan

    assert len(parse_plan(yaml.safe_load(printed)).samples) == 14


def test_reads_and_their_truth_agree(tmp_path):
    reads, truth = tmp_path / "x.fastq", tmp_path / "x.parquet"
    call = ["simulate", "reads", "--locus", "IGH", "--locus", "IGK", "--reads", "40", "--mutation", "0.05"]
    assert main([*call, "-o", str(reads), "--truth", str(truth)]) == 0
    frame = read_table(truth, READ_TRUTH)
    lines = reads.read_text().splitlines()
    assert [line[1:] for line in lines[::4]] == frame["sequence_id"].to_list()
    assert all(len(s) == len(q) for s, q in zip(lines[1::4], lines[3::4], strict=True))
    assert frame.filter(pl.col("locus") == "IGH").height == 20


def test_impossible_numbers_print_one_error_and_leave_no_output(tmp_path, capsys):
    call = ["simulate", "reads", "--reads", "5", "--clonotypes", "9", "--truth", str(tmp_path / "t.tsv")]
    assert main([*call, "-o", str(tmp_path / "x.fastq.gz")]) == 1
    assert "5 reads cannot contain 9 clonotypes" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
