"""What `cluster` makes of reads of known truth, and how its time and memory grow.

    python benchmarks/cluster.py                            truth on 1,000,000 reads, then time on 1e4, 1e5, 1e6
    python benchmarks/cluster.py --reads 100000             another number of reads
    python benchmarks/cluster.py --sizes 10000 50000        other numbers of distinct key regions
    python benchmarks/cluster.py --seed 7 --error-rate 0.01

Truth: 13,000 clonotypes of heavy-tailed abundance, one at 40 %, two at 5 %. By themselves, three clonotypes of the
dominant one's size, each with neighbours of 10 to 100,000 reads at one, two or three substitutions. Molecules are
amplified as `clonotrack.simulate` does it (30 cycles at 1e-5 errors a base, log yield of standard deviation 0.5); reads
have `--error-rate` (0.3 %) errors a base, a tenth of them inserted or deleted bases. There are no qualities.

Time: `cluster` on distinct key regions, half of them error copies. The pairs of the kernels on the smallest size are
compared with those of comparing all.
"""

from __future__ import annotations

import argparse
import resource
import time
from itertools import pairwise

import numpy as np
import polars as pl
from cluster_truth import J_END, NEAR_READS, V_END, abundant, neighboured, regions, sequenced, substituted, table

from clonotrack.cluster.kernels.neighbours import neighbours
from clonotrack.cluster.stage import assigned, cluster
from clonotrack.config import Cluster
from clonotrack.sequences import U8, Ragged


def landed(frame: pl.DataFrame, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The truth with `true_reads` and those `kept`; reads with `truth` and that of the clonotype they landed in."""
    placed, nodes = assigned([rows], Cluster())
    heads = nodes.select("node", "key_region").join(
        frame.select("key_region", landed="truth"), on="key_region", how="left"
    )
    truth = placed.variants["junction_aa"].cast(pl.Int64).gather(placed.table["variant"])
    found = placed.table.select("clone", "duplicate_count", truth=truth)
    found = found.join(heads.select(clone="node", landed="landed"), on="clone")
    reads = found.group_by("truth").agg(
        true_reads=pl.col("duplicate_count").sum(),
        kept=pl.col("duplicate_count").filter(pl.col("truth") == pl.col("landed")).sum(),
    )
    return frame.join(reads, on="truth", how="left").with_columns(pl.col("true_reads", "kept").fill_null(0)), found


def accuracy(reads: int, rate: float, seed: int) -> None:
    """Print what came out of reads of known truth."""
    random = np.random.default_rng(seed)
    frame, molecules = abundant(reads, random)
    rows = sequenced(frame, molecules, rate, random)
    start = time.perf_counter()
    frame, found = landed(frame, rows)
    seconds = time.perf_counter() - start
    total = found["duplicate_count"].sum()
    sizes = found.group_by("clone").agg(pl.col("duplicate_count").sum())["duplicate_count"]
    wrong = found.filter(pl.col("truth") != pl.col("landed"))["duplicate_count"].sum()
    alone = found.filter(pl.col("landed").is_null())["duplicate_count"].sum()
    expected, got = int((frame["true_reads"] >= 2).sum()), int((sizes >= 2).sum())
    large = frame.filter(pl.col("true_reads") >= 10)
    print(f"{total:,} reads, {rows['key_region'].n_unique():,} distinct key regions, {seconds:.1f} s")
    for place, row in enumerate(frame.head(3).iter_rows(named=True)):
        print(f"clonotype {place + 1} got {row['kept'] / row['true_reads']:.3%} of its {row['true_reads']:,} reads")
    print(f"clonotypes of at least 2 reads: {got:,}, in truth {expected:,} ({got / expected - 1:+.2%})")
    print(f"reads in a wrong clonotype: {wrong:,} ({wrong / total:.2e})")
    print(f"reads in error copies that stay by themselves: {alone:,} ({alone / total:.2e})")
    print(f"clonotypes of at least 10 reads: {large.filter(pl.col('kept') > 0).height:,} of {large.height:,} found")


def recall(reads: int, rate: float, seed: int) -> None:
    """Print the share of neighbours of a large clonotype that stay clonotypes, by distance and reads."""
    random = np.random.default_rng(seed)
    frame, molecules = neighboured(reads, random)
    frame, _ = landed(frame, sequenced(frame, molecules, rate, random))
    print(f"neighbours of a clonotype of {reads:,} reads that are found, by their true reads (from .. on):")
    print("substitutions" + "".join(f"{number:>8,}" for number in NEAR_READS))
    for distance in (1, 2, 3):
        cells = []
        for low, high in pairwise((*NEAR_READS, reads)):
            near = frame.filter(
                pl.col("distance") == distance, pl.col("true_reads").is_between(low, high, closed="left")
            )
            kept = near.filter(pl.col("kept") > pl.col("true_reads") / 2).height
            cells.append(f"{kept:4}/{near.height:<3}")
        print(f"{distance:13}" + "".join(cells))


def repertoire(distinct: int, seed: int) -> pl.DataFrame:
    """REARRANGEMENTS with about `distinct` key regions, half of them error copies of one read."""
    random = np.random.default_rng(seed)
    clones = regions(max(distinct // 2, 3), random)
    abundance = random.pareto(1.2, len(clones)) + 0.2
    abundance[3:] *= 0.5 / abundance[3:].sum()
    abundance[:3] = 0.4, 0.05, 0.05
    reads = np.maximum(np.rint(abundance * distinct * 10), 1).astype(int)
    rows = dict(zip(clones, reads.tolist(), strict=True))
    parents = random.choice(len(clones), 2 * distinct, p=abundance / abundance.sum())
    for parent, errors in zip(parents, 1 + (random.random(len(parents)) < 0.1), strict=True):
        if len(rows) == distinct:
            break
        rows.setdefault(substituted(clones[parent], errors, random), 1)
    return table(
        pl.DataFrame({"sequence": [V_END + region + J_END for region in rows], "duplicate_count": list(rows.values())})
    )


def compare_with_all_pairs(frame: pl.DataFrame) -> int:
    """Pairs of the kernel, which have to be those of comparing all."""
    frame = frame.sort("duplicate_count", "key_region", descending=[True, False])
    ragged, reads = Ragged.from_strings(frame["key_region"]), frame["duplicate_count"].to_numpy()
    limits = np.stack([reads // 20, reads // 400])
    groups = np.zeros(len(reads), dtype=np.int64)
    found = neighbours(ragged.codes, ragged.offsets, groups, reads, limits)
    expected = set()
    for length in np.unique(ragged.lengths):
        members = np.flatnonzero(ragged.lengths == length)
        codes: U8 = np.stack([ragged[i] for i in members])
        for place, parent in enumerate(members):
            distance = (codes != codes[place]).sum(axis=1)
            for d in (1, 2):
                near = (distance == d) & (reads[members] <= limits[d - 1, parent])
                expected |= {(int(parent), int(child), d) for child in members[near]}
    if set(map(tuple, found.tolist())) != expected:
        raise SystemExit("the kernel's pairs are not those of comparing all")
    return len(expected)


def growth(sizes: list[int], seed: int) -> None:
    """Print time and memory of `cluster` for each number of distinct key regions."""
    cluster(repertoire(100, seed), Cluster())
    pairs = compare_with_all_pairs(repertoire(sizes[0], seed))
    print(f"{sizes[0]:,} key regions: {pairs:,} pairs, the same as comparing all")
    print("  distinct      reads  clonotypes  seconds  CPU s  us/region  peak MB")
    for size in sizes:
        rows = repertoire(size, seed)
        start, used = time.perf_counter(), time.process_time()
        clonotypes = cluster(rows, Cluster())
        seconds, used = time.perf_counter() - start, time.process_time() - used
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{rows.height:10,} {rows['duplicate_count'].sum():10,} {clonotypes.height:11,} {seconds:8.2f} {used:6.2f} "
            f"{1e6 * seconds / rows.height:10.1f} {peak:8.0f}",
            flush=True,
        )


def main() -> None:
    """Read the options, print both parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reads", type=int, default=1_000_000, help="0: no comparison with truth")
    parser.add_argument("--error-rate", type=float, default=0.003)
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.sizes:
        growth(options.sizes, options.seed)
    if options.reads:
        accuracy(options.reads, options.error_rate, options.seed)
        recall(2 * options.reads // 5, options.error_rate, options.seed)


if __name__ == "__main__":
    main()
