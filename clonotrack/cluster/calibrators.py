"""Which clonotypes are controls that were put into the tube."""

from __future__ import annotations

import polars as pl

from clonotrack.kernels.occurrences import occurrences
from clonotrack.sequence import Ragged, reverse_complement


def control_ids(key_regions: pl.Series, controls: pl.DataFrame | None, max_distance: int) -> pl.Series:
    """The control that holds each key region, on either strand, with up to `max_distance` substitutions; else null.

    Args:
        key_regions: upper case.
        controls: CONTROLS, or None.
        max_distance: substitutions.
    """
    if controls is None or not controls.height:
        return pl.Series([None] * len(key_regions), dtype=pl.String)
    forward = controls["sequence"].str.to_uppercase().to_list()
    regions = Ragged.from_strings(key_regions)
    both = Ragged.from_strings([*forward, *map(reverse_complement, forward)])
    found = occurrences(regions.codes, regions.offsets, both.codes, both.offsets, max_distance)
    names = controls["control_id"].to_list() * 2
    return pl.Series([names[place] if place >= 0 else None for place in found.tolist()], dtype=pl.String)
