"""Declarations of all tables: columns, types, units, meanings and keys.

Each table is declared once. Stages check their results with `check`; the documentation is made from the declarations.
A column has its AIRR name if the AIRR Rearrangement schema defines this column.
"""

from clonotrack.tables.clinical import (
    COHORT,
    COMBINED,
    CONTROL_CHECKS,
    CROSS_SAMPLE,
    HITS,
    KINETICS,
    MARKERS,
    MARKERS_REQUIRED,
    MRD,
    QC,
    SHORTEST_TARGET,
    TUBE,
)
from clonotrack.tables.flags import FAILURES, FLAGS
from clonotrack.tables.inputs import CONTROLS, CONTROLS_REQUIRED, SAMPLES, SAMPLES_REQUIRED
from clonotrack.tables.molecular import CLONOTYPES, REARRANGEMENTS, SEQUENCES
from clonotrack.tables.schema import CALLS, LOCI, MATCH_CLASSES, ROLES, SYSTEMS, TOTALS, Column, Table, check
from clonotrack.tables.truth import READ_TRUTH, TRUTH

TABLES = (
    SEQUENCES,
    REARRANGEMENTS,
    CLONOTYPES,
    MARKERS,
    CONTROLS,
    HITS,
    MRD,
    COHORT,
    CONTROL_CHECKS,
    CROSS_SAMPLE,
    KINETICS,
    QC,
    SAMPLES,
    TRUTH,
    READ_TRUTH,
)

__all__ = [
    "CALLS",
    "CLONOTYPES",
    "COHORT",
    "COMBINED",
    "CONTROLS",
    "CONTROLS_REQUIRED",
    "CONTROL_CHECKS",
    "CROSS_SAMPLE",
    "FAILURES",
    "FLAGS",
    "HITS",
    "KINETICS",
    "LOCI",
    "MARKERS",
    "MARKERS_REQUIRED",
    "MATCH_CLASSES",
    "MRD",
    "QC",
    "READ_TRUTH",
    "REARRANGEMENTS",
    "ROLES",
    "SAMPLES",
    "SAMPLES_REQUIRED",
    "SEQUENCES",
    "SHORTEST_TARGET",
    "SYSTEMS",
    "TABLES",
    "TOTALS",
    "TRUTH",
    "TUBE",
    "Column",
    "Table",
    "check",
]
