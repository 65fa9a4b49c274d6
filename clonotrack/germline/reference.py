"""What a germline reference is: V, D and J segments with their CDR3 anchors, and the names they go by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Literal, TypeAlias

from clonotrack.errors import GermlineError

LOCI = ("IGH", "IGK", "IGL", "TRA", "TRB", "TRG", "TRD")
Kind: TypeAlias = Literal["V", "D", "J"]
KINDS: tuple[Kind, ...] = ("V", "D", "J")


@dataclass(frozen=True, slots=True)
class Segment:
    """One allele of a germline gene, or a Kde or intron element that recombines like one.

    Attributes:
        allele: name with allele, ``IGHV1-18*01``; ``KDE`` and ``Intron`` have none.
        gene: name without allele.
        locus: the locus it is named after; ``IGK`` for KDE and Intron.
        loci: every locus it rearranges in; TRA and TRD for the TRAV/DV genes.
        kind: the place it takes; KDE plays a J, Intron a V.
        sequence: upper case, without gaps.
        gapped: with IMGT gaps, where they may be shipped (IG V) or the user gave them.
        anchor: 0-based start of the codon of Cys104 (V) or Phe/Trp118 (J); None for D, KDE, Intron and where no
            anchor is known.
        functionality: F, ORF, P, NF (OGRDB: not functional) or "" (not stated).
        flank_5: genomic nt right before the segment, 5' to 3'; "" where not known.
        flank_3: genomic nt right after it.
    """

    allele: str
    gene: str
    locus: str
    loci: tuple[str, ...]
    kind: Kind
    sequence: str
    gapped: str | None = None
    anchor: int | None = None
    functionality: str = ""
    flank_5: str = ""
    flank_3: str = ""

    @property
    def orphon(self) -> bool:
        """True for a copy outside its locus (``TRBV29/OR9-2``), which cannot rearrange there."""
        return "/OR" in self.gene


@dataclass(frozen=True)
class Reference:
    """A set of segments.

    Attributes:
        name: what reports call it.
        segments: all of them, in a fixed order; allele names are unique.
        aliases: other names of genes and alleles, to the name used here.
    """

    name: str
    segments: tuple[Segment, ...]
    aliases: Mapping[str, str]

    def select(self, kind: Kind, locus: str | None = None) -> tuple[Segment, ...]:
        """The segments to call from: those of one kind, of one locus if given; orphons are left out."""
        return tuple(
            segment
            for segment in self.segments
            if segment.kind == kind and not segment.orphon and (locus is None or locus in segment.loci)
        )

    @cached_property
    def loci(self) -> tuple[str, ...]:
        """The loci that have segments here."""
        present = {segment.locus for segment in self.segments}
        return tuple(locus for locus in LOCI if locus in present)

    def segment(self, allele: str) -> Segment:
        """The allele of this name or alias. Raises GermlineError for any other name, a gene's too."""
        for segment in self.gene(allele):
            if segment.allele in (allele, self.aliases.get(allele)):
                return segment
        raise GermlineError(f"{allele} is a gene of the reference {self.name}; name one of its alleles")

    def gene(self, name: str) -> tuple[Segment, ...]:
        """The alleles of a gene, or the one allele, of this name or alias.

        Raises:
            GermlineError: there is none.
        """
        found = self._by_name.get(name) or self._by_name.get(self.aliases.get(name, ""))
        if not found:
            raise GermlineError(f"{name} is no gene, allele or alias of the reference {self.name}")
        return found

    def identical(self, allele: str) -> tuple[str, ...]:
        """The other alleles of the same kind with the same sequence, which no read can tell from this one."""
        segment = self.segment(allele)
        alike = self._by_sequence[segment.kind, segment.sequence]
        return tuple(name for name in alike if name != segment.allele)

    @cached_property
    def digest(self) -> str:
        """sha256 over names, sequences and anchors: equal for references that call alike."""
        lines = sorted(f"{s.allele}\t{s.kind}\t{s.sequence}\t{s.anchor}\n" for s in self.segments)
        return sha256("".join(lines).encode()).hexdigest()

    @cached_property
    def _by_name(self) -> dict[str, tuple[Segment, ...]]:
        return _grouped((name, segment) for segment in self.segments for name in {segment.allele, segment.gene})

    @cached_property
    def _by_sequence(self) -> dict[tuple[str, str], tuple[str, ...]]:
        names: dict[tuple[str, str], list[str]] = defaultdict(list)
        for segment in self.segments:
            names[segment.kind, segment.sequence].append(segment.allele)
        return {key: tuple(value) for key, value in names.items()}


def _grouped(pairs: Iterable[tuple[str, Segment]]) -> dict[str, tuple[Segment, ...]]:
    groups: dict[str, list[Segment]] = defaultdict(list)
    for name, segment in pairs:
        groups[name].append(segment)
    return {name: tuple(group) for name, group in groups.items()}
