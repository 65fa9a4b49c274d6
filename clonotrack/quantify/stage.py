"""The stage as one function of tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from clonotrack.config import Config
from clonotrack.quantify.assay import Assay
from clonotrack.quantify.background import refuse_own
from clonotrack.quantify.control_checks import NO_TEMPLATE, checks, contaminated, control_checks, missing, of_run
from clonotrack.quantify.cross_sample import cross_sample
from clonotrack.quantify.days import days
from clonotrack.quantify.decision import Row
from clonotrack.quantify.kinetics import kinetics
from clonotrack.quantify.look import Marker
from clonotrack.quantify.observed import observe
from clonotrack.quantify.quality import quality
from clonotrack.quantify.refusals import refuse
from clonotrack.quantify.rows import sample_rows
from clonotrack.quantify.sheet import assays
from clonotrack.quantify.surroundings import surroundings
from clonotrack.tables import COMBINED, FAILURES, FLAGS, HITS, MRD, check


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
