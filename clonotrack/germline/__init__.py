"""The germline reference: V, D and J segments, their CDR3 anchors and their recombination statistics.

`clonotrack.germline.load` loads the embedded reference (``data/``, see PROVENANCE.md) or a user's folder.
`clonotrack.germline.check` checks a user's FASTA files.
"""

from __future__ import annotations

from clonotrack.germline.anchors import find_anchor, find_gapped_v_anchor, find_j_motifs, find_v_anchor
from clonotrack.germline.parse_segment import parse_segment
from clonotrack.germline.reference import KINDS, LOCI, Kind, Reference, Segment

__all__ = [
    "KINDS",
    "LOCI",
    "Kind",
    "Reference",
    "Segment",
    "find_anchor",
    "find_gapped_v_anchor",
    "find_j_motifs",
    "find_v_anchor",
    "parse_segment",
]
