"""The MRD rows of one sample: one per marker, and the combined one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from clonotrack.config import Quantify
from clonotrack.quantify.assay import Assay
from clonotrack.quantify.background import Background
from clonotrack.quantify.decision import Row, decide, joined, rule_of
from clonotrack.quantify.evidence import Evidence, Marker, evidence
from clonotrack.quantify.process import clone_variance
from clonotrack.tables import COMBINED

_ENOUGH_TO_COMPARE = 5.0


def sample_rows(
    about: Mapping[str, Any],
    markers: Sequence[Marker],
    assays: Sequence[Assay],
    backgrounds: Mapping[str, Background],
    contaminated: frozenset[str],
    settings: Quantify,
    target: float,
) -> list[Row]:
    """Rows of one sample of a patient.

    Args:
        about: subject_id, sample_id and day.
        markers: the selected MARKERS rows of the patient.
        assays: the tubes of the sample.
        backgrounds: by marker_id.
        contaminated: markers that a no-template control of the sample's run holds.
        settings: of the stage.
        target: level that a negative result has to reach.

    METHOD: the combined row counts the reads of all markers that can be used against the sum over the markers of a
    cell; the markers share the cells of the tube, so it is no sum of independent results (docs/statistics.md).
    """
    if not markers:
        why = {"reads": 0, "call": "failed", "flags": "no_marker"}
        return [{**about, "marker_id": COMBINED, **why}]
    single = [evidence((marker,), assays, backgrounds, contaminated) for marker in markers]
    usable = [marker for marker, basis in zip(markers, single, strict=True) if not basis.failures]
    rule = rule_of(settings, max(1, len(usable)))
    rows = [
        {**about, "marker_id": marker["marker_id"], "locus": marker["locus"], **decide(basis, rule, settings, target)}
        for marker, basis in zip(markers, single, strict=True)
    ]
    pooled = evidence(usable or markers, assays, backgrounds, contaminated)
    combined = {**about, "marker_id": COMBINED, **decide(pooled, rule_of(settings), settings, target)}
    flags = frozenset(str(combined["flags"] or "").split(",")).union(*(basis.flags for basis in single))
    combined["flags"] = joined(flags | _disagreement(single, pooled, settings.alpha_call))
    return [*rows, combined]


def _disagreement(single: Sequence[Evidence], pooled: Evidence, alpha: float) -> frozenset[str]:
    """Whether the markers of one sample differ by more than chance.

    METHOD: Pearson's chi-squared of the reads of each marker against the common level, with the variance of the
    compound Poisson process and of the calibration, on m - 1 degrees of freedom; only where every marker has at
    least five molecules to expect. The markers share their cells, which this leaves out: the test is conservative.
    """
    from scipy.special import gammaincc  # noqa: PLC0415  (0.3 s, only where it is needed)

    processes = [(basis.reads, basis.process) for basis in single if basis.process and not basis.failures]
    if len(processes) < 2 or pooled.process is None:
        return frozenset()
    level = pooled.reads / pooled.process.reads_per_level
    if level * min(process.molecules_per_level for _, process in processes) < _ENOUGH_TO_COMPARE:
        return frozenset()
    reads = np.array([count for count, _ in processes])
    means = np.array([level * process.reads_per_level for _, process in processes])
    spread = np.array([level * clone_variance(process) for _, process in processes])
    calibration = np.array([process.log_sd for _, process in processes])
    statistic = float(np.sum((reads - means) ** 2 / (spread + (means * calibration) ** 2)))
    chance = float(gammaincc((len(processes) - 1) / 2, statistic / 2))
    return frozenset({"markers_disagree"} if chance < alpha else ())
