"""Check that hits, sample sheet and markers agree, before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from clonotrack.errors import QuantityError
from clonotrack.quantify.counts import TubeCounts
from clonotrack.tables import TUBE

PATIENT_ROLES = ("baseline", "followup")


def check_inputs(tubes: Sequence[TubeCounts], samples: pl.DataFrame, markers: pl.DataFrame) -> None:
    """Check that roles, tubes, patients and markers in HITS, SAMPLES and MARKERS agree.

    Args:
        tubes: counts of each tube of the patients' samples.
        samples: SAMPLES.
        markers: MARKERS of all patients.

    Raises:
        QuantityError: names the first contradiction, with its sample or marker.
    """
    _check_marker_ids(markers)
    for tube in tubes:
        _check_role(tube)
    _check_tubes(tubes, samples)
    _check_patients(tubes, samples, markers)


def _check_marker_ids(markers: pl.DataFrame) -> None:
    repeated = markers.filter(pl.col("marker_id").is_duplicated()).get_column("marker_id")
    if repeated.len():
        raise QuantityError(
            f"marker_id {repeated[0]} is in the markers tables (--markers) twice: give each table once, and each "
            "marker its own marker_id"
        )


def _check_role(tube: TubeCounts) -> None:
    if tube.role is not None and tube.role not in PATIENT_ROLES:
        raise QuantityError(
            f"sample {tube.sample_id} has the role {tube.role} and so no MRD: give its hits with --background"
        )


def _check_tubes(tubes: Sequence[TubeCounts], samples: pl.DataFrame) -> None:
    """Check that hits of all tubes of each sample are given, because the result of a sample uses all its tubes."""
    with_hits = {(tube.sample_id, tube.library, tube.replicate) for tube in tubes}
    sample_ids = {tube.sample_id for tube in tubes}
    for key in samples.select(TUBE).iter_rows():
        if key[0] in sample_ids and key not in with_hits:
            where = f"library {key[1] or 'not named'}, replicate {key[2] or 'not named'}"
            raise QuantityError(
                f"sample {key[0]} has a tube ({where}) on the sample sheet without hits: give the hits of this tube too"
            )


def _check_patients(tubes: Sequence[TubeCounts], samples: pl.DataFrame, markers: pl.DataFrame) -> None:
    """Check that each tube has a patient, and that the patient's markers are in the markers tables."""
    with_markers = set(markers.get_column("subject_id"))
    with_source = samples.filter((pl.col("role") == "baseline") | pl.col("markers").is_not_null())
    possible = with_markers | set(with_source.get_column("subject_id"))
    marker_ids = set(markers.get_column("marker_id"))
    subjects = dict(samples.select("sample_id", "subject_id").iter_rows())
    for tube in tubes:
        subject = tube.subject_id or subjects.get(tube.sample_id)
        if subject is None:
            raise QuantityError(f"sample {tube.sample_id} has no patient: fill in its subject_id on the sample sheet")
        if subject not in possible:
            raise QuantityError(
                f"patient {subject} of sample {tube.sample_id} has neither a baseline nor a markers table: give the "
                "table of the markers that were selected at diagnosis (--markers)"
            )
        for marker, marker_subject in tube.marker_subjects.items():
            if marker_subject == subject and marker not in marker_ids:
                raise QuantityError(
                    f"hits of sample {tube.sample_id} contain marker {marker} of patient {subject}, which is in no "
                    "markers table: give the markers tables with which the sample was tracked (--markers)"
                )
