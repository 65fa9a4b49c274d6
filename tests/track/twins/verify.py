"""Naive twin of `clonotrack.track.kernels.verify_hits`: all edit distances of all reads and targets, both strands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clonotrack.sequences import reverse_complement
from clonotrack.track.kernels.assign import AMBIGUOUS, HIT, OWN
from clonotrack.track.kernels.verify_hits import EVOLVED, EXACT, INDEL, MISMATCH, TIE
from tests.track.twins.assign import credit
from tests.track.twins.extension import table

FAR = 10**6


@dataclass
class Wanted:
    """A target: its part, what a read may lack, and of evolved reads the limits and the pieces that lead to them."""

    part: str
    group: int
    edits: int
    head: Sequence[int]
    tail: Sequence[int]
    apart: int = 0
    far: int = -1
    stem: int | None = None
    stem_edits: int = -1
    pieces: Sequence[int] = ()

    def turned(self) -> Wanted:
        pieces = [len(self.part) - 13 - piece for piece in self.pieces]
        part = reverse_complement(self.part)
        return Wanted(part, self.group, self.edits, self.tail, self.head, self.apart, self.far, None, -1, pieces)


def differences(left: str, right: str) -> int:
    return sum(a != b for a, b in zip(left, right, strict=True))


def distances(read: str, wanted: Wanted) -> tuple[int, int]:
    """Fewest edits with and without gaps on one strand, `FAR` where the read is no hit."""
    with_gaps = [FAR]
    size = len(wanted.part)
    for part, text, allowed in (
        (wanted.part, read, wanted.head),
        (wanted.part[::-1], read[::-1], wanted.tail),
    ):
        rows = table(part, text, anywhere=True)
        with_gaps += [min(rows[-1])] if min(rows[-1]) <= wanted.edits else []
        with_gaps += [rows[m][-1] for m in range(1, size) if rows[m][-1] <= allowed[m]]
    without = [FAR]
    for begin in range(1 - size, len(read)):
        first, last = max(0, -begin), min(size, len(read) - begin)
        found = differences(wanted.part[first:last], read[begin + first : begin + last])
        allowed_here = -1 if first and last < size else wanted.tail[size - first] if first else wanted.head[last]
        if found <= allowed_here:
            without.append(found)
    return min(with_gaps), min(without)


def evolved(read: str, wanted: Wanted, *, turned: bool) -> int:
    """Mismatches of a read that comes from the target's clone and is no hit, along a place that a piece gives."""
    target = wanted.turned() if turned else wanted
    stem = None if wanted.stem is None else (wanted.stem, len(wanted.part))
    if stem and turned:
        stem = (0, len(wanted.part) - wanted.stem)
    found = [FAR]
    for piece in target.pieces:
        for at in range(len(read) - 12):
            if read[at : at + 13] != target.part[piece : piece + 13]:
                continue
            begin = at - piece
            first, last = max(0, -begin), min(len(target.part), len(read) - begin)
            apart = differences(target.part[first:last], read[begin + first : begin + last])
            if apart < wanted.apart:
                continue
            if last - first == len(target.part) and apart <= wanted.far:
                found.append(apart)
            if stem and wanted.stem_edits >= 0 and first <= stem[0] and last >= stem[1]:
                inside = differences(target.part[stem[0] : stem[1]], read[begin + stem[0] : begin + stem[1]])
                found += [apart] if inside <= wanted.stem_edits else []
    return min(found)


def verify(fragments: Sequence[Sequence[str]], targets: Sequence[Wanted]) -> tuple[set[tuple[int, ...]], int, int]:
    """Events (fragment, target, kind, distance, shared), how many fragments are hits, how many ambiguous."""
    events: set[tuple[int, ...]] = set()
    hits = ambiguous = 0
    group = [wanted.group for wanted in targets]
    for number, reads in enumerate(fragments):
        near, gaps = {}, {}
        for t, wanted in enumerate(targets):
            pairs = [distances(read, side) for read in reads for side in (wanted, wanted.turned())]
            least, plain = min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
            if min(least, plain) < FAR:
                near[t], gaps[t] = min(least, plain), plain > least
        outcome, counted = credit(near, group)
        hits += outcome == HIT
        ambiguous += outcome == AMBIGUOUS
        for target, tied, distance in counted:
            kind = TIE if tied else EXACT if distance == 0 else INDEL if gaps[target] else MISMATCH
            others = {group[t] for t, _, _ in counted} - {group[target]}
            shared = group[target] >= OWN and any(other >= OWN for other in others)
            events.add((number, target, kind, distance, int(shared)))
        if not any(group[target] <= OWN for target, _, _ in counted):
            own = [t for t, wanted in enumerate(targets) if wanted.group == OWN]
            apart = [
                (evolved(read, targets[t], turned=turned), 2 * t + turned)
                for t in own
                for read in reads
                for turned in (False, True)
            ]
            least, probe = min(apart, default=(FAR, 0))
            if least < FAR:
                events.add((number, probe >> 1, EVOLVED, least, 0))
    return events, hits, ambiguous
