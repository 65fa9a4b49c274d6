"""What else counts for a patient's own markers: reads that end inside the target, and reads of cells that evolved."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace

import numpy as np

from clonotrack.config import Track
from clonotrack.errors import GermlineError
from clonotrack.germline import Reference
from clonotrack.library.matching import Background, edits_for_errors, matching_errors
from clonotrack.sequence import U8, encode
from clonotrack.track.targets import Target

_MISMATCH = 2  # cost of a mismatch between V and its germline, in matches
_MOST_FAR = 12
_BY_ERRORS = 1e-6  # share of a marker's reads that may have as many errors as an evolved read has substitutions


def with_relatives(target: Target, background: Background, reference: Reference, settings: Track) -> Target:
    """A marker with how much of it a read may lack, and how far a read of an evolved cell may be.

    METHOD: both stand on one rule: what a read shows must be so rare that fewer than `false_hit_rate` of background
    reads have it, within the edits of the marker. Where the whole marker is not so rare, or its system has no model,
    nothing but whole targets counts.
    """
    if not _is_rare(target, target.part, target.edits, background, settings):
        return target
    size = len(target.part)
    parts = [target.part[:bases] for bases in range(size)], [target.part[size - bases :] for bases in range(size)]
    heads, tails = (
        bisect_left(
            range(size),
            True,
            lo=min(settings.min_overlap, size),
            key=lambda bases: _is_rare(target, of_end[bases], target.edits, background, settings),
        )
        for of_end in parts
    )
    found = replace(target, least_head=heads if heads < size else None, least_tail=tails if tails < size else None)
    far, apart = _far(target, background, settings), edits_for_errors(size, settings.error_rate, _BY_ERRORS) + 1
    found = replace(found, apart=apart, far=far if far >= apart else -1)
    stem = _stem(target, reference)
    if stem is None:
        return found
    inside = [e for e in range(target.edits + 1) if _is_rare(target, target.part[stem:], e, background, settings)]
    return replace(found, stem=stem, stem_edits=max(inside)) if inside else found


def _is_rare(target: Target, part: str, edits: int, background: Background, settings: Track) -> bool:
    """Whether so few background reads are within `edits` of a part, or come to be by errors."""
    near = background.near(part, target.system, target.junction, edits + 3)
    if near is None:
        return False
    return float(near[: edits + 1].sum()) + matching_errors(near, edits, settings.error_rate) <= settings.false_hit_rate


def _far(target: Target, background: Background, settings: Track) -> int:
    """Most substitutions of a read that no background read is likely to have; -1 without a model."""
    most = min(len(target.part) // 4, _MOST_FAR)
    near = background.near(target.part, target.system, target.junction, most)
    if near is None:
        return -1
    return int((np.cumsum(near) <= settings.false_hit_rate).sum()) - 1


def _stem(target: Target, reference: Reference) -> int | None:
    """First base of the part behind the V; None where the V is not known, or the part holds nothing of it."""
    try:
        segment = reference.gene((target.v_call or "").split(",")[0])[0]
    except GermlineError:
        return None
    end = _end_of(encode(target.whole), encode(segment.sequence)) - target.start
    return end if 0 < end < len(target.part) else None


def _end_of(whole: U8, germline: U8) -> int:
    """Base behind the best ungapped match of a sequence with a segment."""
    best, end = 0, 0
    for shift in range(-len(germline) + 1, len(whole)):
        first, last = max(0, shift), min(len(whole), shift + len(germline))
        scores = np.where(whole[first:last] == germline[first - shift : last - shift], 1, -_MISMATCH).cumsum()
        gain = scores - np.minimum.accumulate(np.minimum(scores, 0))
        place = int(gain.argmax())
        if gain[place] > best:
            best, end = int(gain[place]), first + place + 1
    return end
