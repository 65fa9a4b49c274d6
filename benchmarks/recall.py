"""Whether tracking misses a read: against an exhaustive search of every read for every target, both strands.

    python benchmarks/recall.py [--reads 1000000] [--targets 10] [--seed 1] [--whole]

Needs edlib (``pip install edlib``), whose edit distances are the truth. Targets are clone-specific parts of simulated
rearrangements, of 30 to 120 nt, each of a patient of its own and with the edits that its length asks for. Of ten reads,
six hold a target with 0 to one more than so many edits (substitutions, inserted and missing bases alike, anywhere),
three end inside one, which the least overlap of 30 nt allows for, one holds none; either strand. With --whole no part
counts: such targets, as those of other patients, are refused by what is beside a piece. Printed: reads that
edlib finds and those that tracking counts, by distance; and the same for reads that end inside a target, where edlib
searches for every part of it that counts.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from dataclasses import replace

import edlib
import numpy as np

from clonotrack.config import Track
from clonotrack.germline.load import load_reference
from clonotrack.pgen.allowed_edits import edits_for_length
from clonotrack.raw_reads.chunk import ReadChunk
from clonotrack.raw_reads.fragments import Batch
from clonotrack.sequences import Ragged, reverse_complement
from clonotrack.simulate.recombine import draw_genotype, draw_rearrangements
from clonotrack.tables import LOCI
from clonotrack.track.stage import Search
from clonotrack.track.targets import Target

CHUNK = 20_000
LEAST = 30


def make_targets(count: int, rng: np.random.Generator) -> list[Target]:
    """Targets of all loci and many lengths."""
    reference = load_reference()
    found = []
    for number in range(count):
        (made,) = draw_rearrangements(draw_genotype(reference, LOCI[number % len(LOCI)], rng), 1, rng, min_inserted=4)
        middle = (made.v_end + made.j_start) // 2
        length = int(rng.choice([30, 39, 40, 45, 52, 60, 66, 80, 120]))
        start = max(0, min(middle - length // 2, len(made.sequence) - length))
        part = made.sequence[start : start + length]
        edits = edits_for_length(length, Track())[0]
        target = Target(f"m{number}", "marker", f"p{number}", made.locus, part, part, edits, edits)
        found.append(replace(target, least_head=min(LEAST, length), least_tail=min(LEAST, length)))
    return found


def edited(sequence: str, edits: int, rng: np.random.Generator) -> str:
    """So many edits, anywhere; some may undo others."""
    for _ in range(edits):
        place, kind = int(rng.integers(len(sequence))), int(rng.integers(3))
        put = "ACGT"[rng.integers(4)] if kind < 2 else ""
        sequence = sequence[:place] + put + sequence[place + (kind != 1) :]
    return sequence


def random_bases(rng: np.random.Generator, least: int, most: int) -> str:
    """At least `least` and fewer than `most` bases."""
    return "".join("ACGT"[i] for i in rng.integers(0, 4, int(rng.integers(least, most))))


def make_read(targets: list[Target], rng: np.random.Generator) -> tuple[str, int, bool]:
    """A read, the target it was made of (-1 for none), and whether it was made to end inside."""
    number, kind = int(rng.integers(len(targets))), int(rng.integers(10))
    target = targets[number]
    inner = edited(target.part, int(rng.integers(target.edits + 2)), rng)
    before, after = random_bases(rng, 0, 100), random_bases(rng, 0, 100)
    read = before + inner + after
    if kind == 0:
        number, read = -1, random_bases(rng, 50, 250)
    elif kind < 4:
        keep = int(rng.integers(LEAST - 5, max(LEAST - 4, len(inner))))
        read = before + inner[:keep] if rng.random() < 0.5 else inner[-keep:] + after
    return (reverse_complement(read) if rng.random() < 0.5 else read), number, 0 < kind < 4


def whole_distance(read: str, target: Target) -> int:
    """Edits of the best place of a target in a read, either strand; more than allowed where there is none."""
    both = (target.part, reverse_complement(target.part))
    found = [edlib.align(part, read, mode="HW", task="distance", k=target.edits)["editDistance"] for part in both]
    return min((d for d in found if d >= 0), default=target.edits + 1)


def cut_distance(read: str, target: Target, allowed: tuple[list[int], list[int]]) -> int:
    """Edits of the best part of a target with which a read begins or ends, of those that count."""
    best = target.edits + 1
    size = len(target.part)
    for turned in (read, reverse_complement(read)):
        for bases in range(LEAST, size):
            head, tail = allowed[0][bases], allowed[1][bases]
            sides = ((target.part[:bases][::-1], turned[::-1], head), (target.part[size - bases :], turned, tail))
            for part, text, most in sides:
                if most >= 0:
                    found = edlib.align(part, text, mode="SHW", task="distance", k=most)["editDistance"]
                    best = min(best, found) if found >= 0 else best
    return best


def main() -> None:
    """Make reads, search them both ways, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reads", type=int, default=1_000_000)
    parser.add_argument("--targets", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--whole", action="store_true", help="targets that count by whole reads only")
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    targets = make_targets(arguments.targets, rng)
    if arguments.whole:
        targets = [replace(target, least_head=None, least_tail=None) for target in targets]
    search = Search(targets, load_reference(), None)
    allowed = [search.tally.cut_edits(number) for number in range(len(targets))]
    truth, counted, missed, invented = Counter[str](), Counter[str](), 0, 0
    begin = time.perf_counter()
    for first in range(0, arguments.reads, CHUNK):
        made = [make_read(targets, rng) for _ in range(min(CHUNK, arguments.reads - first))]
        reads = [read for read, _, _ in made]
        names = np.zeros(len(reads) + 1, dtype=np.int64)
        batch = Batch(ReadChunk.of(Ragged.from_strings(reads), None, np.zeros(0, dtype=np.uint8), names, first + 1))
        events = search.add(batch)[:, [0, 1, 3]].tolist()
        found = {(read, target): distance for read, target, distance in events}
        for number, (read, source, is_cut) in enumerate(made):
            near = {t: whole_distance(read, target) for t, target in enumerate(targets)}
            if source >= 0:
                near[source] = min(near[source], cut_distance(read, targets[source], allowed[source]))
            near = {t: d for t, d in near.items() if d <= targets[t].edits}
            least = min(near.values(), default=-1)
            expected = {t for t, d in near.items() if d == least}
            seen = {t: d for t in range(len(targets)) if (d := found.get((number, t))) is not None}
            kind = "cut" if is_cut else "whole"
            truth.update(f"{kind} {least}" for _ in expected)
            counted.update(f"{kind} {least}" for t in expected if seen.get(t) == least)
            missed += sum(seen.get(t) != least for t in expected)
            invented += len(seen.keys() - expected)
    print(f"{arguments.reads:,} reads, {len(targets)} targets of {min(len(t.part) for t in targets)} to", end=" ")
    print(f"{max(len(t.part) for t in targets)} nt with {sorted({t.edits for t in targets})} edits")
    for kind in sorted(truth):
        print(f"{kind + ' edits':14} edlib {truth[kind]:>9,}   counted {counted[kind]:>9,}")
    print(f"missed or counted with another distance {missed}, counted though edlib finds none {invented}")
    print(f"{time.perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    main()
