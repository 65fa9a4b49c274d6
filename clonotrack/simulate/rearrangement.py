"""Define a simulated rearrangement with its true annotation, and join it from trimmed segments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256

from clonotrack.germline import Segment
from clonotrack.sequences import translate
from clonotrack.simulate.random_streams import FIXED_SEED, random_stream

KEY_BASES_WITHOUT_ANCHOR = 10  # nt of a V or J without anchor that belong to the key region
KDE_PRIMER_END = 132  # length of Kde up to the end of the usual multiplex primer [nt]
FR3_PRIMER_DISTANCES = (80, 131)  # nt from an FR3 primer to Cys104, half-open range


@dataclass(frozen=True, slots=True)
class Rearrangement:
    """Hold a rearrangement, from the first base of its V to the last base of its J, on the coding strand.

    Positions are 0-based indices into `sequence`; an end is the index after the last base.

    Attributes:
        locus: locus of the J.
        system: the locus, or ``IGK+`` for a rearrangement with Kde.
        v_call: name of the V allele.
        d_call: name of the D allele; None if there is no D.
        j_call: name of the J allele.
        sequence: all bases, 5' to 3'.
        v_end: end of the bases of V.
        j_start: first base of J.
        key_start: first base of the key region. It is the first base of Cys104, or, if V has no anchor,
            `KEY_BASES_WITHOUT_ANCHOR` nt before the end of V.
        key_end: end of the key region. It is the end of the codon of Phe/Trp118, or, if J has no anchor,
            `KEY_BASES_WITHOUT_ANCHOR` nt after the start of J.
        productive: True if V and J are in frame without a stop codon; None if V or J has no anchor.
        inserted: number of N and P bases.
        mutations: number of hypermutated bases.
    """

    locus: str
    system: str
    v_call: str
    d_call: str | None
    j_call: str
    sequence: str
    v_end: int
    j_start: int
    key_start: int
    key_end: int
    productive: bool | None
    inserted: int
    mutations: int = 0

    @property
    def key_region(self) -> str:
        """Bases of the key region, by which clones are distinguished."""
        return self.sequence[self.key_start : self.key_end]

    @property
    def junction(self) -> str | None:
        """Bases from the codon of Cys104 to that of Phe/Trp118, both included; None if V or J has no anchor."""
        return None if self.productive is None else self.key_region

    @property
    def clone_id(self) -> str:
        """Hash of locus and key region (16 hexadecimal digits), equal to the `clone_id` of stage cluster."""
        return sha256(f"{self.locus}:{self.key_region}".encode()).hexdigest()[:16]

    def amplicon_start(self, length: int | None = None) -> int:
        """Return the 0-based first base of the amplicon, which ends with the last base of J.

        Args:
            length: length of the amplicon [nt]; None starts the amplicon at the FR3 primer of the V gene.
        """
        if length is not None:
            return max(0, len(self.sequence) - length)
        return max(0, self.key_start - fr3_primer_distance(self.v_call.split("*")[0]))

    def amplicon(self, length: int | None = None) -> str:
        """Return the bases of the amplicon, from `amplicon_start` to the last base of J."""
        return self.sequence[self.amplicon_start(length) :]


def join_segments(
    v: Segment, d: Segment | None, j: Segment, locus: str, pieces: tuple[str, str, str, str, str]
) -> Rearrangement:
    """Join trimmed segments and inserted bases into a rearrangement.

    Args:
        v: the V allele, or the intron element.
        d: the D allele; None if there is no D.
        j: the J allele, or Kde.
        locus: locus of the rearrangement (a TRAV/DV gene rearranges in two loci).
        pieces: bases of the trimmed V, inserted bases, bases of the trimmed D ("" if there is no D), inserted bases,
            bases of the trimmed J.
    """
    v_piece, n1, d_piece, n2, j_piece = pieces
    if j.anchor is None:
        j_piece = j_piece[: KDE_PRIMER_END - (len(j.sequence) - len(j_piece))]
    sequence = v_piece + n1 + d_piece + n2 + j_piece
    j_start = len(sequence) - len(j_piece)
    complete = v.anchor is not None and j.anchor is not None
    key_start = v.anchor if v.anchor is not None else len(v_piece) - KEY_BASES_WITHOUT_ANCHOR
    j_trimmed = len(j.sequence) - len(j_piece)
    key_end = j_start + (j.anchor - j_trimmed + 3 if j.anchor is not None else KEY_BASES_WITHOUT_ANCHOR)
    return Rearrangement(
        locus=locus,
        system=locus if complete else f"{locus}+",
        v_call=v.allele,
        d_call=d.allele if d is not None and d_piece else None,
        j_call=j.allele,
        sequence=sequence,
        v_end=len(v_piece),
        j_start=j_start,
        key_start=key_start,
        key_end=key_end,
        productive=is_productive(sequence, key_start, key_end) if complete else None,
        inserted=len(n1) + len(n2),
    )


def is_productive(sequence: str, key_start: int, key_end: int) -> bool:
    """Return True if V and J are in one reading frame and this frame has no stop codon.

    Args:
        sequence: bases of the rearrangement.
        key_start: 0-based first base of the codon of Cys104.
        key_end: 0-based end of the codon of Phe/Trp118.
    """
    return (key_end - key_start) % 3 == 0 and "*" not in translate(sequence[key_start % 3 :])


@cache
def fr3_primer_distance(gene: str) -> int:
    """Return the distance from the FR3 primer of a V gene to Cys104: a fixed value per gene, 80 to 130 nt."""
    return int(random_stream(FIXED_SEED, "primer", gene).integers(*FR3_PRIMER_DISTANCES))
