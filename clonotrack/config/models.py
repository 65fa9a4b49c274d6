"""Science settings: one model per stage, one per library; the JSON Schema is generated from them.

The same models check the command line's ``--config``, the workflow's configuration and the Python API. Run-time
settings (threads, overwriting, verbosity) are flags of the command line and never stand here.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, Field, ValidationError, field_validator
from pydantic_core import to_jsonable_python

from clonotrack.config.identifiers import IDENTIFIER
from clonotrack.config.library import Library
from clonotrack.config.quantify import Quantify
from clonotrack.config.section import Locus, Section
from clonotrack.errors import ConfigError


class Reads(Section):
    """Which reads are looked at."""

    min_length: int = Field(50, ge=1, description="shorter reads are refused as too_short [nt]")
    max_error_rate: float = Field(
        0.02,
        gt=0,
        le=1,
        description="reads with more expected errors per base, the mean of 10^(-Q/10), are refused as low_quality",
    )
    max_false_merge: float = Field(
        1e-6, gt=0, lt=0.1, description="most that chance may have to put mates together that do not overlap"
    )
    max_primer_error: float = Field(
        0.15, ge=0, le=0.3, description="most mismatches per base of a primer, where a library names primers"
    )
    primer_reach: int = Field(8, ge=0, le=50, description="most bases before a primer, as spacers have them [nt]")
    min_umi_share: float = Field(
        0.5, ge=0, le=1, description="least share of fragments whose UMI can be read; below it the command stops"
    )


class Annotate(Section):
    """How rearrangements are recognised."""

    loci: tuple[Locus, ...] = Field(
        ("IGH", "IGK", "IGL", "TRA", "TRB", "TRG", "TRD"),
        description="loci whose rearrangements are told; all are searched",
    )
    # METHOD: measured on the sequences of docs/annotate.md that are no rearrangement: none of 34,000 random or shuffled
    # ones is called, 1 in 10,000 germline V with random sequence behind them. Without mutation 99 of 100 D that are
    # called in IGH are right.
    min_v_score: float = Field(25.0, ge=0, description="alignment score below which there is no V")
    min_j_score: float = Field(9.0, ge=0, description="alignment score below which there is no J")
    max_j_expected: float = Field(
        0.0003,
        ge=0,
        description="J matches as good as this one that chance may have behind a V, above which there is no J",
    )
    max_d_expected: float = Field(
        0.04, ge=0, description="D matches as good as this one that chance may have, above which there is no D"
    )


class Cluster(Section):
    """When a key region is an error copy of another."""

    max_distance: int = Field(2, ge=0, le=4, description="substitutions at which an error copy is still looked for")
    error_rate: float | None = Field(
        None,
        gt=0,
        le=0.02,
        description="errors per base that the qualities do not tell; empty: as in the sample's largest key regions",
    )
    # METHOD: with these two one error of early PCR explains up to a twentieth of the parent's reads; measured on the
    # simulated truth of benchmarks/cluster.py.
    polymerase_error_rate: float = Field(1.5e-5, ge=0, lt=0.01, description="errors of PCR per base and doubling")
    min_probability: float = Field(
        1e-4, gt=0, le=0.1, description="a key region with more reads than errors give with this probability is no copy"
    )
    min_umi_reads: int | None = Field(
        None, ge=1, description="reads from which on a UMI counts as a molecule; empty: from their histogram"
    )
    min_ratio: float = Field(
        20.0,
        ge=1,
        description="reads of a key region with other V or J genes are a clonotype of their own unless those of the "
        "main genes are this many times more",
    )


class Markers(Section):
    """The dominance rule: which clonotypes of a baseline are the cancer's."""

    min_fraction: float = Field(0.03, ge=0, le=1, description="least share of the like sequences of the locus")
    min_cell_fraction: float = Field(0.002, ge=0, le=1, description="least share of all nucleated cells")
    max_next_decade: int = Field(5, ge=0, description="most clonotypes in the next decade of ranked frequencies")
    min_genome_equivalents: float = Field(40.0, ge=0, description="least clone cells in the analysed tube")
    considered: int = Field(20, ge=1, description="clonotypes of the top that get a row and a reason")
    max_selected: int = Field(8, ge=1, description="most markers of one baseline")
    min_target_length: int = Field(40, ge=20, description="least length of the tracked clone-specific part [nt]")


class Track(Section):
    """What counts as a read of a marker."""

    max_edits: int | None = Field(
        None,
        ge=0,
        le=8,
        description="most edits between a read and the clone-specific part; empty: by its length and its background",
    )
    error_rate: float = Field(0.003, ge=0, lt=0.1, description="errors of sequencing per base that edits allow for")
    false_hit_rate: float = Field(
        1e-9, gt=0, lt=1, description="most matching errors per background read, to which edits are lowered"
    )
    min_overlap: int = Field(
        30, ge=13, description="least part of a target that a read which ends inside has to hold [nt]"
    )


class Report(Section):
    """What the report shows."""

    title: str = Field("Measurable residual disease", description="heading of a patient's report")


class Config(Section):
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

    def with_umi(self, name: str | None, pattern: str) -> Config:
        """These settings with another UMI pattern for a library, found as `library_name` does."""
        changed = self.library(name).with_umi(pattern)
        return self.model_copy(update={"libraries": {**self.libraries, self.library_name(name): changed}})


class Run(Section):
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
