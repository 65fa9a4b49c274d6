"""``clonotrack run --profile slurm`` on a Slurm cluster of one node."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from clonotrack.io.tables import read_table
from clonotrack.tables import MRD
from tests.flow.conftest import ENVIRONMENT
from tests.flow.slurm import missing_programs, one_node
from tests.flow.test_run import run, sheet

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        bool(missing_programs()),
        reason=f"not installed: {', '.join(missing_programs())} (Debian: munge, slurmctld, slurmd, slurm-client)",
    ),
]
# This Slurm keeps no accounting, which `sacct` needs.
TO_SNAKEMAKE = ("--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "2")


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment that submits jobs to the cluster."""
    with one_node(tmp_path_factory.mktemp("slurm")) as commands:
        yield {**ENVIRONMENT, "PATH": os.pathsep.join([str(commands), ENVIRONMENT["PATH"]])}


def follow_up(demo: Path, sample: str, reads: str) -> dict[str, object]:
    row = {"subject_id": "p1", "sample_id": sample, "role": "followup", "reads_1": reads, "input_ng": 3250}
    return {**row, "run_id": "run1", "markers": str(demo / "true_markers.tsv")}


def test_slurm_and_one_machine_give_the_same_results(tmp_path: Path, demo: Path, slurm: dict[str, str]) -> None:
    rows = [follow_up(demo, name, f"{name}.fastq.gz") for name in ("p1-d78", "p1-d180")]
    arguments = (sheet(tmp_path / "samples.tsv", demo, rows), "--config", demo / "config.yaml", "-o")
    submitted = run(
        *arguments, tmp_path / "slurm", "--verbose", "--profile", "slurm", "--", *TO_SNAKEMAKE, environment=slurm
    )
    assert submitted.returncode == 0, submitted.stdout + submitted.stderr
    assert (submitted.stdout + submitted.stderr).count("has been submitted with SLURM jobid") >= 4
    assert run(*arguments, tmp_path / "here").returncode == 0
    on_slurm, here = (read_table(tmp_path / where / "6_quantify" / "mrd.tsv", MRD) for where in ("slurm", "here"))
    assert on_slurm.equals(here)
    assert (tmp_path / "slurm" / "7_report" / "p1.html").is_file()


def test_a_failed_job_prints_its_error(tmp_path: Path, demo: Path, slurm: dict[str, str]) -> None:
    damaged = tmp_path / "damaged.fastq.gz"
    damaged.write_bytes((demo / "p1-d78.fastq.gz").read_bytes()[:-1000])
    samples = sheet(tmp_path / "samples.tsv", demo, [follow_up(demo, "p1-d78", str(damaged))])
    done = run(
        *(samples, "--config", demo / "config.yaml", "-o", tmp_path / "out", "--profile", "slurm", "--", *TO_SNAKEMAKE),
        environment=slurm,
    )
    assert done.returncode == 1
    assert "damaged.fastq.gz: the gzip data stop in the middle" in done.stdout + done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("clonotrack: error: ")
    assert not (tmp_path / "out" / "5_track" / "p1-d78.hits.tsv").exists()
