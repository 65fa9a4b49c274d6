"""``clonotrack run`` on cohorts that differ from the demo, and its errors."""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from clonotrack.io.tables import read_table, write_table
from clonotrack.tables import MARKERS, MRD, SAMPLES
from tests.flow.conftest import ENVIRONMENT

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]


def sheet(path: Path, demo: Path, rows: list[dict[str, object]], library: str | None = "multiplex") -> Path:
    """Write a sample sheet with reads of the demo."""
    absolute = [{**row, "reads_1": str(demo / str(row["reads_1"])), "library": library} for row in rows]
    write_table(pl.DataFrame(absolute, schema=SAMPLES.schema()), SAMPLES, path)
    return path


def run(*arguments: str | Path, environment: dict[str, str] = ENVIRONMENT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "clonotrack", "run", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_patient_without_a_marker_fails_and_the_others_finish(tmp_path: Path, demo: Path) -> None:
    """The baseline of p3 is the polyclonal control; p1 has an existing markers table and no baseline."""
    rows: list[dict[str, object]] = [
        {
            "subject_id": "p3",
            "sample_id": "p3-dx",
            "role": "baseline",
            "reads_1": "polyclonal.fastq.gz",
            "input_ng": 3250,
        },
        {"subject_id": "p3", "sample_id": "p3-d33", "role": "followup", "reads_1": "p2-d78.fastq.gz", "input_ng": 3250},
        {
            **{"subject_id": "p1", "sample_id": "p1-d78", "role": "followup", "reads_1": "p1-d78.fastq.gz"},
            **{"input_ng": 3250, "markers": str(demo / "true_markers.tsv")},
        },
    ]
    samples = sheet(tmp_path / "samples.tsv", demo, rows)
    done = run(samples, "--config", demo / "config.yaml", "-o", tmp_path / "out")
    assert done.returncode == 0, done.stdout + done.stderr
    refused = read_table(tmp_path / "out" / "4_markers" / "p3.markers.tsv", MARKERS)
    assert not refused["selected"].any()
    assert refused["reason"].null_count() == 0
    mrd = read_table(tmp_path / "out" / "6_quantify" / "mrd.tsv", MRD)
    rows_of = {sample: group for (sample,), group in mrd.group_by("sample_id")}
    for sample in ("p3-dx", "p3-d33"):
        assert rows_of[sample].select("marker_id", "call", "flags").rows() == [("combined", "failed", "no_marker")]
    assert set(rows_of["p1-d78"]["call"]) == {"positive"}
    assert (tmp_path / "out" / "7_report" / "p3.html").is_file()


def test_without_calibrators_the_share_of_reads_is_used_and_flagged(tmp_path: Path, demo: Path) -> None:
    """Without settings: defaults, share of reads, and a LoD of at least 1e-4."""
    rows: list[dict[str, object]] = [
        {
            **{"subject_id": "p1", "sample_id": name, "role": role, "reads_1": f"{name}.fastq.gz"},
            **{"input_ng": 3250, "lymphoid_fraction": fraction, "day": day},
            "run_id": f"run-{name}",  # on one run, reads of the baseline could hop into the others
        }
        for name, role, fraction, day in (
            ("p1-dx", "baseline", 0.85, 0),
            ("p1-d15", "followup", 0.02, 15),
            ("p1-d180", "followup", 0.01, 180),
        )
    ]
    samples = sheet(tmp_path / "samples.tsv", demo, rows, library=None)
    done = run(samples, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stdout + done.stderr
    chosen = read_table(tmp_path / "out" / "4_markers" / "p1.markers.tsv", MARKERS).filter("selected")
    assert sorted(chosen["locus"]) == ["IGH", "IGK"]
    assert chosen["reason"].str.contains("not assessed").all()
    mrd = read_table(tmp_path / "out" / "6_quantify" / "mrd.tsv", MRD)
    assert set(mrd["counting"]) == {"read_share"}
    assert mrd["flags"].str.contains("read_share").all()
    assert mrd["flags"].str.contains("capture_assumed").all()
    assert (mrd["lod"] >= 1e-4).all()
    calls = dict(mrd.filter(pl.col("marker_id") == "combined").select("sample_id", "call").iter_rows())
    assert calls == {"p1-dx": "positive", "p1-d15": "positive", "p1-d180": "negative"}


def test_a_failed_step_prints_its_error(tmp_path: Path, demo: Path) -> None:
    """The damage is at the end of the file, so only reading all of it finds it."""
    damaged = (demo / "p1-d78.fastq.gz").read_bytes()[:-1000]
    (tmp_path / "damaged.fastq.gz").write_bytes(damaged)
    rows: list[dict[str, object]] = [
        {
            **{"subject_id": "p1", "sample_id": "p1-d78", "role": "followup", "input_ng": 3250},
            **{"reads_1": str(tmp_path / "damaged.fastq.gz"), "markers": str(demo / "true_markers.tsv")},
        }
    ]
    samples = sheet(tmp_path / "samples.tsv", demo, rows)
    done = run(samples, "--config", demo / "config.yaml", "-o", tmp_path / "out")
    assert done.returncode == 1
    assert "damaged.fastq.gz: the gzip data stop in the middle" in done.stdout + done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("clonotrack: error: ")
    assert not (tmp_path / "out" / "5_track" / "p1-d78.hits.tsv").exists()


def test_the_workflow_ships_inside_the_wheel(tmp_path: Path, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wheel is built, installed outside the checkout, and run there."""
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.stat().st_size < 3_000_000
    target = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    environment = {**ENVIRONMENT, "PYTHONPATH": str(target)}
    code = "from clonotrack.io.package_data import workflow_folder; print(workflow_folder())"
    printed = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == str(target / "clonotrack" / "workflows")
    rows: list[dict[str, object]] = [
        {
            **{"subject_id": "p2", "sample_id": "p2-d78", "role": "followup", "reads_1": "p2-d78.fastq.gz"},
            **{"input_cells": 500_000, "markers": str(demo / "true_markers.tsv")},
        },
    ]
    samples = sheet(tmp_path / "samples.tsv", demo, rows)
    monkeypatch.chdir(tmp_path)
    done = run(samples, "--config", demo / "config.yaml", "-o", tmp_path / "out", environment=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert read_table(tmp_path / "out" / "6_quantify" / "mrd.tsv", MRD)["call"].to_list() == ["negative"] * 3


@pytest.mark.parametrize("profile", ["default", "slurm"])
def test_the_checkout_is_an_ordinary_snakemake_workflow(tmp_path: Path, demo: Path, profile: str) -> None:
    """Snakemake without a target plans the whole cohort, for one machine and for a cluster."""
    configuration = [f"samples={demo / 'samples.tsv'}", f"settings={demo / 'config.yaml'}", f"output={tmp_path}"]
    command = [sys.executable, "-m", "snakemake", "--profile", f"workflows/profiles/{profile}", "--dry-run"]
    planned = subprocess.run(
        [*command, "--config", *configuration], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    assert "track" in planned.stdout + planned.stderr
    assert "Nothing to be done" not in planned.stdout + planned.stderr


def test_settings_that_do_not_fit_the_schema_stop_the_workflow(tmp_path: Path, demo: Path) -> None:
    settings = tmp_path / "config.yaml"
    settings.write_text("reads: {min_lenght: 3}\n")
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--dry-run", "--config", f"output={tmp_path}"]
    done = subprocess.run(
        [*command, f"samples={demo / 'samples.tsv'}", f"settings={settings}"],
        cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "min_lenght" in done.stdout + done.stderr


def test_changed_settings_run_the_steps_again(tmp_path: Path, demo: Path) -> None:
    """Only the content of the settings file changes."""
    settings, out = tmp_path / "config.yaml", tmp_path / "out"
    sample = {"subject_id": "p1", "sample_id": "d78", "role": "followup", "reads_1": "p1-d78.fastq.gz"}
    inputs = {"markers": str(demo / "true_markers.tsv"), "input_ng": 3250, "lymphoid_fraction": 0.5}
    path = sheet(tmp_path / "s.tsv", demo, [sample | inputs])
    for pg_per_cell in (6.5, 13.0):
        settings.write_text(f"quantify: {{pg_per_cell: {pg_per_cell}}}\nlibraries: {{multiplex: {{}}}}\n")
        done = run(path, "--config", settings, "-o", out, "--cores", "2")
        assert done.returncode == 0, done.stdout + done.stderr
        cells = read_table(out / "6_quantify" / "mrd.tsv", MRD)["input_cells"].unique().to_list()
        assert cells == [3250 * 1000 / pg_per_cell]


def test_a_folder_locked_by_a_killed_run_is_reported_and_unlocked(tmp_path: Path, demo: Path) -> None:
    sample = {"subject_id": "p1", "sample_id": "d78", "role": "followup", "reads_1": "p1-d78.fastq.gz"}
    path = sheet(tmp_path / "s.tsv", demo, [sample | {"markers": str(demo / "true_markers.tsv")}], library=None)
    out = tmp_path / "out"
    locks = out / ".snakemake" / "locks"
    locks.mkdir(parents=True)
    for name in ("0.input.lock", "0.output.lock"):
        (locks / name).write_text(f"{out}/5_track/d78.hits.tsv\n")
    call = (path, "-o", out, "--cores", "1", "--quiet")
    done = run(*call)
    assert done.returncode == 1
    assert f"{out}: the folder is locked by another run, or by a run that was killed" in done.stderr
    assert run(*call, "--", "--unlock").returncode == 0
    assert not locks.exists()
    assert run(*call, "--", "--dry-run").returncode == 0
