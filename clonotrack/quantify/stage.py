"""Stage quantify as one function: compute the MRD of every sample from HITS, SAMPLES, MARKERS and CONTROLS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from clonotrack.config import Config, Quantify
from clonotrack.quantify.background import check_unrelated
from clonotrack.quantify.control_checks import (
    NO_TEMPLATE,
    check_controls,
    contaminated_markers,
    control_check_table,
    cross_sample_table,
    in_runs,
    missing_controls,
)
from clonotrack.quantify.counts import counts_by_tube
from clonotrack.quantify.decision import Row, decide, decision_rule, join_flags, pooled_columns
from clonotrack.quantify.evidence import Evidence, collect_evidence
from clonotrack.quantify.explanation import explain_flags
from clonotrack.quantify.kinetics import kinetics
from clonotrack.quantify.qc import quantify_qc
from clonotrack.quantify.run_context import RunContext, estimate_context
from clonotrack.quantify.sample_days import sample_days
from clonotrack.quantify.tube import Marker, Tube, make_tubes
from clonotrack.quantify.validate import check_inputs
from clonotrack.stats.multi_marker import disagreement_p_value
from clonotrack.tables import COMBINED, FAILURES, FLAGS, HITS, MRD, check

_MIN_MOLECULES_TO_COMPARE = 5.0


@dataclass(frozen=True, slots=True)
class Result:
    """Tables of the stage.

    Attributes:
        mrd: MRD.
        kinetics: KINETICS.
        control_checks: CONTROL_CHECKS.
        cross_sample: CROSS_SAMPLE.
        qc: QC.
        warnings: sentences for the user, such as a contaminated control or a failed sample.
    """

    mrd: pl.DataFrame
    kinetics: pl.DataFrame
    control_checks: pl.DataFrame
    cross_sample: pl.DataFrame
    qc: pl.DataFrame
    warnings: tuple[str, ...]


def quantify(
    hits: pl.DataFrame,
    samples: pl.DataFrame,
    markers: pl.DataFrame,
    controls: Mapping[str, pl.DataFrame],
    config: Config,
    background: pl.DataFrame | None = None,
) -> Result:
    """Compute the MRD of every sample in `hits`, with interval, limits and call.

    Args:
        hits: HITS of baselines and follow-ups, of every tube of each sample.
        samples: SAMPLES with all tubes of these samples, and the control samples if they are on the sheet.
        markers: MARKERS of all patients in one table; rows with `selected` F are left out.
        controls: CONTROLS by library name; a library without an entry has no calibrators.
        config: all settings.
        background: HITS of controls and of other people without the clone; None if there are none.

    Returns:
        Tables with rows by patient, day and sample; markers in the order of `markers`, `combined` last.

    Raises:
        QuantityError: an amount is missing or impossible, or samples, hits and markers contradict each other.
    """
    patient_counts = counts_by_tube(check(hits, HITS))
    unrelated_counts = [] if background is None else counts_by_tube(check(background, HITS))
    check_inputs(patient_counts, samples, markers)
    tubes = make_tubes(patient_counts, samples, controls, config, on_sheet=True)
    unrelated = make_tubes(unrelated_counts, samples, controls, config, on_sheet=False)
    check_unrelated(unrelated, {tube.counts.subject_id for tube in tubes})
    return _result(tubes, [*tubes, *unrelated], samples, _selected(markers), config)


def _selected(markers: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the selected markers; an empty `selected` counts as true and an empty `copies_per_cell` as 1."""
    chosen = markers.filter(pl.col("selected").fill_null(value=True))
    return chosen.with_columns(pl.col("copies_per_cell").fill_null(1.0)).to_dicts()


def _result(
    tubes: Sequence[Tube],
    all_tubes: Sequence[Tube],
    samples: pl.DataFrame,
    markers: Sequence[Marker],
    config: Config,
) -> Result:
    context = estimate_context(all_tubes, markers, config)
    checks, missing = check_controls(context, markers), missing_controls(context, samples)
    by_sample: dict[str, list[Tube]] = {}
    for tube in tubes:
        by_sample.setdefault(tube.counts.sample_id, []).append(tube)
    subject = {sample_id: of_sample[0].counts.subject_id for sample_id, of_sample in by_sample.items()}
    own_markers = {
        sample_id: [marker for marker in markers if marker["subject_id"] == subject[sample_id]]
        for sample_id in by_sample
    }
    day, target = sample_days(samples), _target_levels(samples, config)
    rows: list[Row] = []
    for sample_id, of_sample in by_sample.items():
        keys = {"subject_id": subject[sample_id], "sample_id": sample_id, "day": day[sample_id]}
        run_ids = {tube.counts.run_id for tube in of_sample}
        contaminated = contaminated_markers(checks, run_ids)
        lacks_control = any(in_runs(run_id, run_ids) for run_id in missing.values())
        flags = frozenset({"control_missing"} if lacks_control else ())
        rows += sample_rows(keys, own_markers[sample_id], of_sample, context, contaminated, flags, target[sample_id])
    order = ("subject_id", "day", "sample_id")
    mrd = pl.DataFrame(rows, schema=MRD.schema()).sort(order, nulls_last=True, maintain_order=True)
    return Result(
        mrd=check(mrd, MRD),
        kinetics=kinetics(mrd, samples, config.quantify.sustained_days),
        control_checks=control_check_table(checks),
        cross_sample=cross_sample_table([tube.counts for tube in all_tubes]),
        qc=quantify_qc(by_sample, own_markers, context),
        warnings=(
            *_missing_warnings(missing),
            *(str(each) for each in checks if each.role == NO_TEMPLATE and not each.passed),
            *_failure_warnings(mrd),
        ),
    )


def _target_levels(samples: pl.DataFrame, config: Config) -> dict[str, float]:
    """Return the target level of each sample, by sample_id.

    It is the level of the disease in the sample's row. If the row states none, the disease of another sample of the
    patient is used. Without any disease it is the level `default`.
    """
    levels = config.quantify.target_level
    with_disease = samples.filter(pl.col("disease").is_not_null()).select("subject_id", "disease")
    of_patient = dict(reversed(with_disease.rows()))
    return {
        sample_id: levels.get(disease or of_patient.get(subject_id) or "default", levels["default"])
        for sample_id, subject_id, disease in samples.select("sample_id", "subject_id", "disease").iter_rows()
    }


def _missing_warnings(missing: Iterable[str]) -> Iterator[str]:
    for name in missing:
        yield (
            f"No-template control {name} is on the sheet, but its hits were not given: give them as background "
            "(--background), or contamination goes unnoticed."
        )


def _failure_warnings(mrd: pl.DataFrame) -> Iterator[str]:
    """Write a warning for each failed sample with its reasons; contaminated controls have a warning of their own."""
    combined = mrd.filter(pl.col("marker_id") == COMBINED, pl.col("call") == "failed")
    for name, flags in combined.select("sample_id", "flags").iter_rows():
        reasons = [FLAGS[flag] for flag in flags.split(",") if flag in FAILURES and flag != "control_contaminated"]
        if reasons:
            yield f"Sample {name} failed. {' '.join(reasons)}"


def sample_rows(
    keys: Mapping[str, Any],
    markers: Sequence[Marker],
    tubes: Sequence[Tube],
    context: RunContext,
    contaminated: Mapping[str, Sequence[str]],
    flags: frozenset[str],
    target: float,
) -> list[Row]:
    """Build the MRD rows of one sample: one for each marker, and the combined row.

    Args:
        keys: subject_id, sample_id and day of the sample.
        markers: selected MARKERS rows of the patient.
        tubes: tubes of the sample.
        context: background, index hopping and efficiency from all tubes.
        contaminated: markers for which a no-template control of the sample's run failed, each with a sentence for each
            control.
        flags: flags that every row of the sample gets.
        target: LoD that a negative result must not exceed [clone cells per nucleated cell].
    """
    if not markers:
        return [{**keys, "marker_id": COMBINED, "reads": 0, "call": "failed", "flags": "no_marker"}]
    settings, failed = context.config.quantify, frozenset(contaminated)
    single = [collect_evidence((marker,), tubes, context, failed) for marker in markers]
    usable = [(marker, evidence) for marker, evidence in zip(markers, single, strict=True) if not evidence.failures]
    rule = decision_rule(settings, max(1, len(usable)))
    rows = []
    for marker, evidence in zip(markers, single, strict=True):
        row = decide([evidence], rule, settings, target)
        row["flags"] = join_flags(_split_flags(row["flags"]) | flags)
        explanation = explain_flags(row, evidence, contaminated.get(marker["marker_id"], ()))
        marker_keys = {"marker_id": marker["marker_id"], "locus": marker["locus"]}
        rows.append({**keys, **marker_keys, **row, "explanation": explanation})
    usable_evidence = [evidence for _, evidence in usable]
    joint = collect_evidence([marker for marker, _ in usable] or markers, tubes, context, failed)
    combined = _combined_row(usable_evidence, joint, settings, target)
    flags = flags.union(_split_flags(combined["flags"]), *(evidence.flags for evidence in single))
    combined["flags"] = join_flags(flags | _disagreement_flag(usable_evidence, settings.alpha_call))
    sentences = [f"{row['marker_id']}: {row['explanation']}" for row in rows if row["explanation"]]
    combined["explanation"] = " ".join(sentences) or None
    return [*rows, {**keys, "marker_id": COMBINED, **combined}]


def _split_flags(flags: str | None) -> frozenset[str]:
    return frozenset((flags or "").split(","))


def _combined_row(usable: Sequence[Evidence], joint: Evidence, settings: Quantify, target: float) -> Row:
    """Compute the combined row from the marker with the highest MRD, or from the pooled estimate.

    `quantify.combine` of the settings decides. In the first case the pooled estimate has columns of its own.
    """
    rule = decision_rule(settings)
    if not usable or settings.combine == "pooled":
        return decide([joint], rule, settings, target)
    pooled = pooled_columns(joint, settings) if len(usable) > 1 else {}
    return decide(usable, rule, settings, target) | pooled


def _disagreement_flag(usable: Sequence[Evidence], alpha: float) -> frozenset[str]:
    """Return the flag `markers_disagree` if the levels of the markers differ by more than chance.

    The test needs at least five expected captured molecules of each marker.
    """
    pairs = [(evidence.model, evidence.count) for evidence in usable if evidence.model]
    if len(pairs) < 2:
        return frozenset()
    models, counts = zip(*pairs, strict=True)
    level = sum(counts) / sum(model.counts_per_level for model in models)
    if level * min(model.molecules_per_level for model in models) < _MIN_MOLECULES_TO_COMPARE:
        return frozenset()
    return frozenset({"markers_disagree"} if disagreement_p_value(models, counts) < alpha else ())
