"""The MRD rows of one sample: one per marker, and the combined one.

The stage as one function of tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from clonotrack.config import Config, Quantify
from clonotrack.quantify.background import refuse_own
from clonotrack.quantify.controls import (
    NO_TEMPLATE,
    checks,
    contaminated,
    control_checks,
    cross_sample,
    missing,
    of_run,
)
from clonotrack.quantify.counts import days, observe
from clonotrack.quantify.decision import Row, decide, explanation, joined, pooled, rule_of
from clonotrack.quantify.evidence import Evidence, evidence
from clonotrack.quantify.kinetics import kinetics
from clonotrack.quantify.qc import quality
from clonotrack.quantify.run_context import Surroundings, surroundings
from clonotrack.quantify.tube import Assay, Marker, assays
from clonotrack.quantify.validate import refuse
from clonotrack.stats.multi_marker import disagreement
from clonotrack.tables import COMBINED, FAILURES, FLAGS, HITS, MRD, check

_ENOUGH_TO_COMPARE = 5.0


def sample_rows(
    about: Mapping[str, Any],
    markers: Sequence[Marker],
    assays: Sequence[Assay],
    surroundings: Surroundings,
    contaminated: Mapping[str, Sequence[str]],
    flags: frozenset[str],
    target: float,
) -> list[Row]:
    """Rows of one sample of a patient.

    Args:
        about: subject_id, sample_id and day.
        markers: the selected MARKERS rows of the patient.
        assays: the tubes of the sample.
        surroundings: what the other tubes tell.
        contaminated: markers that a no-template control of the sample's run holds, each with the sentences that say so.
        flags: of every row of the sample.
        target: level that a negative result has to reach.
    """
    if not markers:
        why = {"reads": 0, "call": "failed", "flags": "no_marker"}
        return [{**about, "marker_id": COMBINED, **why}]
    settings, lost = surroundings.config.quantify, frozenset(contaminated)
    single = [evidence((marker,), assays, surroundings, lost) for marker in markers]
    usable = [(marker, basis) for marker, basis in zip(markers, single, strict=True) if not basis.failures]
    rule = rule_of(settings, max(1, len(usable)))
    rows = []
    for marker, basis in zip(markers, single, strict=True):
        row = decide([basis], rule, settings, target)
        row["flags"] = joined(_split(row["flags"]) | flags)
        told = explanation(row, basis, contaminated.get(marker["marker_id"], ()))
        rows.append({**about, "marker_id": marker["marker_id"], "locus": marker["locus"], **row, "explanation": told})
    joint = evidence([marker for marker, _ in usable] or markers, assays, surroundings, lost)
    combined = _combined([basis for _, basis in usable], joint, settings, target)
    flags = flags.union(_split(combined["flags"]), *(basis.flags for basis in single))
    combined["flags"] = joined(flags | _disagreement([basis for _, basis in usable], settings.alpha_call))
    combined["explanation"] = " ".join(
        f"{row['marker_id']}: {row['explanation']}" for row in rows if row["explanation"]
    )
    combined["explanation"] = combined["explanation"] or None
    return [*rows, {**about, "marker_id": COMBINED, **combined}]


def _split(flags: str | None) -> frozenset[str]:
    return frozenset((flags or "").split(","))


def _combined(usable: Sequence[Evidence], joint: Evidence, settings: Quantify, target: float) -> Row:
    """The sample over its markers: the highest with the pooled estimate beside it, or the pooled one alone."""
    rule = rule_of(settings)
    if not usable or settings.combine == "pooled":
        return decide([joint], rule, settings, target)
    beside = pooled(joint, settings) if len(usable) > 1 else {}
    return decide(usable, rule, settings, target) | beside


def _disagreement(usable: Sequence[Evidence], alpha: float) -> frozenset[str]:
    """Whether the markers of one sample differ by more than chance; only where each has five molecules to expect."""
    pairs = [(basis.process, basis.count) for basis in usable if basis.process]
    if len(pairs) < 2:
        return frozenset()
    processes, counts = zip(*pairs, strict=True)
    level = sum(counts) / sum(process.per_level for process in processes)
    if level * min(process.molecules_per_level for process in processes) < _ENOUGH_TO_COMPARE:
        return frozenset()
    return frozenset({"markers_disagree"} if disagreement(processes, counts) < alpha else ())


@dataclass(frozen=True, slots=True)
class Result:
    """What the stage hands over: the tables MRD, KINETICS, CONTROL_CHECKS, CROSS_SAMPLE and QC.

    `warnings` are sentences to whoever ran it: what failed a marker in a whole run.
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
    """MRD of every sample in `hits`.

    Args:
        hits: HITS of baselines and follow-ups, every tube of each.
        samples: SAMPLES rows of these samples, and of the controls where they are known.
        markers: MARKERS of all patients in one frame; rows that were refused (`selected` F) do not count.
        controls: CONTROLS by library name; a library that is missing has no calibrators.
        config: all settings.
        background: HITS of controls, and of other unrelated samples.

    Returns:
        Rows by patient, day and sample; markers in the order of `markers`, `combined` last.

    Raises:
        QuantityError: an amount is missing or impossible, or the tables do not belong together.
    """
    own = observe(check(hits, HITS))
    others = [] if background is None else observe(check(background, HITS))
    refuse(own, samples, markers)
    tubes = assays(own, samples, controls, config, on_sheet=True)
    unrelated = assays(others, samples, controls, config, on_sheet=False)
    refuse_own(unrelated, {assay.observed.subject_id for assay in tubes})
    return _result(tubes, [*tubes, *unrelated], samples, _tracked(markers), config)


def _tracked(markers: pl.DataFrame) -> list[dict[str, Any]]:
    """The markers that count; what a table written by hand leaves out has its default."""
    chosen = markers.filter(pl.col("selected").fill_null(value=True))
    return chosen.with_columns(pl.col("copies_per_cell").fill_null(1.0)).to_dicts()


def _result(
    tubes: Sequence[Assay],
    everything: Sequence[Assay],
    samples: pl.DataFrame,
    tracked: Sequence[Marker],
    config: Config,
) -> Result:
    around = surroundings(everything, tracked, config)
    checked, absent = checks(around, tracked), missing(around, samples)
    of_sample: dict[str, list[Assay]] = {}
    for assay in tubes:
        of_sample.setdefault(assay.observed.sample_id, []).append(assay)
    subject = {sample_id: found[0].observed.subject_id for sample_id, found in of_sample.items()}
    own = {
        sample_id: [marker for marker in tracked if marker["subject_id"] == subject[sample_id]]
        for sample_id in of_sample
    }
    day, target = days(samples), _targets(samples, config)
    rows: list[Row] = []
    for sample_id, found in of_sample.items():
        about = {"subject_id": subject[sample_id], "sample_id": sample_id, "day": day[sample_id]}
        runs = {assay.observed.run_id for assay in found}
        lost = contaminated(checked, runs)
        unseen = any(of_run(run, runs) for run in absent.values())
        flags = frozenset({"control_missing"} if unseen else ())
        rows += sample_rows(about, own[sample_id], found, around, lost, flags, target[sample_id])
    order = ("subject_id", "day", "sample_id")
    mrd = pl.DataFrame(rows, schema=MRD.schema()).sort(order, nulls_last=True, maintain_order=True)
    return Result(
        mrd=check(mrd, MRD),
        kinetics=kinetics(mrd, samples, config.quantify.sustained_days),
        control_checks=control_checks(checked),
        cross_sample=cross_sample([assay.observed for assay in everything]),
        qc=quality(of_sample, own, around),
        warnings=(
            *_asked(absent),
            *(str(one) for one in checked if one.role == NO_TEMPLATE and not one.passed),
            *_failed(mrd),
        ),
    )


def _asked(absent: Iterable[str]) -> Iterator[str]:
    for name in absent:
        yield (
            f"No hits of no-template control {name} were given: give them as background, for without them "
            "contamination is not seen."
        )


def _failed(mrd: pl.DataFrame) -> Iterator[str]:
    """Samples without a result, each with its reasons; a contaminated control has been named already."""
    combined = mrd.filter(pl.col("marker_id") == COMBINED, pl.col("call") == "failed")
    for name, flags in combined.select("sample_id", "flags").iter_rows():
        reasons = [FLAGS[flag] for flag in flags.split(",") if flag in FAILURES and flag != "control_contaminated"]
        if reasons:
            yield f"Sample {name} failed. {' '.join(reasons)}"


def _targets(samples: pl.DataFrame, config: Config) -> dict[str, float]:
    """Level that a negative result has to reach, by sample: that of its disease, else of its patient's."""
    levels = config.quantify.target_level
    known = samples.filter(pl.col("disease").is_not_null()).select("subject_id", "disease")
    of_patient = dict(reversed(known.rows()))
    return {
        sample_id: levels.get(disease or of_patient.get(subject_id) or "default", levels["default"])
        for sample_id, subject_id, disease in samples.select("sample_id", "subject_id", "disease").iter_rows()
    }
