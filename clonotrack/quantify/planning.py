"""What has to go into a tube, and how deeply it has to be read, so that a level can be detected."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

from clonotrack.config import Quantify
from clonotrack.errors import QuantityError
from clonotrack.quantify.limits import Rule, limit_of_detection
from clonotrack.quantify.nuisance import Spread
from clonotrack.quantify.process import Gamma, Process, Tube
from clonotrack.quantify.roots import crossing
from clonotrack.quantify.severity import Seeing

_MOST_CELLS = 1e9
_DEEPEST, _SHALLOWEST = 1e3, 1e-2


@dataclass(frozen=True, slots=True)
class Plan:
    """A tube that detects a level in 95 % of samples.

    Attributes:
        level: clone cells per nucleated cell, the LoD.
        cells: nucleated cells in the tube.
        nanograms: DNA of these cells.
        reads_per_molecule: rho, depth of sequencing.
        reads: reads of each rearranged locus, where the share of cells that carry one is known.
    """

    level: float
    cells: float
    nanograms: float
    reads_per_molecule: float
    reads: float | None


def plan(
    *,
    level: float | None = None,
    cells: float | None = None,
    reads_per_molecule: float = 3.0,
    capture: float = 0.6,
    markers: int = 1,
    fraction: float | None = None,
    background: float = 0.0,
    umi: bool = False,
    settings: Quantify | None = None,
) -> Plan:
    """What a sensitivity takes, before an experiment: two of level, cells and depth give the third.

    With a level alone: the cells that detect it at this depth. With cells alone: the level that they detect. With both:
    the depth at which these cells detect this level.

    METHOD: the LoD of the decision rule itself, as it is stated for a sample; calibrators are taken as exact, the
    efficiency of the marker's sequence as the settings have it.

    Args:
        level: clone cells per nucleated cell.
        cells: nucleated cells in the tube.
        reads_per_molecule: reads of a captured molecule; looked for where both level and cells are given.
        capture: share of rearranged molecules that end in the data.
        markers: markers of the patient that are tracked in the tube.
        fraction: share of the cells with a rearrangement of the locus; each gives reads.
        background: molecules of a marker per nucleated cell of people without the clone.
        umi: whether molecules are counted by UMI.
        settings: rule, dispersion, efficiency and DNA of a cell; the defaults where missing.

    Raises:
        QuantityError: a number is out of its range, or no depth or number of cells detects the level.
    """
    rule = settings or Quantify()
    _check(level=level, capture=capture, fraction=fraction, cells=cells, reads_per_molecule=reads_per_molecule)
    if level is None and cells is None:
        raise QuantityError("neither a level nor a number of cells is given: give one of them")
    asked = _Tube(reads_per_molecule, capture, markers, background, umi, rule)
    if cells is None:
        cells = asked.cells_for(level or 0.0)
    elif level is not None:
        reads_per_molecule = asked.depth_for(level, cells)
    reached = replace(asked, depth=reads_per_molecule).limit(cells)
    reads = None if fraction is None else cells * fraction * capture * reads_per_molecule
    return Plan(level or reached, cells, cells * rule.pg_per_cell / 1000, reads_per_molecule, reads)


@dataclass(frozen=True, slots=True)
class _Tube:
    """A tube of which cells or depth are still open."""

    depth: float
    capture: float
    markers: int
    background: float
    umi: bool
    settings: Quantify

    def limit(self, cells: float) -> float:
        """The LoD of the sample over its markers with so many cells."""
        seeing = Seeing(self.depth, self.settings.dispersion, self.capture, umi=self.umi)
        rates = (Gamma(self.background),) * self.markers
        spread = Spread(efficiency=((self.settings.efficiency_sd, 1.0),), own=1 / self.markers)
        process = Process((Tube(cells, (seeing,) * self.markers, rates),), spread)
        return limit_of_detection(process, Rule(self.settings.alpha_call, self.settings.min_molecules))

    def cells_for(self, level: float) -> float:
        """Cells whose LoD is this level."""
        if self.limit(_MOST_CELLS) > level:
            raise QuantityError(
                f"no tube detects {level:.1e} against a background of {self.background:.1e} molecules a cell: choose "
                "a marker with less background or a higher level"
            )
        return crossing(self.limit, level, 3 / (level * self.capture))

    def depth_for(self, level: float, cells: float) -> float:
        """Reads per molecule at which the LoD of these cells is this level."""
        if replace(self, depth=_DEEPEST).limit(cells) > level:
            raise QuantityError(f"{cells:,.0f} cells do not detect {level:.1e} at any depth: put in more cells")
        if replace(self, depth=_SHALLOWEST).limit(cells) <= level:
            return _SHALLOWEST
        return crossing(lambda depth: replace(self, depth=depth).limit(cells), level, 1.0)


def _check(**given: float | None) -> None:
    for name, value in given.items():
        most = inf if name in ("cells", "reads_per_molecule") else 1.0
        if value is not None and not 0 < value <= most:
            limit = "" if most == inf else " and up to 1"
            raise QuantityError(f"the {name.replace('_', ' ')} is {value:g}: give a number above 0{limit}")
