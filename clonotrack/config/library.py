"""Settings of one kind of library: primers, UMIs, controls, indexes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from clonotrack.config.section import Level, Locus, Section
from clonotrack.config.umi_pattern import umi_pattern
from clonotrack.errors import ConfigError

Tag = Annotated[str, Field(pattern="^[A-Za-z][A-Za-z0-9]$")]
CaptureRange = Annotated[tuple[Level, ...], Field(min_length=2, max_length=3)]


class Library(Section):
    """One kind of library: how the laboratory made its reads."""

    controls: str | None = Field(
        None, description="path of the CONTROLS table of the library, relative to the settings file"
    )
    loci: tuple[Locus, ...] = Field((), description="loci that the primers amplify; [] means all loci")
    primers: str | None = Field(
        None,
        description="path of a FASTA file of the primers to trim from reads, relative to the settings file",
    )
    layout: Literal["single", "paired"] | None = Field(
        None,
        description="required layout of the reads of every sample: single (single reads) or paired (mates); null "
        "accepts both",
    )
    orientation: Literal["FR", "FF"] = Field(
        "FR",
        description="strands of the mates: FR (opposite strands, as sequenced) or FF (both written on the same strand)",
    )
    umi_pattern: str | None = Field(
        None,
        description="regular expression that matches the UMI at the 5' end of a read, such as ^(?P<umi>.{12}); null "
        "if no read contains a UMI",
    )
    umi_read: Literal[1, 2, "name"] | Tag = Field(
        1,
        description="source of the UMI: 1 or 2 (mate that umi_pattern "
        "matches), name (the read name), or a BAM tag such as RX",
    )
    template: Literal["dna", "rna"] = Field(
        "dna", description="amplified nucleic acid: dna, or rna (transcripts do not count cells)"
    )
    capture: Level | CaptureRange | None = Field(
        None,
        description="probability that a molecule in the tube becomes visible in the reads, from validation: a number, "
        "or its 95 % range as [low, high] or [low, value, high]; null uses calibrators with UMIs, otherwise "
        "quantify.default_capture",
    )
    efficiency_sd: float | None = Field(
        None,
        ge=0,
        le=2,
        description="standard deviation of the log PCR efficiency between sequences, from validation; null uses "
        "five or more calibrators, otherwise quantify.efficiency_sd",
    )
    hopping: float | None = Field(
        None,
        ge=0,
        lt=1,
        description="share of the reads of a sample that index hopping assigns to other samples, from validation; null "
        "estimates the share from the run, otherwise uses quantify.default_hopping",
    )
    indexing: Literal["unique_dual", "combinatorial_dual", "single"] | None = Field(
        None,
        description="kind of sample indexes; with single, index hopping cannot be distinguished from contamination; "
        "null: not stated",
    )
    strands_tagged: Literal[1, 2] = Field(1, description="number of strands of a molecule that get a UMI each: 1 or 2")
    dispersion: float | None = Field(
        None,
        ge=0,
        le=2,
        description="standard deviation of the log PCR yield of a molecule, from validation; null uses "
        "quantify.dispersion",
    )

    @model_validator(mode="after")
    def _umis(self) -> Library:
        try:
            umi_pattern(self.umi_pattern) if self.umi_pattern else None
        except ConfigError as error:
            raise ValueError(str(error)) from None
        if self.umi_pattern and self.umi_read not in (1, 2):
            raise ValueError("umi_pattern needs umi_read 1 or 2: change umi_read, or remove umi_pattern")
        return self

    def with_umi(self, pattern: str) -> Library:
        """Return a copy of this library with another UMI pattern.

        Args:
            pattern: the new value of `umi_pattern`.

        Raises:
            ConfigError: the pattern is not valid.
        """
        umi_pattern(pattern)
        return self.model_copy(update={"umi_pattern": pattern})

    @field_validator("capture", mode="before")
    @classmethod
    def _capture(cls, value: Any) -> Any:
        limits = list(value) if isinstance(value, list | tuple) else [value] * 2
        ascending = all(isinstance(share, int | float) for share in limits) and sorted(limits) == limits
        if value is not None and not (ascending and 2 <= len(limits) <= 3 and 0 < limits[0] and limits[-1] <= 1):
            raise ValueError(
                f"capture is {value}: give a share above 0 and at most 1, or [low, high] or [low, value, high]"
            )
        return value
