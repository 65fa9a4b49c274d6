"""Tables of the baseline stages: SEQUENCES, REARRANGEMENTS and CLONOTYPES."""

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
    "Distinct sequences of one sample, each with the number of its reads.",
    (
        column("sequence_id", "str", "name of the first read in the input that has this sequence"),
        column("sequence", "str", "bases as read, 5' to 3'", "nt"),
        column(
            "quality",
            "str",
            "quality of each base (Phred+33): the highest quality of this base in all reads with this sequence",
            null=True,
        ),
        column("umi", "str", "unique molecular identifier", null=True),
        column("sequence_2", "str", "bases of the second mate, if the two mates were not merged", "nt", null=True),
        column("quality_2", "str", "quality of each base of `sequence_2` (Phred+33)", null=True),
        column("duplicate_count", "int", "reads with this sequence", "reads"),
    ),
    key=("sequence_id",),
)


def _segment(s: str, name: str) -> dict[str, Column]:
    """Declare the columns of one segment.

    Args:
        s: prefix of the column names: v, d, d2 or j.
        name: name of the segment in the meanings of the columns.

    Returns:
        Column name without prefix, such as ``score``, to column.
    """
    columns = (
        column(
            f"{s}_score",
            "float",
            f"alignment score of the {name}; a D that is not joined at one end includes its germline flank there",
            null=True,
        ),
        column(
            f"{s}_support",
            "float",
            f"E-value: expected number of {name} matches with this score or more in random sequence",
            null=True,
        ),
        column(f"{s}_identity", "float", f"share of aligned {name} bases that match", "0 to 1", null=True),
        column(
            f"{s}_cigar", "str", f"CIGAR of the {name} alignment; soft clips make it span the whole sequence", null=True
        ),
        position(f"{s}_sequence_start", f"first aligned base of the {name} in `sequence`"),
        position(f"{s}_sequence_end", f"last aligned base of the {name} in `sequence`"),
        position(f"{s}_germline_start", f"first aligned base in the germline sequence of the {name}"),
        position(f"{s}_germline_end", f"last aligned base in the germline sequence of the {name}"),
    )
    return {column.name.removeprefix(f"{s}_"): column for column in columns}


def _deleted(name: str, end: str) -> Column:
    """Declare the column of the number of germline bases that recombination deleted from one end of a segment."""
    return column(name, "int", f"bases deleted from the {end}", "nt", null=True)


_POSITIONS = ("sequence_start", "sequence_end", "germline_start", "germline_end")
_SEGMENTS = {s: _segment(s, name) for s, name in (("v", "V"), ("d", "D"), ("d2", "second D"), ("j", "J"))}
_REGIONS = ("fwr1", "cdr1", "fwr2", "cdr2", "fwr3", "cdr3", "fwr4")
_BETWEEN = ("V and first D, or V and J", "first D and second D, or D and J", "second D and J")

REARRANGEMENTS = Table(
    "REARRANGEMENTS",
    "V, D and J segments of each sequence and their positions. The columns are those of the AIRR Rearrangement schema "
    "and some more.",
    (
        column("sequence_id", "str", "identifier of the sequence"),
        column(
            "sequence",
            "str",
            "the sequence on the strand of its V, D and J, 5' to 3'; as in the input if there is no rearrangement",
            "nt",
        ),
        column("rev_comp", "bool", "whether `sequence` is the reverse complement of the input sequence"),
        column(
            "productive",
            "bool",
            "whether V and J are in frame, without a stop codon and with both conserved residues of the junction",
            null=True,
        ),
        *CALLED,
        column(
            "sequence_alignment",
            "str",
            "part of `sequence` from the first to the last base that is aligned to a germline segment",
            "nt",
            null=True,
        ),
        column(
            "germline_alignment",
            "str",
            "germline bases at the same positions as `sequence_alignment`, N for inserted bases",
            "nt",
            null=True,
        ),
        column("junction", "str", "from the codon of Cys104 to that of Phe/Trp118, both included", "nt", null=True),
        column("junction_aa", "str", "translation of `junction`; # marks where the frame is broken", "aa", null=True),
        *(_SEGMENTS[s]["cigar"] for s in ("v", "d", "j")),
        NULL_LOCUS,
        column(
            "system",
            "str",
            "rearrangement system; + marks incomplete and unusual rearrangements",
            null=True,
            values=SYSTEMS,
        ),
        column("d2_call", "str", "allele of the second D", null=True),
        column("junction_length", "int", "length of `junction`", "nt", null=True),
        column(
            "stop_codon", "bool", "whether the rearrangement has a stop codon in the reading frame of the V", null=True
        ),
        column("vj_in_frame", "bool", "whether V and J are in the same reading frame", null=True),
        column(
            "rearrangement_evalue",
            "float",
            "E-value of the rearrangement: the higher one of the E-values of its first and its last segment",
            null=True,
        ),
        column(
            "chimeric",
            "bool",
            "whether the sequence joins parts of two rearrangements; the row then describes one of the two",
            null=True,
        ),
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
        *(_SEGMENTS[s][field] for s in _SEGMENTS for field in _POSITIONS),
        *(
            inserted
            for number, segments in enumerate(_BETWEEN, start=1)
            for inserted in (
                column(f"np{number}", "str", f"bases inserted between {segments}", "nt", null=True),
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
            "the sequence that identifies a clone, from the 5' anchor to the J anchor; incomplete "
            "rearrangements have a key region too",
            "nt",
            null=True,
        ),
        position("key_region_start", "first base of `key_region` in `sequence`"),
        column("duplicate_count", "int", "reads with this sequence", "reads"),
        UMI_COUNT,
        column(
            "consensus_count",
            "int",
            "number of reads of the consensus, if the sequence is a consensus",
            "reads",
            null=True,
        ),
        column("umi", "str", "unique molecular identifier", null=True),
        column("quality", "str", "quality of each base of `sequence` (Phred+33)", null=True),
    ),
    key=("sequence_id",),
    airr=True,
)

CLONOTYPES = Table(
    "CLONOTYPES",
    "Clonotypes of one sample, the most abundant first. Reads of error copies count for the clonotype that "
    "they come from.",
    (
        column(
            "clone_id",
            "str",
            "hash of locus and key_region; the same clonotype has the same identifier in every sample",
        ),
        column("family_id", "str", "clone_id of the most abundant clonotype of its clone family"),
        LOCUS,
        SYSTEM,
        *CALLED,
        column("junction", "str", "from the codon of Cys104 to that of Phe/Trp118, both included", "nt", null=True),
        column("junction_aa", "str", "translation of `junction`; # marks where the frame is broken", "aa", null=True),
        column(
            "key_region", "str", "the sequence that identifies the clonotype, from the 5' anchor to the J anchor", "nt"
        ),
        column("sequence", "str", "consensus sequence of the reads of the clonotype", "nt"),
        column("duplicate_count", "int", "number of reads, including those of error copies", "reads"),
        UMI_COUNT,
        CONSENSUS_COUNT,
        column(
            "fraction_of_locus",
            "float",
            "share of the clonotype in the molecules of its locus, or in the reads if there are no UMIs; "
            "calibrators do not count",
            "0 to 1",
            null=True,
        ),
        column("unique_sequences", "int", "number of distinct sequences that the clonotype contains"),
        column(
            "control_id",
            "str",
            "identifier of the calibrator, if the clonotype is a calibrator, which has no share and no rank",
            null=True,
        ),
    ),
    key=("clone_id",),
)
