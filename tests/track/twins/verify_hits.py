"""Naive twins of `clonotrack.track.kernels.verify_hits`: all edit distances of all reads and targets, both strands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from clonotrack.sequences import reverse_complement
from clonotrack.track.kernels.assign import AMBIGUOUS_READ, HIT, OWN
from clonotrack.track.kernels.verify_hits import AMBIGUOUS, EVOLVED, EXACT, INDEL, MISMATCH
from tests.track.twins.assign import assign_read
from tests.track.twins.distance import distance_table

NO_MATCH = 10**6


@dataclass
class NaiveTarget:
    """A target: its part and owner, most edits of whole and cut reads, limits of evolved reads, first bases of seeds.

    `prefix_edits` and `suffix_edits` are for reads with only the first or last m bases, by m.
    """

    part: str
    owner: int
    max_edits: int
    prefix_edits: Sequence[int]
    suffix_edits: Sequence[int]
    evolved_min: int = 0
    evolved_max: int = -1
    stem_start: int | None = None
    stem_max: int = -1
    seeds: Sequence[int] = ()

    def reverse(self) -> NaiveTarget:
        """The reverse complement, without its stem."""
        seeds = [len(self.part) - 13 - seed for seed in self.seeds]
        part = reverse_complement(self.part)
        return NaiveTarget(
            *(part, self.owner, self.max_edits, self.suffix_edits, self.prefix_edits),
            *(self.evolved_min, self.evolved_max, None, -1, seeds),
        )


def differences(left: str, right: str) -> int:
    return sum(a != b for a, b in zip(left, right, strict=True))


def distances(read: str, target: NaiveTarget) -> tuple[int, int]:
    """Fewest edits with gaps and without gaps on one strand; `NO_MATCH` if the read is no hit."""
    with_gaps = [NO_MATCH]
    size = len(target.part)
    for part, text, allowed in (
        (target.part, read, target.prefix_edits),
        (target.part[::-1], read[::-1], target.suffix_edits),
    ):
        rows = distance_table(part, text, anywhere=True)
        with_gaps += [min(rows[-1])] if min(rows[-1]) <= target.max_edits else []
        with_gaps += [rows[m][-1] for m in range(1, size) if rows[m][-1] <= allowed[m]]
    without = [NO_MATCH]
    for start in range(1 - size, len(read)):
        first, last = max(0, -start), min(size, len(read) - start)
        count = differences(target.part[first:last], read[start + first : start + last])
        if first:
            allowed_here = -1 if last < size else target.suffix_edits[size - first]
        else:
            allowed_here = target.prefix_edits[last]
        if count <= allowed_here:
            without.append(count)
    return min(with_gaps), min(without)


def evolved_distance(read: str, target: NaiveTarget, *, reverse: bool) -> int:
    """Mismatches of an evolved read along an alignment that a seed gives; `NO_MATCH` if it is not evolved."""
    strand = target.reverse() if reverse else target
    stem = None if target.stem_start is None else (target.stem_start, len(target.part))
    if stem and reverse:
        stem = (0, len(target.part) - target.stem_start)
    found = [NO_MATCH]
    for seed in strand.seeds:
        for position in range(len(read) - 12):
            if read[position : position + 13] != strand.part[seed : seed + 13]:
                continue
            start = position - seed
            first, last = max(0, -start), min(len(strand.part), len(read) - start)
            count = differences(strand.part[first:last], read[start + first : start + last])
            if count < target.evolved_min:
                continue
            if last - first == len(strand.part) and count <= target.evolved_max:
                found.append(count)
            if stem and target.stem_max >= 0 and first <= stem[0] and last >= stem[1]:
                in_stem = differences(strand.part[stem[0] : stem[1]], read[start + stem[0] : start + stem[1]])
                found += [count] if in_stem <= target.stem_max else []
    return min(found)


def verify_hits(
    fragments: Sequence[Sequence[str]], targets: Sequence[NaiveTarget]
) -> tuple[set[tuple[int, ...]], int, int]:
    """Matches (fragment, target, class, distance, shared), number of hits, number of ambiguous fragments."""
    matches: set[tuple[int, ...]] = set()
    hits = ambiguous = 0
    owner = [target.owner for target in targets]
    for number, reads in enumerate(fragments):
        matched, is_indel = {}, {}
        for t, target in enumerate(targets):
            pairs = [distances(read, strand) for read in reads for strand in (target, target.reverse())]
            with_gaps, without = min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
            if min(with_gaps, without) < NO_MATCH:
                matched[t], is_indel[t] = min(with_gaps, without), without > with_gaps
        outcome, counted = assign_read(matched, owner)
        hits += outcome == HIT
        ambiguous += outcome == AMBIGUOUS_READ
        for t, tied, distance in counted:
            match_class = AMBIGUOUS if tied else EXACT if distance == 0 else INDEL if is_indel[t] else MISMATCH
            others = {owner[other] for other, _, _ in counted} - {owner[t]}
            shared = owner[t] >= OWN and any(other >= OWN for other in others)
            matches.add((number, t, match_class, distance, int(shared)))
        if not any(owner[t] <= OWN for t, _, _ in counted):
            own = [t for t, target in enumerate(targets) if target.owner == OWN]
            evolved = [
                (evolved_distance(read, targets[t], reverse=reverse), 2 * t + reverse)
                for t in own
                for read in reads
                for reverse in (False, True)
            ]
            least, strand = min(evolved, default=(NO_MATCH, 0))
            if least < NO_MATCH:
                matches.add((number, strand >> 1, EVOLVED, least, 0))
    return matches, hits, ambiguous


def count_bases(
    reads: Sequence[str], starts: Sequence[int], reverse: Sequence[bool], size: int, margin: int
) -> Counter[tuple[int, str]]:
    """Reads by position and base."""
    counts: Counter[tuple[int, str]] = Counter()
    for read, start, is_reverse in zip(reads, starts, reverse, strict=True):
        forward = reverse_complement(read) if is_reverse else read
        first = len(read) - start - size if is_reverse else start
        counts.update((margin + i - first, base) for i, base in enumerate(forward) if base in "ACGT")
    return Counter({key: count for key, count in counts.items() if 0 <= key[0] < size + 2 * margin})
