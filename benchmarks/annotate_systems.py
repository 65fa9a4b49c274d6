"""Measure the accuracy of annotation on incomplete and on damaged rearrangements that are made from the reference.

    python benchmarks/annotate_systems.py [--each 400] [--locus IGH ...]

The reads are made independently of `clonotrack simulate`: all segments are equally frequent, ends are trimmed, and N
bases are inserted between segments. Half of the reads are reverse complements. Reads have 0.3 % substitutions unless
a case has more. A call is correct if the system and the genes at both ends are. One of several tied genes is enough,
and genes with the same sequence count as one.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from clonotrack.annotate.stage import annotate
from clonotrack.config import Annotate
from clonotrack.germline import LOCI, Reference, Segment
from clonotrack.germline.load import load_reference
from clonotrack.sequences import reverse_complement

ERRORS = 0.003
# Bases of the flank on the read [nt]; None for the whole flank and 30 more bases.
FLANKS = (None, 20, 10, 0)


@dataclass(frozen=True)
class Damage:
    """Damage of a V-J read.

    Attributes:
        name: name of the case.
        v_bases: bases of V on the read [nt].
        v_deleted: bases deleted from the V at the junction [nt]; None draws their number.
        j_deleted: bases deleted from the J at the junction [nt]; None draws their number.
        j_bases: bases of J on the read [nt]; None for all.
        mutation: substitutions per base.
        unknown: unknown bases (N) per base.
        indels: number of homopolymer insertions or deletions.
        tail: random bases after the J [nt].
    """

    name: str
    v_bases: int = 220
    v_deleted: int | None = None
    j_deleted: int | None = None
    j_bases: int | None = None
    mutation: float = ERRORS
    unknown: float = 0.0
    indels: int = 0
    tail: int = 10


DAMAGES = (
    Damage("whole"),
    Damage("60 nt of V", v_bases=60),
    Damage("20 nt of J", j_bases=20),
    Damage("120 nt after the J", tail=120),
    Damage("35 nt of V deleted", v_deleted=35),
    Damage("25 nt of J deleted", j_deleted=25),
    Damage("35 of V, 20 of J deleted", v_deleted=35, j_deleted=20),
    Damage("3 % N", unknown=0.03),
    Damage("2 homopolymer indels", indels=2),
    Damage("10 % substitutions", mutation=0.1),
    Damage("20 % substitutions", mutation=0.2),
    Damage("60 nt of V, 20 %", v_bases=60, mutation=0.2),
)


@dataclass(frozen=True)
class Read:
    """A read with its case, its system, and the genes at its 5' and 3' end."""

    kind: str
    system: str
    sequence: str
    left: str
    right: str


class ReadMaker:
    """Make reads from the segments of a reference."""

    def __init__(self, reference: Reference, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.reference = reference

    def bases(self, length: int) -> str:
        """Draw inserted bases."""
        return "".join(self.rng.choice(list("ACGT"), length, p=[0.2, 0.3, 0.3, 0.2]))

    def number(self, mean: float) -> int:
        """Draw a number of bases from a negative binomial distribution."""
        return int(self.rng.negative_binomial(2, 2 / (2 + mean)))

    def choose(self, segments: Sequence[Segment]) -> Segment:
        """Draw one of the segments."""
        return segments[int(self.rng.integers(len(segments)))]

    def mutate(self, sequence: str, rate: float, unknown: float = 0.0) -> str:
        """Add substitutions and unknown bases to a sequence."""
        bases = [self.rng.choice([x for x in "ACGT" if x != b]) if self.rng.random() < rate else b for b in sequence]
        return "".join("N" if self.rng.random() < unknown else b for b in bases)

    def indel(self, sequence: str) -> str:
        """Lengthen or shorten a homopolymer by one base."""
        runs = [i for i in range(1, len(sequence)) if sequence[i] == sequence[i - 1]]
        position = runs[self.rng.integers(len(runs))]
        replacement = sequence[position] * 2 if self.rng.random() < 0.5 else ""
        return sequence[:position] + replacement + sequence[position + 1 :]

    def random_strand(self, sequence: str) -> str:
        """Return the sequence or its reverse complement."""
        return reverse_complement(sequence) if self.rng.integers(2) else sequence

    def incomplete(self, flank: int | None) -> Iterator[Read]:
        """Yield one read of each incomplete system, with `flank` bases of the flanks."""
        kind = "whole flank and more" if flank is None else f"{flank} nt of flank"

        def left(d: Segment) -> str:
            kept = self.bases(30) + d.flank_5 if flank is None else d.flank_5[len(d.flank_5) - flank :]
            return kept + d.sequence[: max(0, len(d.sequence) - self.number(4))] + self.bases(self.number(5))

        def read(system: str, sequence: str, left_gene: str, right_gene: str) -> Read:
            return Read(kind, system, self.random_strand(self.mutate(sequence, ERRORS)), left_gene, right_gene)

        for locus in ("IGH", "TRB", "TRD"):
            j = self.choose(self.reference.select("J", locus))
            ds = [d for d in self.reference.select("D", locus) if d.gene != "TRDD1"]
            d = self.choose([d for d in ds if not (d.gene == "TRBD2" and j.gene.startswith("TRBJ1"))])
            yield read(f"{locus}+ D-J", left(d) + j.sequence[self.number(4) :] + self.bases(10), d.gene, j.gene)
        d2, d3 = (self.reference.alleles(f"TRDD{number}")[0] for number in (2, 3))
        right = d3.sequence[self.number(3) :] + (d3.flank_3 + self.bases(30) if flank is None else d3.flank_3[:flank])
        yield read("TRD+ Dd2-Dd3", left(d2) + right, "TRDD2", "TRDD3")
        v = self.choose([v for v in self.reference.select("V", "TRD") if v.functionality == "F"])
        kept = v.sequence[-120 : len(v.sequence) - self.number(3)]
        yield read("TRD+ Vd-Dd3", kept + self.bases(self.number(5)) + right, v.gene, "TRDD3")
        j = self.choose([j for j in self.reference.select("J", "TRA") if j.functionality == "F"])
        yield read("TRA+D Dd2-Ja", left(d2) + j.sequence[self.number(4) :] + self.bases(10), "TRDD2", j.gene)

    def complete(self, locus: str, damage: Damage) -> Read:
        """Make a damaged V-(D)-J read."""
        whole = [s for s in self.reference.select("V", locus) if s.functionality == "F" and s.anchor is not None]
        v, j = self.choose(whole), self.choose([j for j in self.reference.select("J", locus) if j.anchor is not None])
        v_deleted = self.number(3) if damage.v_deleted is None else damage.v_deleted
        j_deleted = min(self.number(4), 15) if damage.j_deleted is None else damage.j_deleted
        of_v = v.sequence[: len(v.sequence) - v_deleted][-damage.v_bases :]
        of_j = j.sequence[j_deleted:][: damage.j_bases]
        ds = [d for d in self.reference.select("D", locus) if not (d.gene == "TRBD2" and j.gene.startswith("TRBJ1"))]
        middle = self.bases(self.number(4))
        if ds:
            d = self.choose(ds).sequence
            middle += d[min(self.number(3), 5) : len(d) - min(self.number(3), 5)] + self.bases(self.number(4))
        read = self.mutate(of_v + middle + of_j, damage.mutation, damage.unknown)
        for _ in range(damage.indels):
            read = self.indel(read)
        return Read(damage.name, locus, self.random_strand(read + self.bases(damage.tail)), v.gene, j.gene)


def common_names(reference: Reference) -> dict[str, str]:
    """Map each gene to the first of all genes with the same sequence."""
    names: dict[str, str] = {}
    for segment in reference.segments:
        equal = [segment.gene, *(name.split("*")[0] for name in reference.identical_alleles(segment.allele))]
        names[segment.gene] = min(names.get(gene, gene) for gene in equal)
    return names


def print_table(reference: Reference, reads: Sequence[Read]) -> None:
    """Print the percentages of correct and of missing calls: a row for each case, a column for each system."""
    frame = pl.DataFrame({"sequence_id": [str(i) for i in range(len(reads))], "sequence": [r.sequence for r in reads]})
    called = annotate(frame, reference, Annotate(), threads=2)
    names = common_names(reference)
    correct: dict[tuple[str, str], list[bool]] = defaultdict(list)
    missing: dict[tuple[str, str], list[bool]] = defaultdict(list)

    def genes(row: dict[str, str | None], *kinds: str) -> set[str]:
        calls = [row[f"{kind}_call"] for kind in kinds]
        call = next((call for call in calls if call is not None), None)
        return {names[allele.split("*")[0]] for allele in call.split(",")} if call else set()

    for read, row in zip(reads, called.iter_rows(named=True), strict=True):
        ends = names[read.left] in genes(row, "v", "d") and names[read.right] in genes(row, "j", "d2", "d")
        correct[read.system, read.kind].append(ends and row["system"] == read.system.split()[0])
        missing[read.system, read.kind].append(row["system"] is None)
    systems, kinds = (list(dict.fromkeys(key[i] for key in correct)) for i in (0, 1))
    for kind in kinds:
        cells = [(np.mean(correct[s, kind]), np.mean(missing[s, kind])) for s in systems]
        print(f"{kind:26}" + "".join(f"{100 * r:7.1f} ({100 * n:4.1f})" for r, n in cells))
    print(f"{'':26}" + "".join(f"{system:>14}" for system in systems) + "\n")


def main() -> None:
    """Print both tables: percentage of correct calls, in brackets percentage without a call."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=400, help="reads of each case and system")
    parser.add_argument("--locus", nargs="*", choices=LOCI, default=list(LOCI))
    options = parser.parse_args()
    reference = load_reference()
    maker = ReadMaker(reference, 1)
    print_table(reference, [read for flank in FLANKS for _ in range(options.each) for read in maker.incomplete(flank)])
    damaged = [(damage, locus) for damage in DAMAGES for locus in options.locus]
    print_table(reference, [maker.complete(locus, damage) for damage, locus in damaged for _ in range(options.each)])


if __name__ == "__main__":
    main()
