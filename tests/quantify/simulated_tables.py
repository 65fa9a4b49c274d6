"""Simulated input tables of the stage: counts by the model of docs/statistics.md, drawn with numpy."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from clonotrack.config import Config, parse
from clonotrack.quantify.stage import Result, quantify
from clonotrack.sequences import I64
from clonotrack.tables import CONTROLS, HITS, MARKERS, SAMPLES


@dataclass(frozen=True)
class Scenario:
    """One kind of sample: its true level, its tube, and how molecules become reads."""

    level: float
    cells: float = 500_000.0
    capture: float = 0.6
    reads_per_molecule: float = 3.0
    dispersion: float = 0.5
    calibrators: int = 9
    copies: float = 40.0
    markers: int = 1
    copies_per_cell: float = 1.0
    background: float = 0.0
    marker_columns: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Counts:
    """Reads of samples: markers (samples, markers), calibrators (samples, calibrators)."""

    markers: I64
    calibrators: I64


def simulate(scenario: Scenario, samples: int, rng: np.random.Generator) -> Counts:
    """Simulate the reads of many samples of one kind."""
    cells = rng.poisson(scenario.level * scenario.cells, samples)
    molecules = np.repeat(cells[:, None] * int(scenario.copies_per_cell), scenario.markers, axis=1)
    molecules = molecules + rng.poisson(scenario.background * scenario.cells, molecules.shape)
    put_in = rng.poisson(scenario.copies, (samples, scenario.calibrators))
    return Counts(_reads(molecules, scenario, rng), _reads(put_in, scenario, rng))


def _reads(molecules: I64, scenario: Scenario, rng: np.random.Generator) -> I64:
    captured = rng.binomial(molecules, scenario.capture).ravel()
    yields = np.exp(rng.normal(-(scenario.dispersion**2) / 2, scenario.dispersion, captured.sum()))
    sums = np.zeros(len(captured))
    np.add.at(sums, np.repeat(np.arange(len(captured)), captured), yields)
    return rng.poisson(scenario.reads_per_molecule * sums).reshape(molecules.shape)


def config(scenario: Scenario, **quantify_settings: object) -> Config:
    library = {"capture": scenario.capture, "dispersion": scenario.dispersion}
    return parse({"libraries": {"default": library}, "quantify": quantify_settings})


def controls(scenario: Scenario) -> pl.DataFrame:
    rows = [
        {
            "control_id": f"C{i}",
            "kind": "calibrator",
            "locus": "IGH",
            "sequence": "ACGT" * 10,
            "copies": scenario.copies,
        }
        for i in range(scenario.calibrators)
    ]
    return pl.DataFrame(rows, schema=CONTROLS.schema())


def markers(scenario: Scenario) -> pl.DataFrame:
    rows = [
        {
            "marker_id": f"P.M{i}",
            "subject_id": "P",
            "locus": "IGH",
            "sequence": "ACGT" * 10,
            "copies_per_cell": scenario.copies_per_cell,
            "selected": True,
            "background_rate": scenario.background,
        }
        | scenario.marker_columns
        for i in range(scenario.markers)
    ]
    return pl.DataFrame(rows, schema=MARKERS.schema())


def sheet(scenario: Scenario, samples: int) -> pl.DataFrame:
    rows = [
        {
            "subject_id": "P",
            "sample_id": f"S{i}",
            "role": "followup",
            "reads_1": f"S{i}.fastq",
            "day": float(i),
            "input_cells": scenario.cells,
            "markers": "P.markers.tsv",
        }
        for i in range(samples)
    ]
    return pl.DataFrame(rows, schema=SAMPLES.schema())


def hits(drawn: Counts) -> pl.DataFrame:
    rows = []
    for i, (own, calibrators) in enumerate(zip(drawn.markers.tolist(), drawn.calibrators.tolist(), strict=True)):
        rows += [hit(f"S{i}", f"P.M{m}", "marker", count) for m, count in enumerate(own)]
        rows += [hit(f"S{i}", f"C{c}", "control", count) for c, count in enumerate(calibrators)]
        rows.append(hit(f"S{i}", "scanned", "total", 1_000_000))
        rows.append(hit(f"S{i}", "IGH", "locus", 900_000))
    return pl.DataFrame(rows, schema=HITS.schema())


def hit(sample_id: str, target_id: str, kind: str, reads: int, **changed: object) -> dict[str, object]:
    """Make one row of HITS of patient P."""
    row = {
        "subject_id": "P",
        "sample_id": sample_id,
        "role": "followup",
        "target_id": target_id,
        "target_kind": kind,
        "reads": reads,
        "locus": None if kind == "total" else "IGH",
        "target_subject_id": "P" if kind == "marker" else None,
        "match_class": "exact" if kind in ("marker", "control") else None,
        "edit_distance": 0 if kind in ("marker", "control") else None,
    }
    return row | changed


def quantified(scenario: Scenario, samples: int, seed: int, **quantify_settings: object) -> Result:
    """Simulate samples of one kind and quantify them."""
    drawn = simulate(scenario, samples, np.random.default_rng(seed))
    control_tables = {"default": controls(scenario)} if scenario.calibrators else {}
    return quantify(
        hits(drawn), sheet(scenario, samples), markers(scenario), control_tables, config(scenario, **quantify_settings)
    )


def rows_of(result: Result, marker_id: str) -> pl.DataFrame:
    return result.mrd.filter(pl.col("marker_id") == marker_id)
