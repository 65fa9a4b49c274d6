"""Decide which reads count for a target: edits limited by other targets, cut reads and evolved reads."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import numpy as np

from clonotrack.config import Track
from clonotrack.errors import GermlineError, TableError
from clonotrack.germline import Reference
from clonotrack.pgen.allowed_edits import GenerationModels, edits_for_errors, matching_error_rate
from clonotrack.sequences import I64, U8, encode
from clonotrack.track.kernels.distance import prefix_distances
from clonotrack.track.targets import Target

_NO_RIVAL = 1 << 30  # edits to the nearest rival (another target considered) if there is none
_MISMATCH_COST = 2  # matches that one mismatch between a V and its germline allele cancels
_MAX_EVOLVED = 12  # most substitutions of an evolved read
_EVOLVED_LOSS = 1e-6  # largest share of a marker's reads with as many errors as an evolved read has substitutions


def limit_edits(own: Sequence[Target], controls: Sequence[Target], *, reject_equal: bool) -> list[Target]:
    """Limit the edits of one patient's markers and the tube's controls by the distances between them.

    A target is allowed e edits only if every other target considered is at least 2 e + 1 edits away. Then a read of the
    target with e errors is nearer to it than to any other target. A read that ends inside a target has to contain so
    many bases that the same is true of these bases. Markers of other patients are not considered, so the allowed edits
    of a patient's markers never depend on the other samples of the run.

    Args:
        own: markers of one patient.
        controls: controls of the tube.
        reject_equal: whether two targets that cannot be distinguished are an error. If not, both are allowed no edit
            and the reads of both are ambiguous, so that another patient's markers never stop a sample.

    Returns:
        The targets in order, with their limited edits.

    Raises:
        TableError: `reject_equal` is set, and every read of one target also contains another.
    """
    targets = [*own, *controls]
    prefixes, suffixes = (_distances(targets, from_end=from_end) for from_end in (False, True))
    limited = []
    for i, target in enumerate(targets):
        rivals = [j for j in range(len(targets)) if j != i and (reject_equal or min(i, j) < len(own))]
        distances = [min(int(prefixes[i, j][-1]), int(prefixes[j, i][-1])) for j in rivals]
        if reject_equal and 0 in distances:
            _reject_equal(*sorted((target, targets[rivals[distances.index(0)]]), key=targets.index))
        nearest = min(distances, default=_NO_RIVAL)
        limited.append(_limited(target, nearest, [(prefixes[i, j], suffixes[i, j]) for j in rivals]))
    return limited


def _limited(target: Target, nearest: int, rivals: Sequence[tuple[I64, I64]]) -> Target:
    """Limit the edits of one target.

    Args:
        target: target whose edits are limited.
        nearest: edits between the target and its nearest rival.
        rivals: for each rival, two arrays of shape (length + 1,). Element m is the distance of the target's first m
            bases, or of its last m bases, to the rival.
    """
    edits = min(target.max_edits, max(nearest - 1, 0) // 2)
    same = edits == target.max_edits
    return replace(
        target,
        max_edits=edits,
        edits_reason=target.edits_reason if same else f"another marker or control is {nearest} edits away",
        min_prefix=_min_bases(target.min_prefix, [prefix for prefix, _ in rivals], edits),
        min_suffix=_min_bases(target.min_suffix, [suffix for _, suffix in rivals], edits),
    )


def _min_bases(bases: int | None, distances: Sequence[I64], edits: int) -> int | None:
    """Find the fewest bases of a target that are more than 2 x `edits` away from every rival.

    Args:
        bases: result is at least this number; None if reads with a part of the target do not count.
        distances: for each rival, distance of the first (or last) m bases of the target to the rival, by m.
        edits: allowed edits of the target.

    Returns:
        Number of bases; None if not even the whole target is so far away.
    """
    if bases is None:
        return None
    far = [np.flatnonzero(of_rival > 2 * edits) for of_rival in distances]
    return max([bases, *(int(enough[0]) for enough in far)]) if all(map(len, far)) else None


def _distances(targets: Sequence[Target], *, from_end: bool) -> dict[tuple[int, int], I64]:
    """Compute for each ordered pair of targets the fewest edits between a part of one and any place in the other.

    Args:
        targets: targets of the tube that are considered.
        from_end: whether the last m bases are compared instead of the first m bases.

    Returns:
        For each pair (i, j) of indices of `targets`, shape (length + 1,): element m is the fewest edits between the
        first (last) m bases of the clone-specific part of target i and the whole sequence of target j, either strand.
    """
    step = -1 if from_end else 1
    parts = [encode(target.part)[::step].copy() for target in targets]
    sequences = [encode(target.sequence)[::step].copy() for target in targets]
    return {
        (i, j): np.minimum(
            prefix_distances(parts[i], sequences[j]), prefix_distances(parts[i], _reverse_complement(sequences[j]))
        )
        for i, j in permutations(range(len(targets)), 2)
    }


def _reverse_complement(codes: U8) -> U8:
    return 3 - codes[::-1]


def _reject_equal(first: Target, second: Target) -> None:
    table = "MARKERS" if "marker" in (first.kind, second.kind) else "CONTROLS"
    raise TableError(
        table,
        "sequence",
        f"{first.kind} {first.target_id!r} and {second.kind} {second.target_id!r} cannot be told apart, because a read "
        "of one always contains the other: keep one of them",
    )


def allow_partial_reads(target: Target, models: GenerationModels, reference: Reference, settings: Track) -> Target:
    """Decide which reads with less than the whole target count for a marker: cut reads and evolved reads.

    METHOD: one rule decides both kinds. The bases of the marker that a read contains have to be so rare that at most
    `false_hit_rate` of background reads (reads of cells without the clone) contain them within the marker's edits. If
    the whole marker is more common, or its system has no recombination model, only reads with the whole target count.

    Args:
        target: marker of the sample's own patient.
        models: recombination models.
        reference: germline segments, from which the end of the V in the marker is found.
        settings: settings of the stage track.

    Returns:
        The target with `min_prefix`, `min_suffix`, `evolved_min`, `evolved_max`, `stem_start` and `stem_max`.
    """
    if not _is_rare(target, target.part, target.max_edits, models, settings):
        return target
    size = len(target.part)
    ends = [target.part[:bases] for bases in range(size)], [target.part[size - bases :] for bases in range(size)]
    prefix, suffix = (
        bisect_left(
            range(size),
            True,
            lo=min(settings.min_overlap, size),
            key=lambda bases: _is_rare(target, parts[bases], target.max_edits, models, settings),
        )
        for parts in ends
    )
    target = replace(target, min_prefix=prefix if prefix < size else None, min_suffix=suffix if suffix < size else None)
    evolved_min = edits_for_errors(size, settings.error_rate, _EVOLVED_LOSS) + 1
    evolved_max = _evolved_max(target, models, settings)
    target = replace(target, evolved_min=evolved_min, evolved_max=evolved_max if evolved_max >= evolved_min else -1)
    stem = _stem_start(target, reference)
    if stem is None:
        return target
    edits = [e for e in range(target.max_edits + 1) if _is_rare(target, target.part[stem:], e, models, settings)]
    return replace(target, stem_start=stem, stem_max=max(edits)) if edits else target


def _is_rare(target: Target, part: str, edits: int, models: GenerationModels, settings: Track) -> bool:
    """Check whether at most `false_hit_rate` of background reads are within `edits` of a part of a target.

    Reads that sequencing errors bring within `edits` are included. False without a recombination model.
    """
    shares = models.shares_by_distance(part, target.system, target.junction, edits + 3)
    if shares is None:
        return False
    rate = float(shares[: edits + 1].sum()) + matching_error_rate(shares, edits, settings.error_rate)
    return rate <= settings.false_hit_rate


def _evolved_max(target: Target, models: GenerationModels, settings: Track) -> int:
    """Find the most substitutions within which at most `false_hit_rate` of background reads match the whole target.

    The result is -1 without a recombination model, or if even an exact match is more common.
    """
    most = min(len(target.part) // 4, _MAX_EVOLVED)
    shares = models.shares_by_distance(target.part, target.system, target.junction, most)
    if shares is None:
        return -1
    return int((np.cumsum(shares) <= settings.false_hit_rate).sum()) - 1


def _stem_start(target: Target, reference: Reference) -> int | None:
    """Find the first base after the V, 0-based in the clone-specific part; None if no V is known or it ends outside."""
    try:
        segment = reference.alleles((target.v_call or "").split(",")[0])[0]
    except GermlineError:
        return None
    end = _match_end(encode(target.sequence), encode(segment.sequence)) - target.part_start
    return end if 0 < end < len(target.part) else None


def _match_end(sequence: U8, germline: U8) -> int:
    """Find the end of the best ungapped local match between a sequence and a germline segment.

    Returns:
        Position in `sequence` after the last matching base, 0-based; 0 without a match.
    """
    best, best_end = 0, 0
    for shift in range(-len(germline) + 1, len(sequence)):
        first, last = max(0, shift), min(len(sequence), shift + len(germline))
        same = sequence[first:last] == germline[first - shift : last - shift]
        scores = np.where(same, 1, -_MISMATCH_COST).cumsum()
        gain = scores - np.minimum.accumulate(np.minimum(scores, 0))
        position = int(gain.argmax())
        if gain[position] > best:
            best, best_end = int(gain[position]), first + position + 1
    return best_end
