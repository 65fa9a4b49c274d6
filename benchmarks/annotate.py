"""How fast reads are annotated: `clonotrack annotate` as a whole process, all loci searched.

    python benchmarks/annotate.py [--reads 1000000] [--different 250000] [--growth 100000 1000000] [--threads 2]

Reads come from `clonotrack simulate reads`: 280-nt IGH reads with 2 % mutation and 0.3 % errors, half of them reversed,
as FASTQ.gz; one row per record is written. First of 13,000 clonotypes, one of which has 40 % of the reads; then every
read different. Kernels are compiled before anything is timed; of each case the middle of some rounds is printed:
seconds, processor seconds (user and system), reads a second and the largest memory. `--growth 100000 1000000 10000000`
shows that time grows with the reads and memory does not.
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
    """What a process took: seconds, processor seconds, most memory [MB]."""

    seconds: float
    processor: float
    memory: float


def clonotrack(*words: object) -> Run:
    """Run a command."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "clonotrack", *map(str, words)])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"clonotrack {words[0]} failed")
    return Run(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / MEGABYTE)


def simulated(folder: Path, reads: int, *options: object) -> Path:
    """A FASTQ.gz of reads."""
    fastq = folder / "reads.fastq.gz"
    made = ("--reads", reads, "--truth", folder / "truth.tsv", "-o", fastq, "--force")
    clonotrack("simulate", "reads", *made, *COMMON, *options)
    return fastq


def clonal(reads: int) -> Sequence[object]:
    """Options for reads of some thousand clonotypes."""
    return ("--clonotypes", min(CLONOTYPES, reads), "--largest", 0.4)


def measure(folder: Path, name: str, reads: int, options: Sequence[object], arguments: argparse.Namespace) -> None:
    """Print a line for each format."""
    fastq = simulated(folder, reads, *options)
    for ending in arguments.formats:
        out = folder / f"out.{ending}"
        command = ("annotate", fastq, "--threads", arguments.threads, "-o", out, "--force")
        runs = sorted((clonotrack(*command) for _ in range(arguments.rounds)), key=lambda run: run.seconds)
        middle = runs[len(runs) // 2]
        print(
            f"{name:22}{reads:11,} reads  {ending:8}{middle.seconds:7.1f} s {middle.processor:7.1f} s of processor "
            f"{reads / middle.seconds:9,.0f} reads/s {middle.memory:7,.0f} MB",
            flush=True,
        )


def main() -> None:
    """Compile, then time the cases."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reads", type=int, default=1_000_000, help="of the case with clonotypes; 0 for none")
    parser.add_argument("--different", type=int, default=250_000, help="reads that all differ; 0 for none")
    parser.add_argument("--growth", type=int, nargs="*", default=[], help="numbers of reads that show the growth")
    parser.add_argument("--formats", nargs="+", choices=("parquet", "tsv"), default=("parquet", "tsv"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where to make the files; by default a temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as made:
        folder = Path(made)
        clonotrack("annotate", simulated(folder, 2_000), "-o", folder / "warm.parquet", "--force")
        if arguments.reads:
            measure(folder, "13,000 clonotypes", arguments.reads, clonal(arguments.reads), arguments)
        if arguments.different:
            measure(folder, "every read different", arguments.different, (), arguments)
        for reads in arguments.growth:
            measure(folder, "growth", reads, clonal(reads), arguments)


if __name__ == "__main__":
    main()
