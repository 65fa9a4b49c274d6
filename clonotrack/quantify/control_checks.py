"""Check control samples: build CONTROL_CHECKS and CROSS_SAMPLE, and find markers in contaminated controls."""

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
"""A control fails if the p-value of its counts is at or below this value."""


@dataclass(frozen=True, slots=True)
class ControlCheck:
    """Comparison of the counts of one marker in one control sample with the expected counts.

    Attributes:
        sample_id: of the control.
        run_id: of the control; None if it has none.
        role: of the control: `negative_control` or `polyclonal_control`.
        marker_id: of the marker.
        reads: reads of the marker in the control.
        expected: expected counts (reads or UMIs); None for a polyclonal control if MARKERS states no background rate.
        p_value: probability of at least the observed counts at this expectation; None if `expected` is None.
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
        """Whether the counts agree with the expected counts, or no counts are expected."""
        return self.p_value is None or self.p_value > CONTROL_ALPHA

    def __str__(self) -> str:
        """Write the warning for a no-template control that failed."""
        where = "in samples without a run_id" if self.run_id is None else f"in run {self.run_id}"
        return (
            f"No-template control {self.sample_id} holds {self.reads:,} reads of marker {self.marker_id}, where "
            f"carry-over lets {self.expected:.2g} expect (p = {self.p_value:.1e}): the marker failed {where}."
        )


def check_controls(context: RunContext, markers: Sequence[Marker]) -> list[ControlCheck]:
    """Check each control sample against each marker that was tracked in it.

    A no-template control should contain the carry-over of its run and nothing else. A marker in a polyclonal control is
    background, not a failure. A polyclonal control fails only if it has more counts than the background rate in MARKERS
    explains.

    Args:
        context: background, index hopping and efficiency from all tubes.
        markers: MARKERS rows of all patients.

    Returns:
        One check for each pair of a control sample and a marker tracked in it.
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
    """Return the markers for which a no-template control of these runs failed.

    Args:
        checks: all checks of controls.
        run_ids: run_id of the tubes of a sample.

    Returns:
        By marker_id, a sentence for each control that failed.
    """
    sentences: dict[str, list[str]] = defaultdict(list)
    for each in checks:
        if each.role == NO_TEMPLATE and not each.passed and in_runs(each.run_id, run_ids):
            sentences[each.marker_id].append(str(each))
    return dict(sentences)


def missing_controls(context: RunContext, samples: pl.DataFrame) -> dict[str, str | None]:
    """Return the no-template controls that are on the sample sheet but have no hits, as sample_id to run_id."""
    with_hits = {tube.counts.sample_id for tube in context.tubes}
    on_sheet = samples.filter(pl.col("role") == NO_TEMPLATE).select("sample_id", "run_id")
    return {name: run_id for name, run_id in on_sheet.iter_rows() if name not in with_hits}


def in_runs(run_id: str | None, run_ids: set[str | None]) -> bool:
    """Return whether a control with `run_id` can be of the same run as a sample whose tubes have `run_ids`.

    A control without a run_id may be of any run, and so may a sample with a tube without a run_id.
    """
    return run_id in run_ids or None in (run_id, *run_ids)


def _check_control(tubes: Sequence[Tube], marker: Marker, context: RunContext) -> ControlCheck:
    counts, marker_id = tubes[0].counts, marker["marker_id"]
    reads = sum(tube.counts.marker_reads[marker_id] for tube in tubes)
    test = _test_carry_over if counts.role == NO_TEMPLATE else _test_stated_background
    expected, probability = test(tubes, marker, context)
    return ControlCheck(counts.sample_id, counts.run_id, counts.role or "", marker_id, reads, expected, probability)


def _test_carry_over(tubes: Sequence[Tube], marker: Marker, context: RunContext) -> tuple[float, float]:
    """Test whether carry-over explains the counts of a marker in a no-template control.

    Args:
        tubes: tubes of the control sample.
        marker: a row of MARKERS.
        context: background, index hopping and efficiency from all tubes.

    Returns:
        Expected carry-over, summed over the tubes (reads, or molecules by UMI); and the gamma-Poisson probability of at
        least the observed counts of all tubes together.
    """
    name = marker["marker_id"]
    rates = [context.carry_over(name, tube) for tube in tubes]
    count = sum(tube.counts.umis.get(name, tube.counts.marker_reads[name]) for tube in tubes)
    total = GammaRate(sum(rate.mean for rate in rates), min((rate.shape for rate in rates if rate.mean), default=inf))
    return total.mean, gamma_poisson_tail(count, total)


def gamma_poisson_tail(count: int, rate: GammaRate) -> float:
    """Compute the probability that a Poisson number with a gamma-distributed rate is at least `count`."""
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
    """Test whether the background rate in MARKERS explains the counts of a marker in a polyclonal control.

    Returns:
        Expected background and carry-over, summed over the tubes (reads, or molecules by UMI); and the probability of
        at least the observed counts. Both are None if MARKERS states no rate, or counts cannot be converted to cells.
    """
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
    """Build the table CROSS_SAMPLE: reads of each marker in each sample in which it was tracked, summed over tubes."""
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
