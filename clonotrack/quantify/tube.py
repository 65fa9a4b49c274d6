"""How a marker is seen in a tube, and its count there: from what was measured to the terms of the model.

A tube as it was run: its reads, its cells, and the way from reads to molecules of each locus.

The tubes with what the sample sheet, the controls and the settings say of them.

One marker in one tube.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from clonotrack.assay.calibration import Calibration, Calibrators, Point, Scope, family_of
from clonotrack.assay.capture import Capture, estimated, stated
from clonotrack.assay.cells import Cells, Controls, dispersion, referred, tube_cells
from clonotrack.config import Config
from clonotrack.errors import QuantityError
from clonotrack.quantify.counts import Observed
from clonotrack.stats.reads_per_cell import Seeing, seen_share
from clonotrack.stats.roots import crossing
from clonotrack.tables import TUBE

if TYPE_CHECKING:
    pass


_DEEPEST = 1e4
_SHALLOWEST = 1e-3


def seeing(assay: Assay, marker_id: str, found: Yield, copies: float = 1.0) -> Seeing:
    """How a marker of `copies` molecules in a clone cell is seen in a tube.

    By reads rho = a / c. By UMI the depth comes from the reads of the molecules that were seen, and a capture that was
    measured by the UMIs of calibrators has the unseen in it already. Each tagged strand is a molecule of its own.

    METHOD: a marker that is allowed few edits loses a share of its reads to errors (`matching_loss` in HITS), whatever
    molecule they come from: its depth is that much lower. Calibrators, long and unlike all else, lose next to none.
    """
    kept = 1.0 - assay.observed.losses.get(marker_id, 0.0)
    capture, dispersion = found.capture.value, assay.dispersion
    if found.counting != "umi":
        return Seeing(kept * found.reads_per_copy / capture, dispersion, capture, copies)
    rho = depth(found.reads_per_umi or _DEEPEST, dispersion)
    if found.capture.source == "calibrators":
        capture = found.reads_per_copy / found.strands / seen_share(rho, dispersion)
    return Seeing(kept * rho, dispersion, capture, copies * found.strands, umi=True)


def count_of(assay: Assay, marker_id: str, found: Yield | str) -> int:
    """Molecules by UMI where they are counted so, else reads."""
    by_umi = not isinstance(found, str) and found.counting == "umi"
    return assay.observed.umis[marker_id] if by_umi else assay.observed.markers[marker_id]


@lru_cache(maxsize=4096)
def depth(reads_per_seen: float, dispersion: float) -> float:
    """Reads per captured molecule, from the mean reads of those that have any: rho / P(any)."""
    if reads_per_seen <= _mean_of_seen(_SHALLOWEST, dispersion):
        return _SHALLOWEST
    if reads_per_seen >= _DEEPEST:
        return _DEEPEST
    return crossing(lambda rho: -_mean_of_seen(rho, dispersion), -reads_per_seen, reads_per_seen)


def _mean_of_seen(rho: float, dispersion: float) -> float:
    return rho / seen_share(rho, dispersion)


Counting = Literal["umi", "spike_in", "read_share"]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Yield:
    """Counts per molecule put into the tube, for one marker: reads, or UMIs where these are counted.

    Attributes:
        counting: what is counted, and how molecules follow from it.
        reads_per_copy: a, over 0; for UMIs the UMIs per molecule, c times the strands tagged.
        log_sd: tau, standard error of log(a) by counting; for UMIs that of log(c).
        capture: c.
        source: tube and calibrators; yields of one source err together.
        strands: of a molecule, each counted by itself.
        scope: whose calibrators were used; None without any.
        points: these calibrators, counted by reads or by UMI.
        reads_per_umi: of the molecules that were seen, where UMIs are counted.
    """

    counting: Counting
    reads_per_copy: float
    log_sd: float
    capture: Capture
    source: tuple[str, ...]
    strands: float = 1.0
    scope: Scope | None = None
    points: tuple[Point, ...] = ()
    reads_per_umi: float | None = None


@dataclass(frozen=True, slots=True)
class Assay:
    """One tube: what was counted in it and what is known of it.

    Attributes:
        observed: from HITS.
        cells: C; None where nothing tells.
        referred: cells by the reference loci, whatever the sheet states; None without these.
        aliquot: share of the specimen's DNA that went into this tube; None where it is not known.
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
    referred: Cells | None
    aliquot: float | None
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

    def yield_of(self, marker: Row, *, by_umi: bool | None = None) -> Yield | str:
        """The way from counts to molecules of a marker, or the flag that says why there is none.

        UMIs go before calibrators, and these before the share of reads.

        Args:
            marker: a row of MARKERS.
            by_umi: whether UMIs are counted; where not said, if the tube has them.
        """
        if self.template == "rna":
            return "rna"
        if not self.observed.usable:
            return "no_reads"
        if self.tagged is not None if by_umi is None else by_umi:
            return self._by_umi(marker)
        return self._calibrated(marker) if self.calibrators else self._share(marker["locus"])

    def calibration_of(self, marker: Row) -> Calibration:
        """The calibrators of the marker's V family, locus or tube, counted by reads."""
        return self.calibrators.of(marker["locus"], family_of(marker["v_call"]))

    def _by_umi(self, marker: Row) -> Yield | str:
        if self.tagged is None or marker["marker_id"] not in self.observed.umis:
            return "umi_saturated"
        found = self.tagged.of(marker["locus"], family_of(marker["v_call"])) if self.tagged else None
        depth = self._reads_per_umi(marker["locus"])
        if found and not found.per_copy:
            return "calibrators_not_found"
        if depth is None:
            return "depth_unknown"
        capture = estimated(found, self.strands) if found else self.capture
        if not capture.possible:
            return "too_many_calibrators"
        return Yield(
            counting="umi",
            reads_per_copy=capture.value * self.strands,
            log_sd=capture.log_sd,
            capture=capture,
            source=self._source(found.used if found else ("capture",)),
            strands=self.strands,
            scope=found.scope if found else None,
            points=found.points if found else (),
            reads_per_umi=depth,
        )

    def _calibrated(self, marker: Row) -> Yield | str:
        found = self.calibration_of(marker)
        if not found.per_copy:
            return "calibrators_not_found"
        return Yield(
            counting="spike_in",
            reads_per_copy=found.per_copy,
            log_sd=found.log_sd,
            capture=self.capture,
            source=self._source(found.used),
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
        per_copy = reads / (self.cells.number * fraction)
        return Yield("read_share", per_copy, 0.0, self.capture, self._source((locus,)))

    def _source(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        return (self.observed.sample_id, self.observed.name, *parts)

    def _reads_per_umi(self, locus: str | None) -> float | None:
        """Of the molecules that were seen; where none was, what the cells that carry the locus let expect."""
        seen, fraction = self.observed.reads_per_umi, self._fraction(locus)
        if seen is not None or self.cells is None or not fraction or locus is None:
            return seen
        molecules = self.cells.number * fraction * self.capture.value * self.strands
        return max(1.0, self.observed.loci.get(locus, 0) / molecules)

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


Marker = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """One marker in one tube: what was counted of it, and the way from there to molecules or why there is none."""

    marker: Marker
    assay: Assay
    found: Yield | str

    @property
    def marker_id(self) -> str:
        """The marker."""
        return str(self.marker["marker_id"])

    @property
    def reads(self) -> int:
        """Reads of the marker in the tube."""
        return self.assay.observed.markers[self.marker_id]

    @property
    def shared(self) -> int:
        """Of these reads, those that a marker of another patient counts too."""
        return self.assay.observed.shared.get(self.marker_id, 0)

    @property
    def count(self) -> int:
        """Molecules by UMI where they are counted so, else reads."""
        return count_of(self.assay, self.marker_id, self.found)

    @property
    def copies(self) -> float:
        """k, molecules of the marker in a clone cell."""
        return float(self.marker["copies_per_cell"])

    @property
    def cut_short(self) -> bool:
        """Whether the reads of the tube are too short for the marker."""
        return self.marker_id in self.assay.observed.cut_short

    @property
    def capture(self) -> Capture:
        """Capture of the marker, or of the library where there is no way from counts to molecules."""
        return self.found.capture if isinstance(self.found, Yield) else self.assay.capture

    @property
    def strands(self) -> float:
        """Strands of a molecule, each counted by itself."""
        return self.found.strands if isinstance(self.found, Yield) else 1.0

    @property
    def cells(self) -> float:
        """Cells of the tube, or 1 where they are not known."""
        return self.assay.cells.number if self.assay.cells else 1.0

    @property
    def cells_log_sd(self) -> float:
        """Standard error of the log of the cells of the tube."""
        return self.assay.cells.log_sd if self.assay.cells else 0.0

    @property
    def known(self) -> Yield:
        """The way from counts to molecules, where there is one.

        Raises:
            TypeError: there is none.
        """
        if isinstance(self.found, str):
            raise TypeError(f"marker {self.marker_id}: {self.found}")
        return self.found

    @property
    def molecules(self) -> float | None:
        """What the count says of the molecules in the data, before any correction."""
        if isinstance(self.found, str):
            return None
        return self.count * self.found.capture.value * self.found.strands / self.found.reads_per_copy
