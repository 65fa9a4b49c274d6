"""Tables of the simulation: true contents of tubes (TRUTH), and true annotation of reads (READ_TRUTH)."""

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
    "True contents of each simulated tube of a patient: one `combined` row per sample, then a row per marker.",
    (
        SUBJECT,
        SAMPLE,
        column("role", "str", "role of the sample", values=ROLES),
        column("day", "float", "day of collection; diagnosis is day 0", "days", null=True),
        column(
            "marker_id",
            "str",
            "identifier of the marker, or `combined` for the marker whose molecules show the most clone cells",
        ),
        NULL_LOCUS,
        column(
            "true_mrd", "float", "MRD of the specimen that the tube was drawn from", "clone cells per nucleated cell"
        ),
        column("cells", "int", "nucleated cells whose DNA went into the tube", "cells"),
        column("clone_cells", "int", "clone cells among these nucleated cells, drawn at random", "cells"),
        column(
            "molecules",
            "int",
            "molecules of the marker that were captured (visible in the reads), drawn at random",
            "molecules",
        ),
        column("reads", "int", "reads of these molecules, drawn at random", "reads"),
        column(
            "realised",
            "float",
            "MRD of the captured molecules: molecules / (capture x copies_per_cell x cells)",
            "clone cells per nucleated cell",
        ),
        column("expected_call", "str", "correct call for the captured molecules", values=CALLS),
    ),
    key=("sample_id", "marker_id"),
)

READ_TRUTH = Table(
    "READ_TRUTH",
    "True annotation of each simulated read.",
    (
        column("sequence_id", "str", "identifier of the read"),
        LOCUS,
        SYSTEM,
        *CALLED,
        column("rev_comp", "bool", "whether the read is the reverse complement of the rearrangement"),
        column(
            "productive", "bool", "whether V and J are in frame, without a stop codon in the whole V(D)J", null=True
        ),
        column("junction", "str", "from the codon of Cys104 to that of Phe/Trp118, both included", "nt", null=True),
        column("junction_aa", "str", "translation of `junction`, if V and J are in frame", "aa", null=True),
        column("key_region", "str", "the sequence that identifies a clone, from the 5' anchor to the J anchor", "nt"),
        position("v_sequence_end", "last germline base of the V in the read, counted on the coding strand"),
        position("j_sequence_start", "first germline base of the J in the read, counted on the coding strand"),
        column("mutations", "int", "hypermutated bases in the whole V(D)J of the clone", "nt"),
        column("errors", "int", "bases of the read that differ from the sequence of the clone", "nt"),
        column("clone_id", "str", "hash of locus and key_region, as in CLONOTYPES"),
    ),
    key=("sequence_id",),
)
