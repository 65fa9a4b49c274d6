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
    Column,
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


def _segment(s: str, name: str) -> dict[str, Column]:
    """The columns of one segment."""
    columns = (
        column(
            f"{s}_score", "float", f"alignment score of the {name}; with the flank where a D was found by it", null=True
        ),
        column(
            f"{s}_support", "float", f"E-value: matches as good as the {name}'s that random sequence has", null=True
        ),
        column(f"{s}_identity", "float", f"matches per aligned base of the {name}", "0 to 1", null=True),
        column(f"{s}_cigar", "str", f"CIGAR of the {name}'s alignment, soft-clipped to the whole sequence", null=True),
        position(f"{s}_sequence_start", f"first base of the {name} in `sequence`"),
        position(f"{s}_sequence_end", f"last base of the {name}"),
        position(f"{s}_germline_start", f"first aligned base of the {name} allele"),
        position(f"{s}_germline_end", f"last aligned base of the {name} allele"),
    )
    return {column.name.removeprefix(f"{s}_"): column for column in columns}


def _deleted(name: str, where: str) -> Column:
    return column(name, "int", f"bases deleted from the {where}", "nt", null=True)


_PLACES = ("sequence_start", "sequence_end", "germline_start", "germline_end")
_SEGMENTS = {s: _segment(s, name) for s, name in (("v", "V"), ("d", "D"), ("d2", "second D"), ("j", "J"))}
_REGIONS = ("fwr1", "cdr1", "fwr2", "cdr2", "fwr3", "cdr3", "fwr4")
_BETWEEN = ("V and first D, or V and J", "first D and second D, or D and J", "second D and J")

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
        *(_SEGMENTS[s]["cigar"] for s in ("v", "d", "j")),
        NULL_LOCUS,
        column("system", "str", "rearrangement system; + is incomplete or unusual", null=True, values=SYSTEMS),
        column("d2_call", "str", "second D allele", null=True),
        column("junction_length", "int", "length of `junction`", "nt", null=True),
        column("stop_codon", "bool", "a stop codon in the frame of V", null=True),
        column("vj_in_frame", "bool", "V and J are in one frame", null=True),
        column("rearrangement_evalue", "float", "E-value of the rearrangement: of its worse end", null=True),
        column("chimeric", "bool", "the read holds parts of two rearrangements, of which one is told", null=True),
        *(
            _SEGMENTS[s][field]
            for s, fields in (
                ("v", ("score", "support", "identity")),
                ("d", ("score", "support")),
                ("d2", ("score", "support", "cigar")),
                ("j", ("score", "support", "identity")),
            )
            for field in fields
        ),
        *(_SEGMENTS[s][field] for s in _SEGMENTS for field in _PLACES),
        *(
            one
            for number, where in enumerate(_BETWEEN, start=1)
            for one in (
                column(f"np{number}", "str", f"inserted bases between {where}", "nt", null=True),
                column(f"np{number}_length", "int", f"length of `np{number}`", "nt", null=True),
            )
        ),
        _deleted("v_3p_del", "3' end of the V"),
        _deleted("d_5p_del", "5' end of the D"),
        _deleted("d_3p_del", "3' end of the D"),
        _deleted("d2_5p_del", "5' end of the second D"),
        _deleted("d2_3p_del", "3' end of the second D"),
        _deleted("j_5p_del", "5' end of the J"),
        *(
            position(f"{region}_{end}", f"{which} base of {region.upper()} in `sequence`")
            for region in _REGIONS
            for end, which in (("start", "first"), ("end", "last"))
        ),
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
