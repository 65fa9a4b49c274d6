"""Write a result as a sentence. Every result but a failed one is stated with its limit of detection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clonotrack.report import formats
from clonotrack.tables import COMBINED, FLAGS

CALL_NAMES = {
    "positive": "Positive",
    "positive_below_loq": "Positive, below LoQ",
    "insufficient": "Insufficient",
    "negative": "Negative",
    "failed": "Failed",
}


def statement(result: Mapping[str, Any], target: float | None = None) -> str:
    """Write one row of MRD as a sentence. For a failed row, further sentences give the reasons.

    Args:
        result: a row of MRD.
        target: target level, the LoD that a negative result must not exceed [clone cells per nucleated cell]; None if
            it is not known.
    """
    call = result["call"]
    if call == "failed":
        return _failed(result)
    if call == "positive":
        return (
            f"Positive: {_estimate(result)}: {_molecules(result)} in {_input_amount(result)}{_clone_cells(result)}; "
            f"{_pooled(result)}{_sensitivity(result)}."
        )
    if call == "positive_below_loq":
        return (
            f"Positive, below the limit of quantification ({_limit(result, 'loq')}): {_molecules(result)} in "
            f"{_input_amount(result)}; the estimate, {_estimate(result)}, tells the order of magnitude only; "
            f"{_pooled(result)}{_sensitivity(result)}."
        )
    if call == "insufficient":
        return (
            f"Insufficient: {_finding_below_threshold(result)} in {_input_amount(result)}, but only "
            f"{_sensitivity(result)}{_missed_target(target)}: {_what_would_suffice(result)}."
        )
    return f"Negative: {_finding_below_threshold(result)} in {_input_amount(result)}; {_sensitivity(result)}."


def flag_names(flags: str | None) -> list[str]:
    """Split the cell of a column `flags` at its commas into the names of the flags."""
    return [name.strip() for name in (flags or "").split(",") if name.strip()]


def flag_sentences(flags: str | None) -> list[str]:
    """Return the sentence that explains each flag in the cell of a column `flags`; for an unknown flag, its name."""
    return [FLAGS.get(name, f"Flag {name}.") for name in flag_names(flags)]


def _failed(result: Mapping[str, Any]) -> str:
    why = flag_sentences(result["flags"]) or ["The table does not say why."]
    reads = result["reads"]
    counted = (
        f" {formats.count(reads)} {_plural('read', reads)} of {_target_name(result)} {_were(reads)} counted."
        if reads
        else ""
    )
    return f"Failed: no result, and no level that the sample could have shown. {' '.join(why)}{counted}"


def _target_name(result: Mapping[str, Any]) -> str:
    marker = result["marker_id"]
    return "the clone" if marker == COMBINED else f"marker {marker}"


def _molecules(result: Mapping[str, Any]) -> str:
    molecules = formats.number(result["molecules"])
    if molecules is None:
        return f"{formats.count(result['reads'])} {_plural('read', result['reads'])} of {_target_name(result)}"
    return f"{formats.with_noun(molecules, 'molecule')} of {_target_name(result)}"


def _finding_below_threshold(result: Mapping[str, Any]) -> str:
    """Write the part of the statement about the counts of a result that is not positive."""
    if not result["reads"]:
        return f"no molecule of {_target_name(result)}"
    p_value = formats.number(result["p_value"])
    chance = "" if p_value is None else f" (p = {formats.probability(p_value)})".replace("= <", "<")
    return f"{_molecules(result)}, too little for a positive call{chance},"


def _estimate(result: Mapping[str, Any]) -> str:
    value, low, high = (formats.number(result[name]) for name in ("mrd", "mrd_low", "mrd_high"))
    if value is None:
        return "no estimate"
    if low is None or high is None:
        return f"{formats.level(value)} clone cells per nucleated cell"
    limits = f"(95 % interval {formats.interval(low, high)})"
    return f"{formats.level(value, low, high)} clone cells per nucleated cell {limits}"


def _input_amount(result: Mapping[str, Any]) -> str:
    cells, capture = (formats.number(result[name]) for name in ("input_cells", "capture"))
    amount = (
        "DNA of an unknown number of cells" if cells is None else f"DNA of {formats.quantity(cells)} nucleated cells"
    )
    assumed = ", assumed" if "capture_assumed" in flag_names(result["flags"]) else ""
    return amount if capture is None else f"{amount} (capture {capture:.2g}{assumed})"


def _pooled(result: Mapping[str, Any]) -> str:
    """Write the part of the statement about the pooled estimate (`pooled_mrd`); empty if the row has none."""
    value, low, high = (formats.number(result[name]) for name in ("pooled_mrd", "pooled_low", "pooled_high"))
    if value is None or low is None or high is None:
        return ""
    return f"all markers together show {formats.level(value, low, high)} ({formats.interval(low, high)}); "


def _what_would_suffice(result: Mapping[str, Any]) -> str:
    """Write the part of the statement about the reads or cells at which the LoD would reach the target level."""
    reads = formats.number(result["reads_needed"])
    if reads is not None:
        return f"{formats.quantity(reads)} usable reads of the same tube would have sufficed"
    if result["counting"] == "read_share":
        return "a share of reads says nothing under 1e-4, which takes calibrators or UMIs"
    return "no more reads of the same tube would have sufficed, it takes more cells"


def _clone_cells(result: Mapping[str, Any]) -> str:
    cells = formats.number(result["clone_cells"])
    return "" if cells is None else f", about {formats.with_noun(cells, 'clone cell')}"


def _sensitivity(result: Mapping[str, Any]) -> str:
    return f"a clone at {_limit(result, 'lod')} would have been found 95 times in 100"


def _limit(result: Mapping[str, Any], name: str) -> str:
    value = formats.number(result[name])
    return "an unknown level" if value is None else formats.level(value)


def _missed_target(target: float | None) -> str:
    level = "the level that was asked for" if target is None else f"the target level of {formats.level(target)}"
    return f", which does not reach {level}"


def _plural(noun: str, number: float) -> str:
    return noun if number == 1 else f"{noun}s"


def _were(number: float) -> str:
    return "was" if number == 1 else "were"
