"""Reads of known truth: repertoires, dilution series with controls and calibrators, single annotated reads.

The flow of one tube, a file each::

    plan -> clone, repertoire, calibrators  (recombination, junctions, hypermutation)
         -> tube: amplification -> sequencing -> truth

Everything is drawn from the model that `quantify` assumes (docs/simulate.md); a seed fixes every byte.
"""

from __future__ import annotations

from clonotrack.simulate.known_reads import known_reads, read_truth
from clonotrack.simulate.plan import Plan, parse_plan
from clonotrack.simulate.series import Series
from clonotrack.simulate.tube import Tube, named
from clonotrack.simulate.write import (
    controls_name,
    controls_table,
    markers_table,
    samples_table,
    settings,
    write_known_reads,
    write_series,
)

__all__ = [
    "Plan",
    "Series",
    "Tube",
    "controls_name",
    "controls_table",
    "known_reads",
    "markers_table",
    "named",
    "parse_plan",
    "read_truth",
    "samples_table",
    "settings",
    "write_known_reads",
    "write_series",
]
