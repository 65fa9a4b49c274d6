"""Tables of markers and results: MARKERS, HITS, MRD, COHORT, CONTROL_CHECKS, CROSS_SAMPLE, QC and KINETICS."""

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
"""`marker_id` of the row over all markers of a sample, in MRD and TRUTH; no marker may have this name."""
SHORTEST_TARGET = 30
"""Minimum length of the clone-specific part of a target [nt]; a shorter part is not specific to one clone."""
TUBE = ("sample_id", "library", "replicate")
"""Columns that identify a tube; rows of SAMPLES with the same values are lanes of one tube."""

MARKERS = Table(
    "MARKERS",
    "Clonotypes of one patient that were considered as markers, selected or rejected, each with the reason.",
    (
        column("marker_id", "str", "identifier of the marker, unique among all markers of all patients"),
        SUBJECT,
        column("sample_id", "str", "identifier of the baseline sample in which the marker was found", null=True),
        NULL_LOCUS,
        column(
            "system",
            "str",
            "rearrangement system; + marks incomplete and unusual rearrangements",
            null=True,
            values=SYSTEMS,
        ),
        *CALLED,
        column("junction", "str", "from the codon of Cys104 to that of Phe/Trp118, both included", "nt", null=True),
        column("sequence", "str", "sequence of the marker, 5' to 3'; reads are compared with it", "nt"),
        position("target_start", "first base of the clone-specific part of `sequence`"),
        position("target_end", "last base of the clone-specific part of `sequence`"),
        column("duplicate_count", "int", "reads of the marker in the baseline", "reads", null=True),
        column(
            "fraction_of_locus",
            "float",
            "share of the marker in the reads of its locus in the baseline",
            "0 to 1",
            null=True,
        ),
        column("cells", "float", "clone cells in the tube of the baseline; empty if not known", "cells", null=True),
        column("copies_per_cell", "float", "copies of the rearrangement in one clone cell", "copies"),
        column(
            "background_rate",
            "float",
            "background: molecules like the marker per nucleated cell of people without the clone",
            "1/cell",
            null=True,
        ),
        column(
            "max_edits",
            "int",
            "allowed edits: maximum edits in the clone-specific part at which a read still counts for the marker",
            "edits",
            null=True,
        ),
        column(
            "edits_reason",
            "str",
            "why fewer edits are allowed than the length of the clone-specific part permits; empty otherwise",
            null=True,
        ),
        column("selected", "bool", "whether the marker is tracked (T) or rejected (F)"),
        column("reason", "str", "why the marker was selected or rejected", null=True),
    ),
    key=("marker_id",),
)
MARKERS_REQUIRED = ("marker_id", "subject_id", "sequence")

HITS = Table(
    "HITS",
    "Reads and molecules of each target in one sample. A target without reads has a row with zero. Rows of kind total "
    "and locus count all reads of the sample and of the locus.",
    (
        column("subject_id", "str", "identifier of the patient; empty for controls", null=True),
        SAMPLE,
        column("role", "str", "role of the sample", null=True, values=ROLES),
        column("run_id", "str", "identifier of the sequencing run", null=True),
        column("library", "str", "name of the library in the settings", null=True),
        column("replicate", "str", "identifier of the tube, if a sample has several tubes of one library", null=True),
        column("target_id", "str", "identifier of the marker or control, name of the locus, or name of the total"),
        column("target_subject_id", "str", "patient of the marker; empty for controls and totals", null=True),
        column(
            "target_kind", "str", "kind of target: marker, control, reads of a locus, or total", values=TARGET_KINDS
        ),
        NULL_LOCUS,
        column(
            "match_class",
            "str",
            "how the reads match the target; empty for a marker that is longer than every read",
            null=True,
            values=MATCH_CLASSES,
        ),
        column("edit_distance", "int", "edits between read and clone-specific part", "edits", null=True),
        column("reads", "int", "number of reads, or of pairs of mates", "reads"),
        column("umis", "int", "number of molecules, counted by UMI", "molecules", null=True),
        column(
            "shared_reads",
            "int",
            "reads of this row that also count for a marker of another patient",
            "reads",
            null=True,
        ),
        column(
            "matching_loss",
            "float",
            "share of reads of the target that are not counted, because they have more errors than the allowed edits",
            "0 to 1",
            null=True,
        ),
        column("sequence", "str", "consensus sequence of the reads of class evolved", "nt", null=True),
    ),
    key=("sample_id", "library", "replicate", "target_id", "target_kind", "match_class", "edit_distance"),
)

_PER_CELL = "clone cells per nucleated cell"
MRD = Table(
    "MRD",
    "The results: one row per sample and marker, and one `combined` row per sample.",
    (
        SUBJECT,
        SAMPLE,
        column("day", "float", "day of collection; diagnosis is day 0", "days", null=True),
        column("marker_id", "str", "identifier of the marker, or `combined` for the row over all markers"),
        column("locus", "str", "locus of the marker", null=True),
        column("reads", "int", "reads of the marker in the sample", "reads"),
        column("umis", "int", "molecules of the marker, counted by UMI", "molecules", null=True),
        column("molecules", "float", "estimated number of captured molecules of the marker", "molecules", null=True),
        column(
            "clone_cells",
            "float",
            "clone cells in the tube: molecules / (capture x copies_per_cell x strands_tagged)",
            "cells",
            null=True,
        ),
        column(
            "counting",
            "str",
            "how molecules were counted: by UMI, by calibrators, or from the share of reads",
            null=True,
            values=COUNTINGS,
        ),
        column(
            "capture",
            "float",
            "capture: probability that a molecule in the tube becomes visible in the reads",
            "0 to 1",
            null=True,
        ),
        column("copies_per_cell", "float", "copies of the marker in one clone cell", "copies", null=True),
        column("strands_tagged", "float", "strands of a molecule that each get a UMI", "strands", null=True),
        column("input_cells", "float", "nucleated cells whose DNA went into the tube", "cells", null=True),
        column(
            "input_source",
            "str",
            "source of input_cells: counted cells, mass of DNA, or reads of reference loci",
            null=True,
            values=("cells", "dna", "reference_locus"),
        ),
        column("pg_per_cell", "float", "DNA of one cell, if input_cells was computed from mass", "pg", null=True),
        column(
            "mrd",
            "float",
            "measurable residual disease: estimated clone cells per nucleated cell",
            _PER_CELL,
            null=True,
        ),
        column("mrd_low", "float", "lower limit of the 95 % confidence interval of mrd", _PER_CELL, null=True),
        column("mrd_high", "float", "upper limit of the 95 % confidence interval of mrd", _PER_CELL, null=True),
        column(
            "lob",
            "float",
            "limit of blank: MRD value that 95 % of samples without the clone do not exceed",
            _PER_CELL,
            null=True,
        ),
        column(
            "lod",
            "float",
            "limit of detection: true MRD level that is called positive in 95 % of samples",
            _PER_CELL,
            null=True,
        ),
        column(
            "loq",
            "float",
            "limit of quantification: lowest true MRD level with a root-mean-square error of at most 70 %; "
            "not below the lod",
            _PER_CELL,
            null=True,
        ),
        column(
            "p_value",
            "float",
            "p-value: probability of the observed count or more if the sample has no clone cell",
            "0 to 1",
            null=True,
        ),
        column("pooled_mrd", "float", "estimate of MRD from all markers of the sample together", _PER_CELL, null=True),
        column(
            "pooled_low", "float", "lower limit of the 95 % confidence interval of pooled_mrd", _PER_CELL, null=True
        ),
        column(
            "pooled_high", "float", "upper limit of the 95 % confidence interval of pooled_mrd", _PER_CELL, null=True
        ),
        column(
            "expected_carry_over",
            "float",
            "expected number of reads (of UMIs, if UMIs are counted) from carry-over of other samples of the run",
            "reads",
            null=True,
        ),
        column(
            "reads_needed",
            "float",
            "number of reads of the tube at which the lod would reach the target level",
            "reads",
            null=True,
        ),
        column("call", "str", "result of the decision rule", values=CALLS),
        column("flags", "str", "named conditions of the result, separated by commas; see the list of flags", null=True),
        column(
            "explanation",
            "str",
            "calculation behind the result, if carry-over explains the reads or the call is failed",
            null=True,
        ),
    ),
    key=("sample_id", "marker_id"),
)

COHORT = Table(
    "COHORT",
    "The rows of MRD of all patients, each with its result as a sentence.",
    (*MRD.columns, column("statement", "str", "the result as one sentence, with the sensitivity that was reached")),
    key=MRD.key,
)

CONTROL_CHECKS = Table(
    "CONTROL_CHECKS",
    "Reads of every marker in every control sample of the run, and whether carry-over explains them.",
    (
        SAMPLE,
        column("role", "str", "role of the control sample", values=ROLES),
        column("marker_id", "str", "identifier of the marker"),
        column("reads", "int", "reads of the marker in the control", "reads"),
        column(
            "expected",
            "float",
            "number of reads (of UMIs, if UMIs are counted) that carry-over explains",
            "reads",
            null=True,
        ),
        column(
            "p_value",
            "float",
            "p-value: probability of the observed number or more, if carry-over is the only source",
            "0 to 1",
            null=True,
        ),
        column("passed", "bool", "whether the control passes the check"),
    ),
    key=("sample_id", "marker_id"),
)

CROSS_SAMPLE = Table(
    "CROSS_SAMPLE",
    "Reads of every marker in every sample of the run, which show carry-over.",
    (
        column("marker_id", "str", "identifier of the marker"),
        column("target_subject_id", "str", "patient of the marker"),
        SAMPLE,
        column("subject_id", "str", "patient of the sample; empty for controls", null=True),
        column("own", "bool", "whether sample and marker belong to the same patient"),
        column("reads", "int", "reads of the marker in the sample", "reads"),
        column(
            "shared_reads",
            "int",
            "reads of this row that also count for a marker of another patient, because both clones share "
            "the rearrangement",
            "reads",
        ),
    ),
    key=("marker_id", "sample_id"),
)

QC = Table(
    "QC",
    "Quality metrics of the stages: one value per row.",
    (
        SAMPLE,
        column("stage", "str", "stage that measured the value"),
        column("metric", "str", "name of the metric"),
        column("value", "float", "value of the metric"),
        column("unit", "str", "unit of the value", null=True),
    ),
    key=("sample_id", "stage", "metric"),
)

BOUNDS = ("at_least", "at_most")

KINETICS = Table(
    "KINETICS",
    "Change of MRD over time: each sample of a patient is compared with the previous samples of the same tissue. A "
    "sample in which no clone was detected counts as below its LoD, never as zero.",
    (
        SUBJECT,
        column("marker_id", "str", "identifier of the marker, or `combined` for the row over all markers"),
        column("tissue", "str", "tissue of the samples", null=True),
        column("sample_id", "str", "identifier of the sample"),
        column("previous_sample_id", "str", "identifier of the previous sample whose call is not failed"),
        column("day", "float", "day of the sample", "days"),
        column("days_between", "float", "days since the previous sample", "days"),
        column("log10_change", "float", "log10 of MRD divided by MRD of the previous sample", null=True),
        column(
            "change_bound",
            "str",
            "whether log10_change is only a lower or upper bound, because no clone was detected in one of "
            "the two samples",
            null=True,
            values=BOUNDS,
        ),
        column(
            "log10_reduction", "float", "log10 of MRD of the first baseline divided by MRD of this sample", null=True
        ),
        column(
            "reduction_bound",
            "str",
            "whether log10_reduction is only a bound, because no clone was detected in this sample",
            null=True,
            values=BOUNDS,
        ),
        column(
            "lowest",
            "float",
            "lowest MRD of the previous samples; the LoD counts for a sample without a detected clone",
            _PER_CELL,
            null=True,
        ),
        column("rise", "bool", "whether the sample is positive and its MRD is at least ten times `lowest`"),
        column("doubling_days", "float", "doubling time between the previous sample and this one", "days", null=True),
        column(
            "doubling_low", "float", "lower limit of the 95 % confidence interval of doubling_days", "days", null=True
        ),
        column(
            "doubling_high", "float", "upper limit of the 95 % confidence interval of doubling_days", "days", null=True
        ),
        column(
            "days_to_negativity",
            "float",
            "days from the first baseline to the first negative sample",
            "days",
            null=True,
        ),
        column(
            "days_positive",
            "float",
            "days from the first baseline to the last positive sample before the first negative sample",
            "days",
            null=True,
        ),
        column(
            "negative_since",
            "float",
            "day of the first negative sample after which no sample was positive",
            "days",
            null=True,
        ),
        column("sustained", "bool", "whether the patient has been negative for at least `quantify.sustained_days`"),
        column("call", "str", "call of the sample", values=CALLS),
    ),
    key=("marker_id", "sample_id"),
)
