"""Tables that do not belong together are refused before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from clonotrack.errors import QuantityError
from clonotrack.quantify.counts import Observed
from clonotrack.tables import TUBE

PATIENTS = ("baseline", "followup")


def refuse(tubes: Sequence[Observed], samples: pl.DataFrame, markers: pl.DataFrame) -> None:
    """Check hits, sheet and markers against each other.

    Raises:
        QuantityError: the first thing that is wrong, by sample or marker.
    """
    _repeated(markers)
    for tube in tubes:
        _control(tube)
    _missing_tubes(tubes, samples)
    _patients(tubes, samples, markers)


def _repeated(markers: pl.DataFrame) -> None:
    twice = markers.filter(pl.col("marker_id").is_duplicated()).get_column("marker_id")
    if twice.len():
        raise QuantityError(f"marker {twice[0]} stands twice in the markers tables: give each marker its own id")


def _control(tube: Observed) -> None:
    if tube.role is not None and tube.role not in PATIENTS:
        raise QuantityError(
            f"sample {tube.sample_id} is a {tube.role} and has no MRD: give its hits as background (--background)"
        )


def _missing_tubes(tubes: Sequence[Observed], samples: pl.DataFrame) -> None:
    """A sample of several tubes counts as a whole."""
    found = {(tube.sample_id, tube.library, tube.replicate) for tube in tubes}
    sample_ids = {tube.sample_id for tube in tubes}
    for key in samples.select(TUBE).iter_rows():
        if key[0] in sample_ids and key not in found:
            where = f"library {key[1] or 'not named'}, replicate {key[2] or 'not named'}"
            raise QuantityError(
                f"sample {key[0]} has a tube ({where}) on the sheet and no hits of it: give its hits too"
            )


def _patients(tubes: Sequence[Observed], samples: pl.DataFrame, markers: pl.DataFrame) -> None:
    known = set(markers.get_column("subject_id"))
    ways = samples.filter((pl.col("role") == "baseline") | pl.col("markers").is_not_null())
    possible = known | set(ways.get_column("subject_id"))
    ids = set(markers.get_column("marker_id"))
    subjects = dict(samples.select("sample_id", "subject_id").iter_rows())
    for tube in tubes:
        subject = tube.subject_id or subjects.get(tube.sample_id)
        if subject is None:
            raise QuantityError(f"sample {tube.sample_id} is of no patient: fill in its subject_id")
        if subject not in possible:
            raise QuantityError(
                f"patient {subject} of sample {tube.sample_id} has neither a baseline nor a markers table: give the "
                "markers that were made at diagnosis (--markers)"
            )
        for marker, owner in tube.owners.items():
            if owner == subject and marker not in ids:
                raise QuantityError(
                    f"hits of sample {tube.sample_id} hold marker {marker} of patient {subject}, which no markers "
                    "table has: give the tables that it was tracked with"
                )
