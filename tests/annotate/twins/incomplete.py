"""Naive twin of `clonotrack.annotate.kernels.dj`, on columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clonotrack.annotate.kernels.dj import FARTHEST, FEW, LEAST_FLANK, LOOSE, MOST_FLANK, SURE_FLANK, Elements
from clonotrack.annotate.kernels.frame import KEY_BASES
from tests.annotate.twins.alignment import Aligned
from tests.annotate.twins.complete_calls import Settled
from tests.annotate.twins.find_d import Match
from tests.annotate.twins.pieces import pieces


@dataclass(frozen=True)
class Told:
    """A call of the reference: numbers of V and J (-1 for none), its D, alleles that tie, pieces, key region."""

    v: int
    j: int
    d: list[Match]
    ties: list[list[int]]
    pieces: list[list[tuple[int, int]]]
    key: tuple[int, int]


def tell_incomplete(calls: Sequence[Settled | None], left: Elements, right: Elements) -> list[Told | None]:
    """What the calls of the extended germline are in the reference; nothing where they are no rearrangement."""
    return [None if call is None or not is_incomplete(call, left, right) else tell(call, left, right) for call in calls]


def is_incomplete(call: Settled, left: Elements, right: Elements) -> bool:
    v, j = call.v.allele.number, call.j.allele.number
    if call.j.start[0] - call.v.end[0] > FARTHEST:
        return False
    if left.is_d[v]:
        begins_in_d = left.first[v] - call.v.start[1] < LEAST_FLANK and call.v.start[0] > LOOSE
        behind = call.read[call.v.end[0] + int(left.last[v]) - call.v.end[1] :]
        if begins_in_d or alike(behind, flank(left, v)):
            return False
    if right.is_d[j]:
        whole = not left.is_d[v] and left.last[v] - call.v.end[1] < FEW
        if whole and right.last[j] - call.j.start[1] < FEW and call.j.score < SURE_FLANK:
            return False
        ends_in_d = call.j.end[1] - right.last[j] < LEAST_FLANK and len(call.read) - call.j.end[0] > LOOSE
        before = call.read[: max(0, call.j.start[0] - call.j.start[1])]
        if ends_in_d or alike(before[::-1], flank(right, j)[::-1]):
            return False
    return True


def flank(elements: Elements, allele: int) -> str:
    return "".join("ACGTN"[code] for code in elements.codes[elements.offsets[allele] : elements.offsets[allele + 1]])


def alike(read: str, flank: str) -> bool:
    """Whether a stretch goes on as a flank does."""
    length = min(len(read), len(flank), MOST_FLANK)
    matches = sum(a == b for a, b in zip(read[:length], flank[:length], strict=True))
    return length >= LEAST_FLANK and 5 * matches >= 4 * length


def tell(call: Settled, left: Elements, right: Elements) -> Told:
    v, j = call.v.allele.number, call.j.allele.number
    left_d, right_d = bool(left.is_d[v]), bool(right.is_d[j])
    between = [] if left_d and right_d else call.d
    ds = [own_d(call.v, left, tail=True)] if left_d else []
    ds += between
    ds += [own_d(call.j, right, tail=False)] if right_d else []
    key = call.frame["key_start"], call.frame["key_end"]
    short_left = left_d and call.v.end[0] - call.v.start[0] < KEY_BASES
    short_right = right_d and call.j.end[0] - call.j.start[0] < KEY_BASES
    of_v, of_j = call.pieces
    return Told(
        -1 if left_d else int(left.allele[v]),
        -1 if right_d else int(right.allele[j]),
        ds,
        [
            [] if left_d else [int(left.allele[a.number]) for a in call.v.ties],
            [] if right_d else [int(right.allele[a.number]) for a in call.j.ties],
            *[d.ties for d in ds],
            *[[]] * (2 - len(ds)),
        ],
        [[] if left_d else of_v, [] if right_d else of_j],
        (-1, key[1]) if short_left or short_right else key,
    )


def own_d(laid: Aligned, elements: Elements, *, tail: bool) -> Match:
    """The D without its flank: the bases of it in the outermost piece at the junction."""
    number = laid.allele.number
    length = pieces(laid.columns)[-1 if tail else 0][1]
    piece = laid.columns[-length:] if tail else laid.columns[:length]
    first, last = int(elements.first[number]), int(elements.last[number])
    own = [(i, g) for i, g in piece if i is not None and g is not None and first <= g < last]
    ties = [int(elements.allele[a.number]) for a in laid.ties]
    if own:
        (i, g), (i_last, g_last) = own[0], own[-1]
        return Match(laid.score, ties, i, i_last + 1, g - first, g_last + 1 - first)
    if tail:
        return Match(laid.score, ties, laid.end[0], laid.end[0], 0, 0)
    return Match(laid.score, ties, laid.start[0], laid.start[0], last, last)
