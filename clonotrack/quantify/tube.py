"""Join the data of each tube from HITS, SAMPLES, CONTROLS and settings, and convert its counts to molecules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

import polars as pl

from clonotrack.assay.calibration import Calibration, Calibrators, ControlCount, Scope, v_family
from clonotrack.assay.capture import Capture, estimate_capture, stated_capture
from clonotrack.assay.cells import Cells, cells_by_reference_loci, tube_cells
from clonotrack.assay.controls import TubeControls, stated_dispersion
from clonotrack.config import Config
from clonotrack.errors import QuantityError
from clonotrack.quantify.counts import TubeCounts
from clonotrack.stats.reads_per_cell import MoleculeModel, share_with_reads
from clonotrack.stats.roots import solve_decreasing
from clonotrack.tables import TUBE

Counting = Literal["umi", "spike_in", "read_share"]
Marker = Mapping[str, Any]
"""A row of MARKERS."""

_MAX_DEPTH = 1e4
_MIN_DEPTH = 1e-3


@dataclass(frozen=True, slots=True)
class Conversion:
    """Conversion of the counts of one marker to molecules in one tube.

    Attributes:
        counting: how molecules are counted: `umi`, `spike_in` (calibrators), or `read_share` (of the locus' reads).
        counts_per_copy: g, mean counts (reads or UMIs) of one molecule put into the tube.
        log_sd: tau, standard error of log g from the counts of the calibrators.
        capture: c, probability that a molecule in the tube becomes visible in the reads.
        source: key that names what g was measured from; conversions with equal keys have the same error of g.
        strands: strands of a molecule that each get a separate UMI (1 or 2).
        scope: which calibrators were used (V family, locus or tube); None without calibrators.
        points: counts of the calibrators that were used.
        reads_per_umi: mean reads of a molecule with at least one read; None if reads are counted.
    """

    counting: Counting
    counts_per_copy: float
    log_sd: float
    capture: Capture
    source: tuple[str, ...]
    strands: float = 1.0
    scope: Scope | None = None
    points: tuple[ControlCount, ...] = ()
    reads_per_umi: float | None = None


@dataclass(frozen=True, slots=True)
class Tube:
    """One tube: its counts, and its data from sample sheet, controls and settings.

    Attributes:
        counts: counts from HITS.
        cells: C, input cells; None if neither the sheet nor reference loci give them.
        reference_cells: cells estimated from reference loci, even if the sheet states cells; None without them.
        aliquot: share of the specimen's DNA that went into this tube; None if it is not known.
        capture: c, capture of the library in the settings, or the default.
        dispersion: s, standard deviation of the log PCR yield of a molecule.
        template: `dna` or `rna`.
        loci: loci that the library amplifies; empty if the settings state none.
        strands: strands of a molecule that each get a separate UMI (1 or 2).
        calibrators: spike-in calibrators, counted by reads.
        umi_calibrators: spike-in calibrators, counted by UMI; None in a library without UMIs.
        cell_fractions: b_fraction, t_fraction and lymphoid_fraction: shares of the nucleated cells, None if not stated.
    """

    counts: TubeCounts
    cells: Cells | None
    reference_cells: Cells | None
    aliquot: float | None
    capture: Capture
    dispersion: float
    template: str
    loci: tuple[str, ...]
    strands: float
    calibrators: Calibrators
    umi_calibrators: Calibrators | None
    cell_fractions: Mapping[str, float | None]

    def amplifies(self, locus: str | None) -> bool:
        """Return whether the library amplifies the locus; true if the settings state no loci or `locus` is None."""
        return not self.loci or locus is None or locus in self.loci

    def conversion(self, marker: Marker, *, by_umi: bool | None = None) -> Conversion | str:
        """Choose the conversion of a marker's counts to molecules.

        It uses UMIs if there are any, otherwise calibrators, and without both the share of the locus' reads.

        Args:
            marker: a row of MARKERS.
            by_umi: if true, UMIs are counted; if false, reads. None counts UMIs if the tube has UMIs.

        Returns:
            The conversion, or the flag that says why counts cannot be converted.
        """
        if self.template == "rna":
            return "rna"
        if not self.counts.usable_reads:
            return "no_reads"
        if self.umi_calibrators is not None if by_umi is None else by_umi:
            return self._convert_umis(marker)
        return self._convert_by_calibrators(marker) if self.calibrators else self._convert_share(marker["locus"])

    def calibration_of(self, marker: Marker) -> Calibration:
        """Return the calibration by reads from calibrators of the marker's V family, otherwise of its locus or tube."""
        return self.calibrators.calibration(marker["locus"], v_family(marker["v_call"]))

    def _convert_umis(self, marker: Marker) -> Conversion | str:
        if self.umi_calibrators is None or marker["marker_id"] not in self.counts.umis:
            return "umi_saturated"
        calibration = None
        if self.umi_calibrators:
            calibration = self.umi_calibrators.calibration(marker["locus"], v_family(marker["v_call"]))
        reads_per_umi = self._reads_per_umi(marker["locus"])
        if calibration and not calibration.counts_per_copy:
            return "calibrators_not_found"
        if reads_per_umi is None:
            return "depth_unknown"
        capture = estimate_capture(calibration, self.strands) if calibration else self.capture
        if not capture.possible:
            return "too_many_calibrators"
        return Conversion(
            counting="umi",
            counts_per_copy=capture.value * self.strands,
            log_sd=capture.log_sd,
            capture=capture,
            source=self._source(calibration.used if calibration else ("capture",)),
            strands=self.strands,
            scope=calibration.scope if calibration else None,
            points=calibration.controls if calibration else (),
            reads_per_umi=reads_per_umi,
        )

    def _convert_by_calibrators(self, marker: Marker) -> Conversion | str:
        calibration = self.calibration_of(marker)
        if not calibration.counts_per_copy:
            return "calibrators_not_found"
        return Conversion(
            counting="spike_in",
            counts_per_copy=calibration.counts_per_copy,
            log_sd=calibration.log_sd,
            capture=self.capture,
            source=self._source(calibration.used),
            scope=calibration.scope,
            points=calibration.controls,
        )

    def _convert_share(self, locus: str | None) -> Conversion | str:
        """Convert by the share of the locus' reads.

        METHOD: counts per molecule g = reads of the locus / (C q). C is the input cells, and q the fraction of B, T or
        lymphoid cells among them. Each of these C q cells is assumed to have one rearranged molecule of the locus.
        """
        fraction = self._cell_fraction(locus)
        if self.cells is None:
            return "no_cells"
        if not fraction or locus is None:
            return "no_molecules"
        reads = self.counts.locus_reads.get(locus, 0)
        if not reads:
            return "no_reads"
        per_copy = reads / (self.cells.number * fraction)
        return Conversion("read_share", per_copy, 0.0, self.capture, self._source((locus,)))

    def _source(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        return (self.counts.sample_id, self.counts.label, *parts)

    def _reads_per_umi(self, locus: str | None) -> float | None:
        """Return the mean reads of a molecule that is counted by UMI.

        If no UMI was counted in the tube, the number is estimated: reads of the locus / (cells with a rearrangement of
        the locus x capture x tagged strands), at least 1.

        Returns:
            Reads per molecule; None if neither UMIs nor the cells with the locus are known, or `locus` is None.
        """
        measured, fraction = self.counts.reads_per_umi, self._cell_fraction(locus)
        if measured is not None or self.cells is None or not fraction or locus is None:
            return measured
        molecules = self.cells.number * fraction * self.capture.value * self.strands
        return max(1.0, self.counts.locus_reads.get(locus, 0) / molecules)

    def _cell_fraction(self, locus: str | None) -> float | None:
        lineage = "b_fraction" if (locus or "").startswith("IG") else "t_fraction"
        return self.cell_fractions[lineage] or self.cell_fractions["lymphoid_fraction"]


def make_tubes(
    counts: list[TubeCounts],
    samples: pl.DataFrame,
    controls: Mapping[str, pl.DataFrame],
    config: Config,
    *,
    on_sheet: bool,
) -> list[Tube]:
    """Join the counts of each tube with its row of the sample sheet, its controls and its library's settings.

    Args:
        counts: counts of each tube.
        samples: SAMPLES.
        controls: CONTROLS by library name.
        config: all settings.
        on_sheet: if true, a tube without a row on the sample sheet is an error.

    Returns:
        Tubes in the order of `counts`.

    Raises:
        QuantityError: a tube has no row on the sheet, sheet and hits contradict each other, or calibrators were not
            tracked.
    """
    sheet = {tuple(row[name] for name in TUBE): row for row in samples.iter_rows(named=True)}
    rows = [_sheet_row(tube, sheet, on_sheet=on_sheet) for tube in counts]
    return [
        _make_tube(_fill_from_sheet(tube, row), row, controls, config) for tube, row in zip(counts, rows, strict=True)
    ]


def _sheet_row(
    counts: TubeCounts, sheet: Mapping[tuple[Any, ...], dict[str, Any]], *, on_sheet: bool
) -> dict[str, Any]:
    row = sheet.get((counts.sample_id, counts.library, counts.replicate))
    if row is None and on_sheet:
        where = f" (library {counts.library or 'not named'}, replicate {counts.replicate or 'not named'})"
        raise QuantityError(f"hits of sample {counts.sample_id}{where} have no row on the sample sheet: add the row")
    for name in ("subject_id", "role", "run_id"):
        in_hits = getattr(counts, name)
        if row and None not in (in_hits, row[name]) and in_hits != row[name]:
            raise QuantityError(
                f"sample {counts.sample_id} has {name} {in_hits} in its hits (table HITS) but {row[name]} on the "
                f"sample sheet: correct {name} on the sheet, or run `track` again if the sheet is right"
            )
    return row or {}


def _fill_from_sheet(counts: TubeCounts, row: Mapping[str, Any]) -> TubeCounts:
    """Return the counts with subject_id, role and run_id of the sample sheet where HITS leave them empty."""
    return replace(
        counts,
        subject_id=counts.subject_id or row.get("subject_id"),
        role=counts.role or row.get("role"),
        run_id=counts.run_id or row.get("run_id"),
    )


def _make_tube(counts: TubeCounts, row: dict[str, Any], controls: Mapping[str, pl.DataFrame], config: Config) -> Tube:
    library = config.library(counts.library)
    has_umis = bool(counts.umis) or library.umi_pattern is not None or library.umi_read not in (1, 2)
    if has_umis:
        counts = counts.with_zero_umis()
    library_controls = TubeControls(
        controls.get(config.library_name(counts.library)), counts.control_reads, counts.umis
    )
    try:
        calibrators = library_controls.calibrators_by_reads(config, counts.library)
        is_blank = counts.role == "negative_control"
        reference_cells = None if is_blank else cells_by_reference_loci(library_controls, config, counts.library)
        cells = tube_cells(row, library_controls, config) if row and not is_blank else reference_cells
    except QuantityError as error:
        raise QuantityError(f"sample {counts.sample_id}: {error}") from None
    return Tube(
        counts=counts,
        cells=cells,
        reference_cells=reference_cells,
        aliquot=_aliquot(row),
        capture=stated_capture(config, counts.library),
        dispersion=stated_dispersion(config, counts.library),
        template=library.template,
        loci=library.loci,
        strands=float(library.strands_tagged),
        calibrators=calibrators,
        umi_calibrators=library_controls.calibrators_by_umis() if has_umis else None,
        cell_fractions={name: row.get(name) for name in ("b_fraction", "t_fraction", "lymphoid_fraction")},
    )


def _aliquot(row: Mapping[str, Any]) -> float | None:
    """Compute the share of the specimen's DNA that went into the tube; None if a mass is not stated."""
    put_in, extracted = row.get("input_ng"), row.get("extracted_ng")
    return min(1.0, put_in / extracted) if put_in and extracted else None


@dataclass(frozen=True, slots=True)
class Observation:
    """One marker in one tube: counts, and the conversion of counts to molecules.

    Attributes:
        marker: a row of MARKERS.
        tube: the tube in which the marker was counted.
        conversion: conversion of counts to molecules, or the flag that says why they cannot be converted.
    """

    marker: Marker
    tube: Tube
    conversion: Conversion | str

    @property
    def marker_id(self) -> str:
        """marker_id of the marker."""
        return str(self.marker["marker_id"])

    @property
    def reads(self) -> int:
        """Reads of the marker in the tube."""
        return self.tube.counts.marker_reads[self.marker_id]

    @property
    def shared_reads(self) -> int:
        """Reads of the marker that are also hits of a marker of another patient."""
        return self.tube.counts.shared_reads.get(self.marker_id, 0)

    @property
    def count(self) -> int:
        """Counts of the marker: molecules if they are counted by UMI, otherwise reads."""
        return marker_count(self.tube, self.marker_id, self.conversion)

    @property
    def copies(self) -> float:
        """k, molecules of the marker in a clone cell."""
        return float(self.marker["copies_per_cell"])

    @property
    def reads_too_short(self) -> bool:
        """Whether almost no read of the tube is as long as the marker's clone-specific part, as HITS states."""
        return self.marker_id in self.tube.counts.too_short_for

    @property
    def capture(self) -> Capture:
        """Capture of the marker, or of the library if counts cannot be converted to molecules."""
        return self.conversion.capture if isinstance(self.conversion, Conversion) else self.tube.capture

    @property
    def strands(self) -> float:
        """Strands of a molecule that are counted separately (1 or 2); 1 if counts cannot be converted to molecules."""
        return self.conversion.strands if isinstance(self.conversion, Conversion) else 1.0

    @property
    def cells(self) -> float:
        """Nucleated cells of the tube, or 1 if they are not known."""
        return self.tube.cells.number if self.tube.cells else 1.0

    @property
    def cells_log_sd(self) -> float:
        """Standard error of the log of the cells of the tube."""
        return self.tube.cells.log_sd if self.tube.cells else 0.0

    @property
    def required_conversion(self) -> Conversion:
        """The conversion of counts to molecules, for an observation that must have one.

        Raises:
            TypeError: the counts cannot be converted; the message has the flag that says why.
        """
        if isinstance(self.conversion, str):
            raise TypeError(f"counts of marker {self.marker_id} cannot be converted to molecules: {self.conversion}")
        return self.conversion

    @property
    def molecules(self) -> float | None:
        """Captured molecules, without the bias correction; None if counts cannot be converted to molecules."""
        if isinstance(self.conversion, str):
            return None
        return self.count * self.conversion.capture.value * self.conversion.strands / self.conversion.counts_per_copy


def marker_count(tube: Tube, marker_id: str, conversion: Conversion | str) -> int:
    """Return the molecules of a marker if they are counted by UMI, otherwise its reads."""
    by_umi = not isinstance(conversion, str) and conversion.counting == "umi"
    return tube.counts.umis[marker_id] if by_umi else tube.counts.marker_reads[marker_id]


def molecule_model(tube: Tube, marker_id: str, conversion: Conversion, copies: float = 1.0) -> MoleculeModel:
    """Build the model of a marker's molecules in a tube: depth, dispersion, capture and copies.

    METHOD: if reads are counted, the reads of a captured molecule are rho = (1 - lambda) g / c. g is the counts per
    molecule in the tube and c the capture. lambda is the share of reads with more errors than the allowed edits
    (`matching_loss` in HITS); every molecule loses this share. For calibrators lambda is taken as 0, because they are
    long and unlike other sequences. If UMIs are counted, rho is computed from the mean reads of a molecule with at
    least one read. A capture that was measured by the UMIs of calibrators leaves out molecules without a read, so it is
    divided by P(at least one read). Each tagged strand counts as a molecule.

    Args:
        tube: the tube that contains the marker.
        marker_id: of the marker.
        conversion: conversion of the marker's counts to molecules.
        copies: k, molecules of the marker in a clone cell.
    """
    matched = 1.0 - tube.counts.matching_losses.get(marker_id, 0.0)
    capture, dispersion = conversion.capture.value, tube.dispersion
    if conversion.counting != "umi":
        return MoleculeModel(matched * conversion.counts_per_copy / capture, dispersion, capture, copies)
    rho = depth_of_reads_per_umi(conversion.reads_per_umi or _MAX_DEPTH, dispersion)
    if conversion.capture.source == "calibrators":
        capture = conversion.counts_per_copy / conversion.strands / share_with_reads(rho, dispersion)
    return MoleculeModel(matched * rho, dispersion, capture, copies * conversion.strands, umi=True)


@lru_cache(maxsize=4096)
def depth_of_reads_per_umi(reads_per_umi: float, dispersion: float) -> float:
    """Compute rho, the mean reads of a captured molecule, from the mean reads of a molecule with at least one read.

    METHOD: solves rho / P(at least one read) = reads_per_umi; rho is kept between 0.001 and 10,000.

    Args:
        reads_per_umi: mean reads of a molecule with at least one read.
        dispersion: s, standard deviation of the log PCR yield of a molecule.
    """
    if reads_per_umi <= _reads_per_umi(_MIN_DEPTH, dispersion):
        return _MIN_DEPTH
    if reads_per_umi >= _MAX_DEPTH:
        return _MAX_DEPTH
    return solve_decreasing(lambda rho: -_reads_per_umi(rho, dispersion), -reads_per_umi, reads_per_umi)


def _reads_per_umi(rho: float, dispersion: float) -> float:
    return rho / share_with_reads(rho, dispersion)
