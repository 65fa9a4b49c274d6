"""Stage cluster: rearrangements to clonotypes, error copies under their parent, a consensus for each."""

from clonotrack.cluster.clonotypes import cluster
from clonotrack.cluster.quality import quality_control

__all__ = ["cluster", "quality_control"]
