"""How fast reads are read: ours beside decompression alone and dnaio, on files that are made here.

    python benchmarks/reads.py [--reads 1000000] [--length 250] [--folder DIR]

Best of three, in turn, with compiled kernels; compilation is not in the times. Single reads of mostly distinct
sequences; then pairs of 150 nt of 10,000 rearrangements with a UMI of 12 nt, a tenth as many pairs as reads. Beside the
time that passed stands that of the processors, of all threads together.
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
from clonotrack.raw_reads.fastx import read_chunks
from clonotrack.raw_reads.fragments import Counts, batches
from clonotrack.reads.stage import read
from clonotrack.sequences import Ragged
from clonotrack.simulate.pcr import Substitutions, add_umis
from clonotrack.simulate.recombine import draw_genotype, draw_rearrangements
from clonotrack.simulate.sequencer import sequence_reads

ROUNDS = 3
UMI = 12
MATE = 150


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


def make_pairs(folder: Path, pairs: int) -> tuple[Path, Path]:
    """Mates of rearrangements of 250 nt with a UMI before them, four pairs a molecule."""
    rng = np.random.default_rng(2)
    clones = [
        r.amplicon(250) for r in draw_rearrangements(draw_genotype(load_reference(None), "IGH", rng), 10_000, rng)
    ]
    molecules = np.minimum(rng.zipf(1.3, pairs // 4) - 1, 9999)
    templates = add_umis(Ragged.from_strings(clones), molecules, UMI, rng)
    none = np.empty(0, dtype=np.int64)
    found = list(
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
        [f"INSTRUMENT:1:FLOWCELL:1:1101:{b}:{i}" for i in range(len(batch.origin))] for b, batch in enumerate(found)
    ]
    paths = folder / "1.fastq.gz", folder / "2.fastq.gz"
    write_fastq(paths[0], ((n, b.sequences, b.qualities) for n, b in zip(names, found, strict=True)))
    write_fastq(paths[1], ((n, *b.mates) for n, b in zip(names, found, strict=True) if b.mates))
    return paths


def make_bam(path: Path, pairs: tuple[Path, Path]) -> Path:
    """The pairs as unaligned BAM."""
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


def usable(lane: Lane, library: Library) -> int:
    """Parsed, checked, encoded and filtered reads, their UMI read."""
    counts = Counts()
    for _ in batches([lane], Reads(), library, counts):
        pass
    return counts.scanned


def whole(lane: Lane, library: Library) -> int:
    """The stage: merged where they are pairs, and collapsed; the distinct fragments."""
    return read([([lane], library)], Reads()).fragments.rows


def ways(plain: Path, packed: Path) -> dict[str, Callable[[], object]]:
    """What is timed on single reads, by the name that is printed."""
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
    found["batches, plain"] = lambda: usable(Lane(plain), Library())
    found["read_chunks, gzip"] = lambda: sum(map(len, read_chunks(packed)))
    found["batches, gzip"] = lambda: usable(Lane(packed), Library())
    found["the stage, gzip"] = lambda: whole(Lane(packed), Library())
    return found


def ways_of_pairs(folder: Path, pairs: tuple[Path, Path]) -> dict[str, Callable[[], object]]:
    """What is timed on pairs."""
    tagged = Library(umi_pattern=f"^(?P<umi>.{{{UMI}}})")
    lane = Lane(*pairs)
    found: dict[str, Callable[[], object]] = {
        "isal, decompression only": lambda: [decompress(path) for path in pairs],
        "batches, pairs": lambda: usable(lane, Library()),
        "batches, pairs with UMI": lambda: usable(lane, tagged),
        "the stage, pairs": lambda: whole(lane, Library()),
        "the stage, pairs with UMI": lambda: whole(lane, tagged),
    }
    if importlib.util.find_spec("dnaio"):
        bam = make_bam(folder / "pairs.bam", pairs)
        found["batches, BAM"] = lambda: usable(Lane(bam), tagged)
    return found


def processor_time() -> float:
    """Seconds that the processors spent on this process and on those that it started."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def measure(timed: dict[str, Callable[[], object]], fragments: int, what: str) -> None:
    """Run everything in turn, several times, and print the best."""
    best = dict.fromkeys(timed, float("inf"))
    spent = dict.fromkeys(timed, float("inf"))
    for _ in range(ROUNDS):
        for name, way in timed.items():
            start, before = time.perf_counter(), processor_time()
            way()
            best[name] = min(best[name], time.perf_counter() - start)
            spent[name] = min(spent[name], processor_time() - before)
    floor = spent["isal, decompression only"]
    print(f"\n{fragments:,} {what}\n{'':26} {'passed':>9} {'spent':>9} {'millions/s':>11}  spent / isal's")
    for name, seconds in best.items():
        speed = fragments / seconds / 1e6
        print(f"{name:26} {seconds:7.2f} s {spent[name]:7.2f} s {speed:11.2f} {spent[name] / floor:8.2f}")


def main() -> None:
    """Make the files, time every way, print seconds, reads a second and the ratio to decompression."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reads", type=int, default=1_000_000)
    parser.add_argument("--length", type=int, default=250)
    parser.add_argument("--folder", type=Path, help="where to make the files; by default a temporary folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        plain, packed = folder / "reads.fastq", folder / "reads.fastq.gz"
        make(plain, options.reads, options.length)
        with packed.open("wb") as handle:
            subprocess.run(["gzip", "-6", "-c", plain], stdout=handle, check=True)
        measure(ways(plain, packed), options.reads, f"reads of {options.length} nt")
        pairs = make_pairs(folder, options.reads // 10)
        measure(ways_of_pairs(folder, pairs), options.reads // 10, f"pairs of {MATE} nt")


if __name__ == "__main__":
    main()
