"""How fast and how right reads are annotated: `clonotrack annotate` as a whole process on reads of known truth.

    python benchmarks/annotate.py [--reads 200000] [--folder DIR]

Reads come from `clonotrack simulate reads`; all loci are searched. Kernels are compiled before anything is timed, and
the best of three is printed. What is right: the genes (any of a tie, sequence-identical genes are one), the junction; of
reads without sequencing errors.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

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
        best = min(clonotrack("annotate", fastq, "-o", folder / f"out.{ending}", "--force") for _ in range(ROUNDS))
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
    both = read_table(truth, READ_TRUTH).filter(pl.col("errors") == 0).join(
        read_table(folder / "calls.tsv", REARRANGEMENTS), on="sequence_id", suffix="_called", maintain_order="left"
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


def main() -> None:
    """Time two cases, then count what is right per locus and mutation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reads", type=int, default=200_000)
    parser.add_argument("--folder", type=Path, help="where to make the files; by default a temporary folder")
    options = parser.parse_args()
    names = one_name(load_reference())
    with tempfile.TemporaryDirectory(dir=options.folder) as made:
        folder = Path(made)
        speed(folder, "13,000 clonotypes", options.reads, "--clonotypes", min(13_000, options.reads), "--largest", 0.4)
        speed(folder, "every read different", options.reads // 4)
        for title, length in (("280 nt", ("--length", 280)), ("from an FR3 primer", ())):
            print(f"\n{RIGHT_OF:,} reads, {title}")
            for locus in LOCI:
                for mutation in MUTATIONS if locus.startswith("IG") else (0.0,):
                    right(folder, locus, mutation, names, *length)


if __name__ == "__main__":
    main()
