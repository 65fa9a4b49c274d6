"""Simulate reads whose origin is known: dilution series with controls and calibrators, or reads to test annotation.

The modules in the order in which a tube is simulated::

    plan -> markers, repertoire, calibrators    (recombine, hypermutation -> rearrangement)
         -> tube: pcr -> sequencer -> truth -> write

All numbers are drawn from the model that `quantify` assumes (docs/simulate.md). Equal seeds give equal files.
"""

from __future__ import annotations

from clonotrack.simulate.labelled_reads import read_truth_table, simulate_labelled_reads
from clonotrack.simulate.plan import Plan, parse_plan
from clonotrack.simulate.series import Series
from clonotrack.simulate.tube import SimulatedTube, name_reads
from clonotrack.simulate.write import (
    analysis_settings,
    controls_name,
    controls_table,
    markers_table,
    samples_table,
    write_labelled_reads,
    write_series,
)

__all__ = [
    "Plan",
    "Series",
    "SimulatedTube",
    "analysis_settings",
    "controls_name",
    "controls_table",
    "markers_table",
    "name_reads",
    "parse_plan",
    "read_truth_table",
    "samples_table",
    "simulate_labelled_reads",
    "write_labelled_reads",
    "write_series",
]
