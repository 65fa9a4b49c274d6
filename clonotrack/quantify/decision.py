"""From the basis of a row to its numbers and its call.

The arithmetic behind a hit that is explained, as sentences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil
from typing import Any

from clonotrack.config import Quantify
from clonotrack.quantify.evidence import Evidence, counted
from clonotrack.stats.count_model import Process
from clonotrack.stats.limits import Rule, interval, least_counts, p_value
from clonotrack.stats.max_marker import Highest
from clonotrack.stats.roots import crossing
from clonotrack.tables import FLAGS

READ_SHARE_FLOOR = 1e-4
"""Level under which a count by read share supports no statement: neither LoD nor LoQ is stated below it."""

_DEEPEST = 1000.0

Row = dict[str, Any]


def rule_of(settings: Quantify, markers: int = 1) -> Rule:
    """The rule of a row where `markers` rows are decided side by side.

    METHOD: `alpha_call` is for the sample; each of m single rows is held to 1 - (1 - alpha)^(1/m) (Sidak, JASA
    1967), and the combined row is positive where one of them is.
    """
    return Rule(1 - (1 - settings.alpha_call) ** (1 / markers), settings.min_molecules)


def decide(bases: Sequence[Evidence], rule: Rule, settings: Quantify, target: float) -> Row:
    """Numbers, call and flags of one row.

    Args:
        bases: counts and process of the marker; of several markers for the row that states the highest.
        rule: when the sample, over these markers, is positive.
        settings: confidence of the interval.
        target: level that a negative result has to reach.

    Returns:
        The MRD columns from `reads` on; with several markers the factors are those of the highest.
    """
    flags = frozenset[str]().union(*(basis.flags for basis in bases))
    processes = tuple(basis.process for basis in bases if basis.process)
    if len(processes) < len(bases) or any(basis.failures for basis in bases):
        return counted(bases[0]) | {"call": "failed", "flags": joined(flags)}
    row, counts = Highest(processes), tuple(basis.count for basis in bases)
    top = max(bases, key=_level)
    floor = READ_SHARE_FLOOR if any(basis.counting == "read_share" for basis in bases) else 0.0
    mrd, met = row.estimate(counts), row.met(counts, rule)
    low, high = row.interval(counts, settings.confidence)
    lod, loq = max(floor, row.limit_of_detection(rule)), max(floor, row.limit_of_quantification(rule))
    numbers = {
        "clone_cells": mrd * top.process.cells if top.process else None,
        "mrd": mrd,
        "mrd_low": low,
        "mrd_high": min(high, max(1.0, mrd)),  # no more cells of the clone than cells
        "lob": row.limit_of_blank(),
        "lod": lod,
        "loq": loq,
        "p_value": row.p_value(counts),
        "call": _call(met=met, quantified=mrd >= loq, reached=lod <= target),
        "reads_needed": None if met or lod <= target or floor > target else _reads_needed(bases, row, rule, target),
    }
    impossible = frozenset({"more_than_input"} if low > 1 else ())
    told = frozenset[str]().union(*(_blank_flags(basis, row.rule(rule)) for basis in bases))
    return counted(top) | numbers | {"flags": joined(flags | impossible | told)}


def _level(basis: Evidence) -> float:
    return basis.count / basis.process.per_level if basis.process else 0.0


def _call(*, met: bool, quantified: bool, reached: bool) -> str:
    if met:
        return "positive" if quantified else "positive_below_loq"
    return "negative" if reached else "insufficient"


def pooled(basis: Evidence, settings: Quantify) -> Row:
    """The pooled estimate over several markers, which is printed beside the highest.

    METHOD: counts of all markers over their mean, the maximum quasi-likelihood estimate where variance goes with the
    mean (Wedderburn, Biometrika 1974), with the interval of one compound Poisson law over the shared cells.
    """
    if basis.process is None or basis.failures:
        return {}
    low, high = interval(basis.process, basis.count, settings.confidence)
    mrd = _level(basis)
    return {"pooled_mrd": mrd, "pooled_low": low, "pooled_high": min(high, max(1.0, mrd))}


def joined(flags: frozenset[str]) -> str | None:
    """Flags in the order of their declaration, comma-separated."""
    return ",".join(flag for flag in FLAGS if flag in flags) or None


def _blank_flags(basis: Evidence, rule: Rule) -> frozenset[str]:
    """What background and carry-over do to a marker: counts that they explain, or a call that they put off."""
    process = basis.process
    if process is None or not process.has_blank:
        return frozenset()
    least = least_counts(process, rule.min_molecules)
    open_to_doubt = not any(background.seen or background.stated for background in basis.backgrounds)
    own, carried = _only(process, background=True), _only(process, background=False)
    unproven = open_to_doubt and p_value(own, least) > rule.alpha
    found = {"background_unproven"} if unproven else set()
    if basis.count >= least and p_value(process, basis.count) > rule.alpha:
        alone = p_value(carried, basis.count) > rule.alpha
        found |= {"carry_over"} if alone or not p_value(own, basis.count) > rule.alpha else set()
        found |= {"shared_rearrangement"} if not alone and any(known.seen for known in basis.backgrounds) else set()
    return frozenset(found)


def _only(process: Process, *, background: bool) -> Process:
    """The same row with one part of what is no clone."""
    tubes = (replace(tube, carry_over=()) if background else replace(tube, background=()) for tube in process.tubes)
    return replace(process, tubes=tuple(tubes))


def _reads_needed(bases: Sequence[Evidence], row: Highest, rule: Rule, target: float) -> int | None:
    """Usable reads at which the limit of detection would reach the target; None where no depth would do."""

    def limit(factor: float) -> float:
        return Highest(tuple(process.deeper(factor) for process in row.processes)).limit_of_detection(rule)

    if limit(_DEEPEST) > target:
        return None
    tubes = {id(look.assay): look.assay.observed.usable for basis in bases for look in basis.looks}
    return ceil(sum(tubes.values()) * crossing(limit, target, 2.0))


NAMED = 2
"""Sources of carry-over that are named; the others are counted."""
FREQUENCY_ONLY = frozenset({"rna", "no_cells", "no_molecules"})
"""Flags of rows that have no result but a share of the locus' reads."""


def explanation(row: Mapping[str, Any], basis: Evidence, failed_controls: Sequence[str]) -> str | None:
    """What a person needs to check the row's flags by hand; None where there is nothing to explain.

    Args:
        row: of MRD.
        basis: what it rests on.
        failed_controls: sentences about no-template controls that hold the marker.
    """
    flags = (row["flags"] or "").split(",")
    said = list(failed_controls) if "control_contaminated" in flags else []
    if "carry_over" in flags:
        said.append(_carry_over(basis))
    if "shared_rearrangement" in flags:
        said += _shared(basis)
    if FREQUENCY_ONLY.intersection(flags):
        said += _frequency(basis)
    return " ".join(said) or None


def _frequency(basis: Evidence) -> list[str]:
    """What is left to say where reads are no cells: the share of the locus' reads."""
    loci = sum(look.assay.observed.loci.get(look.marker["locus"] or "", 0) for look in basis.looks)
    if not loci:
        return []
    locus = basis.looks[0].marker["locus"]
    share = _power(basis.reads / loci)
    return [f"Frequency: {basis.reads:,} of {loci:,} reads of {locus}, {share}; no level follows from it."]


def _power(value: float) -> str:
    """Two digits and the power of ten: 1.0e-4."""
    return f"{value:.1e}".replace("e-0", "e-")


def _unit(basis: Evidence) -> str:
    return "molecules" if basis.counting == "umi" else "reads"


def _carry_over(basis: Evidence) -> str:
    """Reads of the sources, the share that hops, the tubes it falls on, and what is expected of it here."""
    first = basis.carried[0]
    named = " and ".join(f"{one.sample_id} holds {one.reads:,} reads" for one in basis.carried[:NAMED])
    more = len(basis.carried) - NAMED
    others = f" ({_counted(more, 'more tube')} besides)" if more > 0 else ""
    expected = f"{basis.expected_carry_over or 0.0:.3g} {_unit(basis)} expected here"
    return (
        f"Carry-over: {named} of the marker in this run{others}, of which {100 * first.share:.2g} % hop, over "
        f"{_counted(first.recipients, 'other tube')}: {expected}, {basis.count:,} counted."
    )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _shared(basis: Evidence) -> list[str]:
    """Reads that another patient's marker counts too; counts and cells of unrelated tubes, and what they let expect."""
    common = sum(look.shared for look in basis.looks)
    said = (
        [f"Shared rearrangement: a marker of another patient counts {common:,} of these reads too."] if common else []
    )
    counts = sum(known.control_counts for known in basis.backgrounds)
    if not counts:
        return said
    cells = sum(known.control_cells for known in basis.backgrounds)
    rate = sum(known.rate.mean for known in basis.backgrounds)
    expected = f"{_by_background(basis):.3g} {_unit(basis)} expected here, {basis.count:,} counted"
    return [
        *said,
        f"Shared rearrangement: {counts:,} {_unit(basis)} in {cells:,.0f} cells of unrelated samples, "
        f"{_power(rate)} molecules a cell: {expected}.",
    ]


def _by_background(basis: Evidence) -> float:
    """Counts that the background lets expect in the tubes of the row."""
    tubes = basis.process.tubes if basis.process else ()
    return sum(
        tube.cells * own.mean * marker.counts_per_cell / marker.copies
        for tube in tubes
        for marker, own in zip(tube.markers, tube.background, strict=False)
    )
