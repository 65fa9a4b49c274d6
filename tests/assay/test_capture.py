"""Capture: stated in the settings, or estimated from calibrators with UMIs."""

from __future__ import annotations

import numpy as np
import pytest

from clonotrack.assay.calibration import Calibrators, ControlCount
from clonotrack.assay.capture import Capture, estimate_capture, stated_capture
from clonotrack.config import Config, parse
from clonotrack.errors import ConfigError


def library(**settings: object) -> Config:
    return parse({"libraries": {"L": settings}}, "c.yaml")


def test_without_a_setting_the_default_is_assumed() -> None:
    assert stated_capture(library(), "L") == Capture(0.6, 0.6, 0.6, 0.0, "assumed")


@pytest.mark.parametrize(
    ("given", "value"), [(0.5, (0.5, 0.5, 0.5)), ([0.4, 0.9], (0.6, 0.4, 0.9)), ([0.4, 0.5, 0.9], (0.5, 0.4, 0.9))]
)
def test_a_library_states_a_value_or_a_range(given: object, value: tuple[float, ...]) -> None:
    found = stated_capture(library(capture=given), "L")
    assert (found.value, found.low, found.high, found.source) == pytest.approx((*value[:3], "given"))
    assert found.log_sd == pytest.approx(np.log(value[2] / value[1]) / 3.92, rel=1e-4)


IMPOSSIBLE = [0, 1.5, -0.2, [0.4], [0.9, 0.4], [0.4, 1.2], [0.1, 0.2, 0.3, 0.4], "much", ["x"]]


@pytest.mark.parametrize("given", IMPOSSIBLE)
def test_an_impossible_capture_is_refused_in_one_sentence(given: object) -> None:
    with pytest.raises(ConfigError, match=r"^c\.yaml: libraries\.L\.capture: .*: give a share above 0") as error:
        library(capture=given)
    assert str(error.value).count("capture is") == 1


def calibrators_with_umis(counts: list[int], copies: float = 40.0) -> Calibrators:
    return Calibrators(tuple(ControlCount(f"C{i}", "IGH", None, copies, n) for i, n in enumerate(counts)), 0.0)


def test_calibrators_with_umis_give_capture_with_its_range() -> None:
    found = estimate_capture(calibrators_with_umis([24] * 9).calibration("IGH"), strands=1.0)
    assert (found.value, found.source) == (pytest.approx(0.6), "calibrators")
    assert found.log_sd == pytest.approx(1 / np.sqrt(216))
    assert (found.low, found.high) == pytest.approx((0.6 / 1.1427, 0.6 * 1.1427), rel=1e-3)


def test_each_tagged_strand_counts() -> None:
    assert estimate_capture(calibrators_with_umis([48] * 9).calibration("IGH"), strands=2.0).value == pytest.approx(0.6)


def test_the_range_contains_the_truth() -> None:
    rng = np.random.default_rng(11)
    drawn = rng.binomial(rng.poisson(40, (2000, 9)), 0.6)
    found = [
        estimate_capture(calibrators_with_umis([int(n) for n in row]).calibration("IGH"), strands=1.0) for row in drawn
    ]
    held = np.mean([capture.low <= 0.6 <= capture.high for capture in found])
    assert 0.94 <= held <= 0.985


def test_a_capture_with_a_range_above_one_is_impossible() -> None:
    assert estimate_capture(calibrators_with_umis([44] * 9).calibration("IGH"), strands=1.0).value == pytest.approx(1.1)
    assert estimate_capture(calibrators_with_umis([44] * 9).calibration("IGH"), strands=1.0).possible
    assert not estimate_capture(calibrators_with_umis([90] * 9).calibration("IGH"), strands=1.0).possible
