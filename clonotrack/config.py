"""Science settings: one model per stage, one per library; the JSON Schema is generated from them.

The same models check the command line's ``--config``, the workflow's configuration and the Python API. Run-time
settings (threads, overwriting, verbosity) are flags of the command line and never stand here.
"""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import to_jsonable_python

from clonotrack.errors import ConfigError

Locus = Literal["IGH", "IGK", "IGL", "TRA", "TRB", "TRG", "TRD"]
Level = Annotated[float, Field(gt=0, le=1)]
TARGET_LEVELS = {"ALL": 1e-4, "B-ALL": 1e-4, "T-ALL": 1e-4, "CLL": 1e-4, "MM": 1e-5, "default": 1e-4}
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Reads(_Section):
    """Which reads are looked at."""

    min_length: int = Field(50, ge=1, description="shorter reads are refused as too_short [nt]")
    max_error_rate: float = Field(
        0.02,
        gt=0,
        le=1,
        description="reads with more expected errors per base, the mean of 10^(-Q/10), are refused as low_quality",
    )


class Annotate(_Section):
    """How rearrangements are recognised."""

    loci: tuple[Locus, ...] = Field(
        ("IGH", "IGK", "IGL", "TRA", "TRB", "TRG", "TRD"),
        description="loci whose rearrangements are told; all are searched",
    )
    # METHOD: measured on the sequences of docs/annotate.md that are no rearrangement: none of 34,000 random or shuffled
    # ones is called, 1 in 10,000 germline V with random sequence behind them. Without mutation 99 of 100 D that are
    # called in IGH are right.
    min_v_score: float = Field(25.0, ge=0, description="alignment score below which there is no V")
    min_j_score: float = Field(12.0, ge=0, description="alignment score below which there is no J")
    max_j_expected: float = Field(
        0.0003,
        ge=0,
        description="J matches as good as this one that chance may have behind a V, above which there is no J",
    )
    max_d_expected: float = Field(
        0.04, ge=0, description="D matches as good as this one that chance may have, above which there is no D"
    )


class Cluster(_Section):
    """When a key region is an error copy of another."""

    max_distance: int = Field(2, ge=0, le=4, description="substitutions at which an error copy is still looked for")
    min_ratio: float = Field(
        20.0, ge=1, description="a parent is at least this many times larger, for each substitution between them"
    )


class Markers(_Section):
    """The dominance rule: which clonotypes of a baseline are the cancer's."""

    min_fraction: float = Field(0.03, ge=0, le=1, description="least share of the like sequences of the locus")
    min_cell_fraction: float = Field(0.002, ge=0, le=1, description="least share of all nucleated cells")
    max_next_decade: int = Field(5, ge=0, description="most clonotypes in the next decade of ranked frequencies")
    min_genome_equivalents: float = Field(40.0, ge=0, description="least clone cells in the analysed tube")
    considered: int = Field(20, ge=1, description="clonotypes of the top that get a row and a reason")
    max_selected: int = Field(8, ge=1, description="most markers of one baseline")
    min_target_length: int = Field(40, ge=20, description="least length of the tracked clone-specific part [nt]")


class Track(_Section):
    """What counts as a read of a marker."""

    max_edits: int = Field(2, ge=0, le=4, description="most mismatches between a read and the clone-specific part")


class Quantify(_Section):
    """From reads to clone cells per nucleated cell, and the call."""

    pg_per_cell: float = Field(6.5, gt=0, description="DNA of one diploid cell [pg]")
    confidence: float = Field(0.95, gt=0.5, lt=1, description="level of the two-sided intervals")
    alpha_call: float = Field(0.001, gt=0, lt=1, description="largest p-value of a positive call, over all markers")
    min_molecules: int = Field(1, ge=1, description="least molecules of a positive call")
    background_rate: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="molecules of a marker per nucleated cell of people without the clone, where unknown",
    )
    dispersion: float = Field(
        0.5, ge=0, le=2, description="standard deviation of the log PCR yield of a molecule, where not estimated"
    )
    default_capture: float = Field(
        0.6, gt=0, le=1, description="capture that is assumed, and flagged, where a library states none"
    )
    target_level: dict[str, Level] = Field(
        TARGET_LEVELS,
        description="level that a negative result has to reach, by disease; what is left out stays as it is here",
    )
    max_no_template_reads: int = Field(
        0, ge=0, description="reads of a marker in a no-template control above which its run has failed"
    )

    @field_validator("target_level")
    @classmethod
    def _levels(cls, value: dict[str, float]) -> dict[str, float]:
        return {**TARGET_LEVELS, **value}


class Report(_Section):
    """What the report shows."""

    title: str = Field("Measurable residual disease", description="heading of a patient's report")


class Library(_Section):
    """What one kind of library is."""

    controls: str | None = Field(None, description="CONTROLS table; its path is relative to the config file")
    loci: tuple[Locus, ...] = Field((), description="loci its primers amplify; empty: all")
    template: Literal["dna", "rna"] = Field("dna", description="what was amplified")
    capture: float | None = Field(
        None, gt=0, le=1, description="share of rearranged molecules that end in the data, by validation"
    )
    dispersion: float | None = Field(
        None, ge=0, le=2, description="standard deviation of the log PCR yield of a molecule, by validation"
    )


class Config(_Section):
    """All science settings of a run."""

    reads: Reads = Reads()
    annotate: Annotate = Annotate()
    cluster: Cluster = Cluster()
    markers: Markers = Markers()
    track: Track = Track()
    quantify: Quantify = Quantify()
    report: Report = Report()
    libraries: dict[str, Library] = Field({"default": Library()}, min_length=1, description="kinds of library, by name")
    germline: str | None = Field(None, description="folder of a user's own reference; empty: the embedded one")

    @field_validator("libraries")
    @classmethod
    def _names(cls, value: dict[str, Library]) -> dict[str, Library]:
        for name in value:
            if not IDENTIFIER.fullmatch(name):
                raise ValueError(f"library name {name!r} may hold letters, digits and _ . + - only")
        return value

    def library_name(self, name: str | None) -> str:
        """The name of a library; without one that of the only or the ``default`` one.

        Raises:
            ConfigError: there is no such library, or several and none was named.
        """
        known = ", ".join(self.libraries)
        if name is None and len(self.libraries) == 1:
            return next(iter(self.libraries))
        if name is None and "default" not in self.libraries:
            raise ConfigError(f"a sample names no library and the configuration has {known}: name one of these")
        if name is not None and name not in self.libraries:
            raise ConfigError(f"library {name!r} is not in the configuration, which has {known}: name one of these")
        return name or "default"

    def library(self, name: str | None) -> Library:
        """The library of this name, found as `library_name` does."""
        return self.libraries[self.library_name(name)]


class Run(_Section):
    """What the workflow is told: which samples, which settings, where to."""

    samples: str = Field(description="the sample sheet")
    output: str = Field("results", description="folder of the results")
    settings: str | None = Field(None, description="file of science settings; empty: the defaults")


def parse(data: Any, source: str = "configuration") -> Config:
    """Settings from a parsed document, checked.

    Raises:
        ConfigError: names the place and what is wrong with it; all problems in one sentence.
    """
    try:
        return Config.model_validate(data or {})
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'top level'}: {problem['msg']}" for problem in error.errors()
        )
        raise ConfigError(f"{source}: {problems}: see `clonotrack config` for every setting") from None


def schema(model: type[BaseModel] = Config) -> dict[str, Any]:
    """JSON Schema of the science settings, or of `Run`."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}


def commented(model: type[BaseModel] = Config) -> str:
    """Every setting of a model with its default as YAML, each under a comment that says what it is."""
    return "\n".join(_commented(model, indent="")) + "\n"


def _commented(model: type[BaseModel], indent: str) -> list[str]:
    lines: list[str] = []
    for name, field in model.model_fields.items():
        value = None if field.is_required() else field.get_default(call_default_factory=True)
        meaning = field.description or (type(value).__doc__ or "").strip()
        lines.append(f"{indent}# {meaning}")
        lines += _setting(name, value, indent, required=field.is_required())
    return lines


def _setting(name: str, value: Any, indent: str, *, required: bool = False) -> list[str]:
    if isinstance(value, BaseModel):
        return [f"{indent}{name}:", *_commented(type(value), indent + "  ")]
    if isinstance(value, dict):
        return [f"{indent}{name}:", *(line for key in value for line in _setting(key, value[key], indent + "  "))]
    return [f"{indent}{name}: {'# has to be given' if required else json.dumps(to_jsonable_python(value))}"]
