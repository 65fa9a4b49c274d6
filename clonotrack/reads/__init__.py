"""Stage 1, reads: files in, each distinct fragment once out, with what was refused beside it."""

from clonotrack.reads.collapse import collapse
from clonotrack.reads.quality_control import quality_control
from clonotrack.reads.stage import Distinct, read

__all__ = ["Distinct", "collapse", "quality_control", "read"]
