"""What the other tubes say of one: background of the markers, carry-over of the run, efficiency between sequences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clonotrack.assay.efficiency import LEAST, Efficiency, efficiency_sd
from clonotrack.config import Config
from clonotrack.quantify.background import Background, backgrounds
from clonotrack.quantify.index_hopping import Carried, Hopping, hoppings
from clonotrack.quantify.tube import Assay, Yield
from clonotrack.stats.count_model import Gamma

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything that a row takes from tubes other than its own.

    Attributes:
        assays: all tubes, controls included.
        backgrounds: by marker_id.
        runs: hopping by run_id.
        efficiencies: laws of eta that calibrators tell.
        config: all settings.
    """

    assays: tuple[Assay, ...]
    backgrounds: Mapping[str, Background]
    runs: Mapping[str | None, Hopping]
    efficiencies: Mapping[Key, Efficiency]
    config: Config

    def background(self, marker_id: str) -> Background:
        """Background of a marker."""
        return self.backgrounds[marker_id]

    def hopping(self, assay: Assay) -> Hopping:
        """Hopping in the run of a tube."""
        return self.runs[assay.observed.run_id]

    def carry_over(self, marker_id: str, assay: Assay) -> Gamma:
        """Counts of a marker that are carried over into a tube."""
        return self.hopping(assay).expected(marker_id, assay)

    def carried(self, marker_id: str, assay: Assay) -> tuple[Carried, ...]:
        """Where they come from, most first."""
        return self.hopping(assay).carried(marker_id, assay)

    def efficiency(self, assay: Assay, found: Yield) -> tuple[Efficiency, bool]:
        """The law of the efficiency between sequences, and whether it is only assumed."""
        learnt = self.efficiencies.get(_calibrated_by(assay, found))
        if learnt:
            return learnt, False
        stated = self.config.library(assay.observed.library).efficiency_sd
        value = self.config.quantify.efficiency_sd if stated is None else stated
        return ((value, 1.0),), stated is None


Key = tuple[str | None, str | None, tuple[str, ...]]
"""Run, library, and the calibrators that a coefficient rests on."""


def _calibrated_by(assay: Assay, found: Yield) -> Key:
    return assay.observed.run_id, assay.observed.library, tuple(point.control_id for point in found.points)


def efficiencies(assays: Sequence[Assay], markers: Sequence[Row]) -> dict[Key, Efficiency]:
    """The efficiency between sequences, learnt from every five calibrators or more.

    METHOD: a sequence has one efficiency in all tubes of a run and library, so their calibrators are taken together;
    with fewer than five the library's validation, else the configured value, stands for it.
    """
    tubes: dict[Key, dict[int, tuple[Assay, Yield]]] = {}
    alike = {(marker["locus"], marker["v_call"]): marker for marker in markers}.values()
    for assay in assays:
        for found in map(assay.yield_of, alike):
            if isinstance(found, Yield) and len(found.points) >= LEAST:
                tubes.setdefault(_calibrated_by(assay, found), {})[id(assay)] = assay, found
    return {key: _learnt(list(pairs.values())) for key, pairs in tubes.items()}


def _learnt(tubes: Sequence[tuple[Assay, Yield]]) -> Efficiency:
    return efficiency_sd([found.points for _, found in tubes], [_inflation(*pair) for pair in tubes])


def _inflation(assay: Assay, found: Yield) -> float:
    """Variance over mean of the calibrators' counts in a tube."""
    chosen = assay.calibrators if assay.tagged is None else assay.tagged
    return chosen.inflation(found.reads_per_copy)


def surroundings(assays: Sequence[Assay], markers: Sequence[Row], config: Config) -> Surroundings:
    """Learn from all tubes together.

    Args:
        assays: tubes of patients and controls.
        markers: MARKERS rows of all patients.
        config: all settings.
    """
    runs = hoppings(assays, config)
    known = backgrounds(markers, assays, runs, config.quantify)
    return Surroundings(tuple(assays), known, runs, efficiencies(assays, markers), config)
