"""Stage markers: the clonotypes of a baseline that are the cancer's, by a published dominance rule, and why."""

from clonotrack.markers.amounts import Amounts, tube_amounts
from clonotrack.markers.background import describe
from clonotrack.markers.selection import select
from clonotrack.markers.union import unite

__all__ = ["Amounts", "describe", "select", "tube_amounts", "unite"]
