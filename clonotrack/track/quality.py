"""What is worth a look in the HITS of a sample: what became of its reads, its errors, and what edits cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from clonotrack.germline import LOCI
from clonotrack.tables import QC, TOTALS, check
from clonotrack.track.losses import error_rate, telling
from clonotrack.track.targets import Target

Metric = tuple[str, float, str]


def quality_control(hits: pl.DataFrame, sample_id: str, targets: Sequence[Target] = ()) -> pl.DataFrame:
    """QC of one sample, all its tubes together.

    What became of its reads; the error rate that its hits show; for each marker of its own patient the edits it was
    allowed, by how many these are fewer than asked for, and the share of its reads that errors take beyond them.

    Args:
        hits: HITS of the sample.
        sample_id: as in `hits`.
        targets: from `clonotrack.track.prepare`.
    """
    of_sample = hits.filter(pl.col("sample_id") == sample_id)
    subjects = set(of_sample.get_column("subject_id"))
    told = telling(targets, subjects)
    errors = error_rate(of_sample, told)
    rows = [*_totals(of_sample)]
    if errors is not None:
        rows.append(("error_rate", errors, "substitutions per base"))
    for target in told:
        if target.kind == "marker":
            rows += _of_marker(target, of_sample)
    frame = pl.DataFrame([(sample_id, "track", *row) for row in rows], schema=QC.schema(), orient="row")
    return check(frame, QC)


def allowed(targets: Sequence[Target], subject_id: str | None) -> Iterator[str]:
    """A line for each marker of a patient: its edits, and why these are fewer than errors ask for."""
    for target in targets:
        if target.kind == "marker" and subject_id is not None and target.subject_id == subject_id:
            why = f" ({target.reason})" if target.reason else ""
            yield f"{target.target_id}: {target.edits} edits allowed in {len(target.part)} nt{why}"


def _totals(hits: pl.DataFrame) -> Iterator[Metric]:
    counted = hits.filter(pl.col("target_kind").is_in(["total", "locus"]))
    reads = {
        name: int(counted.filter(pl.col("target_id") == name).get_column("reads").sum()) for name in (*TOTALS, *LOCI)
    }
    passed = reads["scanned"] - reads["no_umi"] - reads["too_short"] - reads["low_quality"]
    for name in TOTALS:
        yield name, float(reads[name]), "reads"
    for locus in LOCI:
        yield f"reads_{locus}", float(reads[locus]), "reads"
    if passed:
        yield "hit_share", reads["hit"] / passed, "share of passed reads"
        yield "locus_share", sum(reads[locus] for locus in LOCI) / passed, "share of passed reads"


def _of_marker(target: Target, hits: pl.DataFrame) -> Iterator[Metric]:
    name = target.target_id
    yield f"max_edits {name}", float(target.edits), "edits"
    if target.edits < target.wanted:
        yield f"max_edits_lowered {name}", float(target.wanted - target.edits), "edits"
    of_target = hits.filter(pl.col("target_id") == name, pl.col("target_kind") == "marker")
    losses = of_target.get_column("matching_loss").drop_nulls().to_list()
    if losses:
        yield f"matching_loss {name}", max(losses), "share of its reads"
