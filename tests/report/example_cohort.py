"""Example cohort with every call and every flag: B-ALL with two markers, T-ALL with many samples."""

from __future__ import annotations

from typing import Any

import polars as pl

from clonotrack.quantify.kinetics import kinetics as of_mrd
from clonotrack.tables import FLAGS, MARKERS, MRD, QC, SAMPLES

CAPTURE = 0.6
IGH, IGK = "p1.IGH.3f9a2c1e", "p1.IGK.b07d44e2"
JUNCTION = "TGTGCGAGAGATCTTGGTATTGTAGTGGTGGTAGCTGCTACTACTACTACGGTATGGACGTCTGG"
ENDS = ("mrd", "low", "high")
CONTAMINATED = "No-template control n1 holds 12 reads of marker p1.IGH.3f9a2c1e, where carry-over lets 0.1 expect."
LEVELS = ("mrd", "mrd_low", "mrd_high", "lob", "lod", "loq")


def result(sample_id: str, day: float | None, marker_id: str, call: str, **values: Any) -> dict[str, Any]:
    """Make a row of MRD; values that are not given follow from molecules and cells."""
    cells = values.get("input_cells", 500_000.0)
    molecules = values.get("molecules", 0.0)
    per_cell = 1 / (CAPTURE * cells)
    low, high = values.pop("limits", (max(molecules - 2 * molecules**0.5, 0.0), molecules + 2 * molecules**0.5 + 3.689))
    row: dict[str, Any] = {
        "subject_id": "p1",
        "sample_id": sample_id,
        "day": day,
        "marker_id": marker_id,
        "locus": None if marker_id == "combined" else marker_id.split(".")[1],
        "reads": round(molecules * 31),
        "umis": None,
        "molecules": molecules,
        "clone_cells": molecules / CAPTURE,
        "counting": "spike_in",
        "capture": CAPTURE,
        "copies_per_cell": 1.0,
        "strands_tagged": 1.0,
        "input_cells": cells,
        "input_source": "dna",
        "pg_per_cell": 6.5,
        "mrd": molecules * per_cell,
        "mrd_low": low * per_cell,
        "mrd_high": high * per_cell,
        "lob": 0.0,
        "lod": 3.0 * per_cell,
        "loq": 3.1 * per_cell,
        **dict.fromkeys(
            ("pooled_mrd", "pooled_low", "pooled_high", "expected_carry_over", "reads_needed", "explanation")
        ),
        "p_value": 0.0 if molecules > 30 else (2.4e-6 if molecules > 0 else 1.0),
        "call": call,
        "flags": None,
    }
    if call == "failed":
        row.update(dict.fromkeys((*LEVELS, "molecules", "clone_cells", "p_value")))
    return row | values


def with_markers(sample_id: str, day: float | None, call: str, molecules: float, **values: Any) -> list[dict[str, Any]]:
    """Make the rows of a sample of patient p1: `combined`, and each of the two markers."""
    combined = result(sample_id, day, "combined", call, molecules=molecules, **values)
    if molecules and call != "failed":
        combined |= {f"pooled_{end}": 0.9 * combined[name] for end, name in zip(ENDS, LEVELS[:3], strict=True)}
    igh = result(sample_id, day, IGH, call, molecules=molecules * 1.12, **values)
    igk = result(sample_id, day, IGK, call, molecules=molecules * 0.81, **values)
    return [combined, igh, igk]


def first_patient() -> list[dict[str, Any]]:
    """Make the rows of patient p1: B-ALL, every call, seven samples."""
    disagree = with_markers("p1_d78", 78, "positive_below_loq", 2.0, loq=1.2e-5, flags="markers_disagree,shallow")
    disagree[2] |= result("p1_d78", 78, IGK, "negative", flags="shallow")
    return [
        *with_markers("p1_dx", 0, "positive", 231_400.0, flags="calibrators_pooled"),
        *with_markers("p1_d15", 15, "positive", 3_120.0),
        *with_markers("p1_d33", 33, "positive", 36.0),
        *disagree,
        *with_markers(
            "p1_d120", 120, "insufficient", 0.0, input_cells=12_000.0, flags="capture_assumed", reads_needed=4.1e6
        ),
        *with_markers("p1_d150", 150, "failed", 0.0, reads=12, flags="control_contaminated", explanation=CONTAMINATED),
        *with_markers("p1_d180", 180, "negative", 0.0),
    ]


def second_patient() -> list[dict[str, Any]]:
    """Make the rows of patient p2: T-ALL, each flag once."""
    rows = [
        result("p2_dx", -2, "combined", "positive", molecules=88_000.0, input_cells=153_846.0),
        result("p2_dx", -2, "p2.TRG.5e1f0a77", "positive", molecules=88_000.0, input_cells=153_846.0),
    ]
    for number, flag in enumerate(FLAGS, 1):
        call = (
            "failed"
            if flag.startswith("no_") or flag in ("rna", "calibrators_not_found", "control_contaminated")
            else "negative"
        )
        for marker in ("combined", "p2.TRG.5e1f0a77"):
            rows.append(result(f"p2_f{number}", 30 * number, marker, call, flags=flag))
    return [row | {"subject_id": "p2"} for row in rows]


def mrd(*rows: dict[str, Any]) -> pl.DataFrame:
    """Make an MRD table of these rows; of both patients if none are given."""
    return pl.DataFrame(list(rows) or [*first_patient(), *second_patient()], schema=MRD.schema())


def marker(marker_id: str, locus: str, *, selected: bool, reason: str, **values: Any) -> dict[str, Any]:
    """Make a row of MARKERS."""
    row = dict.fromkeys(MARKERS.names) | {
        "marker_id": marker_id,
        "subject_id": marker_id.split(".", 1)[0],
        "sample_id": "p1_dx",
        "locus": locus,
        "system": locus,
        "v_call": f"{locus}V3-23*01,{locus}V3-23D*01",
        "j_call": f"{locus}J4*02",
        "junction": JUNCTION,
        "sequence": f"GAGGACACGGCCGTATATTACTGT{JUNCTION[3:]}GGCCAAGGGACCACGGTCACCGTCTCCTCA",
        "target_start": 22,
        "target_end": 24 + len(JUNCTION) - 3,
        "duplicate_count": 71_822,
        "fraction_of_locus": 0.7312,
        "cells": 318_211.0,
        "copies_per_cell": 1.0,
        "max_edits": 2,
        "selected": selected,
        "reason": reason,
    }
    return row | values


def markers(*rows: dict[str, Any]) -> pl.DataFrame:
    """Make a MARKERS table of these rows; of both patients if none are given."""
    dominant = (
        "73.1 % of the IGH sequences (at least 3 %), 21 % of nucleated cells (at least 0.2 %), 0 in the next decade"
    )
    made = [
        marker(IGH, "IGH", selected=True, reason=dominant, d_call="IGHD2-15*01"),
        marker(IGK, "IGK", selected=True, reason="94.0 % of the IGK sequences; cell share not assessed"),
        marker("p1.IGH.00c4d1b8", "IGH", selected=False, reason="0.4 % of the IGH sequences is under 3 %",
               fraction_of_locus=0.004, duplicate_count=391, cells=None),
        marker("p1.IGK+.77aa01fe", "IGK", selected=False, reason="tracked part of 31 nt is under 40 nt", junction=None,
               system="IGK+", j_call="KDE"),
        marker("p2.TRG.5e1f0a77", "TRG", selected=True, reason="dominant"),
    ]  # fmt: skip
    return pl.DataFrame(list(rows) or made, schema=MARKERS.schema())


def kinetics(results: pl.DataFrame) -> pl.DataFrame:
    """Make the KINETICS of patient p1 from its MRD."""
    own = results.filter(pl.col("subject_id") == "p1")
    return of_mrd(own, samples(own), 365.0)


def qc(results: pl.DataFrame) -> pl.DataFrame:
    """Make the QC of every sample."""
    rows = []
    for number, sample in enumerate(results["sample_id"].unique(maintain_order=True)):
        for stage, metric, value, unit in (
            ("reads", "scanned", 412_345 + 1_033 * number, "reads"),
            ("reads", "too_short", 210 + number, "reads"),
            ("reads", "low_quality", 3_871, "reads"),
            ("reads", "passed_share", 0.98912, "0 to 1"),
            ("quantify", "reads_per_copy", 31.27, "reads"),
            ("quantify", "calibrators_found", 5, None),
        ):
            if (number, metric) != (2, "reads_per_copy"):
                rows.append({"sample_id": sample, "stage": stage, "metric": metric, "value": value, "unit": unit})
    return pl.DataFrame(rows, schema=QC.schema())


def samples(results: pl.DataFrame) -> pl.DataFrame:
    """Make a sample sheet for these results."""
    rows = [
        {
            "subject_id": row["subject_id"],
            "sample_id": row["sample_id"],
            "role": "baseline" if row["sample_id"].endswith("dx") else "followup",
            "reads_1": "x.fastq.gz",
            "tissue": "bone marrow",
            "disease": "B-ALL" if row["subject_id"] == "p1" else "T-ALL",
        }
        for row in results.filter(pl.col("marker_id") == "combined").rows(named=True)
    ]
    return pl.DataFrame([dict.fromkeys(SAMPLES.names) | row for row in rows], schema=SAMPLES.schema())


def summaries(results: pl.DataFrame) -> dict[str, Any]:
    """Make the summaries that `provenance` writes."""
    from clonotrack.config import Config

    return {
        sample: {
            "provenance": {
                "clonotrack": "0.1.0",
                "python": "3.11.4",
                "libraries": {"numba": "0.61.0", "polars": "1.31.0"},
                "reference": {"name": "embedded", "sha256": "5f" * 32},
                "inputs": {f"reads/{sample}.fastq.gz": "sha256:" + f"{number:02x}" * 32},
                "seed": None,
                "configuration": Config().model_dump(mode="json"),
            }
        }
        for number, sample in enumerate(
            results.filter(pl.col("subject_id") == "p1")["sample_id"].unique(maintain_order=True)
        )
    }
