"""Sum up the tubes of a baseline: by locus, the input cells and the reads and UMIs per copy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import polars as pl

from clonotrack.assay.capture import stated_capture
from clonotrack.assay.cells import Cells, nucleated_cells, tube_cells
from clonotrack.assay.controls import TubeControls, reads_per_copy
from clonotrack.config import Config, Library
from clonotrack.tables import LOCI, TUBE

TUBE_OF_SAMPLE = TUBE[1:]
"""Columns that identify a tube of one sample: `library` and `replicate`."""

ByLibrary = Mapping[str, pl.DataFrame]
"""CONTROLS by library name."""


@dataclass(frozen=True, slots=True)
class TubeInputs:
    """Quantities of the tubes of a baseline by locus; each mapping lacks the loci for which the quantity is not known.

    Attributes:
        input_cells: nucleated cells, all tubes that amplify the locus together.
        reads_per_copy: reads per molecule put into a tube, mean of the tubes.
        umis_per_copy: UMIs per molecule put into a tube, mean of the tubes.
        capture_assumed: whether `umis_per_copy` comes from the default capture, because neither calibrators nor the
            settings of the library give a capture.
    """

    input_cells: Mapping[str, float]
    reads_per_copy: Mapping[str, float]
    umis_per_copy: Mapping[str, float]
    capture_assumed: bool = False


def tube_inputs(
    rows: Iterable[Mapping[str, Any]], hits: pl.DataFrame | None, controls: ByLibrary, config: Config
) -> TubeInputs:
    """Sum up the tubes of one baseline, whose reads were analysed together.

    METHOD: for each locus, the cells of the tubes that amplify the locus are added up, and the reads per copy of these
    tubes are averaged. The tube of a read is not known after the reads of all tubes were joined. Each tube is assumed
    to have an equal share of the sample's DNA.

    Args:
        rows: rows of SAMPLES of this baseline; several lanes of one tube count once.
        hits: HITS of the controls in the tubes of the baseline; None if controls were not searched.
        controls: CONTROLS by library name.
        config: all settings.

    Raises:
        QuantityError: an amount of cells or DNA is impossible, or HITS lacks a calibrator.
    """
    tubes = {tuple(row[name] for name in TUBE_OF_SAMPLE): row for row in rows}
    hits_of = {} if hits is None else dict(hits.group_by(TUBE_OF_SAMPLE, maintain_order=True))
    cells = {tube: _cells(row, hits_of.get(tube), controls, config) for tube, row in tubes.items()}
    input_cells = {}
    for locus in LOCI:
        of_tubes = [number for tube, number in cells.items() if _amplifies(config.library(tube[0]), locus)]
        numbers = [found.number for found in of_tubes if found]
        if numbers and len(numbers) == len(of_tubes):
            input_cells[locus] = sum(numbers)
    reads = {} if hits is None else _reads_per_copy(hits, controls, config)
    umis, assumed = _umis_per_copy(list(tubes), hits_of, controls, config)
    return TubeInputs(input_cells, reads, umis, assumed)


def _cells(row: Mapping[str, Any], hits: pl.DataFrame | None, controls: ByLibrary, config: Config) -> Cells | None:
    """Find the cells of one tube: as its row of SAMPLES states them, or by reference loci; None if not known."""
    if hits is None:
        return nucleated_cells(row, config.quantify.pg_per_cell)
    of_tube = TubeControls.of(hits, controls.get(config.library_name(row["library"])))
    return tube_cells(row, of_tube, config)


def _reads_per_copy(hits: pl.DataFrame, controls: ByLibrary, config: Config) -> dict[str, float]:
    """Average the reads per copy of each locus over the tubes."""
    tubes: list[tuple[Library, dict[str, float]]] = []
    for (value, _), tube in hits.group_by(TUBE_OF_SAMPLE, maintain_order=True):
        name = None if value is None else str(value)
        table = controls.get(config.library_name(name))
        by_locus = {} if table is None else reads_per_copy(tube, table, config, name)
        tubes.append((config.library(name), by_locus))
    return _means(tubes)


def _umis_per_copy(
    tubes: list[tuple[Any, ...]], hits_of: Mapping[tuple[Any, ...], pl.DataFrame], controls: ByLibrary, config: Config
) -> tuple[dict[str, float], bool]:
    """Average the UMIs per copy of each locus over the tubes.

    The UMIs per copy of a tube come from its calibrators with UMIs. Without such calibrators they are the capture times
    the number of strands of a molecule that get a UMI.

    Args:
        tubes: library and replicate of each tube; empty to use the tubes of `hits_of`.
        hits_of: HITS of the controls by tube.
        controls: CONTROLS by library name.
        config: all settings.

    Returns:
        UMIs per copy by locus; whether the capture of a tube is the assumed default.
    """
    by_tube: list[tuple[Library, dict[str, float]]] = []
    assumed = False
    for tube in tubes or list(hits_of):
        name = tube[0]
        library, hits = config.library(name), hits_of.get(tube)
        capture = stated_capture(config, name)
        calibrators = None
        if hits is not None:
            calibrators = TubeControls.of(hits, controls.get(config.library_name(name))).calibrators_by_umis()
        if library.template == "rna":
            by_tube.append((library, {}))
        elif calibrators:
            by_tube.append((library, {locus: calibrators.calibration(locus).counts_per_copy for locus in LOCI}))
        else:
            assumed |= capture.source == "assumed"
            by_tube.append((library, dict.fromkeys(LOCI, capture.value * library.strands_tagged)))
    return _means(by_tube), assumed


def _means(tubes: list[tuple[Library, dict[str, float]]]) -> dict[str, float]:
    """Average a quantity over the tubes that amplify each locus.

    Args:
        tubes: library of each tube, and the quantity by locus.

    Returns:
        Mean by locus. A locus is left out if a tube that amplifies it has no value, or if no tube amplifies it.
    """
    result = {}
    for locus in LOCI:
        values = [by_locus.get(locus, 0.0) for library, by_locus in tubes if _amplifies(library, locus)]
        if values and all(values):
            result[locus] = fmean(values)
    return result


def _amplifies(library: Library, locus: str) -> bool:
    """Check whether a library has primers for a locus; a library that states no loci has primers for all loci."""
    return not library.loci or locus in library.loci
