"""The statistics of a result on plain numbers, for a notebook: the same functions that judge a sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from clonotrack.config import Quantify
from clonotrack.errors import QuantityError
from clonotrack.stats.count_model import Gamma, Process, Tube
from clonotrack.stats.limits import Rule
from clonotrack.stats.max_marker import Highest
from clonotrack.stats.reads_per_cell import Seeing
from clonotrack.stats.uncertainty import Spread


@dataclass(frozen=True, slots=True)
class Sample:
    """A tube of which everything is known, and how its markers are seen in it.

    Attributes:
        cells: nucleated cells.
        reads_per_molecule: reads of a captured molecule.
        capture: share of rearranged molecules that end in the data.
        copies: of a marker in a clone cell.
        background: molecules of a marker per nucleated cell of people without the clone.
        carry_over: counts that other samples of the run leave.
        aliquot: share of the specimen's DNA in the tube, by which several markers correlate.
        calibration: standard error of the log of the reads per molecule.
        umi: molecules are counted, not their reads.
    """

    cells: float
    reads_per_molecule: float = 3.0
    capture: float = 0.6
    copies: float = 1.0
    background: float = 0.0
    carry_over: float = 0.0
    aliquot: float = 1.0
    calibration: float = 0.0
    umi: bool = False

    def process(self, settings: Quantify) -> Process:
        """The law of a marker's counts.

        Raises:
            QuantityError: a number is out of its range.
        """
        refuse_impossible(
            cells=self.cells,
            reads_per_molecule=self.reads_per_molecule,
            capture=self.capture,
            copies=self.copies,
            aliquot=self.aliquot,
        )
        seeing = Seeing(self.reads_per_molecule, settings.dispersion, self.capture, self.copies, umi=self.umi)
        blank = (Gamma(self.background),), (Gamma(self.carry_over),)
        efficiency = ((settings.efficiency_sd, 1.0),)
        tube = Tube(self.cells, (seeing,), *blank, aliquot=self.aliquot)
        return Process((tube,), Spread(self.calibration, efficiency))


_SHARES = ("level", "capture", "fraction", "aliquot")


def refuse_impossible(**given: float | None) -> None:
    """Check that each number is above 0, and a share at most 1.

    Raises:
        QuantityError: names the first that is not.
    """
    for name, value in given.items():
        share = name in _SHARES
        if value is not None and not 0 < value <= (1.0 if share else inf):
            said = f"the {name.replace('_', ' ')} is {value:g}: give a number above 0"
            raise QuantityError(said + " and up to 1" * share)


@dataclass(frozen=True, slots=True)
class Combined:
    """What the markers of a sample say together: the highest of them."""

    mrd: float
    mrd_low: float
    mrd_high: float
    lob: float
    lod: float
    loq: float
    p_value: float
    positive: bool


def poisson_interval(count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact two-sided limits of the mean of a Poisson count (Garwood, Biometrika 1936): 0 gives 0 to 3.689.

    Raises:
        QuantityError: a count under 0, or a confidence that is none.
    """
    from scipy.special import gammaincinv  # noqa: PLC0415  (0.3 s, only where it is needed)

    if count < 0 or not 0 < confidence < 1:
        raise QuantityError(f"the count is {count:g} and the confidence {confidence:g}: give 0 or more, and 0 to 1")
    tail = (1 - confidence) / 2
    low = float(gammaincinv(count, tail)) if count else 0.0
    return low, float(gammaincinv(count + 1, 1 - tail))


def limit_of_detection(sample: Sample, markers: int = 1, settings: Quantify | None = None) -> float:
    """The true level that the decision rule calls in 95 % of such samples, over so many markers that are alike.

    Args:
        sample: the tube.
        markers: that are tracked in it.
        settings: rule, dispersion and efficiency; the defaults where missing.

    Raises:
        QuantityError: a number is out of its range.
    """
    chosen = settings or Quantify()
    return Highest((sample.process(chosen),) * markers).limit_of_detection(_rule(chosen))


def combine_markers(counts: Sequence[int], samples: Sequence[Sample], settings: Quantify | None = None) -> Combined:
    """The highest of several markers of one sample, with the interval, limits and p-value of a maximum.

    Args:
        counts: of each marker, reads or UMIs.
        samples: how each marker is seen.
        settings: rule, confidence, dispersion and efficiency; the defaults where missing.

    Raises:
        QuantityError: a number is out of its range, or not every marker has both.
    """
    if not counts or len(counts) != len(samples):
        raise QuantityError(f"there are {len(counts)} counts of {len(samples)} markers: give one of each")
    chosen = settings or Quantify()
    row, seen, rule = Highest(tuple(sample.process(chosen) for sample in samples)), tuple(counts), _rule(chosen)
    low, high = row.interval(seen, chosen.confidence)
    return Combined(
        mrd=row.estimate(seen),
        mrd_low=low,
        mrd_high=high,
        lob=row.limit_of_blank(),
        lod=row.limit_of_detection(rule),
        loq=row.limit_of_quantification(rule),
        p_value=row.p_value(seen),
        positive=row.met(seen, rule),
    )


def _rule(settings: Quantify) -> Rule:
    return Rule(settings.alpha_call, settings.min_molecules)
