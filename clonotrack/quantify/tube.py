"""One tube with everything that is known of it, and the conversion of its counts to molecules."""

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
        counting: what is counted, and what gives the molecules: UMIs, spike-in calibrators or the share of reads.
        counts_per_copy: g, reads or UMIs per molecule put into the tube.
        log_sd: tau, standard error of log g by counting.
        capture: c of the marker.
        source: key of what g was measured from; conversions with one key share its error.
        strands: strands of a molecule that each get a UMI of their own.
        scope: which calibrators were used (V family, locus or tube); None without calibrators.
        points: counts of these calibrators, by reads or by UMI.
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
    """One tube: its counts, and what sheet, controls and settings say of it.

    Attributes:
        counts: from HITS.
        cells: C, input cells; None if nothing gives them.
        reference_cells: cells by the reference loci, even if the sheet states cells; None without reference loci.
        aliquot: share of the specimen's DNA that went into this tube; None if it is not known.
        capture: c that the library states, or the default.
        dispersion: s.
        template: `dna` or `rna`.
        loci: that the library amplifies; empty if it states none.
        strands: strands of a molecule that each get a UMI of their own.
        calibrators: counted by reads.
        umi_calibrators: the same calibrators counted by UMI; None in a library without UMIs.
        cell_fractions: b_fraction, t_fraction and lymphoid_fraction of the nucleated cells.
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
        """Return whether the library has primers for the locus; true for all loci if it states none."""
        return not self.loci or locus is None or locus in self.loci

    def conversion(self, marker: Marker, *, by_umi: bool | None = None) -> Conversion | str:
        """Choose the conversion of a marker's counts to molecules: UMIs, else calibrators, else the share of reads.

        Args:
            marker: a row of MARKERS.
            by_umi: whether UMIs are counted; by default, if the tube has them.

        Returns:
            The conversion, or the flag that says why there is none.
        """
        if self.template == "rna":
            return "rna"
        if not self.counts.usable_reads:
            return "no_reads"
        if self.umi_calibrators is not None if by_umi is None else by_umi:
            return self._convert_umis(marker)
        return self._convert_by_calibrators(marker) if self.calibrators else self._convert_share(marker["locus"])

    def calibration_of(self, marker: Marker) -> Calibration:
        """Return the calibration by reads of the marker's V family, its locus or the tube."""
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

        METHOD: g = reads of the locus / (C q). Each of the C q cells of the lineage is taken to have one rearranged
        molecule of the locus.
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
        """Return the reads per UMI of the tube; without a UMI, those expected of the cells that carry the locus."""
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
    """Join the counts of each tube with what sheet, controls and settings say of it.

    Args:
        counts: of each tube.
        samples: SAMPLES.
        controls: CONTROLS by library name.
        config: all settings.
        on_sheet: whether a tube that is missing on the sheet is an error.

    Raises:
        QuantityError: a tube is missing on the sheet, sheet and hits differ, or the calibrators were not tracked.
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
        raise QuantityError(f"hits of sample {counts.sample_id}{where} have no row on the sample sheet: add it")
    for name in ("subject_id", "role", "run_id"):
        in_hits = getattr(counts, name)
        if row and None not in (in_hits, row[name]) and in_hits != row[name]:
            raise QuantityError(
                f"sample {counts.sample_id} has {name} {in_hits} in its hits and {row[name]} on the sheet: track it "
                "again"
            )
    return row or {}


def _fill_from_sheet(counts: TubeCounts, row: Mapping[str, Any]) -> TubeCounts:
    """Fill in patient, role and run from the sheet if the hits do not state them."""
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
    """Compute the share of the specimen's DNA that went into the tube."""
    put_in, extracted = row.get("input_ng"), row.get("extracted_ng")
    return min(1.0, put_in / extracted) if put_in and extracted else None


@dataclass(frozen=True, slots=True)
class Observation:
    """One marker in one tube: its counts, and their conversion to molecules.

    Attributes:
        marker: a row of MARKERS.
        tube: in which it was counted.
        conversion: of counts to molecules, or the flag that says why there is none.
    """

    marker: Marker
    tube: Tube
    conversion: Conversion | str

    @property
    def marker_id(self) -> str:
        """The marker."""
        return str(self.marker["marker_id"])

    @property
    def reads(self) -> int:
        """Reads of the marker in the tube."""
        return self.tube.counts.marker_reads[self.marker_id]

    @property
    def shared_reads(self) -> int:
        """Reads that a marker of another patient counts too."""
        return self.tube.counts.shared_reads.get(self.marker_id, 0)

    @property
    def count(self) -> int:
        """Molecules if they are counted by UMI, otherwise reads."""
        return marker_count(self.tube, self.marker_id, self.conversion)

    @property
    def copies(self) -> float:
        """k, molecules of the marker in a clone cell."""
        return float(self.marker["copies_per_cell"])

    @property
    def reads_too_short(self) -> bool:
        """Whether the reads of the tube are too short for the marker."""
        return self.marker_id in self.tube.counts.too_short_for

    @property
    def capture(self) -> Capture:
        """Capture of the marker, or of the library if there is no conversion."""
        return self.conversion.capture if isinstance(self.conversion, Conversion) else self.tube.capture

    @property
    def strands(self) -> float:
        """Strands of a molecule that are counted each."""
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
        """The conversion, for an observation that must have one.

        Raises:
            TypeError: there is none.
        """
        if isinstance(self.conversion, str):
            raise TypeError(f"marker {self.marker_id}: {self.conversion}")
        return self.conversion

    @property
    def molecules(self) -> float | None:
        """Captured molecules by the count alone, without the bias correction; None without a conversion."""
        if isinstance(self.conversion, str):
            return None
        return self.count * self.conversion.capture.value * self.conversion.strands / self.conversion.counts_per_copy


def marker_count(tube: Tube, marker_id: str, conversion: Conversion | str) -> int:
    """Return the molecules of a marker if they are counted by UMI, otherwise its reads."""
    by_umi = not isinstance(conversion, str) and conversion.counting == "umi"
    return tube.counts.umis[marker_id] if by_umi else tube.counts.marker_reads[marker_id]


def molecule_model(tube: Tube, marker_id: str, conversion: Conversion, copies: float = 1.0) -> MoleculeModel:
    """Convert what was measured of a marker in a tube to the terms of the count model.

    METHOD: rho = (1 - lambda) g / c if reads are counted. The share lambda of reads with more errors than the allowed
    edits (`matching_loss` in HITS) is lost in every molecule alike. Calibrators are long and unlike other sequences, so
    they lose next to none. By UMI, rho solves the mean reads of a molecule with at least one read. A capture measured
    by the UMIs of calibrators already contains the molecules without a read, so it is divided by P(at least one read).
    Each tagged strand is a molecule of its own.

    Args:
        tube: that the marker is in.
        marker_id: of the marker.
        conversion: of its counts to molecules.
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
    """Solve rho / P(at least one read) = mean reads of a molecule with a read; return rho."""
    if reads_per_umi <= _reads_per_umi(_MIN_DEPTH, dispersion):
        return _MIN_DEPTH
    if reads_per_umi >= _MAX_DEPTH:
        return _MAX_DEPTH
    return solve_decreasing(lambda rho: -_reads_per_umi(rho, dispersion), -reads_per_umi, reads_per_umi)


def _reads_per_umi(rho: float, dispersion: float) -> float:
    return rho / share_with_reads(rho, dispersion)
