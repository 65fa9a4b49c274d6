"""How right incomplete rearrangements and damaged complete ones are called, on reads made from the reference by hand.

    python benchmarks/annotate_systems.py [--each 400] [--locus IGH ...]

Segments are chosen evenly, ends trimmed and N bases put between them, independently of `clonotrack simulate`; half of
the reads are reversed; 0.3 % substitutions but where more are stated. A call is right if system and the genes of both
ends are (any of a tie; genes of one sequence are one).
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
# Bases of the flank on the read; None for all and 30 bases more.
FLANKS = (None, 20, 10, 0)


@dataclass(frozen=True)
class Damage:
    """What happened to a V-J read: bases of V on it, bases deleted or cut off, and how often a base is changed."""

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
    Damage("120 nt behind the J", tail=120),
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
    """A read, what it is, and the genes at its 5' and 3' end."""

    kind: str
    system: str
    sequence: str
    left: str
    right: str


class Maker:
    """Makes reads from a reference."""

    def __init__(self, reference: Reference, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.reference = reference

    def bases(self, length: int) -> str:
        """Inserted bases."""
        return "".join(self.rng.choice(list("ACGT"), length, p=[0.2, 0.3, 0.3, 0.2]))

    def some(self, mean: float) -> int:
        """A number of bases, negative binomial."""
        return int(self.rng.negative_binomial(2, 2 / (2 + mean)))

    def one(self, segments: Sequence[Segment]) -> Segment:
        """Any of them."""
        return segments[int(self.rng.integers(len(segments)))]

    def changed(self, sequence: str, rate: float, unknown: float = 0.0) -> str:
        """With substitutions and unknown bases."""
        letters = [self.rng.choice([x for x in "ACGT" if x != b]) if self.rng.random() < rate else b for b in sequence]
        return "".join("N" if self.rng.random() < unknown else b for b in letters)

    def indel(self, sequence: str) -> str:
        """A homopolymer with a base more or less."""
        runs = [i for i in range(1, len(sequence)) if sequence[i] == sequence[i - 1]]
        at = runs[self.rng.integers(len(runs))]
        return sequence[:at] + (sequence[at] * 2 if self.rng.random() < 0.5 else "") + sequence[at + 1 :]

    def either(self, sequence: str) -> str:
        """The sequence or its reverse complement."""
        return reverse_complement(sequence) if self.rng.integers(2) else sequence

    def incomplete(self, flank: int | None) -> Iterator[Read]:
        """One of each system, with so many bases of the flanks."""
        kind = "whole flank and more" if flank is None else f"{flank} nt of flank"

        def left(d: Segment) -> str:
            kept = self.bases(30) + d.flank_5 if flank is None else d.flank_5[len(d.flank_5) - flank :]
            return kept + d.sequence[: max(0, len(d.sequence) - self.some(4))] + self.bases(self.some(5))

        def read(system: str, made: str, one: str, other: str) -> Read:
            return Read(kind, system, self.either(self.changed(made, ERRORS)), one, other)

        for locus in ("IGH", "TRB", "TRD"):
            j = self.one(self.reference.select("J", locus))
            ds = [d for d in self.reference.select("D", locus) if d.gene != "TRDD1"]
            d = self.one([d for d in ds if not (d.gene == "TRBD2" and j.gene.startswith("TRBJ1"))])
            yield read(f"{locus}+ D-J", left(d) + j.sequence[self.some(4) :] + self.bases(10), d.gene, j.gene)
        d2, d3 = (self.reference.alleles(f"TRDD{number}")[0] for number in (2, 3))
        right = d3.sequence[self.some(3) :] + (d3.flank_3 + self.bases(30) if flank is None else d3.flank_3[:flank])
        yield read("TRD+ Dd2-Dd3", left(d2) + right, "TRDD2", "TRDD3")
        v = self.one([v for v in self.reference.select("V", "TRD") if v.functionality == "F"])
        kept = v.sequence[-120 : len(v.sequence) - self.some(3)]
        yield read("TRD+ Vd-Dd3", kept + self.bases(self.some(5)) + right, v.gene, "TRDD3")
        j = self.one([j for j in self.reference.select("J", "TRA") if j.functionality == "F"])
        yield read("TRA+D Dd2-Ja", left(d2) + j.sequence[self.some(4) :] + self.bases(10), "TRDD2", j.gene)

    def complete(self, locus: str, damage: Damage) -> Read:
        """A V-(D)-J, damaged."""
        whole = [s for s in self.reference.select("V", locus) if s.functionality == "F" and s.anchor is not None]
        v, j = self.one(whole), self.one([j for j in self.reference.select("J", locus) if j.anchor is not None])
        v_deleted = self.some(3) if damage.v_deleted is None else damage.v_deleted
        j_deleted = min(self.some(4), 15) if damage.j_deleted is None else damage.j_deleted
        of_v = v.sequence[: len(v.sequence) - v_deleted][-damage.v_bases :]
        of_j = j.sequence[j_deleted:][: damage.j_bases]
        ds = [d for d in self.reference.select("D", locus) if not (d.gene == "TRBD2" and j.gene.startswith("TRBJ1"))]
        middle = self.bases(self.some(4))
        if ds:
            d = self.one(ds).sequence
            middle += d[min(self.some(3), 5) : len(d) - min(self.some(3), 5)] + self.bases(self.some(4))
        read = self.changed(of_v + middle + of_j, damage.mutation, damage.unknown)
        for _ in range(damage.indels):
            read = self.indel(read)
        return Read(damage.name, locus, self.either(read + self.bases(damage.tail)), v.gene, j.gene)


def one_name(reference: Reference) -> dict[str, str]:
    """Gene to the first of the genes that have its sequence."""
    names: dict[str, str] = {}
    for segment in reference.segments:
        alike = [segment.gene, *(name.split("*")[0] for name in reference.identical_alleles(segment.allele))]
        names[segment.gene] = min(names.get(gene, gene) for gene in alike)
    return names


def table(reference: Reference, reads: Sequence[Read]) -> None:
    """Print the share of right calls, of other calls and of none, a row per system, a column per kind."""
    frame = pl.DataFrame({"sequence_id": [str(i) for i in range(len(reads))], "sequence": [r.sequence for r in reads]})
    called = annotate(frame, reference, Annotate(), threads=2)
    names = one_name(reference)
    right: dict[tuple[str, str], list[bool]] = defaultdict(list)
    none: dict[tuple[str, str], list[bool]] = defaultdict(list)

    def genes(row: dict[str, str | None], *kinds: str) -> set[str]:
        calls = [row[f"{kind}_call"] for kind in kinds]
        call = next((call for call in calls if call is not None), None)
        return {names[allele.split("*")[0]] for allele in call.split(",")} if call else set()

    for read, row in zip(reads, called.iter_rows(named=True), strict=True):
        ends = names[read.left] in genes(row, "v", "d") and names[read.right] in genes(row, "j", "d2", "d")
        right[read.system, read.kind].append(ends and row["system"] == read.system.split()[0])
        none[read.system, read.kind].append(row["system"] is None)
    systems, kinds = (list(dict.fromkeys(key[i] for key in right)) for i in (0, 1))
    for kind in kinds:
        cells = [(np.mean(right[s, kind]), np.mean(none[s, kind])) for s in systems]
        print(f"{kind:26}" + "".join(f"{100 * r:7.1f} ({100 * n:4.1f})" for r, n in cells))
    print(f"{'':26}" + "".join(f"{system:>14}" for system in systems) + "\n")


def main() -> None:
    """Print both tables: per cent right, in brackets per cent without a call."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=400)
    parser.add_argument("--locus", nargs="*", choices=LOCI, default=list(LOCI))
    options = parser.parse_args()
    reference = load_reference()
    maker = Maker(reference, 1)
    table(reference, [read for flank in FLANKS for _ in range(options.each) for read in maker.incomplete(flank)])
    damaged = [(damage, locus) for damage in DAMAGES for locus in options.locus]
    table(reference, [maker.complete(locus, damage) for damage, locus in damaged for _ in range(options.each)])


if __name__ == "__main__":
    main()
