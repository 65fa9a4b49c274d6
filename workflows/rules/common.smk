"""Variables and input functions that the rules share: sample sheet, settings, samples and patients."""

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
ALL_SETTINGS = read_config(SETTINGS)
SAMPLES = read_samples(SHEET, ALL_SETTINGS)
CONTROLS = sorted(
    {
        library.controls
        for library in ALL_SETTINGS.libraries.values()
        if library.controls
    }
)
EXISTING_MARKERS = sorted(SAMPLES["markers"].drop_nulls().unique())


def samples_of(*roles):
    """Return the identifiers of the samples with one of the roles, sorted."""
    return sorted(SAMPLES.filter(pl.col("role").is_in(roles))["sample_id"].unique())


SUBJECTS = sorted(
    SAMPLES.filter(pl.col("role").is_in(["baseline", "followup"]))[
        "subject_id"
    ].unique()
)
BASELINES = samples_of("baseline")
PATIENT_SAMPLES = samples_of("baseline", "followup")
CONTROL_SAMPLES = samples_of("negative_control", "polyclonal_control")
SUBJECTS_WITH_BASELINE = sorted(
    SAMPLES.filter(pl.col("role") == "baseline")["subject_id"].unique()
)
MARKERS = [
    *expand(
        RESULTS / "4_markers/{subject}.markers.tsv", subject=SUBJECTS_WITH_BASELINE
    ),
    *EXISTING_MARKERS,
]


def reads_of(samples):
    """Return the files of reads in rows of the sample sheet, including files of second mates."""
    return [
        path for name in ("reads_1", "reads_2") for path in samples[name].drop_nulls()
    ]


def reads_of_sample(wildcards):
    """Input function: return all files of reads of a sample."""
    return reads_of(SAMPLES.filter(pl.col("sample_id") == wildcards.sample))


def baselines_of(pattern):
    """Make an input function that returns a file for each baseline of a patient."""
    rows = SAMPLES.filter(pl.col("role") == "baseline")
    return lambda wildcards: expand(
        pattern,
        sample=sorted(
            rows.filter(pl.col("subject_id") == wildcards.subject)["sample_id"].unique()
        ),
    )


def patient_qc(wildcards):
    """Input function: return the QC tables of all samples of a patient."""
    stages = [
        RESULTS / "1_reads/{sample}.reads.qc.tsv",
        RESULTS / "3_cluster/{sample}.cluster.qc.tsv",
    ]
    baselines = [path for stage in stages for path in baselines_of(stage)(wildcards)]
    of_patient = SAMPLES.filter(pl.col("subject_id") == wildcards.subject)["sample_id"]
    tracked = expand(
        RESULTS / "5_track/{sample}.track.qc.tsv", sample=sorted(of_patient.unique())
    )
    return [*baselines, *tracked, RESULTS / "6_quantify/quantify.qc.tsv"]


def options(name, paths):
    """Return the command-line words that give option `name` once for each path."""
    return [word for path in paths for word in (name, path)]


COMMON = ["--config", SETTINGS] if SETTINGS else []
SETTINGS_FILE = (
    [SETTINGS] if SETTINGS else []
)  # input of each rule, so that changed settings run it again

# Input of every step that runs kernels. With ancient(), results are never older than this file, so it causes no rerun.
COMPILED = ancient(RESULTS / ".compiled")


wildcard_constraints:
    sample="|".join(map(re.escape, sorted(SAMPLES["sample_id"].unique()))),
    subject="|".join(map(re.escape, SUBJECTS)) or "none",
