"""Settings that can change results, and functions that check and print them.

Each stage has a section here. The command line, the workflow and the Python functions check settings with the same
models, from which the JSON Schemas are generated. The number of threads, overwriting and verbosity cannot change a
result: they are options of the command line.
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
    """Stage reads: which reads are used, and how mates are merged."""

    min_length: int = Field(
        50, ge=1, description="minimum length of a read [nt]; shorter reads are rejected (reason too_short)"
    )
    max_error_rate: float = Field(
        0.02,
        gt=0,
        le=1,
        description="maximum expected errors per base: mean of 10^(-Q/10) "
        "over the quality scores Q of a read; reads with "
        "more errors are rejected (reason low_quality)",
    )
    max_false_merge: float = Field(
        1e-6,
        gt=0,
        lt=0.1,
        description="maximum probability of a false merge: of merging, by chance, two mates that do not overlap",
    )
    max_primer_error: float = Field(
        0.15,
        ge=0,
        le=0.3,
        description="maximum mismatches between read and primer, per base "
        "of the primer; used if the library sets primers",
    )
    primer_reach: int = Field(
        8, ge=0, le=50, description="maximum number of bases before a primer, such as a spacer [nt]"
    )
    min_umi_share: float = Field(
        0.5,
        ge=0,
        le=1,
        description="minimum share of fragments with a UMI, if the library has UMIs; a smaller share is an error",
    )


class Annotate(Section):
    """Stage annotate: how rearrangements are recognised."""

    loci: tuple[Locus, ...] = Field(
        ("IGH", "IGK", "IGL", "TRA", "TRB", "TRG", "TRD"),
        description="loci whose rearrangements are reported; all loci are searched",
    )
    # METHOD: the four thresholds were chosen on sequences without a rearrangement (docs/accuracy.md). None of 34,000
    # random or shuffled sequences gets a call. Of germline V followed by random bases, 1 in 10,000 gets a call. In IGH
    # without hypermutation, 99 % of the D calls are right.
    min_v_score: float = Field(
        25.0, ge=0, description="minimum alignment score of a V call; each matching base scores 1"
    )
    min_j_score: float = Field(
        9.0, ge=0, description="minimum alignment score of a J call; each matching base scores 1"
    )
    max_j_expected: float = Field(
        0.0003,
        ge=0,
        description="maximum E-value of a J call: expected number of "
        "chance matches of J alleles after the V, with this "
        "score or more",
    )
    max_d_expected: float = Field(
        0.04,
        ge=0,
        description="maximum E-value of a D call: expected number of "
        "chance matches of D alleles, with this score or more",
    )


class Cluster(Section):
    """Stage cluster: when a key region is an error copy of another key region."""

    max_distance: int = Field(2, ge=0, le=4, description="maximum substitutions between an error copy and its parent")
    error_rate: float | None = Field(
        None,
        gt=0,
        le=0.02,
        description="errors per base beyond those that the quality scores state; null estimates the rate from the most "
        "abundant key regions",
    )
    # METHOD: with these two values one error of early PCR explains up to 5 % of the reads of the parent. They were
    # chosen on simulated data (benchmarks/cluster.py).
    polymerase_error_rate: float = Field(1.5e-5, ge=0, lt=0.01, description="PCR errors per base and doubling")
    min_probability: float = Field(
        1e-4,
        gt=0,
        le=0.1,
        description="minimum probability that errors of the parent explain the reads of an error copy; with a smaller "
        "probability the key region is a clonotype of its own",
    )
    min_umi_reads: int | None = Field(
        None,
        ge=1,
        description="minimum reads of a UMI family that counts as a molecule; null chooses the minimum from the "
        "histogram of "
        "reads per UMI family",
    )
    min_ratio: float = Field(
        20.0,
        ge=1,
        description="minimum ratio of reads with the main V and J genes of a key region to reads with other genes; "
        "with a smaller ratio the reads with other genes are a separate clonotype",
    )


class Markers(Section):
    """Stage markers: the dominance rule, which selects the clonotypes of the cancer in a baseline."""

    min_fraction: float = Field(
        0.03, ge=0, le=1, description="minimum share of the clonotype in the reads or molecules of its locus"
    )
    min_cell_fraction: float = Field(0.002, ge=0, le=1, description="minimum share of the clone in all nucleated cells")
    max_next_decade: int = Field(
        5,
        ge=0,
        description="maximum number of other clonotypes in the next decade: with a frequency from f / 10 to f, where f "
        "is the frequency of the clonotype",
    )
    min_genome_equivalents: float = Field(40.0, ge=0, description="minimum number of clone cells in the tube")
    considered: int = Field(
        20, ge=1, description="number of clonotypes, the most abundant ones, that get a row in MARKERS with the reason"
    )
    max_selected: int = Field(8, ge=1, description="maximum number of markers of one baseline")
    min_target_length: int = Field(40, ge=20, description="minimum length of the clone-specific part [nt]")


class Track(Section):
    """Stage track: which reads count for a marker."""

    max_edits: int | None = Field(
        None,
        ge=0,
        le=8,
        description="allowed edits between a read and the clone-specific "
        "part of a marker; null chooses the number from the "
        "length and the background of the marker",
    )
    error_rate: float = Field(
        0.003, ge=0, lt=0.1, description="sequencing errors per base, from which the allowed edits are computed"
    )
    false_hit_rate: float = Field(
        1e-9,
        gt=0,
        lt=1,
        description="maximum share of reads of other cells that match a "
        "marker because of errors; limits the allowed edits",
    )
    min_overlap: int = Field(
        30, ge=13, description="minimum overlap of read and target, if the read begins or ends inside the target [nt]"
    )


class Report(Section):
    """Stage report: content of the report."""

    title: str = Field("Measurable residual disease", description="title of the report")


class Config(Section):
    """All settings that can change results, by stage and library."""

    reads: Reads = Reads()
    annotate: Annotate = Annotate()
    cluster: Cluster = Cluster()
    markers: Markers = Markers()
    track: Track = Track()
    quantify: Quantify = Quantify()
    report: Report = Report()
    libraries: dict[str, Library] = Field(
        {"default": Library()},
        min_length=1,
        description="settings of each library; its name is the value of column library on the sample sheet",
    )
    germline: str | None = Field(
        None,
        description="folder of a germline reference, relative to the settings file; null uses the embedded reference",
    )

    @field_validator("libraries")
    @classmethod
    def _names(cls, value: dict[str, Library]) -> dict[str, Library]:
        for name in value:
            if not IDENTIFIER.fullmatch(name):
                raise ValueError(
                    f"library name {name!r} is not valid: use letters, digits and _ . + - after a letter or digit"
                )
        return value

    def library_name(self, name: str | None) -> str:
        """Check the name of a library, or choose the library if no name is given; return its name.

        Args:
            name: name of a library of the settings. None chooses the only library, or the library ``default``.

        Raises:
            ConfigError: the settings have no library of this name; or `name` is None, and the settings have several
                libraries but none named ``default``.
        """
        names = ", ".join(self.libraries)
        if name is None and len(self.libraries) == 1:
            return next(iter(self.libraries))
        if name is None and "default" not in self.libraries:
            raise ConfigError(
                f"no library is named, but the settings have several ({names}): give one of these names with "
                "--library or in column library"
            )
        if name is not None and name not in self.libraries:
            raise ConfigError(
                f"library {name!r} is not in the settings, which have {names}: give one of these names, or "
                "add the library"
            )
        return name or "default"

    def library(self, name: str | None) -> Library:
        """Return the settings of one library; arguments and errors as in `library_name`."""
        return self.libraries[self.library_name(name)]

    def with_umi(self, name: str | None, pattern: str) -> Config:
        """Return a copy of the settings in which one library has another UMI pattern.

        Args:
            name: name of the library, or None as in `library_name`.
            pattern: the new value of `umi_pattern`.
        """
        changed = self.library(name).with_umi(pattern)
        return self.model_copy(update={"libraries": {**self.libraries, self.library_name(name): changed}})


class Run(Section):
    """Settings of the workflow: sample sheet, output folder and settings file."""

    samples: str = Field(description="path of the sample sheet")
    output: str = Field("results", description="path of the output folder")
    settings: str | None = Field(
        None, description="path of the settings file (see `clonotrack config`); null uses the defaults"
    )


def parse(data: Any, source: str = "configuration") -> Config:
    """Check the document of a YAML or JSON file and convert it to settings.

    Args:
        data: content of the file, as dictionaries and lists; None or an empty document gives the default settings.
        source: name of the file in error messages.

    Raises:
        ConfigError: a setting is unknown or its value is not allowed; the message names all such settings.
    """
    try:
        return Config.model_validate(data or {})
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'top level'}: {problem['msg']}" for problem in error.errors()
        )
        raise ConfigError(f"{source}: {problems}: `clonotrack config` prints every setting") from None


def schema(model: type[BaseModel] = Config) -> dict[str, Any]:
    """Make the JSON Schema of `Config` or `Run`."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}


def commented(model: type[BaseModel] = Config) -> str:
    """Format a model as YAML: each setting with its default value, below a comment with the meaning."""
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
    return [f"{indent}{name}: {'# required' if required else json.dumps(to_jsonable_python(value))}"]
