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
"""Match classes whose reads belong to the target; `ambiguous` and `evolved` reads are never added to them."""


def control_counts(hits: pl.DataFrame, column: Literal["reads", "umis"]) -> dict[str, int]:
    """Sum the reads, or UMIs, of each control of one tube; without UMIs, a control is left out of the sums of UMIs.

    Args:
        hits: HITS of the tube.
        column: what to sum.
    """
    import polars as pl  # noqa: PLC0415

    counted = hits.filter(
        pl.col("target_kind") == "control", pl.col("match_class").is_in(COUNTED_CLASSES), pl.col(column).is_not_null()
    )
    sums = counted.group_by("target_id").agg(pl.col(column).sum())
    return dict(sums.iter_rows())


def controls_of_kind(controls: pl.DataFrame, kind: str, counts: Mapping[str, int]) -> tuple[ControlCount, ...]:
    """Join the controls of one kind with their counts in a tube.

    Args:
        controls: CONTROLS.
        kind: calibrator or reference.
        counts: reads or UMIs of each control.

    Raises:
        QuantityError: a control has no count in this tube, or no copies.
    """
    found = []
    for row in controls.filter(controls["kind"] == kind).iter_rows(named=True):
        name, copies = row["control_id"], float(row["copies"])
        if not copies > 0:
            raise QuantityError(
                f"control {name} has {copies:g} copies: give the molecules put into the tube in the column copies"
            )
        if name not in counts:
            raise QuantityError(
                f"{kind} {name} was not searched in the reads of this tube: run `track` again with --controls"
            )
        found.append(ControlCount(name, row["locus"], row.get("v_family"), copies, counts[name]))
    return tuple(found)


def calibrators_by_reads(
    reads: Mapping[str, int], controls: pl.DataFrame, config: Config, library: str | None
) -> Calibrators:
    """Read the calibrators of a tube with their reads; none if CONTROLS has none.

    Args:
        reads: of each control.
        controls: CONTROLS.
        config: all settings.
        library: section of the settings that describes the tube's library.

    Raises:
        QuantityError: a calibrator has no count in this tube, or no copies.
    """
    counts = controls_of_kind(controls, "calibrator", reads)
    capture = stated_capture(config, library).value
    return Calibrators(counts, exp(stated_dispersion(config, library) ** 2) / capture)


def stated_dispersion(config: Config, library: str | None) -> float:
    """Look up the dispersion s of a library: its own setting or the default of `quantify`."""
    own = config.library(library).dispersion
    return config.quantify.dispersion if own is None else own


def reads_per_copy(hits: pl.DataFrame, controls: pl.DataFrame, config: Config, library: str | None) -> dict[str, float]:
    """Compute the reads per copy of every locus of one tube.

    Args:
        hits: HITS of the tube.
        controls: CONTROLS of the tube.
        config: all settings.
        library: section of the settings that describes the tube's library.

    Returns:
        By locus; empty for RNA, and if no calibrator has reads.

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
        table: CONTROLS; None if the library has none.
        reads: of each control.
        umis: of each control that has UMIs; empty in a tube without UMIs.
    """

    table: pl.DataFrame | None
    reads: Mapping[str, int]
    umis: Mapping[str, int]

    @classmethod
    def of(cls, hits: pl.DataFrame, table: pl.DataFrame | None) -> TubeControls:
        """Count the controls in the HITS of one tube."""
        return cls(table, control_counts(hits, "reads"), control_counts(hits, "umis"))

    def calibrators_by_reads(self, config: Config, library: str | None) -> Calibrators:
        """Read the calibrators with their reads.

        Raises:
            QuantityError: a calibrator has no count in this tube, or no copies.
        """
        if self.table is None:
            return Calibrators((), 0.0)
        return calibrators_by_reads(self.reads, self.table, config, library)

    def calibrators_by_umis(self) -> Calibrators:
        """Read the calibrators with their UMIs, without those whose UMIs could not be counted."""
        if self.table is None:
            return Calibrators((), 0.0)
        counted = self.table.filter(self.table["control_id"].is_in(list(self.umis)))
        return Calibrators(controls_of_kind(counted, "calibrator", self.umis), 0.0)
