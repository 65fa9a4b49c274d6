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
    """Quantities of the tubes of a baseline by locus; a locus for which one is not known is left out.

    Attributes:
        input_cells: nucleated cells.
        reads_per_copy: reads per molecule put into the tube.
        umis_per_copy: UMIs per molecule put into the tube.
        capture_assumed: whether `umis_per_copy` is the configured default, without calibrators and validation.
    """

    input_cells: Mapping[str, float]
    reads_per_copy: Mapping[str, float]
    umis_per_copy: Mapping[str, float]
    capture_assumed: bool = False


def tube_inputs(
    rows: Iterable[Mapping[str, Any]], hits: pl.DataFrame | None, controls: ByLibrary, config: Config
) -> TubeInputs:
    """Sum up the tubes of one baseline, whose reads were analysed together.

    METHOD: a locus has the sum of the cells of the tubes that amplify it, and the mean of their reads per copy. After
    the reads were joined the tube of a read is not known, and the tubes of a sample get equal shares of its DNA.

    Args:
        rows: of SAMPLES, of this sample; lanes of one tube count once.
        hits: HITS of its controls; None if they were not searched.
        controls: CONTROLS by library name.
        config: all settings.

    Raises:
        QuantityError: an amount is impossible, or a calibrator has no count.
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
    """Find the cells of one tube: stated, or by reference loci if its controls were searched."""
    if hits is None:
        return nucleated_cells(row, config.quantify.pg_per_cell)
    of_tube = TubeControls.of(hits, controls.get(config.library_name(row["library"])))
    return tube_cells(row, of_tube, config)


def _reads_per_copy(hits: pl.DataFrame, controls: ByLibrary, config: Config) -> dict[str, float]:
    """Average the reads per copy over the tubes."""
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
    """Average the UMIs per copy over the tubes: by calibrators with UMIs, otherwise capture times tagged strands.

    Returns:
        UMIs per copy by locus, and whether a capture is the configured default.
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
    """Average over the tubes that amplify a locus; a locus without a value in one of them is left out."""
    result = {}
    for locus in LOCI:
        values = [by_locus.get(locus, 0.0) for library, by_locus in tubes if _amplifies(library, locus)]
        if values and all(values):
            result[locus] = fmean(values)
    return result


def _amplifies(library: Library, locus: str) -> bool:
    """Check whether a library has primers for a locus; a library that states no loci has them for all."""
    return not library.loci or locus in library.loci
