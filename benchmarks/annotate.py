"""Measure the speed and memory of `clonotrack annotate` as a whole process, with all loci searched.

    python benchmarks/annotate.py [--reads 1000000] [--different 250000] [--growth 100000 1000000] [--threads 2]

The reads are simulated: IGH reads of 280 nt with 2 % mutation and 0.3 % errors, on both strands, as FASTQ.gz. In the
first case they have 13,000 clonotypes, and the largest has 40 % of the reads. In the second case all reads differ.
Kernels are compiled before the first measurement. The output is the median of several rounds: seconds, CPU seconds
(user and system), reads per second and peak memory. `--growth 100000 1000000 10000000` measures increasing numbers of
reads.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CLONOTYPES = 13_000
COMMON = ("--locus", "IGH", "--length", 280, "--mutation", 0.02, "--error-rate", 0.003)
MEGABYTE = 1024


@dataclass(frozen=True)
class Run:
    """Measurements of a process: time [s], CPU time [s], peak memory [MB]."""

    seconds: float
    cpu_seconds: float
    memory: float


def clonotrack(*words: object) -> Run:
    """Run a command and measure it."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "clonotrack", *map(str, words)])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"clonotrack {words[0]} failed")
    return Run(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / MEGABYTE)


def simulate(folder: Path, reads: int, *options: object) -> Path:
    """Simulate a FASTQ.gz file of reads."""
    fastq = folder / "reads.fastq.gz"
    outputs = ("--reads", reads, "--truth", folder / "truth.tsv", "-o", fastq, "--force")
    clonotrack("simulate", "reads", *outputs, *COMMON, *options)
    return fastq


def clonotype_options(reads: int) -> Sequence[object]:
    """Make the options of `simulate reads` for reads of 13,000 clonotypes."""
    return ("--clonotypes", min(CLONOTYPES, reads), "--largest", 0.4)


def measure(folder: Path, name: str, reads: int, options: Sequence[object], arguments: argparse.Namespace) -> None:
    """Measure a case and print a line for each output format."""
    fastq = simulate(folder, reads, *options)
    for ending in arguments.formats:
        out = folder / f"out.{ending}"
        command = ("annotate", fastq, "--threads", arguments.threads, "-o", out, "--force")
        runs = sorted((clonotrack(*command) for _ in range(arguments.rounds)), key=lambda run: run.seconds)
        median = runs[len(runs) // 2]
        print(
            f"{name:22}{reads:11,} reads  {ending:8}{median.seconds:7.1f} s {median.cpu_seconds:7.1f} s CPU "
            f"{reads / median.seconds:9,.0f} reads/s {median.memory:7,.0f} MB",
            flush=True,
        )


def main() -> None:
    """Compile the kernels, then measure the cases."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--reads", type=int, default=1_000_000, help="reads of the case with clonotypes; 0 leaves it out"
    )
    parser.add_argument(
        "--different", type=int, default=250_000, help="reads of the case in which all differ; 0 leaves it out"
    )
    parser.add_argument("--growth", type=int, nargs="*", default=[], help="further numbers of reads with clonotypes")
    parser.add_argument("--formats", nargs="+", choices=("parquet", "tsv"), default=("parquet", "tsv"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="folder for the files; by default a temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as temporary:
        folder = Path(temporary)
        clonotrack("annotate", simulate(folder, 2_000), "-o", folder / "warm.parquet", "--force")
        if arguments.reads:
            measure(folder, "13,000 clonotypes", arguments.reads, clonotype_options(arguments.reads), arguments)
        if arguments.different:
            measure(folder, "all reads different", arguments.different, (), arguments)
        for reads in arguments.growth:
            measure(folder, "growth", reads, clonotype_options(reads), arguments)


if __name__ == "__main__":
    main()
