"""How fast reads are read: ours beside decompression alone and dnaio, on a FASTQ.gz that is made here.

    python benchmarks/reads.py [--reads 1000000] [--length 250] [--folder DIR]

Best of three, in turn, with compiled kernels; compilation is not in the times.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from isal import igzip

from clonotrack.config import Library, Reads
from clonotrack.io.reads import read_chunks
from clonotrack.library.batches import Counts, Lane, batches
from clonotrack.reads import collapse

ROUNDS = 3


def make(path: Path, reads: int, length: int) -> None:
    """Reads of 2,000 sequences at very unequal abundance, one base in 300 wrong, binned qualities."""
    rng = np.random.default_rng(1)
    clones = rng.choice(np.frombuffer(b"ACGT", np.uint8), (2000, length))
    with path.open("wb") as handle:
        for start in range(0, reads, 100_000):
            number = min(100_000, reads - start)
            bases = clones[np.minimum(rng.zipf(1.3, number) - 1, 1999)]
            wrong = rng.random(bases.shape) < 1 / 300
            bases[wrong] = rng.choice(np.frombuffer(b"ACGT", np.uint8), int(wrong.sum()))
            scores = rng.choice(np.frombuffer(b"F:,#", np.uint8), bases.shape, p=[0.93, 0.05, 0.015, 0.005])
            for i in range(number):
                name = b"@INSTRUMENT:1:FLOWCELL:1:%d:%d:%d 1:N:0:ACGT" % (1101 + i // 5000, i % 5000, start + i)
                handle.write(b"%b\n%b\n+\n%b\n" % (name, bases[i].tobytes(), scores[i].tobytes()))


def decompress(path: Path) -> None:
    """What reading cannot be faster than: isal, in this process."""
    buffer = bytearray(1 << 20)
    with igzip.open(path) as stream:
        while stream.readinto(buffer):
            pass


def read_dnaio(path: Path) -> None:
    """The reader of cutadapt."""
    import dnaio

    with dnaio.open(path) as records:
        for _ in records:
            pass


def usable(path: Path) -> int:
    """Parsed, checked, encoded and filtered reads."""
    counts = Counts()
    for _ in batches([Lane(path)], Reads(), Library(), counts):
        pass
    return counts.scanned


def ways(plain: Path, packed: Path) -> dict[str, Callable[[], object]]:
    """What is timed, by the name that is printed."""
    found: dict[str, Callable[[], object]] = {
        f"{tool} -dc": lambda tool=tool: subprocess.run(  # type: ignore[misc]
            [tool, "-dc", packed], stdout=subprocess.DEVNULL, check=True
        )
        for tool in ("gzip", "igzip")
        if shutil.which(tool)
    }
    found["isal, decompression only"] = lambda: decompress(packed)
    if importlib.util.find_spec("dnaio"):
        found["dnaio"] = lambda: read_dnaio(packed)
    found["read_chunks, plain"] = lambda: sum(map(len, read_chunks(plain)))
    found["batches, plain"] = lambda: usable(plain)
    found["read_chunks, gzip"] = lambda: sum(map(len, read_chunks(packed)))
    found["batches, gzip"] = lambda: usable(packed)
    found["collapse, gzip"] = lambda: collapse(batches([Lane(packed)], Reads(), Library(), Counts()))
    return found


def main() -> None:
    """Make the file, time every way, print seconds, reads a second and the ratio to decompression."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reads", type=int, default=1_000_000)
    parser.add_argument("--length", type=int, default=250)
    parser.add_argument("--folder", type=Path, help="where to make the files; by default a temporary folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        plain, packed = Path(folder) / "reads.fastq", Path(folder) / "reads.fastq.gz"
        make(plain, options.reads, options.length)
        with packed.open("wb") as handle:
            subprocess.run(["gzip", "-6", "-c", plain], stdout=handle, check=True)
        print(f"{options.reads:,} reads of {options.length} nt, {plain.stat().st_size / 1e6:,.0f} MB of text")
        measure(ways(plain, packed), options.reads)


def measure(timed: dict[str, Callable[[], object]], reads: int) -> None:
    """Run everything in turn, several times, and print the best."""
    best = dict.fromkeys(timed, float("inf"))
    for _ in range(ROUNDS):
        for name, way in timed.items():
            start = time.perf_counter()
            way()
            best[name] = min(best[name], time.perf_counter() - start)
    floor = best["isal, decompression only"]
    for name, seconds in best.items():
        print(f"{name:26} {seconds:7.2f} s {reads / seconds / 1e6:7.2f} million reads/s {seconds / floor:6.2f} x isal")


if __name__ == "__main__":
    main()
