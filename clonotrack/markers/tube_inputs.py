"""What is known of the tubes of a baseline: cells, and reads of a molecule, for each locus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import polars as pl

from clonotrack.assay.capture import stated
from clonotrack.assay.cells import Cells, Controls, nucleated_cells, reads_per_copy, tube_cells
from clonotrack.config import Config, Library
from clonotrack.tables import LOCI, TUBE

OF_SAMPLE = TUBE[1:]


@dataclass(frozen=True, slots=True)
class Amounts:
    """By locus: nucleated cells, reads and UMIs of a molecule that was put in; what is not known is missing.

    `capture_assumed`: UMIs of a molecule come from the configured default, for want of calibrators and validation.
    """

    input_cells: Mapping[str, float]
    reads_per_copy: Mapping[str, float]
    umis_per_copy: Mapping[str, float]
    capture_assumed: bool = False


def tube_amounts(
    rows: Iterable[Mapping[str, Any]],
    hits: pl.DataFrame | None,
    controls: Mapping[str, pl.DataFrame],
    config: Config,
) -> Amounts:
    """Sum up the tubes of one baseline whose reads were put together.

    METHOD: of several tubes a locus has the cells of those that amplify it, and the mean of their reads per copy: of
    reads put together no one knows the tube, and the tubes of a sample get alike shares of its DNA.

    Args:
        rows: of SAMPLES, of this sample; lanes of one tube count once.
        hits: HITS of its controls.
        controls: CONTROLS by library name.
        config: all settings.

    Raises:
        QuantityError: an amount is not above zero, or a calibrator was not looked for.
    """
    tubes = {tuple(row[name] for name in OF_SAMPLE): row for row in rows}
    counted = {} if hits is None else dict(hits.group_by(OF_SAMPLE, maintain_order=True))
    cells = {tube: _cells(row, counted.get(tube), controls, config) for tube, row in tubes.items()}
    input_cells = {}
    for locus in LOCI:
        amplified = [known for tube, known in cells.items() if _amplifies(config.library(tube[0]), locus)]
        numbers = [known.number for known in amplified if known]
        if numbers and len(numbers) == len(amplified):
            input_cells[locus] = sum(numbers)
    reads = {} if hits is None else _reads_per_copy(hits, controls, config)
    umis, assumed = _umis_per_copy(list(tubes), counted, controls, config)
    return Amounts(input_cells, reads, umis, assumed)


def _cells(
    row: Mapping[str, Any], hits: pl.DataFrame | None, controls: Mapping[str, pl.DataFrame], config: Config
) -> Cells | None:
    """Cells of one tube: stated, or told by reference loci where its controls were looked for."""
    if hits is None:
        return nucleated_cells(row, config.quantify.pg_per_cell)
    return tube_cells(row, Controls.of(hits, controls.get(config.library_name(row["library"]))), config)


def _reads_per_copy(hits: pl.DataFrame, controls: Mapping[str, pl.DataFrame], config: Config) -> dict[str, float]:
    """The mean over the tubes that amplify a locus; a locus that one of them says nothing of is left out."""
    tubes: list[tuple[Library, dict[str, float]]] = []
    for (value, _), tube in hits.group_by(OF_SAMPLE, maintain_order=True):
        name = None if value is None else str(value)
        table = controls.get(config.library_name(name))
        found = {} if table is None else reads_per_copy(tube, table, config, name)
        tubes.append((config.library(name), found))
    return _means(tubes)


def _umis_per_copy(
    tubes: list[tuple[Any, ...]],
    counted: Mapping[tuple[Any, ...], pl.DataFrame],
    controls: Mapping[str, pl.DataFrame],
    config: Config,
) -> tuple[dict[str, float], bool]:
    """UMIs of a molecule put in: by calibrators that have UMIs, else capture times strands; and whether assumed."""
    found: list[tuple[Library, dict[str, float]]] = []
    assumed = False
    for tube in tubes or list(counted):
        name = tube[0]
        library, hits = config.library(name), counted.get(tube)
        tagged = Controls.of(hits, controls.get(config.library_name(name))).tagged() if hits is not None else None
        capture = stated(config, name)
        if library.template == "rna":
            found.append((library, {}))
        elif tagged:
            found.append((library, {locus: tagged.of(locus).per_copy for locus in LOCI}))
        else:
            assumed |= capture.source == "assumed"
            found.append((library, dict.fromkeys(LOCI, capture.value * library.strands_tagged)))
    return _means(found), assumed


def _means(tubes: list[tuple[Library, dict[str, float]]]) -> dict[str, float]:
    """The mean over the tubes that amplify a locus; a locus that one of them says nothing of is left out."""
    result = {}
    for locus in LOCI:
        coefficients = [found.get(locus, 0.0) for library, found in tubes if _amplifies(library, locus)]
        if coefficients and all(coefficients):
            result[locus] = fmean(coefficients)
    return result


def _amplifies(library: Library, locus: str) -> bool:
    return not library.loci or locus in library.loci
