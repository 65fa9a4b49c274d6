"""What a laboratory writes itself: the sample sheet, and the controls in its tubes."""

from __future__ import annotations

from clonotrack.tables.schema import LOCI, ROLES, SAMPLE, Table, column

SAMPLES = Table(
    "SAMPLES",
    "The sample sheet: one row per file of reads; rows of one sample, library and replicate are lanes.",
    (
        column("subject_id", "str", "the patient; empty for controls", null=True),
        SAMPLE,
        column("role", "str", "what the sample is", values=ROLES),
        column("reads_1", "str", "file of reads, relative to the sheet"),
        column("reads_2", "str", "file of mates", null=True),
        column("library", "str", "section of the configuration that describes the library", null=True),
        column("day", "float", "day of collection, counted from diagnosis", "days", null=True),
        column("collection_date", "str", "date of collection", "ISO 8601", null=True),
        column("tissue", "str", "what was sampled", null=True),
        column("input_cells", "float", "nucleated cells put into the tube", "cells", null=True),
        column("input_ng", "float", "DNA put into the tube", "ng", null=True),
        column("lymphoid_fraction", "float", "share of nucleated cells that are lymphoid", "0 to 1", null=True),
        column("b_fraction", "float", "share of nucleated cells that are B cells", "0 to 1", null=True),
        column("t_fraction", "float", "share of nucleated cells that are T cells", "0 to 1", null=True),
        column("extracted_ng", "float", "DNA extracted from the sample", "ng", null=True),
        column("run_id", "str", "the sequencing run", null=True),
        column("replicate", "str", "tube, where a sample has several", null=True),
        column("index_1", "str", "first index sequence", null=True),
        column("index_2", "str", "second index sequence", null=True),
        column("disease", "str", "diagnosis, which sets the target level", null=True),
        column("markers", "str", "MARKERS file made earlier, in place of a baseline", null=True),
    ),
)
SAMPLES_REQUIRED = ("sample_id", "role", "reads_1")

CONTROLS = Table(
    "CONTROLS",
    "Sequences of known amount put into every tube, and reference loci.",
    (
        column("control_id", "str", "name of the control"),
        column("kind", "str", "calibrator, or single-copy reference locus", values=("calibrator", "reference")),
        column("locus", "str", "locus whose primers amplify it; empty: all", null=True, values=LOCI),
        column("sequence", "str", "the whole control, 5' to 3'", "nt"),
        column("copies", "float", "molecules put into the tube; for a reference, copies per cell", "copies"),
        column("v_family", "str", "V family whose primer amplifies it, such as IGHV3; empty: not one", null=True),
    ),
    key=("control_id",),
)
CONTROLS_REQUIRED = ("control_id", "kind", "locus", "sequence", "copies")
