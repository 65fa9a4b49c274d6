"""Make the sequences of spike-in calibrators: germline V and J, joined by random bases that no cell has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clonotrack.germline import Reference
from clonotrack.sequences import decode
from clonotrack.simulate.random_streams import FIXED_SEED, random_stream
from clonotrack.simulate.rearrangement import Rearrangement, join_segments
from clonotrack.simulate.recombine import draw_genotype

INSERTED_LENGTH = 36  # random nt between V and J; a cell has the same bases with probability 4^-36


@dataclass(frozen=True, slots=True)
class Calibrator:
    """Hold a calibrator: its identifier, its sequence, and the number of its molecules in every tube (`copies`)."""

    control_id: str
    rearrangement: Rearrangement
    copies: int


def make_calibrators(reference: Reference, loci: Sequence[str], per_locus: int, copies: int) -> tuple[Calibrator, ...]:
    """Make the calibrators of the given loci.

    The calibrators do not depend on the seed: they are the same in every simulation, as a purchased set would be.

    Args:
        reference: segments to draw from.
        loci: loci of the calibrators.
        per_locus: number of different calibrators of each locus.
        copies: molecules of each calibrator in a tube.
    """
    return tuple(
        Calibrator(f"cal-{locus}-{number}", _draw_calibrator(reference, locus, number), copies)
        for locus in loci
        for number in range(1, per_locus + 1)
    )


def _draw_calibrator(reference: Reference, locus: str, number: int) -> Rearrangement:
    rng = random_stream(FIXED_SEED, "calibrator", locus, str(number))
    genotype = draw_genotype(reference, locus, rng)
    v = genotype.v.segments[int(genotype.v.draw(1, rng)[0])]
    j = genotype.j.segments[int(genotype.j.draw(1, rng)[0])]
    inserted = decode(rng.integers(0, 4, INSERTED_LENGTH).astype("uint8"))
    return join_segments(v, None, j, locus, (v.sequence, inserted, "", "", j.sequence))
