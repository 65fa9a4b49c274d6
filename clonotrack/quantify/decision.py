"""Compute numbers, call and flags of one MRD row from its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from typing import Any

from clonotrack.config import Quantify
from clonotrack.quantify.evidence import Evidence, factor_columns
from clonotrack.stats.count_model import CountModel
from clonotrack.stats.limits import DecisionRule, interval, min_counts, p_value
from clonotrack.stats.max_marker import HighestMarker
from clonotrack.stats.roots import solve_decreasing
from clonotrack.tables import FLAGS

READ_SHARE_FLOOR = 1e-4
"""Lowest LoD and LoQ [clone cells per nucleated cell] if molecules are estimated from the share of reads."""

_MAX_DEPTH_FACTOR = 1000.0

Row = dict[str, Any]
"""Columns of MRD."""


def decision_rule(settings: Quantify, markers: int = 1) -> DecisionRule:
    """Return the decision rule for the row of one marker if the sample has `markers` usable markers.

    METHOD: each of m markers is called at 1 - (1 - alpha)^(1/m) (Sidak, JASA 1967). alpha is `alpha_call` of the
    settings. It applies to the whole sample, whose combined row is positive if at least one marker is.
    """
    return DecisionRule(1 - (1 - settings.alpha_call) ** (1 / markers), settings.min_molecules)


def decide(evidences: Sequence[Evidence], rule: DecisionRule, settings: Quantify, target: float) -> Row:
    """Compute numbers, call and flags of one MRD row.

    Args:
        evidences: one for the row of a marker; one for each marker for the combined row.
        rule: when the row is called positive over all these markers.
        settings: section `quantify` of the settings; only `confidence` is used.
        target: LoD that a negative result must not exceed [clone cells per nucleated cell].

    Returns:
        The MRD columns from `reads` on. With several markers, reads, molecules and factors such as capture are those of
        the marker with the highest MRD.
    """
    flags = frozenset[str]().union(*(evidence.flags for evidence in evidences))
    models = tuple(evidence.model for evidence in evidences if evidence.model)
    if len(models) < len(evidences) or any(evidence.failures for evidence in evidences):
        return factor_columns(evidences[0]) | {"call": "failed", "flags": join_flags(flags)}
    highest, counts = HighestMarker(models), tuple(evidence.count for evidence in evidences)
    top = max(evidences, key=_level)
    floor = READ_SHARE_FLOOR if any(evidence.counting == "read_share" for evidence in evidences) else 0.0
    mrd, positive = highest.estimate(counts), highest.is_positive(counts, rule)
    low, high = highest.interval(counts, settings.confidence)
    lod, loq = max(floor, highest.limit_of_detection(rule)), max(floor, highest.limit_of_quantification(rule))
    more_reads_help = not (positive or lod <= target or floor > target)
    numbers = {
        "clone_cells": mrd * top.model.cells if top.model else None,
        "mrd": mrd,
        "mrd_low": low,
        "mrd_high": min(high, max(1.0, mrd)),  # the clone cannot have more cells than there are
        "lob": highest.limit_of_blank(),
        "lod": lod,
        "loq": loq,
        "p_value": highest.p_value(counts),
        "call": _call(positive=positive, quantified=mrd >= loq, target_reached=lod <= target),
        "reads_needed": _reads_needed(evidences, highest, rule, target) if more_reads_help else None,
    }
    marker_rule = highest.marker_rule(rule)
    flags = flags.union(*(_blank_flags(evidence, marker_rule) for evidence in evidences))
    flags |= {"more_than_input"} if low > 1 else set()
    return factor_columns(top) | numbers | {"flags": join_flags(flags)}


def _level(evidence: Evidence) -> float:
    return evidence.count / evidence.model.counts_per_level if evidence.model else 0.0


def _call(*, positive: bool, quantified: bool, target_reached: bool) -> str:
    if positive:
        return "positive" if quantified else "positive_below_loq"
    return "negative" if target_reached else "insufficient"


def pooled_columns(evidence: Evidence, settings: Quantify) -> Row:
    """Compute the pooled estimate over several markers and its interval, for the combined row.

    METHOD: sum R / sum D over markers and tubes, with R the counts and D the mean counts at level 1. This is the
    maximum quasi-likelihood estimate if the variance is proportional to the mean (Wedderburn, Biometrika 1974). The
    markers share their cells, so the interval is that of one compound Poisson distribution of the counts per cell.

    Args:
        evidence: evidence of all usable markers together.
        settings: section `quantify` of the settings; only `confidence` is used.

    Returns:
        The columns pooled_mrd, pooled_low and pooled_high; none if counts cannot be converted to cells.
    """
    if evidence.model is None or evidence.failures:
        return {}
    low, high = interval(evidence.model, evidence.count, settings.confidence)
    mrd = _level(evidence)
    return {"pooled_mrd": mrd, "pooled_low": low, "pooled_high": min(high, max(1.0, mrd))}


def join_flags(flags: frozenset[str]) -> str | None:
    """Join flags with commas in the order of `FLAGS`; None if there is none."""
    return ",".join(flag for flag in FLAGS if flag in flags) or None


def _blank_flags(evidence: Evidence, rule: DecisionRule) -> frozenset[str]:
    """Return the flags about background and carry-over.

    They are `carry_over` or `shared_rearrangement` if carry-over or background explains the counts. The flag
    `background_unproven` says that controls are too small to show that the marker has no background.
    """
    model = evidence.model
    if model is None or not model.has_blank:
        return frozenset()
    least = min_counts(model, rule.min_molecules)
    has_rate = any(background.in_controls or background.stated for background in evidence.backgrounds)
    background_only, carry_over_only = _keep_blank(model, background=True), _keep_blank(model, background=False)
    flags = {"background_unproven"} if not has_rate and p_value(background_only, least) > rule.alpha else set()
    if evidence.count >= least and p_value(model, evidence.count) > rule.alpha:
        by_carry_over = p_value(carry_over_only, evidence.count) > rule.alpha
        by_background = p_value(background_only, evidence.count) > rule.alpha
        in_controls = any(background.in_controls for background in evidence.backgrounds)
        flags |= {"carry_over"} if by_carry_over or not by_background else set()
        flags |= {"shared_rearrangement"} if not by_carry_over and in_controls else set()
    return frozenset(flags)


def _keep_blank(model: CountModel, *, background: bool) -> CountModel:
    """Return the count model with only one of its two sources of counts without the clone.

    Args:
        model: count model of an MRD row.
        background: if true, background is kept and carry-over removed; otherwise carry-over is kept and background
            removed.
    """
    tubes = (replace(tube, carry_over=()) if background else replace(tube, background=()) for tube in model.tubes)
    return replace(model, tubes=tuple(tubes))


def _reads_needed(
    evidences: Sequence[Evidence], highest: HighestMarker, rule: DecisionRule, target: float
) -> int | None:
    """Compute the usable reads of the same tubes at which the LoD would be the target level.

    Returns:
        Number of reads; None if the LoD stays above the target level at a thousand times the depth.
    """

    def lod(factor: float) -> float:
        deeper = HighestMarker(tuple(model.scale_depth(factor) for model in highest.models))
        return deeper.limit_of_detection(rule)

    if lod(_MAX_DEPTH_FACTOR) > target:
        return None
    observations = [observation for evidence in evidences for observation in evidence.observations]
    usable = {id(observation.tube): observation.tube.counts.usable_reads for observation in observations}
    return ceil(sum(usable.values()) * solve_decreasing(lod, target, 2.0))
