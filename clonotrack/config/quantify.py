"""Settings of stage quantify."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from clonotrack.config.section import Level, Section

TARGET_LEVELS = {"ALL": 1e-4, "B-ALL": 1e-4, "T-ALL": 1e-4, "CLL": 1e-4, "MM": 1e-5, "default": 1e-4}


class Quantify(Section):
    """Stage quantify: how MRD, its interval, its limits and the call are computed."""

    pg_per_cell: float = Field(6.5, gt=0, description="DNA of one diploid cell [pg]")
    confidence: float = Field(0.95, gt=0.5, lt=1, description="confidence level of the two-sided intervals")
    alpha_call: float = Field(
        0.001, gt=0, lt=1, description="maximum p-value of a positive call, over all markers of a sample"
    )
    min_molecules: int = Field(1, ge=1, description="minimum molecules of a positive call")
    background_rate: float = Field(
        1e-6,
        ge=0,
        lt=1,
        description="prior mean of the background molecules of a marker per nucleated cell, if neither MARKERS nor "
        "controls determine it; 0 assumes no background",
    )
    combine: Literal["highest", "pooled"] = Field(
        "highest", description="estimate in the combined row of a sample: its highest marker, or all markers pooled"
    )
    dispersion: float = Field(
        0.5,
        ge=0,
        le=2,
        description="standard deviation of the log PCR yield of a molecule, if the library states none",
    )
    default_capture: float = Field(
        0.6,
        gt=0,
        le=1,
        description="capture that is assumed if it is neither measured nor stated by the library; flag capture_assumed",
    )
    efficiency_sd: float = Field(
        0.3,
        ge=0,
        le=2,
        description="standard deviation of the log PCR efficiency between sequences, if fewer than five calibrators",
    )
    default_hopping: float = Field(
        0.001,
        ge=0,
        lt=1,
        description="share of the reads of a sample that index hopping assigns to others, if run and library give none",
    )
    sustained_days: float = Field(
        365, gt=0, description="minimum days between the first and the last negative sample of sustained negativity"
    )
    target_level: dict[str, Level] = Field(
        TARGET_LEVELS,
        description="level that a negative result has to reach, by disease; omitted diseases keep their defaults",
    )

    @field_validator("target_level")
    @classmethod
    def _levels(cls, value: dict[str, float]) -> dict[str, float]:
        return {**TARGET_LEVELS, **value}
