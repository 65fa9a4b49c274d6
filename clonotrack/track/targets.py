"""Convert markers and controls to targets, the sequences that reads are searched for, and check them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from clonotrack.config import Track
from clonotrack.errors import TableError
from clonotrack.germline import Reference
from clonotrack.pgen.allowed_edits import GenerationModels, edits_for_errors, edits_for_length
from clonotrack.sequences import COMPLEMENT, I32, U8, Bool, N, Ragged, encode
from clonotrack.tables import SHORTEST_TARGET

if TYPE_CHECKING:
    import polars as pl


CONTROL_PART = 40
"""Length of the part of a control that reads are searched for [nt]."""
K = 12  # length of the k-mers that are compared with germline [nt]
_POWERS = 4 ** np.arange(K - 1, -1, -1, dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Target:
    """One sequence that reads are searched for.

    Attributes:
        target_id: `marker_id` or `control_id`.
        kind: ``marker`` or ``control``.
        subject_id: patient of a marker; None for controls.
        locus: locus in MARKERS or CONTROLS; None if not stated.
        sequence: whole sequence of the marker or control, upper case.
        part: clone-specific part of `sequence`, which a read has to contain.
        requested_edits: edits that the table or the settings state, or that sequencing errors require.
        max_edits: edits that are allowed, at most `requested_edits`; see `clonotrack.track.allowed_edits`.
        edits_reason: why `max_edits` is less than `requested_edits`; None if it is not.
        edits_stated: whether the table or the settings state the edits.
        system: system in MARKERS, or the locus if MARKERS states no system; None for controls.
        junction: junction in MARKERS; None if not stated, and for controls.
        v_call: V call in MARKERS; None if not stated, and for controls.
        background_rate: background rate in MARKERS [molecules per nucleated cell]; None if not stated, and for
            controls.
        part_start: 0-based start of `part` in `sequence`.
        min_prefix: a read that ends inside `part` is a hit if it contains at least the first `min_prefix` bases of
            `part`. None: a read that ends inside `part` is no hit.
        min_suffix: a read that begins inside `part` is a hit if it contains at least the last `min_suffix` bases of
            `part`. None: a read that begins inside `part` is no hit.
        evolved_min: fewest substitutions of an evolved read, more than `max_edits`.
        evolved_max: most substitutions of an evolved read that contains the whole `part`; -1 if no such read counts.
        stem_start: 0-based position in `part` of the first base after the V, where the stem begins; None without a V,
            or if too many other cells carry the stem.
        stem_max: most substitutions in the stem of an evolved read; -1 without a stem.
    """

    target_id: str
    kind: Literal["marker", "control"]
    subject_id: str | None
    locus: str | None
    sequence: str
    part: str
    requested_edits: int
    max_edits: int
    edits_reason: str | None = None
    edits_stated: bool = False
    system: str | None = None
    junction: str | None = None
    v_call: str | None = None
    background_rate: float | None = None
    part_start: int = 0
    min_prefix: int | None = None
    min_suffix: int | None = None
    evolved_min: int = 0
    evolved_max: int = -1
    stem_start: int | None = None
    stem_max: int = -1

    @property
    def counts_whole_only(self) -> bool:
        """Whether only reads with the whole target count, and neither cut reads nor evolved reads."""
        return self.min_prefix is None and self.min_suffix is None and self.evolved_max < 0 and self.stem_max < 0


@dataclass(frozen=True, slots=True)
class GermlineKmers:
    """The k-mers of all V and J segments of a reference, on both strands.

    Attributes:
        kmers: values of the k-mers, sorted.
    """

    kmers: I32

    @classmethod
    def of(cls, reference: Reference) -> GermlineKmers:
        """Collect the k-mers of every V and J, Kde and intron included."""
        forward = encode("N".join({segment.sequence for segment in reference.segments if segment.kind != "D"}))
        both = np.concatenate([forward, [N], COMPLEMENT[forward[::-1]]])
        return cls(np.sort(_kmer_values(both)[np.convolve(both == N, np.ones(K), "valid") == 0]))

    def all_germline(self, parts: Sequence[str]) -> Bool:
        """Check for each sequence of at least `K` nt whether all its k-mers occur in germline V or J segments."""
        if not parts:
            return np.zeros(0, dtype=np.bool_)
        joined = Ragged.from_strings(parts)
        known = self._contains(joined.codes)
        first = joined.offsets[:-1]
        inside = np.arange(len(known)) + K <= np.repeat(joined.offsets[1:], joined.lengths)[: len(known)]
        germline: Bool = np.logical_and.reduceat(known | ~inside, first)
        return germline

    def _contains(self, codes: U8) -> Bool:
        """Check for each k-mer of a sequence whether it occurs in germline V or J segments."""
        known: Bool = np.isin(_kmer_values(codes), self.kmers, kind="table")
        return known

    def specific_part(self, sequence: str) -> tuple[int, int] | None:
        """Find the part of a control with the fewest germline k-mers.

        METHOD: a calibrator may share its whole V and J with real rearrangements, and a read need not contain the whole
        calibrator. So reads are searched for the `CONTROL_PART` nt with the fewest germline k-mers. Several adjacent
        start positions can have equally few germline k-mers; then the middle one of the first such series is taken. The
        part is then centred on the junction of a rearrangement, or on the middle of any other sequence. The definition
        is ours; we found no published one.

        Returns:
            Start and end in `sequence`, 0-based half-open; None if all k-mers of the sequence are germline.
        """
        width = min(CONTROL_PART, len(sequence))
        known = self._contains(encode(sequence)).tolist()
        per_part = width - K + 1
        counts = [sum(known[start : start + per_part]) for start in range(len(sequence) - width + 1)]
        fewest = min(counts)
        if fewest == per_part:
            return None
        first = counts.index(fewest)
        last = first
        while last + 1 < len(counts) and counts[last + 1] == fewest:
            last += 1
        middle = (first + last) // 2
        return middle, middle + width


def _kmer_values(codes: U8) -> I32:
    """Compute the value of the k-mer that begins at each base."""
    values: I32 = sliding_window_view(codes, K) @ _POWERS
    return values


def marker_targets(
    markers: pl.DataFrame, settings: Track, models: GenerationModels, subject_id: str | None = None
) -> list[Target]:
    """Convert the selected rows of MARKERS to targets, in the order of the rows.

    A row whose `selected` is empty was written by hand and counts as selected. If a row states no `target_start` and
    `target_end`, its whole sequence is the clone-specific part. If neither row nor settings state `max_edits`, the
    allowed edits of the sample's own patient's markers depend on sequencing errors, length and how often other cells
    carry the marker. Those of other patients' markers depend on sequencing errors and length only.

    Args:
        markers: one MARKERS table, or several tables concatenated.
        settings: settings of the stage track.
        models: recombination models, from which it is computed how often other cells carry a marker.
        subject_id: patient of the sample; None for a control sample.

    Returns:
        One target for each `marker_id`.

    Raises:
        TableError: a sequence or its coordinates cannot be tracked, or one `marker_id` names two different targets.
    """
    targets: dict[str, Target] = {}
    for row in markers.iter_rows(named=True):
        if row["selected"] is False:
            continue
        target = _marker_target(row, settings, models if row["subject_id"] == subject_id else None)
        known = targets.setdefault(target.target_id, target)
        if known is not target and replace(known, sequence=target.sequence, part_start=target.part_start) != target:
            raise TableError(
                "MARKERS",
                "marker_id",
                f"{target.target_id!r} names two different targets: give every marker a marker_id of its own",
            )
    return list(targets.values())


def _marker_target(row: dict[str, Any], settings: Track, models: GenerationModels | None) -> Target:
    name, sequence = row["marker_id"], _checked_bases("MARKERS", row["marker_id"], row["sequence"])
    start, end = row["target_start"], row["target_end"]
    if start is None and end is None:
        start, end = 1, len(sequence)
    if start is None or end is None or not 1 <= start <= end <= len(sequence):
        raise TableError(
            "MARKERS",
            "target_start" if start is None or not 1 <= start <= len(sequence) else "target_end",
            f"the clone-specific part of marker {name!r} is from {start} to {end} of {len(sequence)} nt: "
            "give target_start and target_end inside the sequence, or leave both empty",
        )
    if end - start + 1 < SHORTEST_TARGET:
        raise TableError(
            "MARKERS",
            "target_end",
            f"the clone-specific part of marker {name!r} has {end - start + 1} nt, and at least {SHORTEST_TARGET} are "
            "needed to distinguish it from other sequences: widen target_start to target_end, or set selected to false",
        )
    part = sequence[start - 1 : end]
    stated = settings.max_edits if row["max_edits"] is None else row["max_edits"]
    if stated is not None and stated < 0:
        message = f"marker {name!r} has {stated} edits: give 0 or more, or leave max_edits empty"
        raise TableError("MARKERS", "max_edits", message)
    system, junction = row["system"] or row["locus"], row["junction"]
    return Target(
        *(name, "marker", row["subject_id"], row["locus"], sequence, part),
        **_edits(part, stated, settings, models, system, junction),
        system=system,
        junction=junction,
        v_call=row["v_call"],
        background_rate=row["background_rate"],
        part_start=start - 1,
    )


def _edits(
    part: str,
    stated: int | None,
    settings: Track,
    models: GenerationModels | None = None,
    system: str | None = None,
    junction: str | None = None,
) -> dict[str, Any]:
    """Decide the allowed edits of a clone-specific part.

    Stated edits are limited by the length only. Otherwise length, sequencing errors and, with `models`, the frequency
    of the part in other cells decide.

    Args:
        part: clone-specific part.
        stated: edits that the table or the settings state; None if they do not.
        settings: settings of the stage track.
        models: recombination models; None for controls and for markers of other patients.
        system: system of the marker.
        junction: junction of the marker.

    Returns:
        `requested_edits`, `max_edits`, `edits_reason` and, if stated, `edits_stated` of the target.
    """
    edits, reason = edits_for_length(len(part), settings, stated)
    if stated is not None:
        return {"requested_edits": stated, "max_edits": edits, "edits_reason": reason, "edits_stated": True}
    requested = edits_for_errors(len(part), settings.error_rate)
    if models is not None:
        allowed = models.allowed_edits(part, system, junction, settings, edits)
        edits, reason = allowed.max_edits, allowed.reason or reason
    return {"requested_edits": requested, "max_edits": edits, "edits_reason": reason}


def reject_germline(targets: Sequence[Target], germline: GermlineKmers) -> None:
    """Raise an error for a marker whose clone-specific part is all germline V or J, which healthy cells have too.

    Raises:
        TableError: the part of a marker contains germline k-mers only.
    """
    all_germline = germline.all_germline([target.part for target in targets])
    for target in compress(targets, all_germline.tolist()):
        message = (
            f"the clone-specific part of marker {target.target_id!r} is all germline V or J, which healthy cells have "
            "too: choose target_start and target_end so that they include the junction"
        )
        raise TableError("MARKERS", "sequence", message)


def control_targets(controls: pl.DataFrame, germline: GermlineKmers, settings: Track) -> list[Target]:
    """Convert CONTROLS to targets, in the order of the rows.

    Reads are searched for the part of a control with the fewest germline k-mers (`GermlineKmers.specific_part`).

    Args:
        controls: CONTROLS of the tube.
        germline: k-mers of the germline V and J segments.
        settings: settings of the stage track.

    Raises:
        TableError: a sequence is too short, contains other characters than A, C, G and T, or is all germline; or one
            `control_id` names two different controls.
    """
    targets: dict[str, Target] = {}
    for row in controls.iter_rows(named=True):
        name, sequence = row["control_id"], _checked_bases("CONTROLS", row["control_id"], row["sequence"])
        if len(sequence) < SHORTEST_TARGET:
            message = (
                f"control {name!r} has {len(sequence)} nt, and at least {SHORTEST_TARGET} are needed: give its whole "
                "sequence"
            )
            raise TableError("CONTROLS", "sequence", message)
        bounds = germline.specific_part(sequence)
        if bounds is None:
            message = f"control {name!r} is all germline V or J, which other cells have too: include its junction"
            raise TableError("CONTROLS", "sequence", message)
        part = sequence[slice(*bounds)]
        edits = _edits(part, settings.max_edits, settings)
        target = Target(name, "control", None, row["locus"], sequence, part, **edits, part_start=bounds[0])
        if targets.setdefault(name, target) != target:
            message = f"{name!r} names two different controls: give every control a control_id of its own"
            raise TableError("CONTROLS", "control_id", message)
    return list(targets.values())


def _checked_bases(table: str, name: str, sequence: str) -> str:
    """Return a sequence in upper case; raise `TableError` if it contains other characters than A, C, G and T."""
    upper = sequence.upper()
    if other := set(upper.strip("ACGT")) - set("ACGT"):
        message = (
            f"the sequence of {name!r} contains {min(other)!r}, and only A, C, G and T can be tracked: correct the "
            "sequence"
        )
        raise TableError(table, "sequence", message)
    return upper
