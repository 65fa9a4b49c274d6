"""Whether interval, limits and calls hold what they claim, on counts of known truth.

    python benchmarks/calibration.py                         everything, 10,000 samples a cell
    python benchmarks/calibration.py --samples 1000          a look
    python benchmarks/calibration.py --part coverage limits false hopping capture

Samples are drawn by tests/quantify/truth.py, which does not use the package; what the package makes of their
calibrators and counts is set against the truth. Seeds are fixed, a second set stands beside. The Monte Carlo error is
printed under each table. A sample's interval holds the truth exactly if both tails at the truth are over 2.5 %, so
that two values of the law are computed and no root is sought; the width is that of the first samples' intervals.
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

from truth import Drawn, Truth, draw, draw_calibrators, draw_markers, holds, informed, judges, oracle

from clonotrack.quantify.background import Control, posterior, prior_mean
from clonotrack.quantify.index_hopping import estimate
from clonotrack.stats.count_model import Gamma, Process, Tube
from clonotrack.stats.limits import Rule
from clonotrack.stats.max_marker import Highest
from clonotrack.stats.reads_per_cell import Seeing

SEEDS = (20_261_122, 77)
RULE = Rule(0.001, 1)
EXPECTED = (0.5, 2.0, 5.0, 20.0, 100.0, 1000.0)
WIDTHS = 200
DEFAULT_BACKGROUND = 1e-6

BASE = Truth()
ONE = replace(BASE, calibrators=1, copies=100.0)
CELLS = {
    "umi, c known": Truth("umi"),
    "umi, c 0.2": Truth("umi", capture=0.2),
    "umi, c 1": Truth("umi", capture=1.0),
    "umi, rho 0.3": Truth("umi", rho=0.3),
    "umi, rho 0.3, eta 0.6": Truth("umi", rho=0.3, efficiency=0.6),
    "umi, rho 10, eta 0.6": Truth("umi", rho=10.0, efficiency=0.6),
    "umi, 9 x 40": Truth("umi_calibrators"),
    "umi, 2 markers, a 0.3": Truth("umi", markers=2, aliquot=0.3),
    "umi, 4 markers": Truth("umi", markers=4),
    "9 x 40": BASE,
    "rho 0.3": replace(BASE, rho=0.3),
    "rho 1": replace(BASE, rho=1.0),
    "rho 10": replace(BASE, rho=10.0),
    "c 0.2": replace(BASE, capture=0.2),
    "c 1": replace(BASE, capture=1.0),
    "s 0.4": replace(BASE, dispersion=0.4),
    "s 0.8": replace(BASE, dispersion=0.8),
    "eta 0.3": replace(BASE, efficiency=0.3),
    "eta 0.6": replace(BASE, efficiency=0.6),
    "1 x 100": ONE,
    "1 x 100, eta 0.3": replace(ONE, efficiency=0.3),
    "1 x 100, eta 0.6": replace(ONE, efficiency=0.6),
    "worst corner": replace(BASE, capture=0.2, rho=0.3, dispersion=0.8, efficiency=0.6),
    "best corner": replace(BASE, capture=1.0, rho=10.0, dispersion=0.4),
    "2 markers": replace(BASE, markers=2),
    "2 markers, a 0.05": replace(BASE, markers=2, aliquot=0.05),
    "4 markers, eta 0.3": replace(BASE, markers=4, efficiency=0.3),
    "read share, eta 0.3": Truth("read_share", efficiency=0.3),
    "branching PCR, s 0.5": replace(BASE, amplification="branching"),
    "gamma yields, s 0.8": replace(BASE, dispersion=0.8, amplification="gamma"),
}


def percent(values: Sequence[float]) -> str:
    """Shares in percent, one column each."""
    return " ".join(f"{100 * value:6.1f}" for value in values)


def coverage(samples: int) -> None:
    """Coverage of both seed sets, bias, and width over the oracle's, by expected clone cells."""
    print(f"\nIntervals that hold the truth [%], by expected clone cells {EXPECTED}; second seed set, a quarter")
    print("as many, below; mean and median of the estimate over the truth; median width over that of an oracle that")
    print("knows s, c, coefficient and eta, and over that of a judge who knows eta and has the calibrators [%].")
    for name, truth in CELLS.items():
        start = time.process_time()
        sizes = (samples, max(1, samples // 4))
        lines = [[_coverage(truth, cells, *of) for cells in EXPECTED] for of in zip(sizes, SEEDS, strict=True)]
        print(f"{name:24}{percent([held for held, *_ in lines[0]])}")
        print(f"{'':24}{percent([held for held, *_ in lines[1]])}")
        for place, what in enumerate(("mean", "median", "to the oracle", "to eta known"), start=1):
            print(f"{what:>23} {percent([line[place] for line in lines[0]])}")
        print(f"{'':23} {time.process_time() - start:.0f} s", flush=True)
    error = 100 * (0.95 * 0.05 / samples) ** 0.5
    print(f"Monte Carlo error of 95 %: {error:.2f}, of the second set {2 * error:.2f}")


def _coverage(truth: Truth, cells: float, samples: int, seed: int) -> list[float]:
    level = cells / truth.cells
    drawn: Drawn = draw(truth, np.full(samples, level), np.random.default_rng(seed))
    counts = [tuple(row) for row in drawn.markers.tolist()]
    rows, best = judges(truth, drawn.calibrators), oracle(truth)
    held = np.mean([holds(row, seen, level) for row, seen in zip(rows, counts, strict=True)])
    estimates = np.array([row.estimate(seen) for row, seen in zip(rows, counts, strict=True)]) / level
    pairs = list(zip(rows, counts, strict=True))[:WIDTHS]
    width, least, fair = (
        np.median([np.subtract(*judge(row).interval(seen, 0.95)[::-1]) for row, seen in pairs])
        for judge in (lambda row: row, lambda _: best, lambda row: informed(truth, row))
    )
    return [float(held), float(estimates.mean()), float(np.median(estimates)), width / least, width / fair]


def limits(samples: int) -> None:
    """Called at each sample's own LoD, and RMS error at its own LoQ, five draws for each set of calibrators."""
    print("\nLoD and LoQ [clone cells, median]; called at the stated LoD [%]; RMS error at the stated LoQ [%]")
    for name, truth in CELLS.items():
        shares = []
        for seed in SEEDS:
            rng = np.random.default_rng(seed)
            rows = judges(truth, draw_calibrators(truth, max(truth.tubes, samples // 5), rng))
            lod = np.array([row.limit_of_detection(RULE) for row in rows])
            loq = np.array([row.limit_of_quantification(RULE) for row in rows])
            called = [row.met(seen, RULE) for row, seen in _again(truth, rows, lod, rng)]
            sane = loq < 1e-2
            errors = [
                (row.met(seen, RULE) * row.estimate(seen) / level - 1) ** 2
                for (row, seen), level in zip(
                    _again(truth, [row for row, fine in zip(rows, sane, strict=True) if fine], loq[sane], rng),
                    np.tile(loq[sane], 5),
                    strict=True,
                )
            ]
            rms = 100 * np.mean(errors) ** 0.5 if errors else float("nan")
            shares.append(f"{100 * np.mean(called):6.1f} {rms:6.1f}")
        middle = [np.median(limit) * truth.cells for limit in (lod, loq)]
        none = f"{100 * np.mean(~sane):.0f} % have no LoQ" if not sane.all() else ""
        print(f"{name:24}{middle[0]:7.2f} {middle[1]:9.2f}   {shares[0]}   {shares[1]}  {none}", flush=True)
    print(f"Monte Carlo error of 95 %: {100 * (0.95 * 0.05 / samples) ** 0.5:.2f}; of the RMS error about 1")


def _again(
    truth: Truth, rows: list[Highest], levels: np.ndarray, rng: np.random.Generator
) -> list[tuple[Highest, tuple[int, ...]]]:
    """Five samples of each row at its level."""
    found = []
    for _ in range(5 if len(levels) else 0):
        counts = draw_markers(truth, levels, rng).tolist()
        found += [(row, tuple(seen)) for row, seen in zip(rows, counts, strict=True)]
    return found


def false_calls(samples: int) -> None:
    """Samples without the clone that are positive, where controls of the same size show none."""
    print(
        "\nFalse calls in 1,000 samples (two seed sets); background molecules a cell; controls of 500,000 cells, empty"
    )
    print("background  markers  controls  critical UMIs  false calls")
    for rate in (0.0, 1e-7, 1e-6):
        for markers in (1, 2, 4):
            for controls in (1, 4):
                truth = Truth("umi", rho=10.0, background=rate, markers=markers)
                empty = Control(truth.cells, truth.cells * truth.capture, 0, 0.0, 1.0, 1.0)
                prior = prior_mean([empty] * controls * (markers - 1), DEFAULT_BACKGROUND)
                row = oracle(truth, posterior(prior, [empty] * controls))
                shares = []
                for seed in SEEDS:
                    counts = draw_markers(truth, np.zeros(2 * samples), np.random.default_rng(seed)).tolist()
                    shares.append(1000 * np.mean([row.met(tuple(seen), RULE) for seen in counts]))
                least = row.critical(RULE)[0]
                print(f"{rate:10.0e} {markers:8} {controls:9} {least:14} {shares[0]:9.2f} {shares[1]:9.2f}", flush=True)
    print(f"Monte Carlo error of 1 in 1,000: {1000 * (0.001 / (2 * samples)) ** 0.5:.2f}")


def hopping(samples: int, share: float = 0.001, part: float = 0.6) -> None:
    """Runs where 0.1 % of reads hop: a patient's own baseline, 60 % its marker, is on the run of the follow-up."""
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
    source, rho = part * 1e6, 3.0 / ratio
    truth = Truth(rho=rho)
    offered = np.full((patients, patients * 2 - 2), source / (tubes - 1))
    best = _carried(rho, Gamma(share * source / (tubes - 1)))
    own, other, called, over = [], [], [], []
    for _ in range(-(-samples // patients)):
        unrelated = rng.poisson(share * offered)
        rate, _ = estimate(unrelated.ravel().astype(float), offered.ravel())
        row = _carried(rho, Gamma(rate.mean * source / (tubes - 1), rate.shape))
        hopped = rng.poisson(share * source / (tubes - 1), (2, patients))
        critical, lod = row.critical(RULE)[0], row.limit_of_detection(RULE)
        clone = draw_markers(truth, np.full(patients, lod), rng)[:, 0]
        own.append(np.mean(hopped[0] >= critical))
        other.append(np.mean(unrelated >= critical))
        called.append(np.mean(hopped[1] + clone >= critical))
        over.append(lod / best.limit_of_detection(RULE))
    return 1000 * np.mean(own), 1000 * np.mean(other), 100 * np.mean(called), float(np.median(over))


def _carried(rho: float, rate: Gamma) -> Highest:
    return Highest((Process((Tube(500_000.0, (Seeing(rho, 0.5, 0.6),), (), (rate,)),)),))


def capture(samples: int) -> None:
    """Coverage where 0.6 is assumed for a capture that is something else."""
    print("\nCapture assumed to be 0.6; intervals that hold the truth [%], by true capture, at 5, 20, 100 clone cells")
    for counting in ("umi", "spike_in"):
        for true in (0.2, 0.4, 0.6, 0.8, 1.0):
            truth, held = Truth(counting, capture=true), []
            for cells in (5.0, 20.0, 100.0):
                level = cells / truth.cells
                drawn = draw(truth, np.full(samples, level), np.random.default_rng(SEEDS[0]))
                rows = judges(replace(truth, capture=0.6), drawn.calibrators)
                counts = drawn.markers.tolist()
                held.append(np.mean([holds(row, tuple(seen), level) for row, seen in zip(rows, counts, strict=True)]))
            print(f"{counting:10} {true:4} {percent(held)}", flush=True)


PARTS = {"coverage": coverage, "limits": limits, "false": false_calls, "hopping": hopping, "capture": capture}


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--samples", type=int, default=10_000)
    options.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    chosen = options.parse_args()
    start = time.perf_counter()
    for part in chosen.part:
        PARTS[part](chosen.samples)
    print(f"\n{time.perf_counter() - start:.0f} s; {chosen.samples} samples a cell, {BASE.cells:,.0f} cells a tube")


if __name__ == "__main__":
    main()
