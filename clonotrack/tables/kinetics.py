"""The table of a patient's course."""

from __future__ import annotations

from clonotrack.tables.schema import CALLS, SUBJECT, Table, column

BOUNDS = ("at_least", "at_most")
_PER_CELL = "clone cells per nucleated cell"

KINETICS = Table(
    "KINETICS",
    "How a patient's MRD moved: each sample beside those before it of the same tissue. What was not detected is less "
    "than its LoD, never zero.",
    (
        SUBJECT,
        column("marker_id", "str", "the marker, or `combined`"),
        column("tissue", "str", "what was sampled", null=True),
        column("sample_id", "str", "the later sample"),
        column("previous_sample_id", "str", "the last one before it that did not fail"),
        column("day", "float", "day of the later sample", "days"),
        column("days_between", "float", "days since the sample before", "days"),
        column("log10_change", "float", "log10 of the ratio, later to earlier", null=True),
        column("change_bound", "str", "the change is at least, or at most, that", null=True, values=BOUNDS),
        column("log10_reduction", "float", "log10 of the ratio, first baseline to this sample", null=True),
        column("reduction_bound", "str", "the reduction is at least that", null=True, values=BOUNDS),
        column("lowest", "float", "lowest level before it, the LoD where nothing was detected", _PER_CELL, null=True),
        column("rise", "bool", "positive, at ten times `lowest` or more"),
        column("doubling_days", "float", "doubling time since the sample before", "days", null=True),
        column("doubling_low", "float", "lower 95 % limit of doubling_days", "days", null=True),
        column("doubling_high", "float", "upper 95 % limit of doubling_days", "days", null=True),
        column("days_to_negativity", "float", "from the first baseline to the first negative", "days", null=True),
        column("days_positive", "float", "from the first baseline to the last positive before it", "days", null=True),
        column("negative_since", "float", "first day of the negatives without a positive since", "days", null=True),
        column("sustained", "bool", "negative for as long as the settings ask for"),
        column("call", "str", "call of the later sample", values=CALLS),
    ),
    key=("marker_id", "sample_id"),
)
