"""The tables of the clinical side: markers, hits, MRD and what is told beside it.

The table of a patient's course.
"""

from __future__ import annotations

from clonotrack.tables.schema import (
    CALLED,
    CALLS,
    COUNTINGS,
    MATCH_CLASSES,
    NULL_LOCUS,
    ROLES,
    SAMPLE,
    SUBJECT,
    SYSTEMS,
    TARGET_KINDS,
    Table,
    column,
    position,
)

COMBINED = "combined"
"""What MRD and TRUTH call the row over all markers of a sample; no marker may have this name."""
SHORTEST_TARGET = 30
"""nt: a shorter stretch is not specific to a clone."""
TUBE = ("sample_id", "library", "replicate")
"""What tells tubes apart; rows of SAMPLES that agree in it are lanes of one."""

MARKERS = Table(
    "MARKERS",
    "What is tracked, or was considered and refused, for one patient.",
    (
        column("marker_id", "str", "name of the marker, unique in a whole programme"),
        SUBJECT,
        column("sample_id", "str", "the baseline it was found in", null=True),
        NULL_LOCUS,
        column("system", "str", "rearrangement system", null=True, values=SYSTEMS),
        *CALLED,
        column("junction", "str", "from Cys104 to Phe/Trp118", "nt", null=True),
        column("sequence", "str", "what is tracked, 5' to 3'", "nt"),
        position("target_start", "first base of the clone-specific part of `sequence`"),
        position("target_end", "last base of the clone-specific part"),
        column("duplicate_count", "int", "reads in the baseline", "reads", null=True),
        column("fraction_of_locus", "float", "share of the locus' reads in the baseline", "0 to 1", null=True),
        column("cells", "float", "clone cells in the baseline tube, where known", "cells", null=True),
        column("copies_per_cell", "float", "copies of the rearrangement in a clone cell", "copies"),
        column(
            "background_rate",
            "float",
            "molecules of it per nucleated cell of people without the clone",
            "1/cell",
            null=True,
        ),
        column("max_edits", "int", "edits a read may have against the clone-specific part", "edits", null=True),
        column("edits_reason", "str", "why these are fewer than its length asks for", null=True),
        column("selected", "bool", "tracked (T) or refused (F)"),
        column("reason", "str", "why it was taken or refused", null=True),
    ),
    key=("marker_id",),
)
MARKERS_REQUIRED = ("marker_id", "subject_id", "sequence")

HITS = Table(
    "HITS",
    "What tracking counted in one sample: a row per target tested (zero if nothing was found), and totals.",
    (
        column("subject_id", "str", "the patient", null=True),
        SAMPLE,
        column("role", "str", "what the sample is", null=True, values=ROLES),
        column("run_id", "str", "the sequencing run", null=True),
        column("library", "str", "section of the configuration that describes the library", null=True),
        column("replicate", "str", "tube, where a sample has several", null=True),
        column("target_id", "str", "marker, control, locus, or the name of the total"),
        column("target_subject_id", "str", "the patient the marker belongs to", null=True),
        column("target_kind", "str", "what the target is", values=TARGET_KINDS),
        NULL_LOCUS,
        column(
            "match_class",
            "str",
            "how the reads match; empty for a marker that is longer than the reads",
            null=True,
            values=MATCH_CLASSES,
        ),
        column("edit_distance", "int", "edits against the clone-specific part", "edits", null=True),
        column("reads", "int", "reads", "reads"),
        column("umis", "int", "distinct molecules by UMI", "molecules", null=True),
        column(
            "shared_reads",
            "int",
            "of these reads, those that a marker of another patient counts as well",
            "reads",
            null=True,
        ),
        column(
            "matching_loss",
            "float",
            "share of its reads that errors take beyond its edits",
            "0 to 1",
            null=True,
        ),
        column("sequence", "str", "consensus of evolved reads", "nt", null=True),
    ),
    key=("sample_id", "library", "replicate", "target_id", "target_kind", "match_class", "edit_distance"),
)

_PER_CELL = "clone cells per nucleated cell"
MRD = Table(
    "MRD",
    "The result: one row per sample and marker, and one `combined` row per sample.",
    (
        SUBJECT,
        SAMPLE,
        column("day", "float", "day of collection", "days", null=True),
        column("marker_id", "str", "the marker, or `combined`"),
        column("locus", "str", "locus of the marker", null=True),
        column("reads", "int", "reads of the marker", "reads"),
        column("umis", "int", "UMIs of the marker", "molecules", null=True),
        column("molecules", "float", "molecules of the marker in the data", "molecules", null=True),
        column(
            "clone_cells",
            "float",
            "molecules / (capture x copies_per_cell x strands_tagged)",
            "cells",
            null=True,
        ),
        column("counting", "str", "how molecules were counted", null=True, values=COUNTINGS),
        column("capture", "float", "share of rearranged molecules that end in the data", "0 to 1", null=True),
        column("copies_per_cell", "float", "copies of the marker in a clone cell", "copies", null=True),
        column("strands_tagged", "float", "strands of a molecule that count, each with its UMI", "strands", null=True),
        column("input_cells", "float", "nucleated cells put into the tube", "cells", null=True),
        column(
            "input_source",
            "str",
            "where input_cells comes from",
            null=True,
            values=("cells", "dna", "reference_locus"),
        ),
        column("pg_per_cell", "float", "DNA of one cell, where mass was given", "pg", null=True),
        column("mrd", "float", "clone cells per nucleated cell", _PER_CELL, null=True),
        column("mrd_low", "float", "lower 95 % limit", _PER_CELL, null=True),
        column("mrd_high", "float", "upper 95 % limit", _PER_CELL, null=True),
        column("lob", "float", "95 % of negative samples stay at or under it", _PER_CELL, null=True),
        column("lod", "float", "true level that the decision rule calls in 95 % of samples", _PER_CELL, null=True),
        column("loq", "float", "lowest level with RMS error at most 70 %, never under lod", _PER_CELL, null=True),
        column("p_value", "float", "chance of as much without the clone", "0 to 1", null=True),
        column("pooled_mrd", "float", "estimate over all markers of the sample together", _PER_CELL, null=True),
        column("pooled_low", "float", "lower 95 % limit of pooled_mrd", _PER_CELL, null=True),
        column("pooled_high", "float", "upper 95 % limit of pooled_mrd", _PER_CELL, null=True),
        column("expected_carry_over", "float", "reads, or UMIs, that the run leaves in it", "reads", null=True),
        column("reads_needed", "float", "reads of the tube at which `lod` is the target level", "reads", null=True),
        column("call", "str", "the decision", values=CALLS),
        column("flags", "str", "what the reader must know, comma-separated", null=True),
        column("explanation", "str", "the arithmetic behind a hit that is explained or a call that failed", null=True),
    ),
    key=("sample_id", "marker_id"),
)

COHORT = Table(
    "COHORT",
    "MRD of all patients, each row with its statement.",
    (*MRD.columns, column("statement", "str", "the result as one sentence, with its sensitivity")),
    key=MRD.key,
)

CONTROL_CHECKS = Table(
    "CONTROL_CHECKS",
    "Every control sample against every marker of the run.",
    (
        SAMPLE,
        column("role", "str", "what the control is", values=ROLES),
        column("marker_id", "str", "the marker"),
        column("reads", "int", "reads of the marker in the control", "reads"),
        column("expected", "float", "reads, or UMIs where these are counted, expected", "reads", null=True),
        column("p_value", "float", "chance of as many", "0 to 1", null=True),
        column("passed", "bool", "nothing speaks against the control"),
    ),
    key=("sample_id", "marker_id"),
)

CROSS_SAMPLE = Table(
    "CROSS_SAMPLE",
    "Reads of every marker in every sample of the run.",
    (
        column("marker_id", "str", "the marker"),
        column("target_subject_id", "str", "the patient it belongs to"),
        SAMPLE,
        column("subject_id", "str", "the patient the sample is of", null=True),
        column("own", "bool", "sample and marker are of one patient"),
        column("reads", "int", "reads of the marker in the sample", "reads"),
        column(
            "shared_reads",
            "int",
            "of these, reads that a marker of another patient counts as well: a shared rearrangement",
            "reads",
        ),
    ),
    key=("marker_id", "sample_id"),
)

QC = Table(
    "QC",
    "One measured value per row.",
    (
        SAMPLE,
        column("stage", "str", "the stage that measured it"),
        column("metric", "str", "what was measured"),
        column("value", "float", "the value"),
        column("unit", "str", "its unit", null=True),
    ),
    key=("sample_id", "stage", "metric"),
)


BOUNDS = ("at_least", "at_most")
_MRD_UNIT = "clone cells per nucleated cell"

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
        column("lowest", "float", "lowest level before it, the LoD where nothing was detected", _MRD_UNIT, null=True),
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
