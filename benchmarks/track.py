"""How long tracking takes beside decompression alone: whole processes, in turn, in one run.

    python benchmarks/track.py [--reads 1000000] [--folder DIR]

Makes a FASTQ.gz of 250-nt reads (rearrangements of all seven loci with 0.3 % errors, 1 % of them of the markers,
0.1 % of the controls; binned qualities; gzip level 6) and times, start-up included, `igzip -dc FILE` (`gzip -dc`
where igzip is not on the PATH; it is said which) and `clonotrack track` with 20 markers of ten patients and nine
controls. Printed: best of three of each, their ratio, peak memory, and how many of the reads that hold a whole
marker with at most two errors were counted.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

import numpy as np
import polars as pl

from clonotrack.io.frames import read_table, write_table
from clonotrack.io.germline import load_reference
from clonotrack.sequence import DECODE, I64, U8, encode
from clonotrack.simulate.rearrangement import Rearrangement
from clonotrack.simulate.recombination import draw, inherit
from clonotrack.tables import CONTROLS, HITS, LOCI, MARKERS

LENGTH = 250
ERRORS = 0.003
N_MARKERS, N_CONTROLS = 20, 9
ROUNDS = 3


def rearrangements(per_locus: int, seed: int, min_inserted: int = 0) -> list[Rearrangement]:
    """Of all loci, mixed."""
    rng = np.random.default_rng(seed)
    reference = load_reference()
    made = [
        r for locus in LOCI for r in draw(inherit(reference, locus, rng), per_locus, rng, min_inserted=min_inserted)
    ]
    return [made[i] for i in rng.permutation(len(made))]


def target(rearrangement: Rearrangement) -> tuple[int, int]:
    """1-based bounds of 60 nt around the junction."""
    middle = (rearrangement.v_end + rearrangement.j_start) // 2
    end = min(len(rearrangement.sequence), middle + 30)
    return end - 59, end


def table(rows: list[dict[str, object]], columns: dict[str, pl.DataType]) -> pl.DataFrame:
    """Rows of a table; what they leave out is null."""
    return pl.DataFrame([{name: row.get(name) for name in columns} for row in rows], schema=columns)


def write_tables(folder: Path) -> list[Rearrangement]:
    """MARKERS of ten patients and CONTROLS; the markers first in what is given back."""
    chosen = rearrangements(5, seed=1, min_inserted=8)[: N_MARKERS + N_CONTROLS]
    rows: list[dict[str, object]] = []
    for number, rearrangement in enumerate(chosen[:N_MARKERS]):
        start, end = target(rearrangement)
        rows.append(
            {
                "marker_id": f"m{number}",
                "subject_id": f"p{number // 2}",
                "locus": rearrangement.locus,
                "sequence": rearrangement.sequence,
                "target_start": start,
                "target_end": end,
                "copies_per_cell": 1.0,
                "selected": True,
            }
        )
    write_table(table(rows, MARKERS.schema()), MARKERS, folder / "markers.tsv")
    rows = [
        {"control_id": f"c{i}", "kind": "calibrator", "locus": r.locus, "sequence": r.sequence, "copies": 40.0}
        for i, r in enumerate(chosen[N_MARKERS:])
    ]
    write_table(table(rows, CONTROLS.schema()), CONTROLS, folder / "controls.tsv")
    return chosen


def amplicons(items: list[Rearrangement], rng: np.random.Generator) -> U8:
    """The last `LENGTH` nt of each, anything before what is shorter: shape (n, LENGTH)."""
    codes = rng.integers(0, 4, (len(items), LENGTH)).astype(np.uint8)
    for row, item in zip(codes, items, strict=True):
        end = encode(item.sequence[-LENGTH:])
        row[LENGTH - len(end) :] = end
    return codes


def write_reads(path: Path, reads: int, chosen: list[Rearrangement]) -> int:
    """Write the file; give back the reads that hold a whole marker with at most two errors."""
    rng = np.random.default_rng(2)
    pool = amplicons(rearrangements(2_000, seed=3), rng)
    special = amplicons(chosen, rng)
    weights = np.array([0.01 / N_MARKERS] * N_MARKERS + [0.001 / N_CONTROLS] * N_CONTROLS)
    bounds = np.array([target(r) for r in chosen]) - np.array([len(r.sequence) - LENGTH for r in chosen])[:, None]
    held = 0
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    with path.open("wb") as handle:
        for first in range(0, reads, 50_000):
            n = min(50_000, reads - first)
            which = rng.choice(len(weights) + 1, n, p=[*weights, 1 - weights.sum()])
            polyclonal = which == len(weights)
            codes = pool[rng.integers(len(pool), size=n)]
            codes[~polyclonal] = special[which[~polyclonal]]
            wrong = rng.random(codes.shape) < ERRORS
            codes[wrong] = (codes[wrong] + rng.integers(1, 4, int(wrong.sum()))) % 4
            held += _held(wrong, which, bounds)
            handle.write(packer.compress(_fastq(codes, first, rng)))
        handle.write(packer.flush())
    return held


def _held(wrong: np.ndarray, which: I64, bounds: I64) -> int:
    marker = np.flatnonzero(which < N_MARKERS)
    errors = np.concatenate([np.zeros((len(marker), 1), dtype=int), wrong[marker].cumsum(axis=1)], axis=1)
    start, end = bounds[which[marker]].T
    rows = np.arange(len(marker))
    return int((errors[rows, end] - errors[rows, start - 1] <= 2).sum())


def _fastq(codes: U8, first: int, rng: np.random.Generator) -> bytes:
    """Records on either strand, with binned qualities, each base on its own: harder to unpack than most files."""
    turned = rng.random(len(codes)) < 0.5
    codes[turned] = 3 - codes[turned, ::-1]
    scores = rng.choice(np.frombuffer(b"F:,", dtype=np.uint8), codes.shape, p=[0.9, 0.07, 0.03])
    places = rng.integers(1_000, 35_000, (len(codes), 2)).tolist()
    lines = zip(places, DECODE[codes], scores, strict=True)
    return b"".join(
        b"@A01:77:HTRACK:1:%d:%d:%d 1:N:0:ACGTACGT\n%b\n+\n%b\n"
        % (1101 + i // 9999, x, y, bases.tobytes(), quality.tobytes())
        for i, ((x, y), bases, quality) in enumerate(lines, start=first)
    )


def timed(command: list[str]) -> tuple[float, float, int]:
    """Wall seconds, processor seconds and peak memory (MB) of a process whose output goes nowhere."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    process.returncode = 0
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024


def main() -> None:
    """Make the data, time both in turn, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reads", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where the data are made; a temporary folder by default")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="clonotrack-"))
    folder.mkdir(parents=True, exist_ok=True)
    reads = folder / "reads.fastq.gz"
    held = write_reads(reads, arguments.reads, write_tables(folder))
    unpack = shutil.which("igzip") or shutil.which("gzip") or sys.exit("neither igzip nor gzip is on the PATH")
    hits = folder / "s.hits.tsv"
    track = [str(Path(sys.executable).with_name("clonotrack")), "track", str(reads), "--sample-id", "s"]
    track += ["--subject-id", "p0", "--markers", str(folder / "markers.tsv")]
    track += ["--controls", str(folder / "controls.tsv"), "--force", "-o", str(hits)]
    timed(track)  # compiles the kernels where they are not cached
    rounds = [(timed([unpack, "-dc", str(reads)]), timed(track)) for _ in range(ROUNDS)]
    floor, best = (min(column) for column in zip(*rounds, strict=True))
    found = read_table(hits, HITS).filter(pl.col("target_kind") == "marker")
    print(f"reads           {arguments.reads:,} of {LENGTH} nt, {reads.stat().st_size / 1e6:,.0f} MB")
    print(f"{Path(unpack).name + ' -dc':15} {floor[0]:.2f} s, {floor[1]:.2f} s of processor time")
    print(f"clonotrack      {best[0]:.2f} s, {best[1]:.2f} s of processor time, {best[2]} MB")
    print(f"ratio           {best[0] / floor[0]:.2f} to {Path(unpack).name}")
    print(f"marker reads    {found['reads'].sum():,} counted of {held:,} with at most two errors in the target")
    if arguments.folder is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
