"""Stage cluster: rearrangements to clonotypes, error copies under their parent, a consensus for each."""

from clonotrack.cluster.clonotypes import Clustered, cluster, clustered
from clonotrack.cluster.quality import quality_control
from clonotrack.cluster.rows import USED

__all__ = ["USED", "Clustered", "cluster", "clustered", "quality_control"]
