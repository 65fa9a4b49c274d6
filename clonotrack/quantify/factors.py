"""The factors of a row, by which its result can be recomputed by hand."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from clonotrack.library.tubes import Cells
from clonotrack.quantify.evidence import Evidence


def counted(basis: Evidence) -> dict[str, Any]:
    """What can be said without a result: reads, UMIs, molecules and the factors that are known."""
    tubes = {id(look.assay): look.assay.cells for look in basis.looks}.values()
    cells = [tube for tube in tubes if tube is not None]
    return {
        "reads": basis.reads,
        "umis": basis.umis,
        "molecules": basis.molecules,
        "counting": basis.counting,
        "capture": basis.capture,
        "copies_per_cell": basis.copies,
        "strands_tagged": basis.strands,
        "expected_carry_over": basis.expected_carry_over,
        **(_input(cells) if cells and len(cells) == len(tubes) else {}),
    }


def _input(cells: Collection[Cells]) -> dict[str, Any]:
    """Cells of all tubes; where tubes differ in how they are known, the source that says least goes for the row."""
    sources = {tube.source for tube in cells}
    weights = [tube.pg_per_cell for tube in cells if tube.pg_per_cell is not None]
    return {
        "input_cells": sum(tube.number for tube in cells),
        "input_source": next(source for source in ("reference_locus", "dna", "cells") if source in sources),
        "pg_per_cell": weights[0] if weights else None,
    }
