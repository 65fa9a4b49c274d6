"""Find the clonotypes that are controls, which were put into the tube."""

from __future__ import annotations

import polars as pl

from clonotrack.cluster.kernels.find_substrings import find_substrings
from clonotrack.sequences import Ragged, reverse_complement


def control_ids(key_regions: pl.Series, controls: pl.DataFrame | None, max_distance: int) -> pl.Series:
    """Find the control that contains each key region, on either strand.

    Args:
        key_regions: key region of each clonotype, upper case, shape (n,).
        controls: CONTROLS of the tube; None if the tube has no controls.
        max_distance: most substitutions between a key region and the control that contains it.

    Returns:
        `control_id` of the control with the fewest substitutions, shape (n,); null if no control contains the key
        region.
    """
    if controls is None or not controls.height:
        return pl.Series([None] * len(key_regions), dtype=pl.String)
    forward = controls["sequence"].str.to_uppercase().to_list()
    regions = Ragged.from_strings(key_regions)
    strands = Ragged.from_strings([*forward, *map(reverse_complement, forward)])
    indices = find_substrings(regions.codes, regions.offsets, strands.codes, strands.offsets, max_distance)
    names = controls["control_id"].to_list() * 2
    return pl.Series([names[index] if index >= 0 else None for index in indices.tolist()], dtype=pl.String)
