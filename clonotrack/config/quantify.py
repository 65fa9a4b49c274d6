"""Settings of stage quantify, which computes MRD."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from clonotrack.config.section import Level, Section

TARGET_LEVELS = {"ALL": 1e-4, "B-ALL": 1e-4, "T-ALL": 1e-4, "CLL": 1e-4, "MM": 1e-5, "default": 1e-4}


class Quantify(Section):
    """Stage quantify: how MRD, its interval, its limits and the call are computed."""

    pg_per_cell: float = Field(6.5, gt=0, description="DNA of one diploid cell [pg]")
    confidence: float = Field(0.95, gt=0.5, lt=1, description="confidence level of the two-sided confidence intervals")
    alpha_call: float = Field(
        0.001,
        gt=0,
        lt=1,
        description="maximum p-value of a positive call; the p-value is that of all markers of a sample together",
    )
    min_molecules: int = Field(1, ge=1, description="minimum number of molecules of a positive call")
    background_rate: float = Field(
        1e-6,
        ge=0,
        lt=1,
        description="prior mean of the background (molecules like the marker "
        "per nucleated cell of people without the clone), "
        "if neither MARKERS nor control samples determine the background; 0 assumes no background",
    )
    combine: Literal["highest", "pooled"] = Field(
        "highest",
        description="MRD in the combined row of a sample: highest (the marker with the highest MRD) or pooled (all "
        "markers together)",
    )
    dispersion: float = Field(
        0.5,
        ge=0,
        le=2,
        description="standard deviation of the log PCR yield of a "
        "molecule, for libraries without the setting dispersion",
    )
    default_capture: float = Field(
        0.6,
        gt=0,
        le=1,
        description="capture (probability that a molecule in the tube becomes visible in the reads), if it is neither "
        "measured nor "
        "set in the library; the result gets the flag capture_assumed",
    )
    efficiency_sd: float = Field(
        0.3,
        ge=0,
        le=2,
        description="standard deviation of the log PCR efficiency between sequences, if a tube has fewer than five "
        "calibrators and the "
        "library has no setting efficiency_sd; the result then gets the flag efficiency_assumed",
    )
    default_hopping: float = Field(
        0.001,
        ge=0,
        lt=1,
        description="share of the reads of a sample that index hopping assigns to other samples, if it can neither be "
        "estimated from "
        "the run nor is set in the library",
    )
    sustained_days: float = Field(
        365, gt=0, description="minimum days between the first and the last negative sample for sustained negativity"
    )
    target_level: dict[str, Level] = Field(
        TARGET_LEVELS,
        description="target level, by disease: MRD that a negative result "
        "has to exclude; omitted diseases keep their defaults",
    )

    @field_validator("target_level")
    @classmethod
    def _levels(cls, value: dict[str, float]) -> dict[str, float]:
        return {**TARGET_LEVELS, **value}
