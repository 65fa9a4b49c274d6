"""Settings of the stage quantify."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from clonotrack.config.section import Level, Section

TARGET_LEVELS = {"ALL": 1e-4, "B-ALL": 1e-4, "T-ALL": 1e-4, "CLL": 1e-4, "MM": 1e-5, "default": 1e-4}


class Quantify(Section):
    """From reads to clone cells per nucleated cell, and the call."""

    pg_per_cell: float = Field(6.5, gt=0, description="DNA of one diploid cell [pg]")
    confidence: float = Field(0.95, gt=0.5, lt=1, description="level of the two-sided intervals")
    alpha_call: float = Field(0.001, gt=0, lt=1, description="largest p-value of a positive call, over all markers")
    min_molecules: int = Field(1, ge=1, description="least molecules of a positive call")
    background_rate: float = Field(
        1e-6,
        ge=0,
        lt=1,
        description="prior mean of the background molecules of a marker per nucleated cell, where neither MARKERS nor "
        "controls say it; 0: none is assumed",
    )
    combine: Literal["highest", "pooled"] = Field("highest", description="what the combined row of a sample states")
    dispersion: float = Field(
        0.5, ge=0, le=2, description="standard deviation of the log PCR yield of a molecule, where not estimated"
    )
    default_capture: float = Field(
        0.6, gt=0, le=1, description="capture that is assumed, and flagged, where a library states none"
    )
    efficiency_sd: float = Field(
        0.3,
        ge=0,
        le=2,
        description="standard deviation of the log efficiency of sequences, where fewer than five calibrators tell it",
    )
    default_hopping: float = Field(
        0.001, ge=0, lt=1, description="share of a sample's reads that hop, where neither run nor library tells it"
    )
    sustained_days: float = Field(
        365, gt=0, description="days between two negatives from which negativity is sustained"
    )
    target_level: dict[str, Level] = Field(
        TARGET_LEVELS,
        description="level that a negative result has to reach, by disease; what is left out stays as it is here",
    )

    @field_validator("target_level")
    @classmethod
    def _levels(cls, value: dict[str, float]) -> dict[str, float]:
        return {**TARGET_LEVELS, **value}
