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
"""Fewest edits that sequencing errors require."""
MAX_LOSS = 0.001
"""Largest share of a marker's reads that may have more errors than the allowed edits."""

# METHOD: there are about as many rearrangements one inserted or missing base away from a sequence as there are one
# substitution away, so each edit doubles the number. Measured on simulated rearrangements of TRG, IGK and TRA, the
# factor is 1.8 to 2.3 for each of 1 to 3 edits.
INDEL_FACTOR = 2.0
_MAX_UNDONE = 3  # most edits of one read that sequencing errors undo; to undo more is too rare to count


@dataclass(frozen=True, slots=True)
class AllowedEdits:
    """Allowed edits of a marker, and how often other cells carry a sequence within these edits.

    Attributes:
        max_edits: most edits of a read that counts for the marker.
        background_rate: molecules within `max_edits` of the marker, per nucleated cell of people without the clone;
            None if there is no recombination model for the marker's system.
        reason: why the edits are fewer than requested; None if they are not fewer.
    """

    max_edits: int
    background_rate: float | None
    reason: str | None = None


def matching_loss(length: int, max_edits: int, error_rate: float) -> float:
    """Compute the share of reads with more than `max_edits` errors in `length` nt (binomial).

    Args:
        length: length of the clone-specific part [nt].
        max_edits: allowed edits.
        error_rate: errors per base.
    """
    kept = [comb(length, k) * error_rate**k * (1 - error_rate) ** (length - k) for k in range(max_edits + 1)]
    return max(0.0, 1.0 - sum(kept))


def edits_for_errors(length: int, error_rate: float, max_loss: float = MAX_LOSS) -> int:
    """Find the fewest edits, at least `MIN_EDITS`, at which `matching_loss` is at most `max_loss`."""
    edits = MIN_EDITS
    while matching_loss(length, edits, error_rate) > max_loss:
        edits += 1
    return edits


def edits_for_length(length: int, settings: Track, stated: int | None = None) -> tuple[int, str | None]:
    """Decide the edits of a clone-specific part from its length, before its generation probability is considered.

    The requested edits are `stated`; if that is None, `track.max_edits`; if that is not set, those of
    `edits_for_errors`. To find a read with e edits, the search needs e + 1 seeds of `SEED_LENGTH` nt that do not
    overlap, so a short part is allowed fewer edits.

    Args:
        length: length of the clone-specific part [nt].
        settings: settings of the stage track.
        stated: `max_edits` of the marker in MARKERS; None if not stated.

    Returns:
        The edits; and why they are fewer than requested, None if they are not fewer.
    """
    wanted = settings.max_edits if stated is None else stated
    wanted = edits_for_errors(length, settings.error_rate) if wanted is None else wanted
    room = length // SEED_LENGTH - 1
    return (wanted, None) if wanted <= room else (room, f"{length} nt have room for no more than {room} edits")


class GenerationModels:
    """Recombination models of all systems of a reference; each model is built when it is first needed."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._models: dict[str, RecombinationModel | None] = {}

    def shares_by_distance(self, part: str, system: str | None, junction: str | None, max_distance: int) -> F64 | None:
        """Compute how many of a system's reads in people without the clone are 0, 1, .. edits from a sequence.

        Args:
            part: clone-specific part of the marker.
            system: system of the marker, as in MARKERS; None if not known.
            junction: junction of the marker, which decides whether the rearrangement is productive; None counts as
                productive.
            max_distance: most edits.

        Returns:
            Shape (max_distance + 1,); element d is the share of reads d edits away. None without a model of the system.
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

        METHOD: a matching error is a read that is counted although its cell's rearrangement is more edits away than
        allowed, because sequencing errors brought the read closer. Let e edits be allowed. A read of a rearrangement
        d > e edits away becomes a matching error if errors undo d - e of the d differences. Only substitutions can be
        undone, each by one of the three wrong bases. The allowed edits are the largest number up to `wanted` at which
        the rate of matching errors is at most `false_hit_rate`. If the settings state `max_edits`, it is not lowered.
        The rule is ours.

        Args:
            part: clone-specific part of the marker.
            system: system of the marker, as in MARKERS; None if not known.
            junction: see `shares_by_distance`.
            settings: settings of the stage track.
            wanted: edits that length and sequencing errors allow.
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
    """Compute the share of background reads that sequencing errors bring to within `max_edits` of a marker.

    Background reads are reads of cells without the clone.

    Args:
        shares: share of background reads whose rearrangement is 0, 1, .. edits away, from `shares_by_distance`.
        max_edits: allowed edits.
        error_rate: sequencing errors per base.
    """
    undone = error_rate / 3 / INDEL_FACTOR
    distances = range(max_edits + 1, len(shares))
    return float(sum(shares[d] * comb(d, d - max_edits) * undone ** (d - max_edits) for d in distances))


def is_productive(junction: str | None) -> bool:
    """Check whether a junction is in frame and has no stop codon; None (not known) counts as productive."""
    return junction is None or (len(junction) % 3 == 0 and "*" not in translate(junction))
