"""Stage track: raw reads are streamed against all markers and controls at once.

`track` gives the HITS of one tube, `quality_control` what is worth a look in them, `prepare` the targets with the
edits that each is allowed.
"""

from clonotrack.track.hits import Sample
from clonotrack.track.prepare import prepare
from clonotrack.track.quality import allowed, quality_control
from clonotrack.track.search import track
from clonotrack.track.targets import Target

__all__ = ["Sample", "Target", "allowed", "prepare", "quality_control", "track"]
