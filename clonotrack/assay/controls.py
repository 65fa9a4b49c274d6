"""Read the counts of the controls of one tube: calibrators and reference loci."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING, Literal

from clonotrack.assay.calibration import Calibrators, ControlCount
from clonotrack.assay.capture import stated_capture
from clonotrack.errors import QuantityError
from clonotrack.tables import LOCI

if TYPE_CHECKING:
    import polars as pl

    from clonotrack.config import Config

COUNTED_CLASSES = ("exact", "mismatch", "indel")
"""Match classes whose reads are counted for a target; `ambiguous` and `evolved` reads are not counted."""


def control_counts(hits: pl.DataFrame, column: Literal["reads", "umis"]) -> dict[str, int]:
    """Sum the reads, or the UMIs, of each control of one tube.

    Args:
        hits: HITS of the tube.
        column: column of HITS that is summed.

    Returns:
        Sum by `control_id`. A control whose rows have no value in the column is left out.
    """
    import polars as pl  # noqa: PLC0415  (polars is heavy; this module is imported by light commands)

    counted = hits.filter(
        pl.col("target_kind") == "control", pl.col("match_class").is_in(COUNTED_CLASSES), pl.col(column).is_not_null()
    )
    sums = counted.group_by("target_id").agg(pl.col(column).sum())
    return dict(sums.iter_rows())


def controls_of_kind(controls: pl.DataFrame, kind: str, counts: Mapping[str, int]) -> tuple[ControlCount, ...]:
    """Join the controls of one kind with their counts in a tube.

    Args:
        controls: CONTROLS.
        kind: ``calibrator`` or ``reference``.
        counts: reads, or UMIs, of each control in the tube, by `control_id`.

    Raises:
        QuantityError: a control has no count in this tube, or its copies are not above 0.
    """
    found = []
    for row in controls.filter(controls["kind"] == kind).iter_rows(named=True):
        name, copies = row["control_id"], float(row["copies"])
        if not copies > 0:
            raise QuantityError(
                f"control {name} has {copies:g} copies in column copies of the table of controls: give the number of "
                "its molecules that were put into the tube, above 0"
            )
        if name not in counts:
            raise QuantityError(
                f"{kind} {name} was not searched in the reads of this tube: run `clonotrack track` again with the "
                "table of controls in --controls"
            )
        found.append(ControlCount(name, row["locus"], row.get("v_family"), copies, counts[name]))
    return tuple(found)


def calibrators_by_reads(
    reads: Mapping[str, int], controls: pl.DataFrame, config: Config, library: str | None
) -> Calibrators:
    """Join the calibrators of a tube with their reads; the result is empty if CONTROLS has no calibrator.

    Args:
        reads: reads of each control in the tube, by `control_id`.
        controls: CONTROLS of the tube.
        config: all settings.
        library: name of the section of the settings that describes the library of the tube.

    Raises:
        QuantityError: a calibrator has no count in this tube, or its copies are not above 0.
    """
    counts = controls_of_kind(controls, "calibrator", reads)
    capture = stated_capture(config, library).value
    return Calibrators(counts, exp(stated_dispersion(config, library) ** 2) / capture)


def stated_dispersion(config: Config, library: str | None) -> float:
    """Look up the dispersion of a library: the standard deviation s of the log PCR yield of a molecule.

    It is `libraries.<name>.dispersion`, or `quantify.dispersion` if the library states none.
    """
    own = config.library(library).dispersion
    return config.quantify.dispersion if own is None else own


def reads_per_copy(hits: pl.DataFrame, controls: pl.DataFrame, config: Config, library: str | None) -> dict[str, float]:
    """Compute the reads per molecule put into one tube, for every locus.

    Args:
        hits: HITS of the tube.
        controls: CONTROLS of the tube.
        config: all settings.
        library: name of the section of the settings that describes the library of the tube.

    Returns:
        Reads per copy by locus; empty for RNA, and if no calibrator has reads.

    Raises:
        QuantityError: a calibrator has no count in this tube.
    """
    if config.library(library).template == "rna":
        return {}
    calibrators = calibrators_by_reads(control_counts(hits, "reads"), controls, config, library)
    by_locus = {locus: calibrators.calibration(locus).counts_per_copy for locus in LOCI} if calibrators else {}
    return {locus: coefficient for locus, coefficient in by_locus.items() if coefficient}


@dataclass(frozen=True, slots=True)
class TubeControls:
    """The controls of one tube with their counts.

    Attributes:
        table: CONTROLS of the tube; None if its library has no controls.
        reads: reads of each control, by `control_id`.
        umis: UMIs of each control whose UMIs were counted, by `control_id`; empty in a tube without UMIs.
    """

    table: pl.DataFrame | None
    reads: Mapping[str, int]
    umis: Mapping[str, int]

    @classmethod
    def of(cls, hits: pl.DataFrame, table: pl.DataFrame | None) -> TubeControls:
        """Sum the reads and UMIs of each control in the HITS of one tube."""
        return cls(table, control_counts(hits, "reads"), control_counts(hits, "umis"))

    def calibrators_by_reads(self, config: Config, library: str | None) -> Calibrators:
        """Join the calibrators with their reads; the result is empty if the tube has no calibrators.

        Raises:
            QuantityError: a calibrator has no count in this tube, or its copies are not above 0.
        """
        if self.table is None:
            return Calibrators((), 0.0)
        return calibrators_by_reads(self.reads, self.table, config, library)

    def calibrators_by_umis(self) -> Calibrators:
        """Join the calibrators with their UMIs; calibrators whose UMIs could not be counted are left out.

        Raises:
            QuantityError: the copies of a calibrator are not above 0.
        """
        if self.table is None:
            return Calibrators((), 0.0)
        counted = self.table.filter(self.table["control_id"].is_in(list(self.umis)))
        return Calibrators(controls_of_kind(counted, "calibrator", self.umis), 0.0)
