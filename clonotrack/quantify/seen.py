"""How a marker is seen in a tube, and its count there: from what was measured to the terms of the model."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from clonotrack.quantify.roots import crossing
from clonotrack.quantify.severity import Seeing, seen_share

if TYPE_CHECKING:
    from clonotrack.quantify.assay import Assay, Yield

_DEEPEST = 1e4
_SHALLOWEST = 1e-3


def seeing(assay: Assay, marker_id: str, found: Yield, copies: float = 1.0) -> Seeing:
    """How a marker of `copies` molecules in a clone cell is seen in a tube.

    By reads rho = a / c. By UMI the depth comes from the reads of the molecules that were seen, and a capture that was
    measured by the UMIs of calibrators has the unseen in it already. Each tagged strand is a molecule of its own.

    METHOD: a marker that is allowed few edits loses a share of its reads to errors (`matching_loss` in HITS), whatever
    molecule they come from: its depth is that much lower. Calibrators, long and unlike all else, lose next to none.
    """
    kept = 1.0 - assay.observed.losses.get(marker_id, 0.0)
    capture, dispersion = found.capture.value, assay.dispersion
    if found.counting != "umi":
        return Seeing(kept * found.reads_per_copy / capture, dispersion, capture, copies)
    rho = depth(found.reads_per_umi or _DEEPEST, dispersion)
    if found.capture.source == "calibrators":
        capture = found.reads_per_copy / found.strands / seen_share(rho, dispersion)
    return Seeing(kept * rho, dispersion, capture, copies * found.strands, umi=True)


def count_of(assay: Assay, marker_id: str, found: Yield | str) -> int:
    """Molecules by UMI where they are counted so, else reads."""
    by_umi = not isinstance(found, str) and found.counting == "umi"
    return assay.observed.umis[marker_id] if by_umi else assay.observed.markers[marker_id]


@lru_cache(maxsize=4096)
def depth(reads_per_seen: float, dispersion: float) -> float:
    """Reads per captured molecule, from the mean reads of those that have any: rho / P(any)."""
    if reads_per_seen <= _mean_of_seen(_SHALLOWEST, dispersion):
        return _SHALLOWEST
    if reads_per_seen >= _DEEPEST:
        return _DEEPEST
    return crossing(lambda rho: -_mean_of_seen(rho, dispersion), -reads_per_seen, reads_per_seen)


def _mean_of_seen(rho: float, dispersion: float) -> float:
    return rho / seen_share(rho, dispersion)
