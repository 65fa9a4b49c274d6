"""The targets of a sample: which there are, and what each is allowed."""

from __future__ import annotations

import polars as pl

from clonotrack.config import Track
from clonotrack.germline import Reference
from clonotrack.library.matching import Background
from clonotrack.track.edits import settle_edits
from clonotrack.track.relatives import with_relatives
from clonotrack.track.targets import Target, control_targets, marker_targets, refuse_germline
from clonotrack.track.windows import Germline


def prepare(
    markers: pl.DataFrame | None,
    controls: pl.DataFrame | None,
    reference: Reference,
    settings: Track,
    subject_id: str | None,
) -> list[Target]:
    """What is looked for in a sample of `subject_id`, with the edits that each target is allowed.

    Own markers first, then controls, then the markers of other patients.

    Args:
        markers: MARKERS of this and other patients; only selected ones are tracked.
        controls: CONTROLS of the tube.
        reference: says which part of a control no real rearrangement has, which marker is none, and how often cells
            without the clone carry what is within its edits.
        settings: the edits that are asked for.
        subject_id: the patient of the sample, None for a control sample: all markers are then other patients'.

    Raises:
        TableError: a marker or control that cannot be tracked.
    """
    germline, background = Germline.of(reference), Background(reference)
    all_markers = marker_targets(markers, settings, background, subject_id) if markers is not None else []
    refuse_germline(all_markers, germline)
    tube = control_targets(controls, germline, settings) if controls is not None else []
    patients: dict[str | None, list[Target]] = {}
    for target in all_markers:
        patients.setdefault(target.subject_id, []).append(target)
    own = patients.pop(subject_id, []) if subject_id is not None else []
    own = [with_relatives(target, background, reference, settings) for target in own]
    targets = settle_edits(own, tube, refuse=True)
    for others in patients.values():
        targets += others if all(t.stated for t in others) else settle_edits(others, [], refuse=False)
    return targets
