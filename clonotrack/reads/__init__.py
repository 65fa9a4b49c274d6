"""Stage 1, reads: files in, each distinct fragment once out, with what was refused beside it."""

from clonotrack.reads.collapse import Fragments
from clonotrack.reads.quality_control import quality_control
from clonotrack.reads.stage import Distinct, read

__all__ = ["Distinct", "Fragments", "quality_control", "read"]
