"""What has to go into a tube so that a level can be detected."""

from __future__ import annotations

from dataclasses import dataclass

from clonotrack.config import Quantify
from clonotrack.errors import QuantityError
from clonotrack.quantify.decision import rule_of
from clonotrack.quantify.limits import limit_of_detection
from clonotrack.quantify.process import Process, Tube
from clonotrack.quantify.severity import Seeing

ONE_MILLION = 1e6


@dataclass(frozen=True, slots=True)
class Plan:
    """A tube that detects a level in 95 % of samples.

    Attributes:
        reads_per_molecule: rho, depth of sequencing.
        cells: nucleated cells to put in.
        nanograms: DNA of these cells.
        reads: reads per rearranged locus, where the share of cells that carry one is known.
    """

    reads_per_molecule: float
    cells: float
    nanograms: float
    reads: float | None


def plan(
    level: float,
    reads_per_molecule: float,
    settings: Quantify,
    *,
    capture: float,
    markers: int = 1,
    lymphoid_fraction: float | None = None,
) -> Plan:
    """The input that makes the limit of detection of the sample's own rule equal to `level`; no background.

    METHOD: without background the LoD is a number of clone cells that does not depend on the input, so the cells are
    that number / level (docs/statistics.md).

    Args:
        level: clone cells per nucleated cell.
        reads_per_molecule: reads of a captured molecule.
        settings: rule, dispersion and DNA of a cell.
        capture: share of rearranged molecules that end in the data.
        markers: markers of the patient that are tracked in the tube.
        lymphoid_fraction: share of the cells with a rearrangement of the locus; each gives reads.

    Raises:
        QuantityError: a number is out of its range.
    """
    for name, value, most in (
        ("level", level, 1.0),
        ("capture", capture, 1.0),
        ("lymphoid fraction", 1.0 if lymphoid_fraction is None else lymphoid_fraction, 1.0),
        ("number of reads per molecule", reads_per_molecule, float("inf")),
    ):
        if not 0 < value <= most:
            raise QuantityError(f"the {name} is {value:g}: give a number above 0{' and up to 1' if most == 1 else ''}")
    seeing = Seeing(reads_per_molecule, settings.dispersion, capture)
    process = Process((Tube(ONE_MILLION, (seeing,) * markers, (0.0,) * markers),))
    cells = limit_of_detection(process, rule_of(settings)) * ONE_MILLION / level
    molecules = None if lymphoid_fraction is None else cells * lymphoid_fraction * capture
    return Plan(
        reads_per_molecule=reads_per_molecule,
        cells=cells,
        nanograms=cells * settings.pg_per_cell / 1000,
        reads=None if molecules is None else molecules * reads_per_molecule,
    )
