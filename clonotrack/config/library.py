"""Settings of a kind of library."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from clonotrack.config.section import Level, Locus, Section
from clonotrack.config.umi_pattern import umi_pattern
from clonotrack.errors import ConfigError

Tag = Annotated[str, Field(pattern="^[A-Za-z][A-Za-z0-9]$")]
CaptureRange = Annotated[tuple[Level, ...], Field(min_length=2, max_length=3)]


class Library(Section):
    """What one kind of library is."""

    controls: str | None = Field(None, description="CONTROLS table; its path is relative to the config file")
    loci: tuple[Locus, ...] = Field((), description="loci its primers amplify; empty: all")
    primers: str | None = Field(
        None, description="FASTA of its primers, which are trimmed; its path is relative to the config file"
    )
    layout: Literal["single", "paired"] | None = Field(
        None, description="whether reads have mates, which is then asked of every file; empty: as they come"
    )
    orientation: Literal["FR", "FF"] = Field(
        "FR", description="strands of mates in the files: FR as sequenced, FF where both are written on one strand"
    )
    umi_pattern: str | None = Field(None, description="the UMI at the 5' end of a read, as ^(?P<umi>.{12})")
    umi_read: Literal[1, 2, "name"] | Tag = Field(
        1, description="where UMIs stand: the mate that `umi_pattern` describes, else `name` or a BAM tag, as RX"
    )
    template: Literal["dna", "rna"] = Field("dna", description="what was amplified")
    capture: Level | CaptureRange | None = Field(
        None,
        description="share of rearranged molecules that end in the data, by validation: a number, [low, high] or "
        "[low, value, high] with the limits of its 95 % range",
    )
    efficiency_sd: float | None = Field(
        None, ge=0, le=2, description="standard deviation of the log efficiency of sequences, by validation"
    )
    hopping: float | None = Field(None, ge=0, lt=1, description="share of a sample's reads that hop, by validation")
    indexing: Literal["unique_dual", "combinatorial_dual", "single"] | None = Field(
        None, description="how samples of a run are told apart; with single, hopping looks like contamination"
    )
    strands_tagged: Literal[1, 2] = Field(1, description="strands of a molecule that get a UMI of their own")
    dispersion: float | None = Field(
        None, ge=0, le=2, description="standard deviation of the log PCR yield of a molecule, by validation"
    )

    @model_validator(mode="after")
    def _umis(self) -> Library:
        try:
            umi_pattern(self.umi_pattern) if self.umi_pattern else None
        except ConfigError as error:
            raise ValueError(str(error)) from None
        if self.umi_pattern and self.umi_read not in (1, 2):
            raise ValueError("umi_pattern describes the bases of a read: leave it out, or give 1 or 2 as umi_read")
        return self

    def with_umi(self, pattern: str) -> Library:
        """The library with another UMI pattern.

        Raises:
            ConfigError: it cannot be.
        """
        umi_pattern(pattern)
        return self.model_copy(update={"umi_pattern": pattern})

    @field_validator("capture", mode="before")
    @classmethod
    def _capture(cls, value: Any) -> Any:
        limits = list(value) if isinstance(value, list | tuple) else [value] * 2
        rising = all(isinstance(share, int | float) for share in limits) and sorted(limits) == limits
        if value is not None and not (rising and 2 <= len(limits) <= 3 and 0 < limits[0] and limits[-1] <= 1):
            raise ValueError(f"capture is {value}: give a share above 0 and up to 1, or [low, high] of such shares")
        return value
