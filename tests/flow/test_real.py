"""The stages on real reads from public data."""

from pathlib import Path

import polars as pl
import pytest

import clonotrack
from clonotrack.cli.main import main
from clonotrack.io.tables import read_table
from clonotrack.pipeline import Baseline
from clonotrack.tables import CLONOTYPES, REARRANGEMENTS

pytestmark = pytest.mark.external


@pytest.fixture(scope="module")
def base(shared: Path) -> Baseline:
    reads = shared / "real_reads" / "igh_merged.fastq.gz"
    return clonotrack.baseline(reads, sample_id="igh", subject_id="p", input_cells=20_000)


def test_merged_igh_reads_have_v_j_and_junction(base: Baseline) -> None:
    annotated = base.rearrangements.filter(
        pl.col("v_call").str.starts_with("IGHV")
        & pl.col("j_call").str.starts_with("IGHJ")
        & pl.col("junction").is_not_null()
    )
    assert annotated["duplicate_count"].sum() >= 0.97 * 1834


def test_every_read_is_accounted_for(base: Baseline) -> None:
    figures = {(row["stage"], row["metric"]): row["value"] for row in base.qc.iter_rows(named=True)}
    assert figures["reads", "scanned"] == 1834
    assert figures["reads", "passed"] == base.rearrangements["duplicate_count"].sum() == figures["cluster", "reads"]
    assert figures["cluster", "reads_in_clonotypes"] == base.clonotypes["duplicate_count"].sum()


def test_track_counts_the_largest_clonotype_in_the_raw_reads(base: Baseline, shared: Path) -> None:
    """No clonotype is dominant, so the test selects the largest as a marker and tracks it in the same reads."""
    top = base.clonotypes.row(0, named=True)
    assert not base.markers["selected"].any()
    assert base.markers["reason"].str.contains("not assessed").all()
    chosen = base.markers.with_columns(selected=pl.col("marker_id") == f"p.IGH.{top['clone_id'][:8]}")
    later = clonotrack.followup(
        shared / "real_reads" / "igh_merged.fastq.gz",
        **{"sample_id": "again", "subject_id": "p", "input_cells": 20_000, "lymphoid_fraction": 0.5},
        markers=chosen,
    )
    rows = later.mrd.filter(pl.col("marker_id").str.ends_with(top["clone_id"][:8]))
    near = [
        count
        for region, count in base.rearrangements.select("key_region", "duplicate_count").drop_nulls().iter_rows()
        if len(region) == len(top["key_region"]) and sum(map(str.__ne__, region, top["key_region"])) <= 2
    ]
    assert rows["reads"].item() == pytest.approx(sum(near), rel=0.01)
    assert rows["call"].item() == "positive"


def test_annotate_and_cluster_accept_the_curated_sequences(shared: Path, tmp_path: Path) -> None:
    """Each curated sequence gets a row of REARRANGEMENTS, in order; cluster counts each key region."""
    records = [
        "".join(line.split("#")[0].strip() for line in record.splitlines()[1:] if not line.startswith("#"))
        for path in sorted((shared / "curated").glob("*.should-vdj.fa"))
        for record in path.read_text().split(">")[1:]
    ]
    sequences = [sequence for sequence in records if sequence]
    (tmp_path / "c.fasta").write_text("".join(f">s{i}\n{sequence}\n" for i, sequence in enumerate(sequences)))
    table, clonotypes = tmp_path / "c.rearrangements.tsv", tmp_path / "c.clonotypes.tsv"
    assert main(["annotate", str(tmp_path / "c.fasta"), "-o", str(table)]) == 0
    rearrangements = read_table(table, REARRANGEMENTS)
    assert rearrangements["sequence_id"].to_list() == [f"s{i}" for i in range(len(sequences))]
    assert main(["cluster", str(table), "-o", str(clonotypes)]) == 0
    clustered = read_table(clonotypes, CLONOTYPES)
    assert clustered["duplicate_count"].sum() == rearrangements["key_region"].count()
    assert {"IGH", "IGK+", "IGL", "TRB", "TRG", "TRD"} <= set(clustered["system"])
