"""Define and check the plan of a simulation, which a YAML file contains: libraries, patients and tubes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from clonotrack.config import Locus
from clonotrack.config.identifiers import IDENTIFIER
from clonotrack.errors import ConfigError

Share = Annotated[float, Field(ge=0, le=1)]
Role = Literal["baseline", "followup", "negative_control", "polyclonal_control"]


def _check_identifier(value: str) -> str:
    if not IDENTIFIER.fullmatch(value):
        raise ValueError(f"the name {value!r} may contain only letters, digits and _ . + -")
    return value


Name = Annotated[str, AfterValidator(_check_identifier)]


class _PlanSection(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LibraryPlan(_PlanSection):
    """Plan of a kind of library: its loci, PCR, sequencing and calibrators."""

    loci: tuple[Locus, ...] = Field(min_length=1, description="loci that the primers amplify")
    capture: float = Field(
        0.6, gt=0, le=1, description="probability that a molecule in the tube is captured, so that it can give reads"
    )
    dispersion: float = Field(0.5, ge=0, le=2, description="standard deviation of the log PCR yield of a molecule")
    reads_per_molecule: float = Field(3.0, gt=0, description="mean reads of a captured molecule")
    calibrators_per_locus: int = Field(3, ge=0, description="number of different calibrators of each locus")
    calibrator_copies: int = Field(40, ge=1, description="molecules of each calibrator in a tube")
    polymerase_error_rate: float = Field(1e-5, ge=0, lt=0.01, description="PCR errors per base and doubling")
    cycles: int = Field(30, ge=1, le=60, description="number of PCR cycles")
    error_rate: float = Field(0.0015, description="mean sequencing errors per base")
    mate_length: int | None = Field(
        None, ge=30, le=600, description="length of each mate [nt]; empty: single reads of whole amplicons"
    )
    umi_length: int = Field(0, ge=0, le=31, description="length of the UMI at the 5' end of read 1 [nt]; 0: no UMI")


class RepertoirePlan(_PlanSection):
    """Plan of the healthy lymphocytes of each person."""

    clones: int = Field(2000, ge=1, description="number of B-cell clones, and number of T-cell clones, of each person")
    mature: Share = Field(0.4, description="share of B-cell clones that are hypermutated")
    mutation: float = Field(
        0.04,
        ge=0,
        le=0.3,
        description="hypermutated bases per base of IGH, in hypermutated clones; IGK and IGL have half",
    )


class MarkerPlan(_PlanSection):
    """Plan of a marker: a rearrangement that every cell of the patient's clone carries."""

    locus: Locus
    v_gene: str | None = Field(None, description="V gene or allele; empty: any V")
    j_gene: str | None = Field(None, description="J gene or allele, or KDE; empty: any J")
    productive: bool | None = Field(None, description="whether the rearrangement is productive; empty: either")
    min_inserted: int = Field(
        8, ge=0, description="minimum number of N and P bases; many such bases make the rearrangement unique"
    )
    mutation: float = Field(0.0, ge=0, le=0.3, description="hypermutated bases per base of the marker")
    copies_per_cell: int = Field(1, ge=1, description="copies of the rearrangement in one clone cell")


class SubjectPlan(_PlanSection):
    """Plan of a patient: the disease, and the markers of the clone."""

    subject_id: Name
    disease: str | None = None
    markers: tuple[MarkerPlan, ...] = Field(min_length=1)


class SamplePlan(_PlanSection):
    """Plan of a sample, which has one tube."""

    sample_id: Name
    role: Role
    subject_id: Name | None = None
    library: Name | None = Field(None, description="name of the library in the plan; empty: the only library")
    day: float | None = None
    tissue: str | None = None
    run_id: Name | None = None
    cells: int = Field(ge=0, description="nucleated cells in the tube")
    input: Literal["cells", "ng"] = Field(
        "cells", description="amount that the sample sheet states: number of cells (cells) or mass of DNA (ng)"
    )
    level: Share = Field(0.0, description="true MRD: clone cells per nucleated cell")
    b_fraction: Share = Field(0.0, description="healthy B cells per nucleated cell")
    t_fraction: Share = Field(0.0, description="healthy T cells per nucleated cell")

    @model_validator(mode="after")
    def _check_amounts(self) -> SamplePlan:
        patient = self.role in ("baseline", "followup")
        if patient != (self.subject_id is not None):
            raise ValueError(
                f"sample {self.sample_id}: a {self.role} {'needs a' if patient else 'must not have a'} subject_id: "
                f"{'add the patient' if patient else 'remove subject_id'}"
            )
        if patient and not self.cells:
            raise ValueError(
                f"sample {self.sample_id}: cells is 0, but a {self.role} contains DNA of a patient: set cells above 0"
            )
        if self.level and not patient:
            raise ValueError(
                f"sample {self.sample_id}: level is {self.level:g}, but a {self.role} has no clone: remove level"
            )
        if self.level + self.b_fraction + self.t_fraction > 1:
            raise ValueError(
                f"sample {self.sample_id}: level, b_fraction and t_fraction add up to more than 1: lower them"
            )
        return self


class Plan(_PlanSection):
    """Plan of a whole simulation."""

    seed: int = Field(1, ge=0, description="seed of all random numbers")
    pg_per_cell: float = Field(
        6.5, gt=0, description="DNA of one diploid cell [pg], for samples whose amount is a mass of DNA"
    )
    target_level: float = Field(1e-4, gt=0, lt=1, description="target level: MRD that a negative result has to exclude")
    libraries: dict[Name, LibraryPlan] = Field(min_length=1)
    repertoire: RepertoirePlan = RepertoirePlan()
    subjects: tuple[SubjectPlan, ...] = ()
    samples: tuple[SamplePlan, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_names(self) -> Plan:
        _require_unique("subject_id", [subject.subject_id for subject in self.subjects])
        _require_unique("sample_id", [sample.sample_id for sample in self.samples])
        subjects = {subject.subject_id for subject in self.subjects}
        for sample in self.samples:
            if sample.subject_id is not None and sample.subject_id not in subjects:
                raise ValueError(
                    f"sample {sample.sample_id}: subject_id {sample.subject_id} is not in subjects: add or correct it"
                )
            if sample.library is None and len(self.libraries) > 1:
                raise ValueError(
                    f"sample {sample.sample_id}: library is empty, but the plan has several libraries: name one"
                )
            if sample.library is not None and sample.library not in self.libraries:
                raise ValueError(
                    f"sample {sample.sample_id}: library {sample.library} is not in libraries: add or correct it"
                )
        return self

    def library_of(self, sample: SamplePlan) -> str:
        """Return the name of a sample's library; a sample that names none has the only library of the plan."""
        return sample.library or next(iter(self.libraries))

    def subject(self, subject_id: str) -> SubjectPlan:
        """Return the plan of a patient, looked up by `subject_id`."""
        return next(subject for subject in self.subjects if subject.subject_id == subject_id)


def parse_plan(document: Any, source: str = "plan") -> Plan:
    """Check the document of a YAML file and convert it to a plan.

    Args:
        document: content of the YAML file, as dictionaries and lists.
        source: name of the file, for the error message.

    Raises:
        ConfigError: a field is invalid; the message names every invalid field and its problem.
    """
    try:
        return Plan.model_validate(document or {})
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'plan'}: {problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors()
        )
        raise ConfigError(f"{source}: {problems}: see `clonotrack simulate plan` for an example") from None


def _require_unique(name: str, values: list[str]) -> None:
    for value in values:
        if values.count(value) > 1:
            raise ValueError(f"{name} {value} appears twice: rename one of the two")
