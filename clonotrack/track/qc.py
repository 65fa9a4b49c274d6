"""Reads that a target loses because errors take them beyond its edits.

What is worth a look in the HITS of a sample: what became of its reads, its errors, and what edits cost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import polars as pl

from clonotrack.germline import LOCI
from clonotrack.pgen.allowed_edits import loss
from clonotrack.tables import HITS, QC, TOTALS, check
from clonotrack.track.targets import Target

ENOUGH = 1_000  # hits of markers and controls that tell the error rate of a tube
USUAL_ERRORS = 0.003


def with_losses(hits: pl.DataFrame, targets: Sequence[Target], subject_id: str | None) -> pl.DataFrame:
    """HITS of one tube with `matching_loss`, from the error rate that the tube's own hits show.

    Args:
        hits: HITS of the tube.
        targets: what was looked for.
        subject_id: the tube's patient; another patient's markers do not tell the error rate.
    """
    found = error_rate(hits, telling(targets, {subject_id}))
    errors = USUAL_ERRORS if found is None else found
    losses = {(t.kind, t.target_id): loss(len(t.part), t.edits, errors) for t in _strictest(targets)}
    named = zip(hits.get_column("target_kind"), hits.get_column("target_id"), strict=True)
    column = pl.Series("matching_loss", [losses.get(name) for name in named], dtype=pl.Float64)
    return hits.with_columns(column).select(HITS.names)


def telling(targets: Sequence[Target], subjects: Collection[str | None]) -> list[Target]:
    """Targets whose reads tell the errors of tubes of these patients: their markers and the controls."""
    return [t for t in _strictest(targets) if t.kind == "control" or t.subject_id in subjects]


def _strictest(targets: Sequence[Target]) -> list[Target]:
    """Each target once; of several tubes' settings of one, that with the fewest edits."""
    by_name = {(t.kind, t.target_id): t for t in sorted(targets, key=lambda t: -t.edits)}
    return list(by_name.values())


def error_rate(hits: pl.DataFrame, targets: Sequence[Target]) -> float | None:
    """Substitutions per base in reads of markers and controls; None where there are too few.

    METHOD: where a base is wrong at a rate e, reads with one substitution in a target of L nt are to those without any
    as e L / (1 - e) to 1; reads with more are left out, as some of them are not counted.

    Args:
        hits: HITS of the sample.
        targets: whose reads are looked at; those allowed an edit.
    """
    lengths = {target.target_id: len(target.part) for target in targets if target.edits}
    chosen = ["target_id", "match_class", "edit_distance", "reads"]
    none = one = bases = 0
    for name, match, distance, reads in hits.select(HITS.names).select(chosen).iter_rows():
        if name in lengths and match == "exact":
            none, bases = none + reads, bases + reads * lengths[name]
        elif name in lengths and match == "mismatch" and distance == 1:
            one += reads
    if none + one < ENOUGH or not bases:
        return None
    return one / (one + bases)


Metric = tuple[str, float, str]


def quality_control(hits: pl.DataFrame, sample_id: str, targets: Sequence[Target] = ()) -> pl.DataFrame:
    """QC of one sample, all its tubes together.

    What became of its reads; the error rate that its hits show; for each marker of its own patient the edits it was
    allowed, by how many these are fewer than asked for, and the share of its reads that errors take beyond them.

    Args:
        hits: HITS of the sample.
        sample_id: as in `hits`.
        targets: from `clonotrack.track.stage`.
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
