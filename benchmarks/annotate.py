"""How fast and how right reads are annotated: `clonotrack annotate` as a whole process on reads of known truth.

    python benchmarks/annotate.py [--reads 200000] [--folder DIR]

Reads come from `clonotrack simulate reads`; all loci are searched. Kernels are compiled before anything is timed, and
the best of three is printed. What is right: the genes (any of a tie, sequence-identical genes are one), the junction;
of reads without sequencing errors. What is called although it is no rearrangement: random sequence, sequence with the
dinucleotides of IGH reads, every V with its heptamer or 8 % substitutions and random sequence behind it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl

from clonotrack.annotate import annotate
from clonotrack.config import Annotate
from clonotrack.germline import Reference
from clonotrack.io.frames import read_table
from clonotrack.io.germline import load_reference
from clonotrack.tables import READ_TRUTH, REARRANGEMENTS

ROUNDS = 3
LOCI = ("IGH", "IGK", "IGL", "TRA", "TRB", "TRG", "TRD")
MUTATIONS = (0.0, 0.05, 0.1, 0.15, 0.2)
RIGHT_OF = 1000
LEAST_ERRORS = 0.0002


def clonotrack(*words: object) -> float:
    """Run a command; seconds it took."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "clonotrack", *map(str, words)], check=True)
    return time.perf_counter() - start


def simulated(folder: Path, reads: int, locus: str, *options: object) -> tuple[Path, Path]:
    """A FASTQ.gz of 280-nt reads and its truth."""
    fastq, truth = folder / "reads.fastq.gz", folder / "truth.tsv"
    common = ("--reads", reads, "--locus", locus, "--truth", truth, "-o", fastq, "--force")
    clonotrack("simulate", "reads", *common, *options)
    return fastq, truth


def speed(folder: Path, name: str, reads: int, *options: object) -> None:
    """Print reads a second, with Parquet and with TSV written."""
    fastq, _ = simulated(folder, reads, "IGH", "--length", 280, "--mutation", 0.02, "--error-rate", 0.003, *options)
    clonotrack("annotate", fastq, "-o", folder / "warm.tsv", "--force")
    for ending in ("parquet", "tsv"):
        best = min(
            clonotrack("annotate", fastq, "--threads", 2, "-o", folder / f"out.{ending}", "--force")
            for _ in range(ROUNDS)
        )
        print(f"{name:28} {reads:9,} reads  {ending:8} {best:6.2f} s {reads / best:10,.0f} reads/s")


def one_name(reference: Reference) -> dict[str, str]:
    """Gene to the first of the genes that have its sequence."""
    names: dict[str, str] = {}
    for segment in reference.segments:
        alike = [segment.gene, *(name.split("*")[0] for name in reference.identical(segment.allele))]
        names[segment.gene] = min(names.get(gene, gene) for gene in alike)
    return names


def right(folder: Path, locus: str, mutation: float, names: dict[str, str], *options: object) -> None:
    """Print the share of reads with the right V gene, J gene and junction."""
    wanted = ("--mutation", mutation, "--error-rate", LEAST_ERRORS, *options)
    fastq, truth = simulated(folder, RIGHT_OF, locus, *wanted)
    clonotrack("annotate", fastq, "-o", folder / "calls.tsv", "--force")
    both = (
        read_table(truth, READ_TRUTH)
        .filter(pl.col("errors") == 0)
        .join(
            read_table(folder / "calls.tsv", REARRANGEMENTS), on="sequence_id", suffix="_called", maintain_order="left"
        )
    )
    shares = [
        sum(
            bool({names[x.split("*")[0]] for x in (row[f"{kind}_call_called"] or "").split(",") if x} & true)
            for row in both.iter_rows(named=True)
            if (true := {names[row[f"{kind}_call"].split("*")[0]]})
        )
        for kind in ("v", "j")
    ]
    junction = both.select(pl.col("junction").eq_missing(pl.col("junction_called")).sum()).item()
    percent = [100 * share / both.height for share in (*shares, junction)]
    print(f"{locus} {mutation:5.0%}   V {percent[0]:5.1f} %   J {percent[1]:5.1f} %   junction {percent[2]:5.1f} %")


def random_bases(rng: np.random.Generator, low: int, high: int) -> str:
    """Random sequence of a random length."""
    return "".join(rng.choice(list("ACGT"), int(rng.integers(low, high + 1))))


def dinucleotide_walk(rng: np.random.Generator, read: str) -> str:
    """A sequence of the same length in which each base follows the one before as often as in the read."""
    followers = {base: [b for a, b in pairwise(read) if a == base] or list("ACGT") for base in "ACGT"}
    walk = [read[0]]
    while len(walk) < len(read):
        walk.append(str(rng.choice(followers[walk[-1]])))
    return "".join(walk)


def substituted(rng: np.random.Generator, sequence: str) -> str:
    """8 % of the bases replaced by a random one."""
    return "".join(str(rng.choice(list("ACGT"))) if rng.random() < 0.08 else base for base in sequence)


def false_calls(reference: Reference, number: int, igh: list[str]) -> None:
    """Print how many sequences that are no rearrangement are called."""
    rng = np.random.default_rng(1)
    v = [reference.select("V")[i % len(reference.select("V"))].sequence for i in range(number)]
    kinds = {
        "random, 150 to 350 nt": [random_bases(rng, 150, 350) for _ in range(number)],
        "dinucleotides of IGH reads": [dinucleotide_walk(rng, igh[i % len(igh)]) for i in range(number)],
        "germline V, CACAGTG, random": [one + "CACAGTG" + random_bases(rng, 20, 200) for one in v],
        "V with substitutions, random": [substituted(rng, one) + random_bases(rng, 20, 200) for one in v],
    }
    for name, sequences in kinds.items():
        frame = pl.DataFrame({"sequence_id": [str(i) for i in range(number)], "sequence": sequences})
        called = annotate(frame, reference, Annotate())["v_call"].is_not_null().sum()
        print(f"{name:30} {called:4} of {number:,} called")


def main() -> None:
    """Time two cases, then count what is right per locus and mutation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reads", type=int, default=200_000)
    parser.add_argument("--unrearranged", type=int, default=10_000, help="sequences of each kind that are none")
    parser.add_argument("--folder", type=Path, help="where to make the files; by default a temporary folder")
    options = parser.parse_args()
    reference = load_reference()
    names = one_name(reference)
    with tempfile.TemporaryDirectory(dir=options.folder) as made:
        folder = Path(made)
        speed(folder, "13,000 clonotypes", options.reads, "--clonotypes", min(13_000, options.reads), "--largest", 0.4)
        speed(folder, "every read different", options.reads // 4)
        for title, length in (("280 nt", ("--length", 280)), ("from an FR3 primer", ())):
            print(f"\n{RIGHT_OF:,} reads, {title}")
            for locus in LOCI:
                for mutation in MUTATIONS if locus.startswith("IG") else (0.0,):
                    right(folder, locus, mutation, names, *length)
        print("\nNo rearrangements")
        simulated(folder, RIGHT_OF, "IGH", "--length", 280, "--error-rate", LEAST_ERRORS)
        clonotrack("annotate", folder / "reads.fastq.gz", "-o", folder / "calls.tsv", "--force")
        false_calls(
            reference, options.unrearranged, read_table(folder / "calls.tsv", REARRANGEMENTS)["sequence"].to_list()
        )


if __name__ == "__main__":
    main()
