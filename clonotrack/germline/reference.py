"""Define a germline reference: V, D and J segments with their CDR3 anchors, and the aliases of their names."""

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
    """Hold one allele of a V, D or J gene, or one of the IGK elements Kde and intron, which recombine like genes.

    Attributes:
        allele: name of the allele, such as ``IGHV1-18*01``; ``KDE`` and ``Intron`` have no allele number.
        gene: name of the gene, without allele number.
        locus: locus that the name states; ``IGK`` for KDE and Intron.
        loci: every locus in which the segment rearranges; TRA and TRD for the TRAV/DV genes.
        kind: V, D or J; KDE recombines like a J, Intron like a V.
        sequence: bases, upper case, without gaps.
        gapped: the sequence with IMGT gaps; None if it is not available. The embedded reference has it for IG V only.
        anchor: 0-based first base, in `sequence`, of the codon of Cys104 (V) or Phe/Trp118 (J). None for D, KDE and
            Intron, and for a V or J without an anchor.
        functionality: F, ORF, P, NF (OGRDB: not functional) or "" (not stated).
        flank_5: genomic bases directly before the segment, 5' to 3'; "" if unknown.
        flank_3: genomic bases directly after the segment, 5' to 3'; "" if unknown.
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
        """True for a gene copy outside its locus (``TRBV29/OR9-2``), which cannot rearrange."""
        return "/OR" in self.gene


@dataclass(frozen=True)
class Reference:
    """Hold the segments of a germline reference, and look up segments by name.

    Attributes:
        name: name of the reference in results and messages.
        segments: all segments, in a fixed order; allele names are unique.
        aliases: alias of a gene or allele to its name in this reference.
    """

    name: str
    segments: tuple[Segment, ...]
    aliases: Mapping[str, str]

    def select(self, kind: Kind, locus: str | None = None) -> tuple[Segment, ...]:
        """Select the segments of one kind and, optionally, one locus, without orphons."""
        return tuple(
            segment
            for segment in self.segments
            if segment.kind == kind and not segment.orphon and (locus is None or locus in segment.loci)
        )

    @cached_property
    def loci(self) -> tuple[str, ...]:
        """Loci that have segments in this reference, in the order of `LOCI`."""
        present = {segment.locus for segment in self.segments}
        return tuple(locus for locus in LOCI if locus in present)

    def segment(self, allele: str) -> Segment:
        """Return the segment of one allele, looked up by name or alias.

        Args:
            allele: name or alias of an allele, such as ``IGHV1-18*01``.

        Raises:
            GermlineError: the reference does not contain the name, or the name is that of a gene, not of an allele.
        """
        for segment in self.alleles(allele):
            if segment.allele in (allele, self.aliases.get(allele)):
                return segment
        raise GermlineError(f"{allele} is a gene, not an allele, in the reference {self.name}; name one of its alleles")

    def alleles(self, name: str) -> tuple[Segment, ...]:
        """Return the segments of all alleles of a gene, or of one allele, looked up by name or alias.

        Raises:
            GermlineError: the reference does not contain the name.
        """
        segments = self._by_name.get(name) or self._by_name.get(self.aliases.get(name, ""))
        if not segments:
            raise GermlineError(f"{name} is not a gene, allele or alias of the reference {self.name}")
        return segments

    def identical_alleles(self, allele: str) -> tuple[str, ...]:
        """List the names of other alleles that have the same kind (V, D or J) and sequence as `allele`."""
        segment = self.segment(allele)
        names = self._by_sequence[segment.kind, segment.sequence]
        return tuple(name for name in names if name != segment.allele)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the names, kinds, sequences and anchors of all segments, independent of the order of segments."""
        lines = sorted(f"{s.allele}\t{s.kind}\t{s.sequence}\t{s.anchor}\n" for s in self.segments)
        return sha256("".join(lines).encode()).hexdigest()

    @cached_property
    def _by_name(self) -> dict[str, tuple[Segment, ...]]:
        return _group_by_name((name, segment) for segment in self.segments for name in {segment.allele, segment.gene})

    @cached_property
    def _by_sequence(self) -> dict[tuple[str, str], tuple[str, ...]]:
        names: dict[tuple[str, str], list[str]] = defaultdict(list)
        for segment in self.segments:
            names[segment.kind, segment.sequence].append(segment.allele)
        return {key: tuple(value) for key, value in names.items()}


def _group_by_name(pairs: Iterable[tuple[str, Segment]]) -> dict[str, tuple[Segment, ...]]:
    groups: dict[str, list[Segment]] = defaultdict(list)
    for name, segment in pairs:
        groups[name].append(segment)
    return {name: tuple(group) for name, group in groups.items()}
