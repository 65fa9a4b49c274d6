"""How many edits a read of a marker may have, what that costs, and how often other cells carry what it then matches."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np

from clonotrack.config import Track
from clonotrack.germline import Reference
from clonotrack.pgen.kernels import PIECE, Recombination
from clonotrack.pgen.model import copies_per_cell, enrichment, per_rearrangement, recombination
from clonotrack.sequences import F64, translate

LEAST_EDITS = 2
MOST_LOSS = 0.001
"""Share of a marker's reads that may be lost to errors before one more edit is asked for."""

# METHOD: for every rearrangement one substitution away from a sequence there is another one inserted or missing base
# away (measured on simulated rearrangements of TRG, IGK and TRA: 1.8 to 2.3 in all for each of 1 to 3 edits).
NEIGHBOURS = 2.0
_BEYOND = 3  # edits beyond those allowed that errors may undo; more is too rare to count


@dataclass(frozen=True, slots=True)
class Judged:
    """What the recombination model says of a stretch of sequence.

    Attributes:
        edits: that a read may have.
        background_rate: molecules per nucleated cell of other people that are within so many; None without a model.
        reason: why there are fewer edits than its length asks for; None where there are not.
    """

    edits: int
    background_rate: float | None
    reason: str | None = None


def loss(length: int, edits: int, error_rate: float) -> float:
    """Share of reads of a stretch of `length` nt with more than `edits` errors, each base on its own."""
    kept = [comb(length, k) * error_rate**k * (1 - error_rate) ** (length - k) for k in range(edits + 1)]
    return max(0.0, 1.0 - sum(kept))


def edits_for_errors(length: int, error_rate: float, most: float = MOST_LOSS) -> int:
    """The fewest edits, 2 or more, that lose no more than this share of the reads of a stretch of `length` nt."""
    edits = LEAST_EDITS
    while loss(length, edits, error_rate) > most:
        edits += 1
    return edits


def edits_for_length(length: int, settings: Track, stated: int | None = None) -> tuple[int, str | None]:
    """Edits that a stretch of `length` nt is to be allowed, and why these are fewer than its errors ask for, if so.

    As many as are stated or the settings say, else as `edits_for_errors` has it; and one for every `PIECE` nt after the
    first, which is what the search needs to find a read in any case.
    """
    wanted = settings.max_edits if stated is None else stated
    wanted = edits_for_errors(length, settings.error_rate) if wanted is None else wanted
    room = length // PIECE - 1
    return (wanted, None) if wanted <= room else (room, f"{length} nt have room for no more than {room} edits")


class Background:
    """Random rearrangements of all systems, as a reference makes them; a model is made when it is first asked for."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._models: dict[str, Recombination | None] = {}

    def near(self, part: str, system: str | None, junction: str | None, most: int) -> F64 | None:
        """Share of the system's reads in other people that are 0, 1, .. `most` edits from `part`; None without a model.

        Args:
            part: the stretch.
            system: as in MARKERS.
            junction: tells whether the rearrangement is productive; without one it is taken for productive.
            most: edits.
        """
        if system is not None and system not in self._models:
            self._models[system] = recombination(self._reference, system)
        model = self._models.get(system or "")
        if model is None or system is None:
            return None
        found = per_rearrangement(part, model, most) * NEIGHBOURS ** np.arange(most + 1)
        return found * enrichment(system, productive=is_productive(junction))

    def judge(self, part: str, system: str | None, junction: str | None, settings: Track, wanted: int) -> Judged:
        """The most edits, up to `wanted`, with which matching errors stay as rare as the settings ask for.

        METHOD: a matching error is a read that is counted although its own junction is more edits away than allowed,
        as errors of sequencing have brought it near. With e edits, a rearrangement d edits away becomes one if d - e of
        its d differences are undone, which have to be substitutions, each by one of three wrong bases. The last edit is
        taken away until that is rarer than `false_hit_rate`. Edits that the settings state stay. The rule is ours.
        """
        most = wanted + _BEYOND
        near = self.near(part, system, junction, most)
        if near is None or system is None:
            return Judged(wanted, None)
        errors = [matching_errors(near, edits, settings.error_rate) for edits in range(wanted + 1)]
        allowed = [edits for edits, rate in enumerate(errors) if rate <= settings.false_hit_rate]
        edits = wanted if settings.max_edits is not None else max(allowed, default=0)
        rate = float(near[: edits + 1].sum()) * copies_per_cell(system)
        reason = None
        if edits < wanted:
            reason = f"with {edits + 1} edits {errors[edits + 1]:.1g} of background reads would be matching errors"
        return Judged(edits, rate, reason)


def matching_errors(near: F64, edits: int, error_rate: float) -> float:
    """Share of background reads farther than `edits` away that errors of sequencing bring within them.

    Args:
        near: share of background reads by their distance.
        edits: that are allowed.
        error_rate: wrong bases, per base.
    """
    undone = error_rate / 3 / NEIGHBOURS
    return float(sum(near[d] * comb(d, d - edits) * undone ** (d - edits) for d in range(edits + 1, len(near))))


def is_productive(junction: str | None) -> bool:
    """Whether a junction is in frame and without stop codon; one that is not known is taken for such."""
    return junction is None or (len(junction) % 3 == 0 and "*" not in translate(junction))
