"""Format the results of a cohort as a table for the terminal, optionally beside the true levels."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import polars as pl

from clonotrack.report import formats
from clonotrack.report.series import Row, Sample, patient_series
from clonotrack.report.statement import flag_names, flag_sentences
from clonotrack.tables import COMBINED

WIDTH = 110
_CALLS = {"positive_below_loq": "positive<LoQ"}
_RIGHT = ("day", "reads", "clone cells", "LoD", "truth")
_YES_NO = {True: "yes", False: "NO", None: ""}


def terminal_table(mrd: pl.DataFrame, truth: pl.DataFrame | None = None) -> str:
    """Format all results as lines of at most 110 characters, grouped by patient.

    Flags are shown as letters, which are explained below the table.

    Args:
        mrd: MRD.
        truth: table of true levels with the columns `sample_id` and `true_mrd` [clone cells per nucleated cell], and
            optionally `marker_id` and `expected_call`. Without `marker_id` the levels are those of `combined`. Each
            result then shows the true level, whether the interval contains the true level (`in`), and whether the call
            equals the expected call (`right`). None if the true levels are not known.

    Returns:
        The lines, joined by line feeds.
    """
    letters = _letters(mrd)
    truths = None if truth is None else _truth_by_row(truth)
    patients = {
        subject: _patient(mrd, subject, letters, truths) for subject in mrd["subject_id"].unique(maintain_order=True)
    }
    header = next(iter(next(iter(patients.values()), [])), {})
    widths = _widths([{name: name for name in header}, *(row for rows in patients.values() for row in rows)])
    lines = []
    for subject, rows in patients.items():
        lines += [formats.shorten(subject, WIDTH), *(_line(row, widths) for row in rows)]
    head = _line({name: name for name in header}, widths)
    lines = [head, "-" * max(map(len, [head, *lines])), *lines]
    legend = [
        textwrap.fill(f"{letter}  {name}: {flag_sentences(name)[0]}", WIDTH, subsequent_indent="   ")
        for name, letter in letters.items()
    ]
    return "\n".join([*lines, *(["", *legend] if legend else [])])


def _letters(mrd: pl.DataFrame) -> dict[str, str]:
    """Assign letters to the flags that occur in the table: a, b, c ... in alphabetical order of the flags."""
    used = sorted({name for flags in mrd["flags"] for name in flag_names(flags)})
    return {name: chr(ord("a") + index) for index, name in enumerate(used)}


def _truth_by_row(truth: pl.DataFrame) -> dict[tuple[str, str], Row]:
    """Return the rows of the table of true levels, by sample_id and marker_id."""
    named = truth if "marker_id" in truth.columns else truth.with_columns(marker_id=pl.lit(COMBINED))
    return {(row["sample_id"], row["marker_id"]): row for row in named.rows(named=True)}


def _patient(
    mrd: pl.DataFrame, subject_id: str, letters: Mapping[str, str], truths: Mapping[tuple[str, str], Row] | None
) -> list[dict[str, str]]:
    rows = []
    for sample in patient_series(mrd, subject_id).samples:
        for row in sample.results:
            cells = _result(sample, row, letters)
            true = None if truths is None else truths.get((sample.sample_id, row["marker_id"]), {})
            rows.append(cells if true is None else _with_truth(cells, row, true))
    return rows


def _result(sample: Sample, row: Row, letters: Mapping[str, str]) -> dict[str, str]:
    first = row is sample.combined
    mrd, low, high, lod = (formats.number(row[name]) for name in ("mrd", "mrd_low", "mrd_high", "lod"))
    cells = formats.number(row["clone_cells"])
    limits = "" if low is None or high is None else f" [{formats.interval(low, high).replace(' to ', ', ')}]"
    return {
        "sample": f" {sample.sample_id}" if first else "",
        "day": formats.day(sample.day) if first and sample.day is not None else "",
        "marker": row["marker_id"].removeprefix(f"{row['subject_id']}."),
        "reads": formats.count(row["reads"]),
        "clone cells": "-" if cells is None else formats.quantity(cells),
        "MRD [95 % interval]": "-" if mrd is None else f"{formats.level(mrd, low, high)}{limits}",
        "LoD": "-" if lod is None else formats.level(lod),
        "call": _CALLS.get(row["call"], row["call"]),
        "flags": "".join(letters[name] for name in flag_names(row["flags"])),
    }


def _with_truth(cells: Mapping[str, str], row: Row, truth: Row) -> dict[str, str]:
    """Replace the column of clone cells by `truth`, `in` and `right`; empty if the true level is not known."""
    true, expected = formats.number(truth.get("true_mrd")), truth.get("expected_call")
    low, high = formats.number(row["mrd_low"]), formats.number(row["mrd_high"])
    held = None if true is None or low is None or high is None else low <= true <= high
    right = None if expected is None else row["call"] == expected
    compared = {"truth": "" if true is None else formats.level(true), "in": _YES_NO[held], "right": _YES_NO[right]}
    return {name: text for name, text in cells.items() if name != "clone cells"} | compared


def _widths(rows: list[dict[str, str]]) -> dict[str, int]:
    """Compute the width of each column [characters].

    If lines are too long, the column `sample` or `marker`, whichever is wider, is narrowed step by step.
    """
    widths = {name: max(len(row[name]) for row in rows) for name in rows[0]}
    while _total(widths, " ") > WIDTH and max(widths["sample"], widths["marker"]) > 8:
        widths["sample" if widths["sample"] > widths["marker"] else "marker"] -= 1
    return widths


def _total(widths: Mapping[str, int], gap: str) -> int:
    return sum(widths.values()) + len(gap) * (len(widths) - 1)


def _line(row: Mapping[str, str], widths: Mapping[str, int]) -> str:
    cells = (
        text.rjust(width) if name in _RIGHT else text.ljust(width)
        for name, width in widths.items()
        if (text := formats.shorten(row[name], width)) is not None
    )
    gap = "  " if _total(widths, "  ") <= WIDTH else " "
    return gap.join(cells).rstrip()
