"""Measure the speed of reading, compared with decompression alone and with dnaio.

    python benchmarks/reads.py [--reads 1000000] [--length 250] [--folder DIR]

The files are simulated: single reads with mostly distinct sequences, then a tenth as many pairs of 150 nt of 10,000
rearrangements, with a UMI of 12 nt. The output is the best of three alternating rounds: time, CPU time of all
threads, and speed. Kernels are compiled before.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from isal import igzip

from clonotrack.config import Library, Reads
from clonotrack.germline.load import load_reference
from clonotrack.io.fastq_writer import write_fastq
from clonotrack.io.read_files import Lane
from clonotrack.raw_reads.fastx import read_fastx
from clonotrack.raw_reads.fragments import FragmentCounts, usable_fragments
from clonotrack.reads.stage import read
from clonotrack.sequences import Ragged
from clonotrack.simulate.pcr import Substitutions, add_umis
from clonotrack.simulate.recombine import draw_genotype, draw_rearrangements
from clonotrack.simulate.sequencer import sequence_reads

ROUNDS = 3
UMI = 12
MATE = 150


def make_reads(path: Path, reads: int, length: int) -> None:
    """Write reads of 2,000 sequences of very unequal abundance, with one error in 300 bases and binned qualities."""
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


def make_pairs(folder: Path, pairs: int) -> tuple[Path, Path]:
    """Write mates of rearrangements of 250 nt that start with a UMI, four pairs per molecule."""
    rng = np.random.default_rng(2)
    clones = [
        r.amplicon(250) for r in draw_rearrangements(draw_genotype(load_reference(None), "IGH", rng), 10_000, rng)
    ]
    molecules = np.minimum(rng.zipf(1.3, pairs // 4) - 1, 9999)
    templates = add_umis(Ragged.from_strings(clones), molecules, UMI, rng)
    none = np.empty(0, dtype=np.int64)
    read_batches = list(
        sequence_reads(
            templates,
            np.arange(pairs) % len(templates),
            Substitutions(none, none, none.astype(np.uint8)),
            error_rate=0.0015,
            rng=rng,
            mate_length=MATE,
            forward=True,
        )
    )
    names = [
        [f"INSTRUMENT:1:FLOWCELL:1:1101:{b}:{i}" for i in range(len(batch.origin))]
        for b, batch in enumerate(read_batches)
    ]
    paths = folder / "1.fastq.gz", folder / "2.fastq.gz"
    write_fastq(paths[0], ((n, b.sequences, b.qualities) for n, b in zip(names, read_batches, strict=True)))
    write_fastq(paths[1], ((n, *b.mates) for n, b in zip(names, read_batches, strict=True) if b.mates))
    return paths


def make_bam(path: Path, pairs: tuple[Path, Path]) -> Path:
    """Write the pairs as unaligned BAM."""
    import dnaio
    import pysam

    header = pysam.AlignmentHeader.from_dict({"HD": {"VN": "1.6"}})
    with pysam.AlignmentFile(str(path), "wb", header=header) as file, dnaio.open(*pairs) as records:
        for mates in records:
            for flag, mate in zip((0x4D, 0x8D), mates, strict=True):
                line = pysam.AlignedSegment(header)
                line.query_name, line.flag, line.query_sequence = mate.name, flag, mate.sequence
                line.query_qualities = pysam.qualitystring_to_array(mate.qualities)
                file.write(line)
    return path


def decompress(path: Path) -> None:
    """Decompress with isal in this process, which no reader can do faster."""
    buffer = bytearray(1 << 20)
    with igzip.open(path) as stream:
        while stream.readinto(buffer):
            pass


def read_dnaio(path: Path) -> None:
    """Read with dnaio, the reader of cutadapt."""
    import dnaio

    with dnaio.open(path) as records:
        for _ in records:
            pass


def read_fragments(lane: Lane, library: Library) -> int:
    """Parse, check, encode and filter reads and extract UMIs; return the number of fragments."""
    counts = FragmentCounts()
    for _ in usable_fragments([lane], Reads(), library, counts):
        pass
    return counts.scanned


def run_stage(lane: Lane, library: Library) -> int:
    """Run the whole stage, with merging and deduplication; return the number of distinct fragments."""
    return read([([lane], library)], Reads()).fragments.rows


def single_read_cases(plain: Path, packed: Path) -> dict[str, Callable[[], object]]:
    """Return the functions to time on single reads, by name."""
    cases: dict[str, Callable[[], object]] = {
        f"{tool} -dc": lambda tool=tool: subprocess.run(  # type: ignore[misc]
            [tool, "-dc", packed], stdout=subprocess.DEVNULL, check=True
        )
        for tool in ("gzip", "igzip")
        if shutil.which(tool)
    }
    cases["isal, decompression only"] = lambda: decompress(packed)
    if importlib.util.find_spec("dnaio"):
        cases["dnaio"] = lambda: read_dnaio(packed)
    cases["read_fastx, plain"] = lambda: sum(map(len, read_fastx(plain)))
    cases["batches, plain"] = lambda: read_fragments(Lane(plain), Library())
    cases["read_fastx, gzip"] = lambda: sum(map(len, read_fastx(packed)))
    cases["batches, gzip"] = lambda: read_fragments(Lane(packed), Library())
    cases["the stage, gzip"] = lambda: run_stage(Lane(packed), Library())
    return cases


def pair_cases(folder: Path, pairs: tuple[Path, Path]) -> dict[str, Callable[[], object]]:
    """Return the functions to time on pairs, by name."""
    tagged = Library(umi_pattern=f"^(?P<umi>.{{{UMI}}})")
    lane = Lane(*pairs)
    cases: dict[str, Callable[[], object]] = {
        "isal, decompression only": lambda: [decompress(path) for path in pairs],
        "batches, pairs": lambda: read_fragments(lane, Library()),
        "batches, pairs with UMI": lambda: read_fragments(lane, tagged),
        "the stage, pairs": lambda: run_stage(lane, Library()),
        "the stage, pairs with UMI": lambda: run_stage(lane, tagged),
    }
    if importlib.util.find_spec("dnaio"):
        bam = make_bam(folder / "pairs.bam", pairs)
        cases["batches, BAM"] = lambda: read_fragments(Lane(bam), tagged)
    return cases


def cpu_time() -> float:
    """Return the CPU time of this process and its children [s]."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def measure(cases: dict[str, Callable[[], object]], fragments: int, description: str) -> None:
    """Run all cases in turn, several times, and print the best times."""
    best = dict.fromkeys(cases, float("inf"))
    cpu = dict.fromkeys(cases, float("inf"))
    for _ in range(ROUNDS):
        for name, run in cases.items():
            start, before = time.perf_counter(), cpu_time()
            run()
            best[name] = min(best[name], time.perf_counter() - start)
            cpu[name] = min(cpu[name], cpu_time() - before)
    isal = cpu["isal, decompression only"]
    print(f"\n{fragments:,} {description}\n{'':26} {'time':>9} {'CPU':>9} {'millions/s':>11}  CPU / isal")
    for name, seconds in best.items():
        speed = fragments / seconds / 1e6
        print(f"{name:26} {seconds:7.2f} s {cpu[name]:7.2f} s {speed:11.2f} {cpu[name] / isal:8.2f}")


def main() -> None:
    """Write the files, then measure single reads and pairs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reads", type=int, default=1_000_000)
    parser.add_argument("--length", type=int, default=250)
    parser.add_argument("--folder", type=Path, help="folder for the files; by default a temporary folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        plain, packed = folder / "reads.fastq", folder / "reads.fastq.gz"
        make_reads(plain, options.reads, options.length)
        with packed.open("wb") as handle:
            subprocess.run(["gzip", "-6", "-c", plain], stdout=handle, check=True)
        measure(single_read_cases(plain, packed), options.reads, f"reads of {options.length} nt")
        pairs = make_pairs(folder, options.reads // 10)
        measure(pair_cases(folder, pairs), options.reads // 10, f"pairs of {MATE} nt")


if __name__ == "__main__":
    main()
