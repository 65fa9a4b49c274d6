"""Reads that a target loses because errors take them beyond its edits."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import polars as pl

from clonotrack.library.matching import loss
from clonotrack.tables import HITS
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
