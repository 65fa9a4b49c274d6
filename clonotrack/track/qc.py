"""Compute quality metrics from HITS: what became of the reads, the error rate, and the reads that errors cost."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import polars as pl

from clonotrack.germline import LOCI
from clonotrack.pgen.allowed_edits import matching_loss
from clonotrack.tables import HITS, QC, TOTALS, check
from clonotrack.track.targets import Target

MIN_HITS = 1_000
"""Fewest hits of markers and controls from which an error rate is estimated."""
DEFAULT_ERROR_RATE = 0.003
"""Errors per base that are assumed for a tube with fewer hits."""

Metric = tuple[str, float, str]  # metric, value, unit


def add_matching_loss(hits: pl.DataFrame, targets: Sequence[Target], subject_id: str | None) -> pl.DataFrame:
    """Add `matching_loss` to HITS of one tube, from the error rate of the tube's own hits.

    Args:
        hits: HITS of the tube.
        targets: all targets of the tube.
        subject_id: patient of the tube; the error rate is not estimated from another patient's markers.
    """
    estimate = error_rate(hits, error_rate_targets(targets, {subject_id}))
    errors = DEFAULT_ERROR_RATE if estimate is None else estimate
    losses = {(t.kind, t.target_id): matching_loss(len(t.part), t.max_edits, errors) for t in _distinct(targets)}
    rows = zip(hits.get_column("target_kind"), hits.get_column("target_id"), strict=True)
    column = pl.Series("matching_loss", [losses.get(row) for row in rows], dtype=pl.Float64)
    return hits.with_columns(column).select(HITS.names)


def error_rate_targets(targets: Sequence[Target], subjects: Collection[str | None]) -> list[Target]:
    """Select the targets from whose reads the error rate is estimated: controls, and markers of these patients."""
    return [t for t in _distinct(targets) if t.kind == "control" or t.subject_id in subjects]


def _distinct(targets: Sequence[Target]) -> list[Target]:
    """Return each target once; of a target with different edits in several tubes, the one with the fewest."""
    by_name = {(t.kind, t.target_id): t for t in sorted(targets, key=lambda t: -t.max_edits)}
    return list(by_name.values())


def error_rate(hits: pl.DataFrame, targets: Sequence[Target]) -> float | None:
    """Estimate the substitutions per base in reads of markers and controls.

    METHOD: with an error rate e, reads with one substitution in a target of L nt are to reads without any as
    e L / (1 - e) to 1. Reads with more substitutions are left out, because some of them are not counted.

    Args:
        hits: HITS of the sample.
        targets: from `error_rate_targets`; those without an allowed edit are not used.

    Returns:
        The rate; None if there are fewer than `MIN_HITS` hits.
    """
    lengths = {target.target_id: len(target.part) for target in targets if target.max_edits}
    columns = ["target_id", "match_class", "edit_distance", "reads"]
    without = with_one = bases = 0
    for name, match_class, distance, reads in hits.select(HITS.names).select(columns).iter_rows():
        if name in lengths and match_class == "exact":
            without, bases = without + reads, bases + reads * lengths[name]
        elif name in lengths and match_class == "mismatch" and distance == 1:
            with_one += reads
    if without + with_one < MIN_HITS or not bases:
        return None
    return with_one / (with_one + bases)


def track_qc(hits: pl.DataFrame, sample_id: str, targets: Sequence[Target] = ()) -> pl.DataFrame:
    """Make QC of one sample, all its tubes together.

    The metrics are: reads by what became of them; the error rate of the hits; for each marker of the sample's patient
    its allowed edits, by how many these are fewer than asked for, and the share of its reads that errors take.

    Args:
        hits: HITS of the sample.
        sample_id: as in `hits`.
        targets: from `clonotrack.track.stage.prepare_targets`, of all tubes.
    """
    of_sample = hits.filter(pl.col("sample_id") == sample_id)
    subjects = set(of_sample.get_column("subject_id"))
    used = error_rate_targets(targets, subjects)
    errors = error_rate(of_sample, used)
    rows = [*_total_metrics(of_sample)]
    if errors is not None:
        rows.append(("error_rate", errors, "substitutions per base"))
    for target in used:
        if target.kind == "marker":
            rows += _marker_metrics(target, of_sample)
    table = pl.DataFrame([(sample_id, "track", *row) for row in rows], schema=QC.schema(), orient="row")
    return check(table, QC)


def describe_allowed_edits(targets: Sequence[Target], subject_id: str | None) -> Iterator[str]:
    """Write a line for each marker of a patient: its allowed edits, and why they are fewer than asked for."""
    for target in targets:
        if target.kind == "marker" and subject_id is not None and target.subject_id == subject_id:
            reason = f" ({target.edits_reason})" if target.edits_reason else ""
            yield f"{target.target_id}: {target.max_edits} edits allowed in {len(target.part)} nt{reason}"


def _total_metrics(hits: pl.DataFrame) -> Iterator[Metric]:
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


def _marker_metrics(target: Target, hits: pl.DataFrame) -> Iterator[Metric]:
    name = target.target_id
    yield f"max_edits {name}", float(target.max_edits), "edits"
    if target.max_edits < target.requested_edits:
        yield f"max_edits_lowered {name}", float(target.requested_edits - target.max_edits), "edits"
    of_target = hits.filter(pl.col("target_id") == name, pl.col("target_kind") == "marker")
    losses = of_target.get_column("matching_loss").drop_nulls().to_list()
    if losses:
        yield f"matching_loss {name}", max(losses), "share of its reads"
