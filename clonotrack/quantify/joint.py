"""The process of a row: its markers in its tubes, with what each leaves open, as one law of counts."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from math import hypot, sqrt

from clonotrack.quantify.look import Look
from clonotrack.quantify.nuisance import Spread
from clonotrack.quantify.process import Process, Tube
from clonotrack.quantify.seen import seeing
from clonotrack.quantify.surroundings import Surroundings


def process_of(looks: Sequence[Look], surroundings: Surroundings, specimen: float) -> Process:
    """What the counts of these looks, all with a way to molecules and cells, are drawn from.

    Args:
        looks: markers in tubes.
        surroundings: what the other tubes tell.
        specimen: cells of all tubes of the sample; a tube is that part of the DNA where the sheet does not say more.
    """
    by_tube: dict[int, list[Look]] = {}
    for look in looks:
        by_tube.setdefault(id(look.assay), []).append(look)
    tubes = tuple(_tube(seen, surroundings, specimen) for seen in by_tube.values())
    return Process(tubes, _spread(looks, surroundings))


def _tube(looks: Sequence[Look], surroundings: Surroundings, specimen: float) -> Tube:
    assay = looks[0].assay
    return Tube(
        cells=looks[0].cells,
        markers=tuple(seeing(assay, look.marker_id, look.known, look.copies) for look in looks),
        background=tuple(surroundings.background(look.marker_id).rate for look in looks),
        carry_over=tuple(surroundings.carry_over(look.marker_id, assay) for look in looks),
        aliquot=assay.aliquot or looks[0].cells / specimen,
    )


def _spread(looks: Sequence[Look], surroundings: Surroundings) -> Spread:
    """What is not known of the counts per molecule, over all looks.

    METHOD: errors of one source (a set of calibrators, the cells of a tube, the efficiency of a marker's sequence) are
    common to all counts that rest on it and add up linearly; different sources are independent and add in quadrature.
    """
    weights = [look.cells * look.copies * look.known.reads_per_copy for look in looks]
    shares = [weight / sum(weights) for weight in weights]
    pairs = list(zip(looks, shares, strict=True))
    counting = _quadrature((look.known.source, share, look.known.log_sd) for look, share in pairs)
    cells = _quadrature((id(look.assay), share, look.cells_log_sd) for look, share in pairs)
    markers = _quadrature((look.marker_id, share, 1.0) for look, share in pairs)
    efficiency, _ = surroundings.efficiency(looks[0].assay, looks[0].known)
    return Spread(hypot(counting, cells), efficiency, len(looks[0].known.points), own=markers**2)


def _quadrature(parts: Iterable[tuple[Hashable, float, float]]) -> float:
    """Standard deviation of a sum of (source, share, deviation), where those of one source go together."""
    sums: dict[Hashable, float] = {}
    for source, share, deviation in parts:
        sums[source] = sums.get(source, 0.0) + share * deviation
    return sqrt(sum(value**2 for value in sums.values()))
