"""Compute quality metrics from HITS: totals of reads, error rate, and the reads of a marker that errors take."""

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
"""Errors per base that are assumed for a tube with fewer than `MIN_HITS` hits."""

Metric = tuple[str, float, str]  # metric, value, unit


def add_matching_loss(hits: pl.DataFrame, targets: Sequence[Target], subject_id: str | None) -> pl.DataFrame:
    """Add the column `matching_loss` to HITS of one tube, from the error rate of the hits of this tube.

    Args:
        hits: HITS of the tube.
        targets: all targets of the tube.
        subject_id: patient of the tube, None for a control sample. The error rate is estimated from this patient's
            markers and from controls, not from markers of other patients.
    """
    estimate = error_rate(hits, error_rate_targets(targets, {subject_id}))
    errors = DEFAULT_ERROR_RATE if estimate is None else estimate
    losses = {(t.kind, t.target_id): matching_loss(len(t.part), t.max_edits, errors) for t in _distinct(targets)}
    rows = zip(hits.get_column("target_kind"), hits.get_column("target_id"), strict=True)
    column = pl.Series("matching_loss", [losses.get(row) for row in rows], dtype=pl.Float64)
    return hits.with_columns(column).select(HITS.names)


def error_rate_targets(targets: Sequence[Target], subjects: Collection[str | None]) -> list[Target]:
    """Select the targets from whose reads the error rate is estimated: controls, and markers of the `subjects`."""
    return [t for t in _distinct(targets) if t.kind == "control" or t.subject_id in subjects]


def _distinct(targets: Sequence[Target]) -> list[Target]:
    """Return each target once; if tubes differ in the allowed edits of a target, return it with the fewest edits."""
    by_name = {(t.kind, t.target_id): t for t in sorted(targets, key=lambda t: -t.max_edits)}
    return list(by_name.values())


def error_rate(hits: pl.DataFrame, targets: Sequence[Target]) -> float | None:
    """Estimate the substitutions per base in reads of markers and controls.

    METHOD: let e be the error rate and L the length of a target. The ratio of reads with one substitution to reads
    without a substitution is e L / (1 - e). Reads with more substitutions are left out, because some of them are beyond
    the allowed edits and are not counted.

    Args:
        hits: HITS of the sample.
        targets: targets from `error_rate_targets`; targets without an allowed edit are not used.

    Returns:
        Errors per base; None if there are fewer than `MIN_HITS` hits.
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
    """Make the QC rows of the stage track for one sample, all tubes of the sample together.

    The metrics are the totals of reads and the error rate of the hits. For each marker of the sample's patient there
    are three more: the allowed edits; by how many they are fewer than requested; and `matching_loss`, the share of the
    marker's reads that errors take.

    Args:
        hits: HITS of the sample.
        sample_id: id of the sample in `hits`.
        targets: targets of all tubes of the sample, from `clonotrack.track.stage.prepare_targets`.
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
    """Yield a line of text for each marker of a patient: its allowed edits, and why they are fewer than requested."""
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
