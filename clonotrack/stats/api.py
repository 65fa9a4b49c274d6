"""Compute interval, limits and call from plain numbers, by the functions that stage quantify uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from clonotrack.config import Quantify
from clonotrack.errors import QuantityError
from clonotrack.stats.count_model import CountModel, GammaRate, TubeModel
from clonotrack.stats.limits import DecisionRule
from clonotrack.stats.max_marker import HighestMarker
from clonotrack.stats.reads_per_cell import MoleculeModel
from clonotrack.stats.uncertainty import Uncertainty


@dataclass(frozen=True, slots=True)
class Sample:
    """Properties of a sample of one tube: its cells, and how molecules of a marker become counts (reads or UMIs).

    Attributes:
        cells: nucleated cells in the tube.
        reads_per_molecule: mean reads of a captured molecule.
        capture: probability that a molecule in the tube becomes visible in the reads.
        copies: molecules of a marker in a clone cell.
        background: molecules of a marker per nucleated cell in people without the clone.
        carry_over: expected counts of a marker that come from other samples of the run.
        aliquot: share of the specimen's DNA that is in the tube. The captured molecules of two markers have the
            correlation aliquot x capture.
        calibration: standard error of the natural log of the measured reads per molecule. If molecules are counted by
            UMI, of the log of the capture. 0 if the value is known exactly.
        umi: if true, molecules are counted by UMI; otherwise reads are counted.
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

    def count_model(self, settings: Quantify) -> CountModel:
        """Build the model of a marker's counts from the sample, and from dispersion and efficiency in `settings`.

        Raises:
            QuantityError: cells, reads per molecule, capture, copies or aliquot are 0 or less, or a share is above 1.
        """
        check_in_range(
            cells=self.cells,
            reads_per_molecule=self.reads_per_molecule,
            capture=self.capture,
            copies=self.copies,
            aliquot=self.aliquot,
        )
        marker = MoleculeModel(self.reads_per_molecule, settings.dispersion, self.capture, self.copies, umi=self.umi)
        blank = (GammaRate(self.background),), (GammaRate(self.carry_over),)
        efficiency = ((settings.efficiency_sd, 1.0),)
        tube = TubeModel(self.cells, (marker,), *blank, aliquot=self.aliquot)
        return CountModel((tube,), Uncertainty(self.calibration, efficiency))


_AT_MOST_ONE = ("level", "capture", "fraction", "aliquot")


def check_in_range(**numbers: float | None) -> None:
    """Check that each number is above 0, and that `level`, `capture`, `fraction` and `aliquot` are at most 1.

    Args:
        numbers: by name; a value of None is not checked.

    Raises:
        QuantityError: names the first number that is out of its range.
    """
    for name, value in numbers.items():
        is_share = name in _AT_MOST_ONE
        if value is not None and not 0 < value <= (1.0 if is_share else inf):
            message = f"{name.replace('_', ' ')} = {value:g} is out of range: give a number above 0"
            raise QuantityError(message + " and up to 1" * is_share)


@dataclass(frozen=True, slots=True)
class Combined:
    """Result of a sample over all its markers. The estimate is that of the marker with the highest MRD.

    Every number but the p-value is a level in clone cells per nucleated cell. Limits and p-value are those of the
    highest of several estimates.

    Attributes:
        mrd: highest estimate of a marker.
        mrd_low: lower confidence limit.
        mrd_high: upper confidence limit.
        lob: limit of blank.
        lod: limit of detection.
        loq: limit of quantification.
        p_value: probability that, without the clone, the smallest p-value of the markers is at most the observed one.
        positive: whether the decision rule calls the sample positive.
    """

    mrd: float
    mrd_low: float
    mrd_high: float
    lob: float
    lod: float
    loq: float
    p_value: float
    positive: bool


def poisson_interval(count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Compute the exact two-sided confidence limits of a Poisson mean (Garwood, Biometrika 1936).

    A count of 0 has the limits 0 and 3.689 at a confidence of 95 %.

    Args:
        count: observed number, 0 or more.
        confidence: probability that the interval contains the mean, between 0 and 1.

    Returns:
        Lower and upper limit of the mean.

    Raises:
        QuantityError: the count is negative, or the confidence is not between 0 and 1.
    """
    from scipy.special import gammaincinv  # noqa: PLC0415  (0.3 s, only if it is needed)

    if count < 0 or not 0 < confidence < 1:
        raise QuantityError(
            f"count {count:g} or confidence {confidence:g} is out of range: give a count of 0 or more and a confidence "
            "between 0 and 1"
        )
    tail = (1 - confidence) / 2
    low = float(gammaincinv(count, tail)) if count else 0.0
    return low, float(gammaincinv(count + 1, 1 - tail))


def limit_of_detection(sample: Sample, markers: int = 1, settings: Quantify | None = None) -> float:
    """Compute the LoD: the true level that the decision rule calls positive in 95 % of samples with these properties.

    Args:
        sample: cells of the tube, depth, capture and the other properties.
        markers: number of markers with these properties that are tracked in the tube.
        settings: decision rule, dispersion and efficiency; the defaults if omitted.

    Returns:
        The LoD in clone cells per nucleated cell.

    Raises:
        QuantityError: a property of the sample is out of its range.
    """
    chosen = settings or Quantify()
    return HighestMarker((sample.count_model(chosen),) * markers).limit_of_detection(_decision_rule(chosen))


def combine_markers(counts: Sequence[int], samples: Sequence[Sample], settings: Quantify | None = None) -> Combined:
    """Compute the result of a sample by the marker with the highest MRD.

    Interval, limits and p-value allow for the choice of the highest of several estimates.

    Args:
        counts: observed reads (or UMIs) of each marker; at least one marker.
        samples: properties of the sample for each marker, in the order of `counts`.
        settings: decision rule, confidence, dispersion and efficiency; the defaults if omitted.

    Raises:
        QuantityError: a property is out of its range, there is no marker, or counts and samples differ in number.
    """
    if not counts or len(counts) != len(samples):
        raise QuantityError(
            f"{len(counts)} counts and {len(samples)} samples are given: give one count and one sample for each marker"
        )
    chosen = settings or Quantify()
    highest = HighestMarker(tuple(sample.count_model(chosen) for sample in samples))
    observed, rule = tuple(counts), _decision_rule(chosen)
    low, high = highest.interval(observed, chosen.confidence)
    return Combined(
        mrd=highest.estimate(observed),
        mrd_low=low,
        mrd_high=high,
        lob=highest.limit_of_blank(),
        lod=highest.limit_of_detection(rule),
        loq=highest.limit_of_quantification(rule),
        p_value=highest.p_value(observed),
        positive=highest.is_positive(observed, rule),
    )


def _decision_rule(settings: Quantify) -> DecisionRule:
    return DecisionRule(settings.alpha_call, settings.min_molecules)
