"""Compare the clonotypes of `cluster` with the truth, and measure how its time and memory grow.

    python benchmarks/cluster.py                            time on 1e4, 1e5, 1e6, then truth on 1,000,000 reads
    python benchmarks/cluster.py --reads 100000             another number of reads
    python benchmarks/cluster.py --sizes 10000 50000        other numbers of distinct key regions
    python benchmarks/cluster.py --seed 7 --error-rate 0.01

Truth: 13,000 clonotypes of heavy-tailed abundance, one at 40 %, two at 5 %. A second sample has three clonotypes of the
size of the dominant one, each with neighbours of 10 to 100,000 reads at one, two or three substitutions. Molecules are
amplified as in `clonotrack.simulate` (30 cycles at 1e-5 errors per base, log yield of standard deviation 0.5). Reads
have `--error-rate` (0.3 %) errors per base, a tenth of them inserted or deleted bases. There are no qualities.

Time: `cluster` on distinct key regions, half of them error copies. On the smallest size, the pairs of the kernel are
compared with a comparison of all pairs.
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
from clonotrack.cluster.stage import assign_clonotypes, cluster
from clonotrack.config import Cluster
from clonotrack.sequences import U8, Ragged


def with_assignment(frame: pl.DataFrame, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Run `cluster` and compare the clonotype of each read with the truth.

    Returns:
        `frame` with `true_reads` and `kept`, the reads assigned to the true clonotype; and the rows with `truth` and
        `assigned`, the true clonotype of the key region that they were assigned to.
    """
    rearrangements, regions = assign_clonotypes([rows], Cluster())
    heads = regions.select("region_id", "key_region").join(
        frame.select("key_region", assigned="truth"), on="key_region", how="left"
    )
    truth = rearrangements.annotations["junction_aa"].cast(pl.Int64).gather(rearrangements.rows["annotation"])
    found = rearrangements.rows.select("clonotype", "duplicate_count", truth=truth)
    found = found.join(heads.select("assigned", clonotype="region_id"), on="clonotype")
    reads = found.group_by("truth").agg(
        true_reads=pl.col("duplicate_count").sum(),
        kept=pl.col("duplicate_count").filter(pl.col("truth") == pl.col("assigned")).sum(),
    )
    return frame.join(reads, on="truth", how="left").with_columns(pl.col("true_reads", "kept").fill_null(0)), found


def accuracy(reads: int, rate: float, seed: int) -> None:
    """Print how the clonotypes compare with the truth."""
    random = np.random.default_rng(seed)
    frame, molecules = abundant(reads, random)
    rows = sequenced(frame, molecules, rate, random)
    start = time.perf_counter()
    frame, found = with_assignment(frame, rows)
    seconds = time.perf_counter() - start
    total = found["duplicate_count"].sum()
    sizes = found.group_by("clonotype").agg(pl.col("duplicate_count").sum())["duplicate_count"]
    wrong = found.filter(pl.col("truth") != pl.col("assigned"))["duplicate_count"].sum()
    not_merged = found.filter(pl.col("assigned").is_null())["duplicate_count"].sum()
    expected, got = int((frame["true_reads"] >= 2).sum()), int((sizes >= 2).sum())
    large = frame.filter(pl.col("true_reads") >= 10)
    print(f"{total:,} reads, {rows['key_region'].n_unique():,} distinct key regions, {seconds:.1f} s")
    for index, row in enumerate(frame.head(3).iter_rows(named=True)):
        print(f"clonotype {index + 1} got {row['kept'] / row['true_reads']:.3%} of its {row['true_reads']:,} reads")
    print(f"clonotypes of at least 2 reads: {got:,}, in truth {expected:,} ({got / expected - 1:+.2%})")
    print(f"reads in a wrong clonotype: {wrong:,} ({wrong / total:.2e})")
    print(f"reads in error copies that were not merged: {not_merged:,} ({not_merged / total:.2e})")
    print(f"clonotypes of at least 10 reads: {large.filter(pl.col('kept') > 0).height:,} of {large.height:,} found")


def recall(reads: int, rate: float, seed: int) -> None:
    """Print how many neighbours of a large clonotype remain clonotypes, by distance and reads."""
    random = np.random.default_rng(seed)
    frame, molecules = neighboured(reads, random)
    frame, _ = with_assignment(frame, sequenced(frame, molecules, rate, random))
    print(f"neighbours of a clonotype of {reads:,} reads that are found, by their true reads (lower end of each bin):")
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
    """Draw REARRANGEMENTS with about `distinct` key regions, half of them error copies of one read."""
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
    """Check the pairs of the kernel against a comparison of all pairs; return their number."""
    frame = frame.sort("duplicate_count", "key_region", descending=[True, False])
    ragged, reads = Ragged.from_strings(frame["key_region"]), frame["duplicate_count"].to_numpy()
    max_child_reads = np.stack([reads // 20, reads // 400])
    groups = np.zeros(len(reads), dtype=np.int64)
    found = neighbours(ragged.codes, ragged.offsets, groups, reads, max_child_reads)
    expected = set()
    for length in np.unique(ragged.lengths):
        members = np.flatnonzero(ragged.lengths == length)
        codes: U8 = np.stack([ragged[i] for i in members])
        for index, parent in enumerate(members):
            distance = (codes != codes[index]).sum(axis=1)
            for d in (1, 2):
                near = (distance == d) & (reads[members] <= max_child_reads[d - 1, parent])
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
    """Read the options and print both parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reads", type=int, default=1_000_000, help="0: no comparison with the truth")
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
