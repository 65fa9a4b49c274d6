"""What the rules share: the sheet, the settings, and which samples there are."""

from pathlib import Path

import polars as pl
import yaml

import clonotrack
from clonotrack.io.samples import read_samples
from clonotrack.io.settings import read_config

SHEET = config["samples"]
SETTINGS = config["settings"]
RESULTS = Path(config["output"])

if SETTINGS:
    validate(
        yaml.safe_load(Path(SETTINGS).read_text()), "../config/settings.schema.json"
    )
SCIENCE = read_config(SETTINGS)
SAMPLES = read_samples(SHEET, SCIENCE)
CONTROLS = sorted(
    {library.controls for library in SCIENCE.libraries.values() if library.controls}
)
EARLIER = sorted(SAMPLES["markers"].drop_nulls().unique())


def samples_of(*roles):
    """Sample ids with one of these roles, sorted."""
    return sorted(SAMPLES.filter(pl.col("role").is_in(roles))["sample_id"].unique())


SUBJECTS = sorted(
    SAMPLES.filter(pl.col("role").is_in(["baseline", "followup"]))[
        "subject_id"
    ].unique()
)
BASELINES = samples_of("baseline")
PATIENT_SAMPLES = samples_of("baseline", "followup")
CONTROL_SAMPLES = samples_of("negative_control", "polyclonal_control")
HAVE_BASELINE = sorted(
    SAMPLES.filter(pl.col("role") == "baseline")["subject_id"].unique()
)
MARKERS = [
    *expand(RESULTS / "4_markers/{subject}.markers.tsv", subject=HAVE_BASELINE),
    *EARLIER,
]


def reads_of(samples):
    """Files of reads and of mates on some rows of the sheet."""
    return [
        path for name in ("reads_1", "reads_2") for path in samples[name].drop_nulls()
    ]


def own_reads(wildcards):
    """An input function: files of the wildcard's sample (its lanes and tubes)."""
    return reads_of(SAMPLES.filter(pl.col("sample_id") == wildcards.sample))


def baselines_of(pattern):
    """An input function: a file for every baseline of the wildcard's patient."""
    rows = SAMPLES.filter(pl.col("role") == "baseline")
    return lambda wildcards: expand(
        pattern,
        sample=sorted(
            rows.filter(pl.col("subject_id") == wildcards.subject)["sample_id"].unique()
        ),
    )


def patient_qc(wildcards):
    """An input function: QC of the stages that the patient's samples went through."""
    stages = [
        RESULTS / "1_reads/{sample}.reads.qc.tsv",
        RESULTS / "3_cluster/{sample}.cluster.qc.tsv",
    ]
    own = [path for stage in stages for path in baselines_of(stage)(wildcards)]
    of_patient = SAMPLES.filter(pl.col("subject_id") == wildcards.subject)["sample_id"]
    tracked = expand(
        RESULTS / "5_track/{sample}.track.qc.tsv", sample=sorted(of_patient.unique())
    )
    return [*own, *tracked, RESULTS / "6_quantify/quantify.qc.tsv"]


def options(name, paths):
    """A repeated option of the command line."""
    return [word for path in paths for word in (name, path)]


COMMON = ["--config", SETTINGS] if SETTINGS else []
SETTINGS_FILE = (
    [SETTINGS] if SETTINGS else []
)  # an input of every step: changed settings make it again

# An input of every step that runs kernels. Results do not count as older than it, so none is made again for it.
COMPILED = ancient(RESULTS / ".compiled")


wildcard_constraints:
    sample="|".join(map(re.escape, sorted(SAMPLES["sample_id"].unique()))),
    subject="|".join(map(re.escape, SUBJECTS)) or "none",
