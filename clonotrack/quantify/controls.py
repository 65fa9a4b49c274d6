"""Every control sample against every marker: CONTROL_CHECKS, and which runs lose which markers.

Reads of every marker in every sample: CROSS_SAMPLE.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import polars as pl

from clonotrack.quantify.counts import Observed
from clonotrack.quantify.run_context import Surroundings
from clonotrack.quantify.tube import Assay, Yield, count_of, seeing
from clonotrack.stats.count_model import Gamma, Process, Tube
from clonotrack.stats.limits import p_value
from clonotrack.tables import CONTROL_CHECKS, CROSS_SAMPLE, check

NO_TEMPLATE, POLYCLONAL = "negative_control", "polyclonal_control"
ALPHA = 0.001
"""Chance at or under which a control's reads are not what was expected of it."""


@dataclass(frozen=True, slots=True)
class Check:
    """One control sample against one marker; `expected` and `p_value` are None where nothing was expected of it."""

    sample_id: str
    run_id: str | None
    role: str
    marker_id: str
    reads: int
    expected: float | None
    p_value: float | None

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against the control."""
        return self.p_value is None or self.p_value > ALPHA

    def __str__(self) -> str:
        """What a failed no-template control means, as a sentence."""
        where = "in samples without a run_id" if self.run_id is None else f"in run {self.run_id}"
        return (
            f"No-template control {self.sample_id} holds {self.reads:,} reads of marker {self.marker_id}, where "
            f"carry-over lets {self.expected:.2g} expect (p = {self.p_value:.1e}): the marker failed {where}."
        )


def checks(surroundings: Surroundings, markers: Sequence[Mapping[str, Any]]) -> list[Check]:
    """A check for every control sample and marker that was looked for in it.

    A no-template control holds nothing but what the run carries over into it. What a polyclonal control holds is
    background, not a failure; it fails only where it contradicts a background rate that the MARKERS table states.
    """
    known = {marker["marker_id"]: marker for marker in markers}
    tubes: dict[tuple[str, str], list[Assay]] = defaultdict(list)
    for assay in surroundings.assays:
        if assay.observed.role in (NO_TEMPLATE, POLYCLONAL):
            for marker_id in assay.observed.markers:
                if marker_id in known:
                    tubes[assay.observed.sample_id, marker_id].append(assay)
    return [_check(found, known[marker_id], surroundings) for (_, marker_id), found in tubes.items()]


def control_checks(found: Sequence[Check]) -> pl.DataFrame:
    """CONTROL_CHECKS of these checks."""
    columns = [name for name in CONTROL_CHECKS.names if name != "passed"]
    rows = [{**{name: getattr(one, name) for name in columns}, "passed": one.passed} for one in found]
    return check(pl.DataFrame(rows, schema=CONTROL_CHECKS.schema()), CONTROL_CHECKS)


def contaminated(found: Sequence[Check], runs: set[str | None]) -> dict[str, list[str]]:
    """Markers that failed in the no-template controls of these runs, with a sentence for each control."""
    lost: dict[str, list[str]] = defaultdict(list)
    for one in found:
        if one.role == NO_TEMPLATE and not one.passed and of_run(one.run_id, runs):
            lost[one.marker_id].append(str(one))
    return dict(lost)


def missing(surroundings: Surroundings, samples: pl.DataFrame) -> dict[str, str | None]:
    """No-template controls of the sheet that have no hits, each with its run."""
    given = {assay.observed.sample_id for assay in surroundings.assays}
    blanks = samples.filter(pl.col("role") == NO_TEMPLATE).select("sample_id", "run_id")
    return {name: run for name, run in blanks.iter_rows() if name not in given}


def of_run(run_id: str | None, runs: set[str | None]) -> bool:
    """Whether a control is of one of these runs; without a run_id it, or a sample, may be of any."""
    return run_id in runs or None in (run_id, *runs)


def _check(assays: Sequence[Assay], marker: Mapping[str, Any], surroundings: Surroundings) -> Check:
    tube, marker_id = assays[0].observed, marker["marker_id"]
    reads = sum(assay.observed.markers[marker_id] for assay in assays)
    judge = _carried_over if tube.role == NO_TEMPLATE else _stated
    expected, chance = judge(assays, marker, surroundings)
    return Check(tube.sample_id, tube.run_id, tube.role or "", marker_id, reads, expected, chance)


def _carried_over(
    assays: Sequence[Assay], marker: Mapping[str, Any], surroundings: Surroundings
) -> tuple[float, float]:
    """Reads that the run leaves in the tubes, and the chance of as many: gamma-Poisson."""
    name = marker["marker_id"]
    rates = [surroundings.carry_over(name, assay) for assay in assays]
    count = sum(assay.observed.umis.get(name, assay.observed.markers[name]) for assay in assays)
    total = Gamma(sum(rate.mean for rate in rates), min((rate.shape for rate in rates if rate.mean), default=inf))
    return total.mean, at_least(count, total)


def at_least(count: int, rate: Gamma) -> float:
    """P(as many counts or more) of a Poisson number whose rate is a gamma variable."""
    from scipy.special import betainc, gammainc  # noqa: PLC0415  (0.3 s, only where it is needed)

    if not count:
        return 1.0
    if not rate.mean:
        return 0.0
    if rate.shape == inf:
        return float(gammainc(count, rate.mean))
    return float(betainc(count, rate.shape, rate.mean / (rate.mean + rate.shape)))


def _stated(
    assays: Sequence[Assay], marker: Mapping[str, Any], surroundings: Surroundings
) -> tuple[float | None, float | None]:
    """Reads at the background rate that the marker's table states, and the chance of as many; None without a rate."""
    rate, tubes, count = marker["background_rate"], [], 0
    for assay in assays:
        found = assay.yield_of(marker)
        if rate is None or assay.cells is None or not isinstance(found, Yield):
            return None, None
        carried = surroundings.carry_over(marker["marker_id"], assay)
        seen = seeing(assay, marker["marker_id"], found)
        tubes.append(Tube(assay.cells.number, (seen,), (Gamma(float(rate)),), (carried,)))
        count += count_of(assay, marker["marker_id"], found)
    process = Process(tuple(tubes))
    expected = process.per_level * float(rate) + sum(tube.carry_over[0].mean for tube in tubes)
    return expected, p_value(process, count)


def cross_sample(tubes: Sequence[Observed]) -> pl.DataFrame:
    """CROSS_SAMPLE: where each marker was looked for, and its reads there, all tubes of a sample together."""
    rows = [
        {
            "marker_id": marker,
            "target_subject_id": tube.owners[marker] or "",
            "sample_id": tube.sample_id,
            "subject_id": tube.subject_id,
            "own": tube.subject_id is not None and tube.subject_id == tube.owners[marker],
            "reads": reads,
            "shared_reads": tube.shared.get(marker, 0),
        }
        for tube in tubes
        for marker, reads in tube.markers.items()
    ]
    counted = ["reads", "shared_reads"]
    by_sample = [name for name in CROSS_SAMPLE.names if name not in counted]
    frame = pl.DataFrame(rows, schema=CROSS_SAMPLE.schema())
    summed = frame.group_by(by_sample, maintain_order=True).agg(pl.col(counted).sum())
    return check(summed.sort("marker_id", "sample_id"), CROSS_SAMPLE)
