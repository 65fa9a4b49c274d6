"""One rearranged sequence and what is true of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256

from clonotrack.germline import Segment
from clonotrack.sequence import reverse_complement, translate
from clonotrack.simulate.streams import FIXED, stream

ANCHORLESS_KEY = 10  # nt of a segment without anchor that belong to the key region
KDE_PRIMER_END = 132  # nt of Kde that reads of the usual multiplex primers reach
PRIMER_DISTANCE = (80, 131)  # nt of V before Cys104 that FR3 primers leave, half-open


@dataclass(frozen=True, slots=True)
class Rearrangement:
    """A rearrangement from the start of its V to the end of its J, on the coding strand; positions 0-based, half-open.

    Attributes:
        locus: of the J.
        system: the locus, or ``IGK+`` with Kde.
        v_call: allele; so d_call (None without a D) and j_call.
        sequence: the whole of it.
        v_end: end of the V's own bases.
        j_start: start of the J's own bases.
        key_start: start of the key region, the codon of Cys104 where V has an anchor.
        key_end: end of the key region, the codon of Phe/Trp118 where J has an anchor.
        productive: in frame without a stop codon; None where an anchor is missing.
        inserted: N and P nt.
        mutations: hypermutated bases.
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
        """What tells clones apart."""
        return self.sequence[self.key_start : self.key_end]

    @property
    def junction(self) -> str | None:
        """From Cys104 to Phe/Trp118, where both are there."""
        return None if self.productive is None else self.key_region

    @property
    def clone_id(self) -> str:
        """The name that every stage gives this clone: a digest of locus and key region."""
        return sha256(f"{self.locus}:{self.key_region}".encode()).hexdigest()[:16]

    def amplicon_start(self, length: int | None = None) -> int:
        """Where a read begins: at the V's FR3 primer, or so that it has `length` nt."""
        if length is not None:
            return max(0, len(self.sequence) - length)
        return max(0, self.key_start - primer_distance(self.v_call.split("*")[0]))

    def amplicon(self, length: int | None = None) -> str:
        """What is amplified, from the primer in V to the end of J."""
        return self.sequence[self.amplicon_start(length) :]


def join(
    v: Segment, d: Segment | None, j: Segment, locus: str, pieces: tuple[str, str, str, str, str]
) -> Rearrangement:
    """Put the pieces together.

    Args:
        v: the allele of the first piece; `d` and `j` of the third and the last.
        d: None without a D, then its piece is "".
        j: a J, or Kde.
        locus: of the rearrangement; a TRAV/DV gene serves two.
        pieces: V as trimmed, inserted, D as trimmed, inserted, J as trimmed.
    """
    v_piece, n1, d_piece, n2, j_piece = pieces
    if j.anchor is None:
        j_piece = j_piece[: KDE_PRIMER_END - (len(j.sequence) - len(j_piece))]
    sequence = v_piece + n1 + d_piece + n2 + j_piece
    j_start = len(sequence) - len(j_piece)
    complete = v.anchor is not None and j.anchor is not None
    key_start = v.anchor if v.anchor is not None else len(v_piece) - ANCHORLESS_KEY
    trimmed = len(j.sequence) - len(j_piece)
    key_end = j_start + (j.anchor - trimmed + 3 if j.anchor is not None else ANCHORLESS_KEY)
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
    """Whether V and J are in one frame, without a stop codon."""
    return (key_end - key_start) % 3 == 0 and "*" not in translate(sequence[key_start % 3 :])


def hairpin_3(piece: str, length: int) -> str:
    """Palindromic nt after a piece: the complement of its last `length` nt, or of all it has."""
    return reverse_complement(piece[max(0, len(piece) - length) :])


def hairpin_5(piece: str, length: int) -> str:
    """Palindromic nt before a piece: the complement of its first `length` nt."""
    return reverse_complement(piece[:length])


@cache
def primer_distance(gene: str) -> int:
    """Nt of V before Cys104 in reads of this gene: one primer site per gene, 80 to 130 nt away."""
    return int(stream(FIXED, "primer", gene).integers(*PRIMER_DISTANCE))
