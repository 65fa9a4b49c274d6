"""Control samples: the tables CONTROL_CHECKS and CROSS_SAMPLE, and the markers that a contaminated control fails."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import polars as pl

from clonotrack.quantify.counts import TubeCounts
from clonotrack.quantify.run_context import RunContext
from clonotrack.quantify.tube import Conversion, Marker, Tube, marker_count, molecule_model
from clonotrack.stats.count_model import CountModel, GammaRate, TubeModel
from clonotrack.stats.limits import p_value
from clonotrack.tables import CONTROL_CHECKS, CROSS_SAMPLE, check

NO_TEMPLATE, POLYCLONAL = "negative_control", "polyclonal_control"
CONTROL_ALPHA = 0.001
"""A control fails if its counts have at most this p-value."""


@dataclass(frozen=True, slots=True)
class ControlCheck:
    """One control sample against one marker.

    Attributes:
        sample_id: of the control.
        run_id: of the control.
        role: of the control.
        marker_id: of the marker.
        reads: of the marker in the control.
        expected: expected counts; None if no number is expected.
        p_value: probability of as many counts or more; None if no number is expected.
    """

    sample_id: str
    run_id: str | None
    role: str
    marker_id: str
    reads: int
    expected: float | None
    p_value: float | None

    @property
    def passed(self) -> bool:
        """Whether the counts agree with what is expected."""
        return self.p_value is None or self.p_value > CONTROL_ALPHA

    def __str__(self) -> str:
        """Say what a failed no-template control means."""
        where = "in samples without a run_id" if self.run_id is None else f"in run {self.run_id}"
        return (
            f"No-template control {self.sample_id} holds {self.reads:,} reads of marker {self.marker_id}, where "
            f"carry-over lets {self.expected:.2g} expect (p = {self.p_value:.1e}): the marker failed {where}."
        )


def check_controls(context: RunContext, markers: Sequence[Marker]) -> list[ControlCheck]:
    """Check each control sample against each marker that was tracked in it.

    A no-template control should contain the carry-over of its run and nothing else. A marker in a polyclonal control is
    background, not a failure. Such a control fails only if it contradicts a background rate that MARKERS states.
    """
    by_id = {marker["marker_id"]: marker for marker in markers}
    controls: dict[tuple[str, str], list[Tube]] = defaultdict(list)
    for tube in context.tubes:
        if tube.counts.role in (NO_TEMPLATE, POLYCLONAL):
            for marker_id in tube.counts.marker_reads:
                if marker_id in by_id:
                    controls[tube.counts.sample_id, marker_id].append(tube)
    return [_check_control(tubes, by_id[marker_id], context) for (_, marker_id), tubes in controls.items()]


def control_check_table(checks: Sequence[ControlCheck]) -> pl.DataFrame:
    """Build the table CONTROL_CHECKS."""
    columns = [name for name in CONTROL_CHECKS.names if name != "passed"]
    rows = [{**{name: getattr(each, name) for name in columns}, "passed": each.passed} for each in checks]
    return check(pl.DataFrame(rows, schema=CONTROL_CHECKS.schema()), CONTROL_CHECKS)


def contaminated_markers(checks: Sequence[ControlCheck], run_ids: set[str | None]) -> dict[str, list[str]]:
    """Return the markers that failed in no-template controls of these runs, with a sentence for each control."""
    sentences: dict[str, list[str]] = defaultdict(list)
    for each in checks:
        if each.role == NO_TEMPLATE and not each.passed and in_runs(each.run_id, run_ids):
            sentences[each.marker_id].append(str(each))
    return dict(sentences)


def missing_controls(context: RunContext, samples: pl.DataFrame) -> dict[str, str | None]:
    """Return the no-template controls of the sheet without hits, each with its run_id."""
    with_hits = {tube.counts.sample_id for tube in context.tubes}
    on_sheet = samples.filter(pl.col("role") == NO_TEMPLATE).select("sample_id", "run_id")
    return {name: run_id for name, run_id in on_sheet.iter_rows() if name not in with_hits}


def in_runs(run_id: str | None, run_ids: set[str | None]) -> bool:
    """Return whether a control belongs to one of these runs; without a run_id it, or a sample, may be of any run."""
    return run_id in run_ids or None in (run_id, *run_ids)


def _check_control(tubes: Sequence[Tube], marker: Marker, context: RunContext) -> ControlCheck:
    counts, marker_id = tubes[0].counts, marker["marker_id"]
    reads = sum(tube.counts.marker_reads[marker_id] for tube in tubes)
    test = _test_carry_over if counts.role == NO_TEMPLATE else _test_stated_background
    expected, probability = test(tubes, marker, context)
    return ControlCheck(counts.sample_id, counts.run_id, counts.role or "", marker_id, reads, expected, probability)


def _test_carry_over(tubes: Sequence[Tube], marker: Marker, context: RunContext) -> tuple[float, float]:
    """Return the expected carry-over into the tubes, and the gamma-Poisson p-value of their counts."""
    name = marker["marker_id"]
    rates = [context.carry_over(name, tube) for tube in tubes]
    count = sum(tube.counts.umis.get(name, tube.counts.marker_reads[name]) for tube in tubes)
    total = GammaRate(sum(rate.mean for rate in rates), min((rate.shape for rate in rates if rate.mean), default=inf))
    return total.mean, gamma_poisson_tail(count, total)


def gamma_poisson_tail(count: int, rate: GammaRate) -> float:
    """Compute P(at least `count`) of a Poisson number whose rate is a gamma variable."""
    from scipy.special import betainc, gammainc  # noqa: PLC0415  (0.3 s, only if it is needed)

    if not count:
        return 1.0
    if not rate.mean:
        return 0.0
    if rate.shape == inf:
        return float(gammainc(count, rate.mean))
    return float(betainc(count, rate.shape, rate.mean / (rate.mean + rate.shape)))


def _test_stated_background(
    tubes: Sequence[Tube], marker: Marker, context: RunContext
) -> tuple[float | None, float | None]:
    """Return the expected counts at the background rate that MARKERS states, and their p-value; None without a rate."""
    rate, models, count = marker["background_rate"], [], 0
    for tube in tubes:
        conversion = tube.conversion(marker)
        if rate is None or tube.cells is None or not isinstance(conversion, Conversion):
            return None, None
        carry_over = context.carry_over(marker["marker_id"], tube)
        molecules = molecule_model(tube, marker["marker_id"], conversion)
        models.append(TubeModel(tube.cells.number, (molecules,), (GammaRate(float(rate)),), (carry_over,)))
        count += marker_count(tube, marker["marker_id"], conversion)
    model = CountModel(tuple(models))
    expected = model.counts_per_level * float(rate) + sum(tube.carry_over[0].mean for tube in models)
    return expected, p_value(model, count)


def cross_sample_table(tubes: Sequence[TubeCounts]) -> pl.DataFrame:
    """Build the table CROSS_SAMPLE: reads of each marker in each sample that it was tracked in, over all tubes."""
    rows = [
        {
            "marker_id": marker,
            "target_subject_id": tube.marker_subjects[marker] or "",
            "sample_id": tube.sample_id,
            "subject_id": tube.subject_id,
            "own": tube.subject_id is not None and tube.subject_id == tube.marker_subjects[marker],
            "reads": reads,
            "shared_reads": tube.shared_reads.get(marker, 0),
        }
        for tube in tubes
        for marker, reads in tube.marker_reads.items()
    ]
    counted = ["reads", "shared_reads"]
    by_sample = [name for name in CROSS_SAMPLE.names if name not in counted]
    frame = pl.DataFrame(rows, schema=CROSS_SAMPLE.schema())
    summed = frame.group_by(by_sample, maintain_order=True).agg(pl.col(counted).sum())
    return check(summed.sort("marker_id", "sample_id"), CROSS_SAMPLE)
