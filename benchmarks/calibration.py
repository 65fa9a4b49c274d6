"""Compare intervals, limits and calls with simulated counts of a known level.

    python benchmarks/calibration.py                         all parts, 10,000 samples a scenario
    python benchmarks/calibration.py --samples 1000          a quick run
    python benchmarks/calibration.py --part coverage limits false hopping capture

tests/quantify/simulated_counts.py simulates the samples without the package. The package then makes results of their
calibrators and counts. Seeds are fixed, and a second set of seeds repeats each figure. The Monte Carlo error is printed
below each table. An interval contains the true level if both tails at that level are above 2.5 %, so that no equation
has to be solved for each sample. The width is the median over the first 200 samples.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "quantify"))

from simulated_counts import (
    SimulatedCounts,
    Truth,
    estimated_rows,
    interval_contains,
    oracle,
    simulate,
    simulate_calibrators,
    simulate_markers,
    with_known_eta,
)

from clonotrack.quantify.background import ControlCount, posterior_rate, prior_mean
from clonotrack.quantify.index_hopping import estimate_share
from clonotrack.stats.count_model import CountModel, GammaRate, TubeModel
from clonotrack.stats.limits import DecisionRule
from clonotrack.stats.max_marker import HighestMarker
from clonotrack.stats.reads_per_cell import MoleculeModel

SEEDS = (20_261_122, 77)
RULE = DecisionRule(0.001, 1)
EXPECTED = (0.5, 2.0, 5.0, 20.0, 100.0, 1000.0)
WIDTHS = 200
DEFAULT_BACKGROUND = 1e-6

BASE = Truth()
ONE = replace(BASE, calibrators=1, copies=100.0)
SCENARIOS = {
    "umi, c known": Truth("umi"),
    "umi, c 0.2": Truth("umi", capture=0.2),
    "umi, c 1": Truth("umi", capture=1.0),
    "umi, rho 0.3": Truth("umi", reads_per_molecule=0.3),
    "umi, rho 0.3, eta 0.6": Truth("umi", reads_per_molecule=0.3, efficiency=0.6),
    "umi, rho 10, eta 0.6": Truth("umi", reads_per_molecule=10.0, efficiency=0.6),
    "umi, 9 x 40": Truth("umi_calibrators"),
    "umi, 2 markers, a 0.3": Truth("umi", markers=2, aliquot=0.3),
    "umi, 4 markers": Truth("umi", markers=4),
    "9 x 40": BASE,
    "rho 0.3": replace(BASE, reads_per_molecule=0.3),
    "rho 1": replace(BASE, reads_per_molecule=1.0),
    "rho 10": replace(BASE, reads_per_molecule=10.0),
    "c 0.2": replace(BASE, capture=0.2),
    "c 1": replace(BASE, capture=1.0),
    "s 0.4": replace(BASE, dispersion=0.4),
    "s 0.8": replace(BASE, dispersion=0.8),
    "eta 0.3": replace(BASE, efficiency=0.3),
    "eta 0.6": replace(BASE, efficiency=0.6),
    "1 x 100": ONE,
    "1 x 100, eta 0.3": replace(ONE, efficiency=0.3),
    "1 x 100, eta 0.6": replace(ONE, efficiency=0.6),
    "worst corner": replace(BASE, capture=0.2, reads_per_molecule=0.3, dispersion=0.8, efficiency=0.6),
    "best corner": replace(BASE, capture=1.0, reads_per_molecule=10.0, dispersion=0.4),
    "2 markers": replace(BASE, markers=2),
    "2 markers, a 0.05": replace(BASE, markers=2, aliquot=0.05),
    "4 markers, eta 0.3": replace(BASE, markers=4, efficiency=0.3),
    "read share, eta 0.3": Truth("read_share", efficiency=0.3),
    "branching PCR, s 0.5": replace(BASE, amplification="branching"),
    "gamma yields, s 0.8": replace(BASE, dispersion=0.8, amplification="gamma"),
}


def percent(values: Sequence[float]) -> str:
    """Format shares in percent, one column each."""
    return " ".join(f"{100 * value:6.1f}" for value in values)


def coverage(samples: int) -> None:
    """Print coverage of both seed sets, bias, and width over the oracle's, by expected clone cells."""
    print(
        f"\nIntervals that contain the true level [%], by expected clone cells {EXPECTED}. Below: the second seed set,"
    )
    print("a quarter of the samples; mean and median of the estimate over the true level; median width over that of an")
    print("oracle that knows s, c, g and eta, and over that of an analyst with the calibrators who knows eta [%].")
    for name, truth in SCENARIOS.items():
        start = time.process_time()
        sizes = (samples, max(1, samples // 4))
        lines = [[_coverage(truth, cells, *of) for cells in EXPECTED] for of in zip(sizes, SEEDS, strict=True)]
        print(f"{name:24}{percent([covered for covered, *_ in lines[0]])}")
        print(f"{'':24}{percent([covered for covered, *_ in lines[1]])}")
        for i, label in enumerate(("mean", "median", "to the oracle", "to known eta"), start=1):
            print(f"{label:>23} {percent([line[i] for line in lines[0]])}")
        print(f"{'':23} {time.process_time() - start:.0f} s", flush=True)
    error = 100 * (0.95 * 0.05 / samples) ** 0.5
    print(f"Monte Carlo error of 95 %: {error:.2f}, of the second set {2 * error:.2f}")


def _coverage(truth: Truth, cells: float, samples: int, seed: int) -> list[float]:
    level = cells / truth.cells
    drawn: SimulatedCounts = simulate(truth, np.full(samples, level), np.random.default_rng(seed))
    counts = [tuple(row) for row in drawn.markers.tolist()]
    rows, best = estimated_rows(truth, drawn.calibrators), oracle(truth)
    covered = np.mean([interval_contains(row, observed, level) for row, observed in zip(rows, counts, strict=True)])
    estimates = np.array([row.estimate(observed) for row, observed in zip(rows, counts, strict=True)]) / level
    pairs = list(zip(rows, counts, strict=True))[:WIDTHS]
    width, oracle_width, known_eta_width = (
        np.median([np.subtract(*view(row).interval(observed, 0.95)[::-1]) for row, observed in pairs])
        for view in (lambda row: row, lambda _: best, lambda row: with_known_eta(truth, row))
    )
    return [
        float(covered),
        float(estimates.mean()),
        float(np.median(estimates)),
        width / oracle_width,
        width / known_eta_width,
    ]


def limits(samples: int) -> None:
    """Print the positive calls at each sample's own LoD and the RMS error at its own LoQ, five samples for each row."""
    print("\nLoD and LoQ [clone cells, median]; called at the stated LoD [%]; RMS error at the stated LoQ [%]")
    for name, truth in SCENARIOS.items():
        shares = []
        for seed in SEEDS:
            rng = np.random.default_rng(seed)
            rows = estimated_rows(truth, simulate_calibrators(truth, max(truth.tubes, samples // 5), rng))
            lod = np.array([row.limit_of_detection(RULE) for row in rows])
            loq = np.array([row.limit_of_quantification(RULE) for row in rows])
            called = [row.is_positive(observed, RULE) for row, observed in _five_samples(truth, rows, lod, rng)]
            has_loq = loq < 1e-2
            errors = [
                (row.is_positive(observed, RULE) * row.estimate(observed) / level - 1) ** 2
                for (row, observed), level in zip(
                    _five_samples(
                        truth, [row for row, keep in zip(rows, has_loq, strict=True) if keep], loq[has_loq], rng
                    ),
                    np.tile(loq[has_loq], 5),
                    strict=True,
                )
            ]
            rms = 100 * np.mean(errors) ** 0.5 if errors else float("nan")
            shares.append(f"{100 * np.mean(called):6.1f} {rms:6.1f}")
        middle = [np.median(limit) * truth.cells for limit in (lod, loq)]
        none = f"{100 * np.mean(~has_loq):.0f} % have no LoQ" if not has_loq.all() else ""
        print(f"{name:24}{middle[0]:7.2f} {middle[1]:9.2f}   {shares[0]}   {shares[1]}  {none}", flush=True)
    print(f"Monte Carlo error of 95 %: {100 * (0.95 * 0.05 / samples) ** 0.5:.2f}; of the RMS error about 1")


def _five_samples(
    truth: Truth, rows: list[HighestMarker], levels: np.ndarray, rng: np.random.Generator
) -> list[tuple[HighestMarker, tuple[int, ...]]]:
    """Simulate five samples of each row at its level."""
    pairs = []
    for _ in range(5 if len(levels) else 0):
        counts = simulate_markers(truth, levels, rng).tolist()
        pairs += [(row, tuple(observed)) for row, observed in zip(rows, counts, strict=True)]
    return pairs


def false_calls(samples: int) -> None:
    """Print the false positives of samples without the clone, with empty controls of the same size."""
    print(
        "\nFalse calls in 1,000 samples (two seed sets); background molecules a cell; controls of 500,000 cells, empty"
    )
    print("background  markers  controls  critical UMIs  false calls")
    for rate in (0.0, 1e-7, 1e-6):
        for markers in (1, 2, 4):
            for controls in (1, 4):
                truth = Truth("umi", reads_per_molecule=10.0, background=rate, markers=markers)
                empty = ControlCount(truth.cells, truth.cells * truth.capture, 0, 0.0, 1.0, 1.0)
                prior = prior_mean([empty] * controls * (markers - 1), DEFAULT_BACKGROUND)
                row = oracle(truth, posterior_rate(prior, [empty] * controls))
                shares = []
                for seed in SEEDS:
                    counts = simulate_markers(truth, np.zeros(2 * samples), np.random.default_rng(seed)).tolist()
                    shares.append(1000 * np.mean([row.is_positive(tuple(observed), RULE) for observed in counts]))
                least = row.critical_counts(RULE)[0]
                print(f"{rate:10.0e} {markers:8} {controls:9} {least:14} {shares[0]:9.2f} {shares[1]:9.2f}", flush=True)
    print(f"Monte Carlo error of 1 in 1,000: {1000 * (0.001 / (2 * samples)) ** 0.5:.2f}")


def index_hopping(samples: int, share: float = 0.001, part: float = 0.6) -> None:
    """Print false positives by index hopping: 0.1 % of reads hop from the own baseline, 60 % its marker, in the run."""
    print("\nHopping: tubes of the run, reads of baseline to follow-up; negatives positive in 1,000 (own baseline, and")
    print("markers of unrelated patients); called at the stated LoD [%]; that LoD over the oracle's, median")
    for tubes in (8, 24, 96):
        for ratio in (1, 10):
            result = [_hopping(tubes, ratio, samples, share, part, seed) for seed in SEEDS]
            lines = "   ".join(
                f"{own:6.2f} {other:6.2f} {called:6.1f} {over:5.2f}" for own, other, called, over in result
            )
            print(f"{tubes:5} {ratio:4}:1   {lines}", flush=True)


def _hopping(
    tubes: int, ratio: int, samples: int, share: float, part: float, seed: int
) -> tuple[float, float, float, float]:
    rng, patients = np.random.default_rng(seed), tubes // 2
    source, reads_per_molecule = part * 1e6, 3.0 / ratio
    truth = Truth(reads_per_molecule=reads_per_molecule)
    offered = np.full((patients, patients * 2 - 2), source / (tubes - 1))
    best = _row_with_carry_over(reads_per_molecule, GammaRate(share * source / (tubes - 1)))
    own, other, called, over = [], [], [], []
    for _ in range(-(-samples // patients)):
        unrelated = rng.poisson(share * offered)
        rate, _ = estimate_share(unrelated.ravel().astype(float), offered.ravel())
        row = _row_with_carry_over(reads_per_molecule, GammaRate(rate.mean * source / (tubes - 1), rate.shape))
        hopped = rng.poisson(share * source / (tubes - 1), (2, patients))
        critical, lod = row.critical_counts(RULE)[0], row.limit_of_detection(RULE)
        clone = simulate_markers(truth, np.full(patients, lod), rng)[:, 0]
        own.append(np.mean(hopped[0] >= critical))
        other.append(np.mean(unrelated >= critical))
        called.append(np.mean(hopped[1] + clone >= critical))
        over.append(lod / best.limit_of_detection(RULE))
    return 1000 * np.mean(own), 1000 * np.mean(other), 100 * np.mean(called), float(np.median(over))


def _row_with_carry_over(reads_per_molecule: float, rate: GammaRate) -> HighestMarker:
    return HighestMarker(
        (CountModel((TubeModel(500_000.0, (MoleculeModel(reads_per_molecule, 0.5, 0.6),), (), (rate,)),)),)
    )


def capture(samples: int) -> None:
    """Print the coverage if a capture of 0.6 is assumed and the true one differs."""
    print("\nCapture assumed to be 0.6: intervals that contain the true level [%] at 5, 20, 100 cells, by true capture")
    for counting in ("umi", "spike_in"):
        for true in (0.2, 0.4, 0.6, 0.8, 1.0):
            truth, covered = Truth(counting, capture=true), []
            for cells in (5.0, 20.0, 100.0):
                level = cells / truth.cells
                drawn = simulate(truth, np.full(samples, level), np.random.default_rng(SEEDS[0]))
                rows = estimated_rows(replace(truth, capture=0.6), drawn.calibrators)
                counts = drawn.markers.tolist()
                covered.append(
                    np.mean(
                        [
                            interval_contains(row, tuple(observed), level)
                            for row, observed in zip(rows, counts, strict=True)
                        ]
                    )
                )
            print(f"{counting:10} {true:4} {percent(covered)}", flush=True)


PARTS = {"coverage": coverage, "limits": limits, "false": false_calls, "hopping": index_hopping, "capture": capture}


def main() -> None:
    """Print the tables of the chosen parts."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--samples", type=int, default=10_000)
    options.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    chosen = options.parse_args()
    start = time.perf_counter()
    for part in chosen.part:
        PARTS[part](chosen.samples)
    print(f"\n{time.perf_counter() - start:.0f} s; {chosen.samples} samples a scenario, {BASE.cells:,.0f} cells a tube")


if __name__ == "__main__":
    main()
