"""Stage 1, reads: usable reads in, each distinct sequence once out, with what was refused beside it."""

from clonotrack.reads.collapse import collapse
from clonotrack.reads.quality_control import quality_control

__all__ = ["collapse", "quality_control"]
