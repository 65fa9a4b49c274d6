"""The tables and settings that go with a simulated series."""

from __future__ import annotations

from typing import Any

import polars as pl

from clonotrack.simulate.clone import Marker
from clonotrack.simulate.plan import SamplePlan
from clonotrack.simulate.series import Series
from clonotrack.tables import CONTROLS, MARKERS, SAMPLES, check

READS_ENDING = ".fastq.gz"


def samples_table(series: Series) -> pl.DataFrame:
    """The sample sheet; files are named after the samples."""
    plan = series.plan
    diseases = {subject.subject_id: subject.disease for subject in plan.subjects}
    rows = [
        {
            **sample.model_dump(include={"subject_id", "sample_id", "role", "day", "tissue", "run_id"}),
            **dict(zip(("reads_1", "reads_2"), reads_names(series, sample), strict=False)),
            "library": plan.library_of(sample),
            "input_cells": float(sample.cells) if sample.cells and sample.input == "cells" else None,
            "input_ng": sample.cells * plan.pg_per_cell / 1000 if sample.input == "ng" else None,
            "disease": diseases.get(sample.subject_id or ""),
        }
        for sample in plan.samples
    ]
    return check(pl.DataFrame(rows, schema=SAMPLES.schema()), SAMPLES)


def reads_names(series: Series, sample: SamplePlan) -> list[str]:
    """File names of a sample's reads: one, or two of mates."""
    paired = series.plan.libraries[series.plan.library_of(sample)].mate_length is not None
    return [f"{sample.sample_id}{mate}{READS_ENDING}" for mate in (("_1", "_2") if paired else ("",))]


def controls_name(series: Series, library: str) -> str:
    """File name of a library's CONTROLS table."""
    return "controls.tsv" if len(series.plan.libraries) == 1 else f"controls-{library}.tsv"


def controls_table(series: Series, library: str) -> pl.DataFrame:
    """The calibrators of a library as a CONTROLS table."""
    rows = [
        {
            "control_id": control.control_id,
            "kind": "calibrator",
            "locus": control.rearrangement.locus,
            "sequence": control.rearrangement.amplicon(),
            "copies": float(control.copies),
        }
        for control in series.controls[library]
    ]
    return check(pl.DataFrame(rows, schema=CONTROLS.schema()), CONTROLS)


def markers_table(series: Series) -> pl.DataFrame:
    """The true markers as a MARKERS table, with which follow-ups can be tracked without a baseline."""
    rows = [_marker_row(marker) for marker in series.markers]
    return check(pl.DataFrame(rows, schema=MARKERS.schema()), MARKERS)


def settings(series: Series) -> dict[str, Any]:
    """The configuration that a laboratory with these libraries would write."""
    return {
        "libraries": {
            name: {
                "controls": controls_name(series, name) if library.calibrators_per_locus else None,
                "loci": list(library.loci),
                "capture": library.capture,
                "dispersion": library.dispersion,
                "efficiency_sd": 0.0,  # molecules differ in their yield, sequences do not
                **({"umi_pattern": f"^(?P<umi>.{{{library.umi_length}}})"} if library.umi_length else {}),
            }
            for name, library in series.plan.libraries.items()
        },
        "quantify": {"pg_per_cell": series.plan.pg_per_cell},
    }


def _marker_row(marker: Marker) -> dict[str, Any]:
    rearrangement = marker.rearrangement
    start = rearrangement.amplicon_start()
    return {
        "marker_id": marker.marker_id,
        "subject_id": marker.subject_id,
        "locus": rearrangement.locus,
        "system": rearrangement.system,
        "v_call": rearrangement.v_call,
        "d_call": rearrangement.d_call,
        "j_call": rearrangement.j_call,
        "junction": rearrangement.junction,
        "sequence": rearrangement.amplicon(),
        "target_start": rearrangement.key_start - start + 1,
        "target_end": rearrangement.key_end - start,
        "copies_per_cell": float(marker.copies_per_cell),
        "selected": True,
        "reason": "simulated: every cell of the clone carries it",
    }
