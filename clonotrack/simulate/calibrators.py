"""Spike-in calibrators: real V and J around a junction that no cell has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clonotrack.germline import Reference
from clonotrack.sequence import decode
from clonotrack.simulate.rearrangement import Rearrangement, join
from clonotrack.simulate.recombination import inherit
from clonotrack.simulate.streams import FIXED, stream

JUNCTION_NT = 36  # random nt between V and J: shared with a cell by chance once in 4^36


@dataclass(frozen=True, slots=True)
class Calibrator:
    """One calibrator and the molecules of it that go into every tube."""

    control_id: str
    rearrangement: Rearrangement
    copies: int


def calibrators(reference: Reference, loci: Sequence[str], per_locus: int, copies: int) -> tuple[Calibrator, ...]:
    """The set for these loci, the same in every simulation: a laboratory buys it once."""
    return tuple(
        Calibrator(f"cal-{locus}-{number}", _calibrator(reference, locus, number), copies)
        for locus in loci
        for number in range(1, per_locus + 1)
    )


def _calibrator(reference: Reference, locus: str, number: int) -> Rearrangement:
    rng = stream(FIXED, "calibrator", locus, str(number))
    germline = inherit(reference, locus, rng)
    v = germline.v.segments[int(germline.v.draw(1, rng)[0])]
    j = germline.j.segments[int(germline.j.draw(1, rng)[0])]
    inserted = decode(rng.integers(0, 4, JUNCTION_NT).astype("uint8"))
    return join(v, None, j, locus, (v.sequence, inserted, "", "", j.sequence))
