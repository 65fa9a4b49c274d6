"""Measure peak memory from pairs to clonotypes: the commands `reads`, `annotate` and `cluster`, and `baseline`.

    python benchmarks/memory.py [--pairs 1000000] [--error-rate 0.003] [--umi 0] [--folder DIR]

First it simulates pairs of 2 x 150 nt from 13,000 IGH and TRB rearrangements of 250 nt, one of them at 40 % (about 20 s
of processor time a million). Then it prints the peak memory, wall time and processor time of each command, and the rows
that it wrote.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import polars as pl
from isal import igzip

from clonotrack.germline.load import load_reference
from clonotrack.sequences import DECODE, U8, Ragged
from clonotrack.simulate.pcr import Substitutions, add_umis
from clonotrack.simulate.recombine import draw_genotype, draw_rearrangements
from clonotrack.simulate.repertoire import clone_weights
from clonotrack.simulate.sequencer import SimulatedReads, sequence_reads

CLONES, LENGTH, MATE, DEPTH = 13_000, 250, 150, 4
LARGEST = 0.4


def batches(pairs: int, error_rate: float, umi: int) -> Iterator[SimulatedReads]:
    """Simulate pairs; with UMIs, four pairs of each molecule."""
    rng = np.random.default_rng(3)
    reference = load_reference(None)
    loci = ("IGH", "TRB")
    clones = [
        r.amplicon(LENGTH)
        for locus in loci
        for r in draw_rearrangements(draw_genotype(reference, locus, rng), CLONES // 2, rng)
    ]
    weights = np.array(clone_weights(len(clones)))
    weights[0] = 0.0
    weights *= (1 - LARGEST) / weights.sum()
    weights[0] = LARGEST
    templates = Ragged.from_strings(clones)
    molecules = rng.choice(len(clones), size=pairs // DEPTH if umi else pairs, p=weights)
    origin = np.repeat(np.arange(len(molecules)), DEPTH) if umi else molecules
    none = np.empty(0, dtype=np.int64)
    yield from sequence_reads(
        add_umis(templates, molecules, umi, rng) if umi else templates,
        origin,
        Substitutions(none, none, none.astype(np.uint8)),
        error_rate=error_rate,
        rng=rng,
        mate_length=MATE,
        forward=umi > 0,
    )


def write(folder: Path, simulated: Iterator[SimulatedReads]) -> None:
    """Write both files of mates; all records have the same length."""
    with ExitStack() as stack:
        files = [stack.enter_context(igzip.open(folder / f"{mate}.fastq.gz", "wb", compresslevel=1)) for mate in (1, 2)]
        for number, batch in enumerate(simulated):
            assert batch.mates is not None
            for file, side in zip(files, ((batch.sequences, batch.qualities), batch.mates), strict=True):
                file.write(text(number, *side))


def text(number: int, sequences: Ragged, qualities: U8) -> bytes:
    """Format one batch as FASTQ."""
    count = len(sequences)
    names = "".join(f"@INSTRUMENT:1:FLOWCELL:1:1101:{number:06}:{i:06}\n" for i in range(count)).encode()
    plus = np.full((count, 3), np.frombuffer(b"\n+\n", dtype=np.uint8))
    parts = (
        np.frombuffer(names, dtype=np.uint8).reshape(count, -1),
        DECODE[sequences.codes].reshape(count, -1),
        plus,
        (qualities + np.uint8(33)).reshape(count, -1),
        plus[:, :1],
    )
    return np.hstack(parts).tobytes()


def run(words: list[str], cwd: Path) -> None:
    """Run a command and print its peak memory, wall time and processor time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    code = (
        "import resource, sys; from clonotrack.cli.main import main; status = main(sys.argv[1:]); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss); sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=cwd, check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = int(done.stdout.split()[-1]) / 1e6
    print(f"{words[0]:9} {peak:5.2f} GB {time.perf_counter() - start:8.1f} s wall {spent:8.1f} s processor", flush=True)


def main() -> None:
    """Simulate the files and run the four commands."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--error-rate", type=float, default=0.003)
    parser.add_argument("--umi", type=int, default=0, help="length of a UMI [nt]; 0: no UMI")
    parser.add_argument("--folder", type=Path, help="folder for the files; by default a temporary folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        write(folder, batches(options.pairs, options.error_rate, options.umi))
        print(f"{options.pairs:,} pairs, {options.error_rate:g} errors per base, UMIs of {options.umi} nt", flush=True)
        umi = ["--umi", f"^(?P<umi>.{{{options.umi}}})"] if options.umi else []
        run(["reads", "1.fastq.gz", "2.fastq.gz", *umi, "-o", "s.sequences.parquet"], folder)
        rows = pl.scan_parquet(folder / "s.sequences.parquet").select(pl.len()).collect().item()
        print(f"  {rows:,} distinct fragments")
        run(["annotate", "s.sequences.parquet", "--threads", "2", "-o", "s.rearrangements.tsv"], folder)
        run(["cluster", "s.rearrangements.tsv", "-o", "s.clonotypes.tsv"], folder)
        print(f"  {pl.read_csv(folder / 's.clonotypes.tsv', separator=chr(9)).height:,} clonotypes")
        ids = ["--sample-id", "s", "--subject-id", "p"]
        run(["baseline", "1.fastq.gz", "2.fastq.gz", *umi, *ids, "--threads", "2", "-o", "baseline"], folder)


if __name__ == "__main__":
    main()
