"""The tables of the molecular side: sequences, rearrangements, clonotypes."""

from __future__ import annotations

from clonotrack.tables.schema import (
    CALLED,
    CONSENSUS_COUNT,
    LOCUS,
    NULL_LOCUS,
    SYSTEM,
    SYSTEMS,
    UMI_COUNT,
    Table,
    column,
    position,
)

SEQUENCES = Table(
    "SEQUENCES",
    "Distinct sequences of one sample, with what was read of each.",
    (
        column("sequence_id", "str", "name of the first read with this sequence"),
        column("sequence", "str", "bases as read, 5' to 3'", "nt"),
        column("quality", "str", "best Phred+33 quality of the copies at each base", null=True),
        column("umi", "str", "unique molecular identifier", null=True),
        column("sequence_2", "str", "the mate, where a pair was not merged", "nt", null=True),
        column("quality_2", "str", "quality of the mate", null=True),
        column("duplicate_count", "int", "reads with this sequence", "reads"),
    ),
    key=("sequence_id",),
)

_V, _D, _J = (
    tuple(
        column
        for column in (
            column(f"{s}_score", "float", f"alignment score of the {s.upper()} segment", null=True),
            column(
                f"{s}_identity",
                "float",
                f"matches per aligned base of the {s.upper()} segment",
                "0 to 1",
                null=True,
            ),
            column(
                f"{s}_cigar",
                "str",
                f"CIGAR of the {s.upper()} alignment, soft-clipped to the whole sequence",
                null=True,
            ),
            position(f"{s}_sequence_start", f"first base of the {s.upper()} segment in `sequence`, read strand"),
            position(f"{s}_sequence_end", f"last base of the {s.upper()} segment"),
            position(f"{s}_germline_start", f"first aligned base of the {s.upper()} allele"),
            position(f"{s}_germline_end", f"last aligned base of the {s.upper()} allele"),
        )
    )
    for s in "vdj"
)

REARRANGEMENTS = Table(
    "REARRANGEMENTS",
    "One row per sequence: which segments it holds and where (AIRR Rearrangement schema, with our additions).",
    (
        column("sequence_id", "str", "name of the sequence"),
        column(
            "sequence",
            "str",
            "the sequence, on the strand on which V, D and J are read 5' to 3'; as given where there are none",
            "nt",
        ),
        column("rev_comp", "bool", "`sequence` is the reverse complement of what was read"),
        column("productive", "bool", "in frame, no stop codon, both junction anchors", null=True),
        *CALLED,
        column("sequence_alignment", "str", "aligned part of the sequence", "nt", null=True),
        column(
            "germline_alignment",
            "str",
            "germline beside `sequence_alignment`, N where inserted",
            "nt",
            null=True,
        ),
        column("junction", "str", "from Cys104 to Phe/Trp118, both codons included", "nt", null=True),
        column("junction_aa", "str", "translation of `junction`; # marks the broken frame", "aa", null=True),
        _V[2],
        _D[2],
        _J[2],
        NULL_LOCUS,
        column("system", "str", "rearrangement system; + is incomplete or unusual", null=True, values=SYSTEMS),
        column("d2_call", "str", "second D allele", null=True),
        column("junction_length", "int", "length of `junction`", "nt", null=True),
        column("stop_codon", "bool", "a stop codon in the frame of V", null=True),
        column("vj_in_frame", "bool", "V and J are in one frame", null=True),
        _V[0],
        _V[1],
        _J[0],
        _J[1],
        _D[0],
        *_V[3:],
        *_D[3:],
        *_J[3:],
        column("np1_length", "int", "inserted bases between V and D, or V and J", "nt", null=True),
        column("np2_length", "int", "inserted bases between D and J", "nt", null=True),
        column(
            "key_region",
            "str",
            "what tells clones apart: from the 5' anchor to the J anchor",
            "nt",
            null=True,
        ),
        position("key_region_start", "first base of `key_region` in `sequence`"),
        column("duplicate_count", "int", "reads with this sequence", "reads"),
        UMI_COUNT,
        column("consensus_count", "int", "reads that made the consensus", "reads", null=True),
        column("umi", "str", "unique molecular identifier", null=True),
        column("quality", "str", "Phred+33 quality along `sequence`", null=True),
    ),
    key=("sequence_id",),
    airr=True,
)

CLONOTYPES = Table(
    "CLONOTYPES",
    "Clonotypes of one sample, most abundant first, error copies under their parent.",
    (
        column("clone_id", "str", "digest of locus and key_region: the same clone has the same id everywhere"),
        column("family_id", "str", "clone_id of the head of its family of relatives"),
        LOCUS,
        SYSTEM,
        *CALLED,
        column("junction", "str", "from Cys104 to Phe/Trp118, both codons included", "nt", null=True),
        column("junction_aa", "str", "translation of `junction`", "aa", null=True),
        column("key_region", "str", "what tells clones apart", "nt"),
        column("sequence", "str", "consensus of the clonotype's reads", "nt"),
        column("duplicate_count", "int", "reads, error copies included", "reads"),
        UMI_COUNT,
        CONSENSUS_COUNT,
        column(
            "fraction_of_locus",
            "float",
            "share of the locus' molecules where UMIs count them, else of its reads; calibrators left out",
            "0 to 1",
            null=True,
        ),
        column("unique_sequences", "int", "distinct sequences put together"),
        column("control_id", "str", "the calibrator that this is; left out of shares and ranks", null=True),
    ),
    key=("clone_id",),
)
