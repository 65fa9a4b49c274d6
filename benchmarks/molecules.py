"""How well molecules are counted by UMI: simulated molecules of one clonotype, against the truth.

    python benchmarks/molecules.py
    python benchmarks/molecules.py --lengths 12 --depths 3 10 --molecules 1000 100000 --error-rate 0.005

UMIs are drawn at random, a molecule gives Poisson many reads with a log-normal yield (standard deviation of the
logarithm 0 and 0.8), and each base of a UMI is read wrong with `--error-rate` (1 %). Printed for each case: by how much
plain directional merging misses the molecules that were read, by how much the corrected count does, and the estimate of
all molecules, the unseen included; a dash where no number is given. At the end the largest misses.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from clonotrack.umi.collect import Umis
from clonotrack.umi.molecules import molecules

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "library"))

from tagged import sequenced


def percent(value: float, truth: float) -> str:
    """By how much a count misses the truth."""
    return "       -" if np.isnan(value) else f"{value / truth - 1:+8.2%}"


def main() -> None:
    """Read the options, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lengths", type=int, nargs="+", default=[10, 12, 16])
    parser.add_argument("--depths", type=float, nargs="+", default=[3, 10, 30])
    parser.add_argument("--molecules", type=int, nargs="+", default=[100, 1_000, 10_000, 100_000])
    parser.add_argument("--error-rate", type=float, default=0.01)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print("UMI nt  reads/molecule   sd  molecules  directional      seen       all  seconds")
    worst = {"seen": 0.0, "all": 0.0}
    for length in options.lengths:
        for depth in options.depths:
            for sd in (0.0, 0.8):
                for number in options.molecules:
                    umis, seen = sequenced(
                        number, length, depth, sd, options.seed + number, error_rate=options.error_rate
                    )
                    start = time.perf_counter()
                    found = molecules(Umis.collect(umis, np.zeros(len(umis), dtype=np.int64), length), 1)
                    seconds = time.perf_counter() - start
                    counted, total = float(found.seen[0]), float(found.total[0])
                    worst["seen"] = max(worst["seen"], np.nan_to_num(abs(counted / seen - 1)))
                    worst["all"] = max(worst["all"], np.nan_to_num(abs(total / number - 1)))
                    print(
                        f"{length:6} {depth:15g} {sd:4} {number:10,}     {percent(found.groups[0], seen)}  "
                        f"{percent(counted, seen)}  {percent(total, number)} {seconds:8.2f}",
                        flush=True,
                    )
    print(f"largest misses: seen {worst['seen']:.2%}, all {worst['all']:.2%}")


if __name__ == "__main__":
    main()
