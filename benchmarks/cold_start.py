"""Measure the time and memory that compilation adds to the first run, in this checkout and in another commit.

    python benchmarks/cold_start.py [--against REF] [--rounds 3]

Each round runs `clonotrack baseline` on sample p1-dx of the demo data twice: first with an empty cache of compiled
kernels (cold), then with the filled cache (warm). The output is the median of all rounds: processor time (user and
system, child processes included) and peak memory, cold and warm, their differences, and the number of compilations.
With `--against`, each round also runs the commit REF, in a git worktree in a temporary folder. The ratio of the two
differences in processor time is printed too.

The benchmark also runs `clonotrack track` warm on 1,000 reads and 20 markers, simulated by `track_files.py`, and prints
wall-clock time and processor time.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from track_files import make

ROOT = Path(__file__).resolve().parents[1]
DEMO = Path("test_data/demo")
READS = 1_000
MEGABYTE = 1024
# Program that runs the command line and writes the number of compilations to the file named by $COMPILATIONS.
CODE = """
import os, sys
from clonotrack.kernels.jit import numba
from numba.core import event
from clonotrack.__main__ import main

with event.install_recorder("numba:compile") as recorder:
    status = main()
    with open(os.environ["COMPILATIONS"], "w") as file:
        file.write(str(sum(recorded.is_start for _, recorded in recorder.buffer)))
sys.exit(status)
"""


@dataclass(frozen=True)
class Run:
    """Measurements of a process: wall-clock time [s], processor time [s], peak memory [MB], number of compilations."""

    wall: float
    processor: float
    memory: float
    compilations: int


def run(tree: Path, cache: Path, *arguments: object) -> Run:
    """Run a `clonotrack` command with the code of a checkout and measure the process.

    Args:
        tree: root of the checkout.
        cache: folder of compiled kernels, read and written.
        arguments: command and its arguments.
    """
    compilations = cache.parent / "compilations"
    environment = {
        **os.environ,
        "PYTHONPATH": str(tree),
        "CLONOTRACK_CACHE": str(cache),
        "COMPILATIONS": str(compilations),
    }
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", CODE, *map(str, arguments)], cwd=tree, env=environment, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)  # the usage includes child processes
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"clonotrack {arguments[0]} failed in {tree}")
    processor = usage.ru_utime + usage.ru_stime
    return Run(wall, processor, usage.ru_maxrss / MEGABYTE, int(compilations.read_text()))


def cold_and_warm(tree: Path) -> tuple[Run, Run]:
    """Run `baseline` with an empty cache of compiled kernels, then with the filled cache."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        arguments = (
            *("baseline", DEMO / "p1-dx.fastq.gz", "--sample-id", "p1-dx", "--subject-id", "p1", "--input-ng", 78),
            *("--config", DEMO / "config.yaml", "--force", "-o", folder / "out"),
        )
        cold = run(tree, folder / "cache", *arguments)
        return cold, run(tree, folder / "cache", *arguments)


def track(tree: Path, files: Path, rounds: int) -> Run:
    """Run `track` several times with a filled cache and return the run with the median wall-clock time.

    Args:
        tree: root of the checkout.
        files: folder with the reads, markers and controls.
        rounds: number of runs.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        arguments = (
            *("track", files / f"{READS}.fastq.gz", "--sample-id", "s", "--subject-id", "p"),
            *("--markers", files / "markers.tsv", "--controls", files / "controls.tsv"),
            *("--force", "-o", folder / "s.hits.tsv"),
        )
        run(tree, folder / "cache", *arguments)
        runs = [run(tree, folder / "cache", *arguments) for _ in range(rounds)]
        return sorted(runs, key=lambda measured: measured.wall)[rounds // 2]


@contextmanager
def worktree(reference: str) -> Iterator[Path]:
    """Check out a commit in a temporary folder, and remove the folder afterwards."""
    folder = Path(tempfile.mkdtemp())
    git = ("git", "-C", str(ROOT), "worktree")
    try:
        subprocess.run([*git, "add", "--quiet", "--detach", str(folder / "tree"), reference], check=True)
        yield folder / "tree"
    finally:
        subprocess.run([*git, "remove", "--force", str(folder / "tree")], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def report(name: str, runs: Sequence[tuple[Run, Run]]) -> float:
    """Print the medians of the rounds of one checkout; return the processor time that compilation adds [s]."""
    cold, warm = (median(pair[which].processor for pair in runs) for which in (0, 1))
    memory = [median(pair[which].memory for pair in runs) for which in (0, 1)]
    compilation = median(pair[0].processor - pair[1].processor for pair in runs)
    print(
        f"{name:12}{cold:8.1f} s{warm:8.2f} s{compilation:8.1f} s{memory[0]:8.0f} MB{memory[1]:8.0f} MB"
        f"{memory[0] - memory[1]:8.0f} MB{runs[0][0].compilations:8}",
        flush=True,
    )
    return compilation


def measure(trees: dict[str, Path], files: Path, rounds: int) -> None:
    """Run all checkouts in turn and print the measurements of each checkout."""
    runs: dict[str, list[tuple[Run, Run]]] = {name: [] for name in trees}
    for _ in range(rounds):
        for name, tree in trees.items():
            runs[name].append(cold_and_warm(tree))
    print("baseline        cold      warm  difference  memory cold  warm   more   compilations")
    seconds = [report(name, runs[name]) for name in trees]
    if len(seconds) > 1:
        print(f"ratio of the differences: {seconds[0] / seconds[1]:.3f}")
    for name, tree in trees.items():
        median_run = track(tree, files, max(rounds, 5))
        print(
            f"track of {READS:,} reads and 20 markers, {name}: {median_run.wall:.2f} s of wall-clock time, "
            f"{median_run.processor:.2f} s of processor time"
        )


def main() -> None:
    """Measure this checkout, and with `--against` another commit too."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", metavar="REF", help="commit to compare with")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each checkout")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        make(Path(name), READS, {"gzip"})
        if arguments.against is None:
            measure({"this": ROOT}, Path(name), arguments.rounds)
        else:
            with worktree(arguments.against) as other:
                measure({"this": ROOT, arguments.against: other}, Path(name), arguments.rounds)


if __name__ == "__main__":
    main()
