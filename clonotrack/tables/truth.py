"""The tables of a simulation: what is true of reads that were made."""

from __future__ import annotations

from clonotrack.tables.schema import (
    CALLED,
    CALLS,
    LOCUS,
    NULL_LOCUS,
    ROLES,
    SAMPLE,
    SUBJECT,
    SYSTEM,
    Table,
    column,
    position,
)

TRUTH = Table(
    "TRUTH",
    "What was put into each simulated tube of a patient: one `combined` row per sample, then a row per marker.",
    (
        SUBJECT,
        SAMPLE,
        column("role", "str", "what the sample is", values=ROLES),
        column("day", "float", "day of collection", "days", null=True),
        column("marker_id", "str", "the marker, or `combined` (the marker with the most cells by its molecules)"),
        NULL_LOCUS,
        column("true_mrd", "float", "clone cells per nucleated cell of the specimen", "clone cells per nucleated cell"),
        column("cells", "int", "nucleated cells put into the tube", "cells"),
        column("clone_cells", "int", "clone cells among them, drawn", "cells"),
        column("molecules", "int", "captured molecules of the marker, drawn", "molecules"),
        column("reads", "int", "reads of these molecules, drawn", "reads"),
        column(
            "realised", "float", "molecules / (capture x copies_per_cell x cells)", "clone cells per nucleated cell"
        ),
        column("expected_call", "str", "the call that these molecules deserve", values=CALLS),
    ),
    key=("sample_id", "marker_id"),
)

READ_TRUTH = Table(
    "READ_TRUTH",
    "What is true of each simulated read.",
    (
        column("sequence_id", "str", "name of the read"),
        LOCUS,
        SYSTEM,
        *CALLED,
        column("rev_comp", "bool", "the read is the reverse complement of the rearrangement"),
        column("productive", "bool", "in frame, no stop codon in the whole V(D)J", null=True),
        column("junction", "str", "from Cys104 to Phe/Trp118, both codons included", "nt", null=True),
        column("junction_aa", "str", "translation of an in-frame `junction`", "aa", null=True),
        column("key_region", "str", "what tells clones apart", "nt"),
        position("v_sequence_end", "last base of V's own, on the coding strand of the read"),
        position("j_sequence_start", "first base of J's own"),
        column("mutations", "int", "hypermutated bases of the clone's whole V(D)J", "nt"),
        column("errors", "int", "bases of the read that differ from the clone's", "nt"),
        column("clone_id", "str", "digest of locus and key_region"),
    ),
    key=("sequence_id",),
)
