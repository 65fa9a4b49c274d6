"""Decide how many edits a read of a marker may have, from its length, sequencing errors and generation probability."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np

from clonotrack.config import Track
from clonotrack.germline import Reference
from clonotrack.pgen.kernels import SEED_LENGTH, RecombinationModel
from clonotrack.pgen.model import (
    generation_probability,
    rearrangements_per_cell,
    recombination_model,
    selection_factor,
)
from clonotrack.sequences import F64, translate

MIN_EDITS = 2
MAX_LOSS = 0.001
"""Largest share of a marker's reads that errors may take beyond the allowed edits."""

# METHOD: for each rearrangement one substitution away from a sequence, one more is an inserted or missing base away.
# Measured on simulated rearrangements of TRG, IGK and TRA: the factor is 1.8 to 2.3 for each of 1 to 3 edits.
INDEL_FACTOR = 2.0
_MAX_UNDONE = 3  # edits beyond the allowed ones that errors may undo; more is too rare to count


@dataclass(frozen=True, slots=True)
class AllowedEdits:
    """Edits that reads of a marker may have, and what other cells carry within them.

    Attributes:
        max_edits: most edits of a read.
        background_rate: molecules within `max_edits` per nucleated cell of people without the clone; None without a
            model.
        reason: why the edits are fewer than asked for; None if they are not.
    """

    max_edits: int
    background_rate: float | None
    reason: str | None = None


def matching_loss(length: int, max_edits: int, error_rate: float) -> float:
    """Compute the share of reads with more than `max_edits` errors in a stretch of `length` nt (binomial)."""
    kept = [comb(length, k) * error_rate**k * (1 - error_rate) ** (length - k) for k in range(max_edits + 1)]
    return max(0.0, 1.0 - sum(kept))


def edits_for_errors(length: int, error_rate: float, max_loss: float = MAX_LOSS) -> int:
    """Find the fewest edits, at least 2, with a `matching_loss` of at most `max_loss`."""
    edits = MIN_EDITS
    while matching_loss(length, edits, error_rate) > max_loss:
        edits += 1
    return edits


def edits_for_length(length: int, settings: Track, stated: int | None = None) -> tuple[int, str | None]:
    """Decide the edits of a stretch of `length` nt, before its generation probability is considered.

    The edits are those that are stated, else those of the settings, else those of `edits_for_errors`. The search needs
    one seed of `SEED_LENGTH` nt more than there are edits, which limits them.

    Args:
        length: of the clone-specific part [nt].
        settings: of the stage.
        stated: `max_edits` of the marker's row.

    Returns:
        The edits, and why they are fewer than asked for (None if they are not).
    """
    wanted = settings.max_edits if stated is None else stated
    wanted = edits_for_errors(length, settings.error_rate) if wanted is None else wanted
    room = length // SEED_LENGTH - 1
    return (wanted, None) if wanted <= room else (room, f"{length} nt have room for no more than {room} edits")


class GenerationModels:
    """Recombination models of all systems of a reference; each is built when it is first needed."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._models: dict[str, RecombinationModel | None] = {}

    def shares_by_distance(self, part: str, system: str | None, junction: str | None, max_distance: int) -> F64 | None:
        """Compute the share of a system's reads in other people that are 0, 1, .. `max_distance` edits from `part`.

        Args:
            part: clone-specific part.
            system: as in MARKERS.
            junction: its reading frame says whether the rearrangement is productive; None counts as productive.
            max_distance: edits.

        Returns:
            Shape (max_distance + 1,); None if there is no model for the system.
        """
        if system is not None and system not in self._models:
            self._models[system] = recombination_model(self._reference, system)
        model = self._models.get(system or "")
        if model is None or system is None:
            return None
        shares = generation_probability(part, model, max_distance) * INDEL_FACTOR ** np.arange(max_distance + 1)
        return shares * selection_factor(system, productive=is_productive(junction))

    def allowed_edits(
        self, part: str, system: str | None, junction: str | None, settings: Track, wanted: int
    ) -> AllowedEdits:
        """Find the most edits, up to `wanted`, at which matching errors stay below `false_hit_rate`.

        METHOD: a matching error is a read that is counted although its own junction is more edits away than allowed,
        because sequencing errors brought it closer. Let e edits be allowed. A rearrangement d > e edits away becomes a
        matching error if d - e of its d differences are undone. Only substitutions can be undone, each by one of three
        wrong bases. Edits are removed from the last until the rate is at most `false_hit_rate`. Edits that the settings
        state are kept. The rule is ours.

        Args:
            part: clone-specific part.
            system: as in MARKERS.
            junction: see `shares_by_distance`.
            settings: of the stage.
            wanted: edits that length and errors ask for.
        """
        shares = self.shares_by_distance(part, system, junction, wanted + _MAX_UNDONE)
        if shares is None or system is None:
            return AllowedEdits(wanted, None)
        errors = [matching_error_rate(shares, edits, settings.error_rate) for edits in range(wanted + 1)]
        allowed = [edits for edits, rate in enumerate(errors) if rate <= settings.false_hit_rate]
        edits = wanted if settings.max_edits is not None else max(allowed, default=0)
        background_rate = float(shares[: edits + 1].sum()) * rearrangements_per_cell(system)
        reason = None
        if edits < wanted:
            reason = f"with {edits + 1} edits {errors[edits + 1]:.1g} of background reads would be matching errors"
        return AllowedEdits(edits, background_rate, reason)


def matching_error_rate(shares: F64, max_edits: int, error_rate: float) -> float:
    """Compute the share of background reads that sequencing errors bring from farther away to within `max_edits`.

    Args:
        shares: of background reads by their distance.
        max_edits: allowed edits.
        error_rate: wrong bases per base.
    """
    undone = error_rate / 3 / INDEL_FACTOR
    distances = range(max_edits + 1, len(shares))
    return float(sum(shares[d] * comb(d, d - max_edits) * undone ** (d - max_edits) for d in distances))


def is_productive(junction: str | None) -> bool:
    """Report whether a junction is in frame and has no stop codon; an unknown junction counts as productive."""
    return junction is None or (len(junction) % 3 == 0 and "*" not in translate(junction))
