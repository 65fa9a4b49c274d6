"""Define and check the plan of a simulation: libraries, patients and tubes, as written in YAML."""

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
    """Describe a kind of library: its loci, PCR, sequencing and calibrators."""

    loci: tuple[Locus, ...] = Field(min_length=1, description="loci that its primers amplify")
    capture: float = Field(0.6, gt=0, le=1, description="probability that a molecule is captured")
    dispersion: float = Field(0.5, ge=0, le=2, description="standard deviation of the log PCR yield of a molecule")
    reads_per_molecule: float = Field(3.0, gt=0, description="mean reads of a captured molecule")
    calibrators_per_locus: int = Field(3, ge=0, description="number of different calibrators of each locus")
    calibrator_copies: int = Field(40, ge=1, description="molecules of each calibrator in a tube")
    polymerase_error_rate: float = Field(1e-5, ge=0, lt=0.01, description="errors per base and doubling")
    cycles: int = Field(30, ge=1, le=60, description="PCR cycles")
    error_rate: float = Field(0.0015, description="mean sequencing errors per base")
    mate_length: int | None = Field(
        None, ge=30, le=600, description="length of each mate [nt]; empty: single reads of whole amplicons"
    )
    umi_length: int = Field(0, ge=0, le=31, description="length of the UMI at the 5' end of read 1 [nt]; 0: no UMI")


class RepertoirePlan(_PlanSection):
    """Describe the healthy lymphocytes of each person."""

    clones: int = Field(2000, ge=1, description="number of clones of B cells, and of T cells")
    mature: Share = Field(0.4, description="share of B-cell clones that are hypermutated")
    mutation: float = Field(0.04, ge=0, le=0.3, description="substitutions per base of IGH in hypermutated clones")


class MarkerPlan(_PlanSection):
    """Describe a rearrangement that every cell of the clone carries."""

    locus: Locus
    v_gene: str | None = Field(None, description="gene or allele of V; empty: any")
    j_gene: str | None = Field(None, description="gene or allele of J, or KDE; empty: any J")
    productive: bool | None = Field(None, description="whether it is productive; empty: either")
    min_inserted: int = Field(8, ge=0, description="least number of N and P bases, so that no other cell has it")
    mutation: float = Field(0.0, ge=0, le=0.3, description="hypermutated bases per base")
    copies_per_cell: int = Field(1, ge=1, description="copies in a clone cell")


class SubjectPlan(_PlanSection):
    """Describe a patient and the markers of the clone."""

    subject_id: Name
    disease: str | None = None
    markers: tuple[MarkerPlan, ...] = Field(min_length=1)


class SamplePlan(_PlanSection):
    """Describe one tube of one sample."""

    sample_id: Name
    role: Role
    subject_id: Name | None = None
    library: Name | None = Field(None, description="empty: the only library")
    day: float | None = None
    tissue: str | None = None
    run_id: Name | None = None
    cells: int = Field(ge=0, description="nucleated cells in the tube")
    input: Literal["cells", "ng"] = Field("cells", description="amount in the sample sheet: cell count or DNA mass")
    level: Share = Field(0.0, description="true clone cells per nucleated cell")
    b_fraction: Share = Field(0.0, description="healthy B cells per nucleated cell")
    t_fraction: Share = Field(0.0, description="healthy T cells per nucleated cell")

    @model_validator(mode="after")
    def _check_amounts(self) -> SamplePlan:
        patient = self.role in ("baseline", "followup")
        if patient != (self.subject_id is not None):
            raise ValueError(
                f"sample {self.sample_id}: a {self.role} {'needs a' if patient else 'must not have a'} subject_id"
            )
        if patient and not self.cells:
            raise ValueError(f"sample {self.sample_id}: a {self.role} needs cells above 0")
        if self.level and not patient:
            raise ValueError(f"sample {self.sample_id}: a control contains no clone: leave out its level")
        if self.level + self.b_fraction + self.t_fraction > 1:
            raise ValueError(f"sample {self.sample_id}: the sum of level, b_fraction and t_fraction is above 1")
        return self


class Plan(_PlanSection):
    """Describe a whole simulation."""

    seed: int = Field(1, ge=0, description="seed of all random numbers")
    pg_per_cell: float = Field(6.5, gt=0, description="DNA of a cell [pg], for samples with a DNA mass")
    target_level: float = Field(1e-4, gt=0, lt=1, description="level that a negative result has to exclude")
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
                raise ValueError(f"sample {sample.sample_id}: subject {sample.subject_id} is not in the plan")
            if sample.library is None and len(self.libraries) > 1:
                raise ValueError(f"sample {sample.sample_id}: the plan has several libraries: name one")
            if sample.library is not None and sample.library not in self.libraries:
                raise ValueError(f"sample {sample.sample_id}: library {sample.library} is not in the plan")
        return self

    def library_of(self, sample: SamplePlan) -> str:
        """Return the name of the sample's library: the only one unless the sample names it."""
        return sample.library or next(iter(self.libraries))

    def subject(self, subject_id: str) -> SubjectPlan:
        """Look up a patient by name."""
        return next(subject for subject in self.subjects if subject.subject_id == subject_id)


def parse_plan(document: Any, source: str = "plan") -> Plan:
    """Check a parsed YAML document and convert it to a plan.

    Args:
        document: the document.
        source: name of the file, for the error message.

    Raises:
        ConfigError: names every invalid field and its problem.
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
            raise ValueError(f"{name} {value} appears twice: names must be unique")
