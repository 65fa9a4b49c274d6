"""The germline reference: its segments, their CDR3 anchors, and where the embedded sequences come from.

Nothing here opens a file: `clonotrack.germline.load` loads the embedded data (``data/``, see PROVENANCE.md) or a
user's folder. `rebuild` is the maintainer's script that wrote ``data/``; nothing imports it.
"""

from __future__ import annotations

from clonotrack.germline.anchors import find_anchor, j_anchors, v_anchor, v_anchor_gapped
from clonotrack.germline.fasta_records import read_segment
from clonotrack.germline.reference import KINDS, LOCI, Kind, Reference, Segment

__all__ = [
    "KINDS",
    "LOCI",
    "Kind",
    "Reference",
    "Segment",
    "find_anchor",
    "j_anchors",
    "read_segment",
    "v_anchor",
    "v_anchor_gapped",
]
