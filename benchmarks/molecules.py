"""Compare molecules counted by UMI with the truth, for simulated molecules of one clonotype.

    python benchmarks/molecules.py
    python benchmarks/molecules.py --lengths 12 --depths 3 10 --molecules 1000 100000 --error-rate 0.005

UMIs are random. The reads of a molecule are Poisson with a log-normal yield (standard deviation of the logarithm 0 and
0.8). Each base of a UMI is wrong with probability `--error-rate` (1 %). Each line has the relative error of three
numbers: plain directional merging and the corrected count, both against the molecules with a read (`seen`), and the
estimate of all molecules (`all`); a dash if no number is given. The last line has the largest errors.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from clonotrack.umi.collect import UmiTable
from clonotrack.umi.molecules import count_molecules

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "umi"))

from simulated_umis import simulate_umis


def percent(value: float, truth: float) -> str:
    """Format the relative error of a count."""
    return "       -" if np.isnan(value) else f"{value / truth - 1:+8.2%}"


def main() -> None:
    """Read the options and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lengths", type=int, nargs="+", default=[10, 12, 16])
    parser.add_argument("--depths", type=float, nargs="+", default=[3, 10, 30])
    parser.add_argument("--molecules", type=int, nargs="+", default=[100, 1_000, 10_000, 100_000])
    parser.add_argument("--error-rate", type=float, default=0.01)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print("UMI nt  reads/molecule   sd  molecules  directional      seen       all  seconds")
    largest = {"seen": 0.0, "all": 0.0}
    for length in options.lengths:
        for depth in options.depths:
            for sd in (0.0, 0.8):
                for number in options.molecules:
                    umis, observed = simulate_umis(
                        number, length, depth, sd, options.seed + number, error_rate=options.error_rate
                    )
                    start = time.perf_counter()
                    found = count_molecules(UmiTable.collect(umis, np.zeros(len(umis), dtype=np.int64), length), 1)
                    seconds = time.perf_counter() - start
                    groups, counted, total = (
                        float(n[0]) for n in (found.directional_groups, found.observed, found.total)
                    )
                    largest["seen"] = max(largest["seen"], np.nan_to_num(abs(counted / observed - 1)))
                    largest["all"] = max(largest["all"], np.nan_to_num(abs(total / number - 1)))
                    print(
                        f"{length:6} {depth:15g} {sd:4} {number:10,}     {percent(groups, observed)}  "
                        f"{percent(counted, observed)}  {percent(total, number)} {seconds:8.2f}",
                        flush=True,
                    )
    print(f"largest errors: seen {largest['seen']:.2%}, all {largest['all']:.2%}")


if __name__ == "__main__":
    main()
