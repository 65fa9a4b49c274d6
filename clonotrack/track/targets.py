"""Which stretch of a control is looked for, where its table does not say what is specific of it.

What is looked for: the clone-specific parts of markers and controls, checked.
"""

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
from clonotrack.pgen.allowed_edits import Background, edits_for_errors, edits_for_length
from clonotrack.sequences import COMPLEMENT, I32, U8, Bool, N, Ragged, encode
from clonotrack.tables import SHORTEST_TARGET

if TYPE_CHECKING:
    import polars as pl


WINDOW = 40  # nt
WORD = 12  # nt of an exact match with germline


_PLACES = 4 ** np.arange(WORD - 1, -1, -1, dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Germline:
    """The words of `WORD` nt that the V and J segments of a reference hold, on both strands: numbers, sorted."""

    words: I32

    @classmethod
    def of(cls, reference: Reference) -> Germline:
        """The words of every V and J, Kde and intron included."""
        forward = encode("N".join({segment.sequence for segment in reference.segments if segment.kind != "D"}))
        both = np.concatenate([forward, [N], COMPLEMENT[forward[::-1]]])
        return cls(np.sort(_words(both)[np.convolve(both == N, np.ones(WORD), "valid") == 0]))

    def throughout(self, parts: Sequence[str]) -> Bool:
        """Which sequences, of at least `WORD` nt each, are germline in every word."""
        if not parts:
            return np.zeros(0, dtype=np.bool_)
        joined = Ragged.from_strings(parts)
        known = self._holds(joined.codes)
        first = joined.offsets[:-1]
        inside = np.arange(len(known)) + WORD <= np.repeat(joined.offsets[1:], joined.lengths)[: len(known)]
        germline: Bool = np.logical_and.reduceat(known | ~inside, first)
        return germline

    def _holds(self, codes: U8) -> Bool:
        """Whether each word of a sequence is one of them."""
        known: Bool = np.isin(_words(codes), self.words, kind="table")
        return known

    def window(self, sequence: str) -> tuple[int, int] | None:
        """Bounds, 0-based half-open, of what is looked for in a control; None where all of it is germline.

        METHOD: a calibrator may share its whole V and J with real rearrangements, and a read need not hold all of
        it. So the window of 40 nt with the fewest germline words is taken, the one in the middle of the first run
        of such windows: centred on the junction of a rearrangement, on the middle of any other sequence. The
        definition is ours; no published one was found.
        """
        width = min(WINDOW, len(sequence))
        known = self._holds(encode(sequence)).tolist()
        per_window = width - WORD + 1
        held = [sum(known[start : start + per_window]) for start in range(len(sequence) - width + 1)]
        fewest = min(held)
        if fewest == per_window:
            return None
        first = held.index(fewest)
        last = first
        while last + 1 < len(held) and held[last + 1] == fewest:
            last += 1
        middle = (first + last) // 2
        return middle, middle + width


def _words(codes: U8) -> I32:
    """The number of the word that begins at each base."""
    numbers: I32 = sliding_window_view(codes, WORD) @ _PLACES
    return numbers


@dataclass(frozen=True, slots=True)
class Target:
    """One sequence that is looked for.

    Attributes:
        target_id: the marker's or control's name.
        kind: marker or control.
        subject_id: the patient a marker belongs to; None for controls.
        locus: as the table states it.
        whole: the whole sequence, upper case.
        part: the stretch of `whole` that a read has to hold.
        wanted: edits that were asked for.
        edits: edits that are allowed, see `clonotrack.track.allowed_edits`.
        reason: why these are fewer; None where they are not.
        stated: the table or the settings say how many.
        system: of a marker, as its table states it; so junction and v_call.
        background_rate: of a marker, as its table states it or as the recombination model has it.
        start: 0-based place of `part` in `whole`.
        least_head: least bases of `part`, from its first on, of a read that ends inside; None: such a read is no hit.
        least_tail: least bases, up to its last, of a read that begins inside.
        apart: least substitutions of a read that is reported as evolved, more than `edits`.
        far: most substitutions of one that has the whole target; -1: none is.
        stem: 0-based first base of `part` behind the V; None where there is no V, or what follows is not specific.
        stem_edits: most substitutions in the stem of an evolved read.
    """

    target_id: str
    kind: Literal["marker", "control"]
    subject_id: str | None
    locus: str | None
    whole: str
    part: str
    wanted: int
    edits: int
    reason: str | None = None
    stated: bool = False
    system: str | None = None
    junction: str | None = None
    v_call: str | None = None
    background_rate: float | None = None
    start: int = 0
    least_head: int | None = None
    least_tail: int | None = None
    apart: int = 0
    far: int = -1
    stem: int | None = None
    stem_edits: int = -1


def marker_targets(
    markers: pl.DataFrame, settings: Track, background: Background, subject_id: str | None = None
) -> list[Target]:
    """The selected markers of a MARKERS frame, or of several under each other, in order.

    A row without `selected` is one that a laboratory wrote by hand: it is tracked. Without coordinates the whole
    sequence is the clone-specific part. The edits of another patient's marker are those that its table states; where it
    states none, they go by its length alone.

    Args:
        markers: MARKERS.
        settings: what edits have to allow for.
        background: tells how common a marker is.
        subject_id: the patient of the sample.

    Raises:
        TableError: a sequence or its coordinates cannot be tracked, or one id names two different targets.
    """
    found: dict[str, Target] = {}
    for row in markers.iter_rows(named=True):
        if row["selected"] is False:
            continue
        target = _marker(row, settings, background if row["subject_id"] == subject_id else None)
        known = found.setdefault(target.target_id, target)
        if known is not target and replace(known, whole=target.whole, start=target.start) != target:
            raise TableError(
                "MARKERS",
                "marker_id",
                f"{target.target_id!r} names two different targets: give every marker a name of its own",
            )
    return list(found.values())


def _marker(row: dict[str, Any], settings: Track, background: Background | None) -> Target:
    name, sequence = row["marker_id"], _letters("MARKERS", row["marker_id"], row["sequence"])
    start, end = row["target_start"], row["target_end"]
    if start is None and end is None:
        start, end = 1, len(sequence)
    if start is None or end is None or not 1 <= start <= end <= len(sequence):
        raise TableError(
            "MARKERS",
            "target_start" if start is None or not 1 <= start <= len(sequence) else "target_end",
            f"marker {name!r} has its clone-specific part from {start} to {end} of {len(sequence)} nt: "
            "give both positions, inside the sequence, or none",
        )
    if end - start + 1 < SHORTEST_TARGET:
        raise TableError(
            "MARKERS",
            "target_end",
            f"the clone-specific part of marker {name!r} has {end - start + 1} nt and at least {SHORTEST_TARGET} are "
            "needed to tell it from other sequences: lengthen it or deselect the marker",
        )
    part = sequence[start - 1 : end]
    stated = settings.max_edits if row["max_edits"] is None else row["max_edits"]
    if stated is not None and stated < 0:
        raise TableError("MARKERS", "max_edits", f"marker {name!r} has {stated} edits: give 0 or more")
    system, junction = row["system"] or row["locus"], row["junction"]
    return Target(
        *(name, "marker", row["subject_id"], row["locus"], sequence, part),
        **_edits(part, stated, settings, background, system, junction),
        system=system,
        junction=junction,
        v_call=row["v_call"],
        background_rate=row["background_rate"],
        start=start - 1,
    )


def _edits(
    part: str,
    stated: int | None,
    settings: Track,
    background: Background | None = None,
    system: str | None = None,
    junction: str | None = None,
) -> dict[str, Any]:
    """The edits that are stated or, else, that the part's length asks for and its background allows; and why."""
    edits, reason = edits_for_length(len(part), settings, stated)
    if stated is not None:
        return {"wanted": stated, "edits": edits, "reason": reason, "stated": True}
    wanted = edits_for_errors(len(part), settings.error_rate)
    if background is not None:
        judged = background.judge(part, system, junction, settings, edits)
        edits, reason = judged.edits, judged.reason or reason
    return {"wanted": wanted, "edits": edits, "reason": reason}


def refuse_germline(targets: Sequence[Target], germline: Germline) -> None:
    """Stop at a marker that says nothing of a clone: its part is germline V or J, as in any healthy cell.

    Raises:
        TableError: names the marker.
    """
    throughout = germline.throughout([target.part for target in targets])
    for target in compress(targets, throughout.tolist()):
        message = (
            f"the clone-specific part of marker {target.target_id!r} is germline V or J throughout, as healthy "
            "cells have it: give the junction too"
        )
        raise TableError("MARKERS", "sequence", message)


def control_targets(controls: pl.DataFrame, germline: Germline, settings: Track) -> list[Target]:
    """The controls of a CONTROLS frame, in order, each with the window that is looked for.

    Raises:
        TableError: a sequence is too short, holds other letters or is germline throughout, or an id repeats.
    """
    found: dict[str, Target] = {}
    for row in controls.iter_rows(named=True):
        name, sequence = row["control_id"], _letters("CONTROLS", row["control_id"], row["sequence"])
        if len(sequence) < SHORTEST_TARGET:
            message = f"control {name!r} has {len(sequence)} nt, fewer than {SHORTEST_TARGET}: give all of it"
            raise TableError("CONTROLS", "sequence", message)
        window = germline.window(sequence)
        if window is None:
            message = f"control {name!r} is germline V or J throughout, as any other read may be: give its junction too"
            raise TableError("CONTROLS", "sequence", message)
        part = sequence[slice(*window)]
        edits = _edits(part, settings.max_edits, settings)
        target = Target(name, "control", None, row["locus"], sequence, part, **edits, start=window[0])
        if found.setdefault(name, target) != target:
            message = f"{name!r} names two different controls: give every control a name of its own"
            raise TableError("CONTROLS", "control_id", message)
    return list(found.values())


def _letters(table: str, name: str, sequence: str) -> str:
    upper = sequence.upper()
    if odd := set(upper.strip("ACGT")) - set("ACGT"):
        message = f"{name!r} holds {min(odd)!r}, and what is tracked is made of A, C, G and T: correct the sequence"
        raise TableError(table, "sequence", message)
    return upper
