"""A tube as it was run: its reads, its cells, and the way from reads to molecules of each locus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from clonotrack.library.calibration import Calibration, Calibrators, Point, Scope, family_of
from clonotrack.library.capture import Capture, estimated
from clonotrack.library.tubes import Cells
from clonotrack.quantify.observed import Observed

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
