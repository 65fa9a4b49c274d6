"""A tube as it was run: its reads, its cells, and the way from reads to molecules of each locus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import polars as pl

from clonotrack.config import Config
from clonotrack.errors import QuantityError
from clonotrack.library.calibration import Calibration, Calibrators, Point, Scope, family_of
from clonotrack.library.capture import Capture, estimated, stated
from clonotrack.library.references import Controls, tube_cells
from clonotrack.library.tubes import Cells, dispersion
from clonotrack.quantify.observed import Observed
from clonotrack.tables import TUBE

Counting = Literal["umi", "spike_in", "read_share"]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Yield:
    """Counts per molecule put into the tube, for one marker.

    Attributes:
        counting: what is counted, and how molecules follow from it.
        reads_per_copy: a, over 0; for UMIs the UMIs per molecule, c times the strands tagged.
        log_sd: tau, standard error of log(a) by counting; for UMIs that of log(c).
        capture: c.
        source: tube and calibrators; yields of one source err together.
        strands: of a molecule, each counted by itself.
        scope: whose calibrators were used; None without any.
        points: these calibrators.
    """

    counting: Counting
    reads_per_copy: float
    log_sd: float
    capture: Capture
    source: tuple[str, ...]
    strands: float = 1.0
    scope: Scope | None = None
    points: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Assay:
    """One tube: what was counted in it and what is known of it.

    Attributes:
        observed: from HITS.
        cells: C; None where nothing tells.
        aliquot: share of the specimen's DNA that went into this tube; 1 where it is not known.
        capture: c as the library states it, or as it is assumed.
        dispersion: s.
        template: what was amplified.
        loci: that the library amplifies; empty: all.
        strands: of a molecule that get a UMI of their own.
        calibrators: by their reads.
        tagged: the same by their UMIs; None in a tube without UMIs.
        fractions: of the nucleated cells.
    """

    observed: Observed
    cells: Cells | None
    aliquot: float
    capture: Capture
    dispersion: float
    template: str
    loci: tuple[str, ...]
    strands: float
    calibrators: Calibrators
    tagged: Calibrators | None
    fractions: Mapping[str, float | None]

    def amplifies(self, locus: str | None) -> bool:
        """Whether the library has primers for the locus; where it states none, for all."""
        return not self.loci or locus is None or locus in self.loci

    def yield_of(self, marker: Row) -> Yield | str:
        """The way from counts to molecules of a marker, or the flag that says why there is none.

        UMIs go before calibrators, and these before the share of reads.
        """
        if self.template == "rna":
            return "rna"
        if not self.observed.usable:
            return "no_reads"
        if self.tagged is not None:
            return self._by_umi(marker)
        return self._calibrated(marker) if self.calibrators else self._share(marker["locus"])

    def calibration_of(self, marker: Row) -> Calibration:
        """The calibrators of the marker's V family, locus or tube, counted as its molecules are."""
        chosen = self.calibrators if self.tagged is None else self.tagged
        return chosen.of(marker["locus"], family_of(marker["v_call"]))

    @property
    def _name(self) -> tuple[str, ...]:
        return (self.observed.sample_id, self.observed.name)

    def _by_umi(self, marker: Row) -> Yield | str:
        if marker["marker_id"] in self.observed.markers and marker["marker_id"] not in self.observed.umis:
            return "umi_saturated"
        found = self.calibration_of(marker) if self.tagged else None
        if found and not found.per_copy:
            return "calibrators_not_found"
        capture = estimated(found, self.strands) if found else self.capture
        if not capture.possible:
            return "too_many_calibrators"
        source = (*self._name, *(found.used if found else ("capture",)))
        scope, points = (found.scope, found.points) if found else (None, ())
        per_copy = capture.value * self.strands
        return Yield("umi", per_copy, capture.log_sd, capture, source, self.strands, scope, points)

    def _calibrated(self, marker: Row) -> Yield | str:
        found = self.calibration_of(marker)
        if not found.per_copy:
            return "calibrators_not_found"
        source = (*self._name, *found.used)
        return Yield(
            "spike_in",
            found.per_copy,
            found.log_sd,
            self.capture,
            source,
            scope=found.scope,
            points=found.points,
        )

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
        return Yield("read_share", reads / (self.cells.number * fraction), 0.0, self.capture, (*self._name, locus))

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
    library = config.library(tube.library)
    counted = Controls(controls.get(config.library_name(tube.library)), tube.controls, tube.umis)
    try:
        by_reads = counted.calibrators(config, tube.library)
        cells = None if tube.role == "negative_control" or not row else tube_cells(row, counted, config)
    except QuantityError as error:
        raise QuantityError(f"sample {tube.sample_id}: {error}") from None
    return Assay(
        observed=tube,
        cells=cells,
        aliquot=_aliquot(row),
        capture=stated(config, tube.library),
        dispersion=dispersion(config, tube.library),
        template=library.template,
        loci=library.loci,
        strands=float(library.strands_tagged),
        calibrators=by_reads,
        tagged=counted.tagged() if tube.umis else None,
        fractions={name: row.get(name) for name in ("b_fraction", "t_fraction", "lymphoid_fraction")},
    )


def _aliquot(row: Mapping[str, Any]) -> float:
    """Share of the specimen's DNA that went into the tube; where it is not known 1, by which markers correlate most."""
    put_in, extracted = row.get("input_ng"), row.get("extracted_ng")
    return min(1.0, put_in / extracted) if put_in and extracted else 1.0
