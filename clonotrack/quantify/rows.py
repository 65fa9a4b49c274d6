"""The MRD rows of one sample: one per marker, and the combined one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clonotrack.config import Quantify
from clonotrack.quantify.assay import Assay
from clonotrack.quantify.decision import Row, decide, joined, pooled, rule_of
from clonotrack.quantify.evidence import Evidence, evidence
from clonotrack.quantify.explanation import explanation
from clonotrack.quantify.look import Marker
from clonotrack.quantify.surroundings import Surroundings
from clonotrack.quantify.together import disagreement
from clonotrack.tables import COMBINED

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
