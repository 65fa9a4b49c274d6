"""Measure the time of tracking against decompression alone: whole processes, alternating, start-up included.

    python benchmarks/track.py [--reads 10000000] [--folder DIR] [--cases gzip targets pairs bgzf lanes] [--rounds 3]

Cases (`track_files.py` writes the files; with --folder they are kept):

    gzip      one FASTQ.gz, 20 markers of ten patients, nine controls
    targets   the same file, 10,000 markers
    pairs     two FASTQ.gz with half as many pairs
    bgzf      the same reads as BGZF
    lanes     two FASTQ.gz with half the reads each, on a sheet

Each case is timed against `igzip -dc` of its files (`gzip -dc` if igzip is not on the PATH; the output names it). The
output has medians of wall and processor time, their ratio, peak memory, the marker reads that were counted, and the
processor time of each step. With --tools, 200,000 of the reads are searched for the 20 markers with `seqkit grep`,
`cutadapt` and clonotrack, and analysed with `vidjil-algo` ($VIDJIL_GERMLINE names its germline), if these are on the
PATH: whole processes, the best of two.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from statistics import median

import polars as pl
from track_files import LENGTH

from clonotrack.io.tables import read_table
from clonotrack.tables import HITS, MARKERS

CASES = ("gzip", "targets", "pairs", "bgzf", "lanes")
FEW = 200_000
STEPS = ("find and check records, filter", "seed filter, compare, count")


def timed(commands: list[list[str]]) -> tuple[float, float, int]:
    """Measure wall seconds, processor seconds and peak memory [MB] of processes, one after another."""
    start, used, peak = time.perf_counter(), 0.0, 0
    for command in commands:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            raise SystemExit(f"{' '.join(command)} failed")
        process.returncode = 0
        used, peak = used + usage.ru_utime + usage.ru_stime, max(peak, usage.ru_maxrss // 1024)
    return time.perf_counter() - start, used, peak


def files_of(case: str, folder: Path, reads: int) -> list[Path]:
    """Return the files of reads of a case."""
    suffixes = {"pairs": ["R1.fastq.gz", "R2.fastq.gz"], "lanes": ["lane1.fastq.gz", "lane2.fastq.gz"]}
    suffixes["bgzf"] = ["bgzf.fastq.gz"]
    return [folder / f"{reads}.{suffix}" for suffix in suffixes.get(case, ["fastq.gz"])]


def command_of(case: str, folder: Path, files: list[Path]) -> list[str]:
    """Return the command line of `clonotrack track`."""
    call = [sys.executable, "-m", "clonotrack", "track", "--sample-id", "s", "--force", "--quiet"]
    call += ["-o", str(folder / f"{case}.hits.tsv"), "--controls", str(folder / "controls.tsv")]
    for name in ("markers", "registry")[: 1 + (case == "targets")]:
        call += ["--markers", str(folder / f"{name}.tsv")]
    if case == "lanes":
        return [*call, "--samples", str(folder / "samples.tsv")]
    return [*call, "--subject-id", "markers-p0", *map(str, files)]


def measure(case: str, folder: Path, reads: int, rounds: int, unpack: str) -> None:
    """Time one case and print its line."""
    files = files_of(case, folder, reads)
    track, floor = command_of(case, folder, files), [[unpack, "-dc", str(path)] for path in files]
    timed([track])  # compiles the kernels if they are not cached
    runs = [(timed(floor), timed([track])) for _ in range(rounds)]
    low, here = ([median(values) for values in zip(*column, strict=True)] for column in zip(*runs, strict=True))
    ratio = median(b[0] / a[0] for a, b in runs)
    hits = read_table(folder / f"{case}.hits.tsv", HITS)
    found = hits.filter(pl.col("target_kind") == "marker", pl.col("target_id").str.starts_with("markers"))
    scanned = hits.filter(pl.col("target_id") == "scanned")["reads"].sum()
    print(
        f"{case:8} {sum(path.stat().st_size for path in files) / 1e6:7,.0f} MB  {low[0]:6.2f} s  {here[0]:6.2f} s "
        f"{ratio:5.2f}  {here[1]:6.2f} s  {here[2]:4.0f} MB  {found['reads'].sum():,} of {scanned:,}",
        flush=True,
    )


def phases(folder: Path, path: Path) -> None:
    """Print the processor time of each step on one thread, for up to a million reads."""
    from clonotrack.config import Config
    from clonotrack.germline.load import load_reference
    from clonotrack.io.read_files import Lane
    from clonotrack.io.target_tables import read_markers
    from clonotrack.raw_reads.batches import FragmentBatch
    from clonotrack.raw_reads.decompress import HEADROOM, open_blocks
    from clonotrack.raw_reads.fragments import FragmentCounts, usable_fragments
    from clonotrack.track.count_hits import HitCounts
    from clonotrack.track.locus_counts import LocusCounts
    from clonotrack.track.search import TargetSearch
    from clonotrack.track.stage import prepare_targets

    config, reference = Config(), load_reference()
    for names in (["markers"], ["markers", "registry"]):
        markers = read_markers([folder / f"{name}.tsv" for name in names], selected=True)
        start = time.process_time()
        targets = prepare_targets(markers, None, reference, config.track, "markers-p0")
        search = TargetSearch(targets, reference, "markers-p0")
        hit_counts, locus_counts = HitCounts(targets), LocusCounts(reference, max(len(t.part) for t in targets))
        print(f"   {len(markers):,} targets prepared in {time.process_time() - start:.2f} s")
        counts = FragmentCounts()
        reads = usable_fragments([Lane(path)], config.reads, config.library(None), counts)

        def count(batch: FragmentBatch) -> None:
            locus_counts.add(batch)  # noqa: B023  (called in the same round of the loop)
            hit_counts.add(search.find(batch))  # noqa: B023  (called in the same round of the loop)

        list(map(count, islice(reads, 1)))
        spent, n_reads = dict.fromkeys(STEPS, 0.0), -counts.scanned
        for _ in range(130):
            start = time.thread_time()
            batch = next(reads, None)
            middle = time.thread_time()
            if batch is None:
                break
            count(batch)
            spent[STEPS[0]] += middle - start
            spent[STEPS[1]] += time.thread_time() - middle
        n_reads += counts.scanned
        reads.close()
        for name, seconds in spent.items():
            print(f"   {1e9 * seconds / n_reads:6.0f} ns a read: {name}")
    start, size = time.process_time(), 0
    with open_blocks(path) as blocks:
        for block in islice(blocks, 100):
            size += len(block) - HEADROOM - 1
    print(f"   {1e9 * (time.process_time() - start) / (size / 552):6.0f} ns a read: decompress, in its own thread")


def make_files(folder: Path, reads: int, forms: set[str]) -> int:
    """Write the files in another process: the peak memory of a child of a large process is reported wrongly."""
    code = f"import track_files, pathlib; print(track_files.make(pathlib.Path({str(folder)!r}), {reads}, {forms!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent, check=True, stdout=subprocess.PIPE)
    return int(done.stdout)


def tools(folder: Path) -> None:
    """Time other tools and clonotrack at finding the markers in `FEW` reads."""
    make_files(folder, FEW, {"gzip"})
    few = folder / f"{FEW}.fastq.gz"
    parts = [
        row["sequence"][row["target_start"] - 1 : row["target_end"]]
        for row in read_table(folder / "markers.tsv", MARKERS).iter_rows(named=True)
    ]
    patterns = folder / "parts.txt"
    patterns.write_text("\n".join(parts) + "\n")
    adapters = [word for part in parts for word in ("-b", f"{part};max_errors=2;min_overlap={len(part)}")]
    calls = {
        "seqkit": ["grep", "-s", "-m", "2", "-f", str(patterns), "-j", "2", str(few)],
        "cutadapt": [*adapters, "--revcomp", "--action=none", "--discard-untrimmed", "--quiet", "-j", "2", str(few)],
        "vidjil-algo": ["-c", "clones", "-g", os.environ.get("VIDJIL_GERMLINE", "homo-sapiens.g"), str(few)],
    }
    found = {name: [path, *call] for name, call in calls.items() if (path := shutil.which(name))}
    found["clonotrack track"] = command_of("gzip", folder, [few])
    for name in [*calls, "clonotrack track"]:
        if name not in found:
            print(f"{name:16} not on the PATH")
            continue
        wall, used, _ = min(timed([found[name]]) for _ in range(2))
        print(f"{name:16} {FEW:,} reads in {wall:7.2f} s, {used:7.2f} s of processor time")


def main() -> None:
    """Write the files, time the cases alternately, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reads", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="folder of the files; a temporary one by default")
    parser.add_argument("--cases", nargs="*", choices=CASES, default=CASES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tools", action="store_true", help="also time other tools")
    arguments = parser.parse_args()
    folder = (arguments.folder or Path(tempfile.mkdtemp(prefix="clonotrack-"))).absolute()
    with_marker = make_files(folder, arguments.reads, {"gzip", *arguments.cases})
    unpack = shutil.which("igzip") or shutil.which("gzip") or sys.exit("neither igzip nor gzip is on the PATH")
    print(
        f"{arguments.reads:,} reads of {LENGTH} nt, {with_marker:,} of them contain a marker within its allowed edits"
    )
    print(f"case       files     {Path(unpack).name + ' -dc':9}  track  ratio  processor  peak  marker reads")
    for case in arguments.cases:
        measure(case, folder, arguments.reads, arguments.rounds, unpack)
    phases(folder, folder / f"{arguments.reads}.fastq.gz")
    if arguments.tools:
        tools(folder)
    if arguments.folder is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
