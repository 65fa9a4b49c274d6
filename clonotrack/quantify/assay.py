"""A tube as it was run: its reads, its cells, and the way from reads to molecules of each locus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import polars as pl

from clonotrack.config import Config
from clonotrack.errors import QuantityError
from clonotrack.library.tubes import Calibration, Cells, assumed, calibrate, nucleated_cells
from clonotrack.quantify.observed import Observed
from clonotrack.tables import TUBE

Counting = Literal["spike_in", "read_share"]


@dataclass(frozen=True, slots=True)
class Yield:
    """Reads per molecule put into the tube, for one locus.

    Attributes:
        reads_per_copy: a, over 0.
        log_sd: tau, standard error of log(a).
        counting: how it is known.
        source: tube and calibrators; yields of one source err together.
        pooled: from calibrators of other loci.
    """

    reads_per_copy: float
    log_sd: float
    counting: Counting
    source: tuple[str, ...]
    pooled: bool = False


@dataclass(frozen=True, slots=True)
class Assay:
    """One tube: what was counted in it and what is known of it."""

    observed: Observed
    cells: Cells | None
    capture: float
    capture_assumed: bool
    dispersion: float
    template: str
    loci: tuple[str, ...]
    calibrations: Mapping[str | None, Calibration]
    fractions: Mapping[str, float | None]

    def amplifies(self, locus: str | None) -> bool:
        """Whether the library has primers for the locus; where it states none, for all."""
        return not self.loci or locus is None or locus in self.loci

    def yield_of(self, locus: str | None) -> Yield | str:
        """The way from reads to molecules of a locus, or the flag that says why there is none."""
        if self.template == "rna":
            return "rna"
        if not self.observed.usable:
            return "no_reads"
        return self._calibrated(locus) if self.calibrations else self._share(locus)

    def _calibrated(self, locus: str | None) -> Yield | str:
        calibration = self.calibrations[locus]
        if not calibration.reads_per_copy:
            return "calibrators_not_found"
        source = (self.observed.sample_id, self.observed.name, *calibration.used)
        return Yield(calibration.reads_per_copy, calibration.log_sd, "spike_in", source, calibration.pooled)

    def _share(self, locus: str | None) -> Yield | str:
        """METHOD: the locus' reads come from one rearranged molecule of each lymphoid cell of its lineage."""
        fraction = self._fraction(locus)
        if self.cells is None:
            return "no_cells"
        if not fraction or locus is None:
            return "no_molecules"
        reads = self.observed.loci.get(locus, 0)
        if not reads:
            return "no_reads"
        source = (self.observed.sample_id, self.observed.name, locus)
        return Yield(reads / (self.cells.number * fraction), 0.0, "read_share", source)

    def _fraction(self, locus: str | None) -> float | None:
        lineage = "b_fraction" if (locus or "").startswith("IG") else "t_fraction"
        return self.fractions[lineage] or self.fractions["lymphoid_fraction"]


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


def _assay(tube: Observed, row: dict[str, Any], controls: Mapping[str, pl.DataFrame], config: Config) -> Assay:
    library, settings = config.library(tube.library), config.quantify
    capture, dispersion = assumed(config, tube.library)
    table = controls.get(config.library_name(tube.library))
    blank = tube.role == "negative_control"
    cells = None if blank or not row else nucleated_cells(row, settings.pg_per_cell)
    try:
        known = {} if table is None else calibrate(tube.controls, table, capture=capture, dispersion=dispersion)
    except QuantityError as error:
        raise QuantityError(f"sample {tube.sample_id}: {error}") from None
    return Assay(
        observed=tube,
        cells=cells,
        capture=capture,
        capture_assumed=library.capture is None,
        dispersion=dispersion,
        template=library.template,
        loci=library.loci,
        calibrations=known,
        fractions={name: row.get(name) for name in ("b_fraction", "t_fraction", "lymphoid_fraction")},
    )
