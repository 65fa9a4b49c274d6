"""The tubes with what the sample sheet, the controls and the settings say of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from clonotrack.config import Config
from clonotrack.errors import QuantityError
from clonotrack.library.capture import stated
from clonotrack.library.references import Controls, referred, tube_cells
from clonotrack.library.tubes import dispersion
from clonotrack.quantify.assay import Assay
from clonotrack.quantify.observed import Observed
from clonotrack.tables import TUBE


def assays(
    tubes: list[Observed],
    samples: pl.DataFrame,
    controls: Mapping[str, pl.DataFrame],
    config: Config,
    *,
    on_sheet: bool,
) -> list[Assay]:
    """The tubes with what the sheet, the controls and the configuration say of them.

    Args:
        tubes: from HITS.
        samples: the sheet.
        controls: CONTROLS by library name.
        config: all settings.
        on_sheet: whether a tube that the sheet does not have is an error.

    Raises:
        QuantityError: a tube is not on the sheet, or its calibrators were not looked for.
    """
    sheet = {tuple(row[name] for name in TUBE): row for row in samples.iter_rows(named=True)}
    rows = [_row(tube, sheet, on_sheet=on_sheet) for tube in tubes]
    return [_assay(_placed(tube, row), row, controls, config) for tube, row in zip(tubes, rows, strict=True)]


def _row(tube: Observed, sheet: Mapping[tuple[Any, ...], dict[str, Any]], *, on_sheet: bool) -> dict[str, Any]:
    row = sheet.get((tube.sample_id, tube.library, tube.replicate))
    if row is None and on_sheet:
        which = f" (library {tube.library or 'not named'}, replicate {tube.replicate or 'not named'})"
        raise QuantityError(f"hits of sample {tube.sample_id}{which} have no row on the sample sheet: add it")
    for name in ("subject_id", "role", "run_id"):
        said = getattr(tube, name)
        if row and None not in (said, row[name]) and said != row[name]:
            raise QuantityError(
                f"sample {tube.sample_id} has {name} {said} in its hits and {row[name]} on the sheet: track it again"
            )
    return row or {}


def _placed(tube: Observed, row: Mapping[str, Any]) -> Observed:
    """The tube with what its hits leave open filled in from the sheet."""
    return replace(
        tube,
        subject_id=tube.subject_id or row.get("subject_id"),
        role=tube.role or row.get("role"),
        run_id=tube.run_id or row.get("run_id"),
    )


def _assay(found: Observed, row: dict[str, Any], controls: Mapping[str, pl.DataFrame], config: Config) -> Assay:
    library = config.library(found.library)
    has_umis = bool(found.umis) or library.umi_pattern is not None or library.umi_read not in (1, 2)
    tube = found.tagged() if has_umis else found
    counted = Controls(controls.get(config.library_name(tube.library)), tube.controls, tube.umis)
    try:
        by_reads = counted.calibrators(config, tube.library)
        told = None if tube.role == "negative_control" else referred(counted, config, tube.library)
        cells = tube_cells(row, counted, config) if row and tube.role != "negative_control" else told
    except QuantityError as error:
        raise QuantityError(f"sample {tube.sample_id}: {error}") from None
    return Assay(
        observed=tube,
        cells=cells,
        referred=told,
        aliquot=_aliquot(row),
        capture=stated(config, tube.library),
        dispersion=dispersion(config, tube.library),
        template=library.template,
        loci=library.loci,
        strands=float(library.strands_tagged),
        calibrators=by_reads,
        tagged=counted.tagged() if has_umis else None,
        fractions={name: row.get(name) for name in ("b_fraction", "t_fraction", "lymphoid_fraction")},
    )


def _aliquot(row: Mapping[str, Any]) -> float | None:
    """Share of the specimen's DNA that went into the tube."""
    put_in, extracted = row.get("input_ng"), row.get("extracted_ng")
    return min(1.0, put_in / extracted) if put_in and extracted else None
