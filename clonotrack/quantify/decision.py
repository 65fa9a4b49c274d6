"""From the basis of a row to its numbers and its call."""

from __future__ import annotations

from typing import Any

from clonotrack.config import Quantify
from clonotrack.quantify.evidence import Evidence
from clonotrack.quantify.limits import (
    Rule,
    critical_reads,
    interval,
    least_reads,
    limit_of_blank,
    limit_of_detection,
    limit_of_quantification,
    p_value,
)
from clonotrack.quantify.process import Process
from clonotrack.tables import FLAGS

READ_SHARE_FLOOR = 1e-4
"""Level under which a count by read share supports no statement: neither LoD nor LoQ is stated below it."""

Row = dict[str, Any]


def rule_of(settings: Quantify, markers: int = 1) -> Rule:
    """The rule of a row where `markers` rows are decided side by side.

    METHOD: `alpha_call` is for the sample; each of m single rows is held to 1 - (1 - alpha)^(1/m) (Sidak, JASA
    1967). The combined row is one test.
    """
    return Rule(1 - (1 - settings.alpha_call) ** (1 / markers), settings.min_molecules)


def decide(basis: Evidence, rule: Rule, settings: Quantify, target: float) -> Row:
    """Numbers, call and flags of one row.

    Args:
        basis: reads and process.
        rule: when it is positive.
        settings: confidence of the interval.
        target: level that a negative result has to reach.

    Returns:
        The MRD columns from `reads` on.
    """
    if basis.failures or basis.process is None:
        return _counts(basis) | {"call": "failed", "flags": joined(basis.flags)}
    process, reads = basis.process, basis.reads
    floor = READ_SHARE_FLOOR if basis.counting == "read_share" else 0.0
    met = reads >= critical_reads(process, rule)
    mrd = reads / process.reads_per_level
    low, high = interval(process, reads, settings.confidence)
    lod = max(floor, limit_of_detection(process, rule))
    loq = max(floor, limit_of_quantification(process, rule))
    numbers = {
        "clone_cells": mrd * sum(tube.cells for tube in process.tubes),
        "mrd": mrd,
        "mrd_low": low,
        "mrd_high": min(high, max(1.0, mrd)),  # no more cells of the clone than cells
        "lob": limit_of_blank(process),
        "lod": lod,
        "loq": loq,
        "p_value": p_value(process, reads),
        "call": ("positive" if mrd >= loq else "positive_below_loq")
        if met
        else ("insufficient" if lod > target else "negative"),
    }
    impossible = frozenset({"more_than_input"} if low > 1 else ())
    found = basis.flags | impossible | _explained(process, reads, rule, met=met) | _unproven(basis, rule, met=met)
    return _counts(basis) | numbers | {"flags": joined(found)}


def joined(flags: frozenset[str]) -> str | None:
    """Flags in the order of their declaration, comma-separated."""
    return ",".join(flag for flag in FLAGS if flag in flags) or None


def _counts(basis: Evidence) -> Row:
    """What can be said without a result: reads, molecules and the factors that are known."""
    tubes = {id(look.assay): look.assay.cells for look in basis.looks}.values()
    cells = [tube for tube in tubes if tube is not None]
    known = bool(cells) and len(cells) == len(tubes)
    dna = [tube for tube in cells if tube.source == "dna"]
    return {
        "reads": basis.reads,
        "molecules": basis.molecules,
        "counting": basis.counting,
        "capture": basis.capture,
        "copies_per_cell": basis.copies,
        "input_cells": sum(tube.number for tube in cells) if known else None,
        "input_source": ("dna" if dna else "cells") if known else None,
        "pg_per_cell": dna[0].pg_per_cell if dna and known else None,
    }


def _explained(process: Process, reads: int, rule: Rule, *, met: bool) -> frozenset[str]:
    """Enough molecules, and yet no call: the background explains them."""
    enough = reads >= least_reads(process, rule.min_molecules)
    return frozenset({"background"} if enough and not met else ())


def _unproven(basis: Evidence, rule: Rule, *, met: bool) -> frozenset[str]:
    """A call that would not stand at the background that the controls do not exclude."""
    stands = not met or basis.suspected is None or p_value(basis.suspected, basis.reads) <= rule.alpha
    return frozenset(() if stands else {"background_unproven"})
