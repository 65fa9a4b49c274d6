"""Tables that the laboratory writes: the sample sheet (SAMPLES) and the list of controls in the tubes (CONTROLS)."""

from __future__ import annotations

from clonotrack.tables.schema import LOCI, ROLES, SAMPLE, Table, column

SAMPLES = Table(
    "SAMPLES",
    "The sample sheet: one row per file of reads, or per two files of mates. Rows with the same sample, library and "
    "replicate are lanes of one tube.",
    (
        column("subject_id", "str", "identifier of the patient; empty for controls", null=True),
        SAMPLE,
        column("role", "str", "role of the sample", values=ROLES),
        column(
            "reads_1", "str", "file of reads (FASTQ, BAM or CRAM); a relative path starts at the folder of the sheet"
        ),
        column(
            "reads_2",
            "str",
            "file of the second mates (FASTQ); a relative path starts at the folder of the sheet",
            null=True,
        ),
        column(
            "library",
            "str",
            "name of the library in the settings (`libraries.NAME`); may be empty if there is one library only, or "
            "one named default",
            null=True,
        ),
        column("day", "float", "day of collection; diagnosis is day 0", "days", null=True),
        column("collection_date", "str", "date of collection", "ISO 8601", null=True),
        column("tissue", "str", "tissue of the sample, such as bone marrow", null=True),
        column("input_cells", "float", "nucleated cells whose DNA went into the tube", "cells", null=True),
        column("input_ng", "float", "mass of DNA that went into the tube", "ng", null=True),
        column("lymphoid_fraction", "float", "share of nucleated cells that are lymphoid", "0 to 1", null=True),
        column("b_fraction", "float", "share of nucleated cells that are B cells", "0 to 1", null=True),
        column("t_fraction", "float", "share of nucleated cells that are T cells", "0 to 1", null=True),
        column(
            "extracted_ng",
            "float",
            "mass of DNA extracted from the whole sample; with input_ng it gives the share of the sample in the tube",
            "ng",
            null=True,
        ),
        column(
            "run_id",
            "str",
            "identifier of the sequencing run; samples with the same run_id were sequenced together",
            null=True,
        ),
        column("replicate", "str", "identifier of the tube, if a sample has several tubes of one library", null=True),
        column("index_1", "str", "sequence of the first sample index", null=True),
        column("index_2", "str", "sequence of the second sample index", null=True),
        column("disease", "str", "disease, which sets the target level (setting `quantify.target_level`)", null=True),
        column("markers", "str", "existing MARKERS file of the patient; replaces a baseline on this sheet", null=True),
    ),
)
SAMPLES_REQUIRED = ("sample_id", "role", "reads_1")

CONTROLS = Table(
    "CONTROLS",
    "Calibrators, which are sequences added to every tube in known numbers, and reference loci of the genome.",
    (
        column("control_id", "str", "identifier of the control"),
        column(
            "kind",
            "str",
            "calibrator (spike-in calibrator) or reference (locus outside Ig/TCR whose reads count cells)",
            values=("calibrator", "reference"),
        ),
        column(
            "locus",
            "str",
            "locus whose primers amplify the control; empty if the primers are not those of one locus",
            null=True,
            values=LOCI,
        ),
        column("sequence", "str", "the whole sequence of the control, 5' to 3'", "nt"),
        column(
            "copies",
            "float",
            "calibrator: molecules added to the tube; reference locus: copies per cell, usually 2",
            "copies",
        ),
        column(
            "v_family",
            "str",
            "V family whose primer amplifies the control, such as IGHV3; empty if no V family is specific",
            null=True,
        ),
    ),
    key=("control_id",),
)
CONTROLS_REQUIRED = ("control_id", "kind", "locus", "sequence", "copies")
