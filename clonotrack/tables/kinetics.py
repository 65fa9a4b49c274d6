"""The table of a patient's course."""

from __future__ import annotations

from clonotrack.tables.schema import CALLS, SUBJECT, Table, column

KINETICS = Table(
    "KINETICS",
    "How a patient's MRD moved between successive samples.",
    (
        SUBJECT,
        column("marker_id", "str", "the marker, or `combined`"),
        column("sample_id", "str", "the later sample"),
        column("previous_sample_id", "str", "the sample before it"),
        column("day", "float", "day of the later sample", "days", null=True),
        column("days_between", "float", "days since the sample before", "days", null=True),
        column(
            "log10_change",
            "float",
            "log10 of the ratio, later to earlier; empty where one of them is zero",
            null=True,
        ),
        column("call", "str", "call of the later sample", values=CALLS),
    ),
    key=("marker_id", "sample_id"),
)
