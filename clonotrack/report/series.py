"""Collect the results of one patient by sample, sorted by day, for the plot, the tables and the sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import polars as pl

from clonotrack.errors import TableError
from clonotrack.tables import COMBINED

Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """Results of one sample.

    Attributes:
        sample_id: id of the sample.
        day: day of the sample; None if it is not known.
        combined: the MRD row over all markers.
        markers: the MRD row of each marker.
        sheet: role, tissue, collection_date and disease from the sample sheet; empty if the sample is not on a sheet.
    """

    sample_id: str
    day: float | None
    combined: Row
    markers: tuple[Row, ...]
    sheet: Row

    @property
    def results(self) -> tuple[Row, ...]:
        """Every row of the sample, `combined` first."""
        return (self.combined, *self.markers)


@dataclass(frozen=True, slots=True)
class PatientSeries:
    """Samples of one patient over time.

    Attributes:
        subject_id: the patient.
        samples: samples sorted by day.
        target: target level, the LoD that a negative result must not exceed [clone cells per nucleated cell]; None if
            it is not known.
    """

    subject_id: str
    samples: tuple[Sample, ...]
    target: float | None

    @property
    def marker_ids(self) -> list[str]:
        """marker_id of every marker with a result, in the order of their first results."""
        return list(dict.fromkeys(row["marker_id"] for sample in self.samples for row in sample.markers))

    @property
    def by_day(self) -> bool:
        """Whether every sample has a day; otherwise samples are drawn in their order, without a time scale."""
        return all(sample.day is not None for sample in self.samples)

    @property
    def diseases(self) -> list[str]:
        """Diseases of the patient on the sample sheet; more than one if the sheet contradicts itself."""
        named = (sample.sheet.get("disease") for sample in self.samples)
        return list(dict.fromkeys(name for name in named if name))

    def result(self, sample: Sample, marker_id: str) -> Row | None:
        """Return the MRD row of a sample for a marker or for `combined`; None if the sample has no such row."""
        return next((row for row in sample.results if row["marker_id"] == marker_id), None)


def patient_series(
    mrd: pl.DataFrame, subject_id: str, samples: pl.DataFrame | None = None, target: float | None = None
) -> PatientSeries:
    """Collect the results of one patient, sorted by day. Samples without a day come last, in the order of `mrd`.

    Args:
        mrd: MRD; rows of other patients are left out.
        subject_id: the patient.
        samples: SAMPLES; None without a sample sheet.
        target: target level, the LoD that a negative result must not exceed [clone cells per nucleated cell]; None if
            it is not known.

    Raises:
        TableError: the patient has no row, or a sample does not have exactly one `combined` row.
    """
    own = mrd.filter(pl.col("subject_id") == subject_id)
    if not own.height:
        patients = ", ".join(mrd.get_column("subject_id").unique(maintain_order=True)) or "nobody"
        raise TableError(
            "MRD", "subject_id", f"has no row of patient {subject_id}, only of {patients}: give one of these patients"
        )
    sheet = {} if samples is None else _sheet(samples)
    groups = own.partition_by("sample_id", maintain_order=True)
    ordered = sorted((_sample(group, sheet) for group in groups), key=_when)
    return PatientSeries(subject_id, tuple(ordered), target)


def _sample(rows: pl.DataFrame, sheet: dict[str, Row]) -> Sample:
    sample_id = rows["sample_id"][0]
    combined = rows.filter(pl.col("marker_id") == COMBINED).rows(named=True)
    if len(combined) != 1:
        raise TableError(
            "MRD",
            "marker_id",
            f"sample {sample_id} has {len(combined)} rows `{COMBINED}` instead of one: make the table again with "
            "`quantify`",
        )
    markers = rows.filter(pl.col("marker_id") != COMBINED).rows(named=True)
    return Sample(sample_id, combined[0]["day"], combined[0], tuple(markers), sheet.get(sample_id, {}))


def _sheet(samples: pl.DataFrame) -> dict[str, Row]:
    """Return the role, tissue, collection_date and disease of each sample, by sample_id.

    A sample with several tubes has several rows on the sheet. The first value that is not empty is used.
    """
    columns = ("role", "tissue", "collection_date", "disease")
    first = samples.group_by("sample_id", maintain_order=True).agg(
        pl.col(name).drop_nulls().first() for name in columns if name in samples.columns
    )
    return {row["sample_id"]: row for row in first.rows(named=True)}


def _when(sample: Sample) -> float:
    return float("inf") if sample.day is None else sample.day
