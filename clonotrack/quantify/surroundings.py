"""What the other tubes say of one: background of the markers, carry-over of the run, efficiency between sequences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clonotrack.config import Config
from clonotrack.library.efficiency import LEAST, Efficiency, efficiency_sd
from clonotrack.quantify.assay import Assay, Yield
from clonotrack.quantify.background import Background, backgrounds
from clonotrack.quantify.carry_over import Carried, Hopping, hoppings
from clonotrack.quantify.process import Gamma

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything that a row takes from tubes other than its own.

    Attributes:
        assays: all tubes, controls included.
        backgrounds: by marker_id.
        runs: hopping by run_id.
        config: all settings.
    """

    assays: tuple[Assay, ...]
    backgrounds: Mapping[str, Background]
    runs: Mapping[str | None, Hopping]
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

    def efficiency(self, marker: Row, assay: Assay, found: Yield) -> tuple[Efficiency, bool]:
        """The law of the efficiency between sequences, and whether it is only assumed.

        METHOD: a sequence has one efficiency in all tubes of a run and library, so their calibrators are taken
        together; with fewer than five the library's validation, else the configured value, stands for it.
        """
        tubes = self._alike(marker, assay, found)
        if len(found.points) >= LEAST:
            return efficiency_sd([way.points for _, way in tubes], [_inflation(*pair) for pair in tubes]), False
        stated = self.config.library(assay.observed.library).efficiency_sd
        value = self.config.quantify.efficiency_sd if stated is None else stated
        return ((value, 1.0),), stated is None

    def _alike(self, marker: Row, assay: Assay, found: Yield) -> list[tuple[Assay, Yield]]:
        """The tubes of the same run and library whose coefficient rests on the same calibrators; this one first."""
        same = (assay.observed.run_id, assay.observed.library)
        tubes = [(assay, found)]
        for other in self.assays:
            if other is not assay and (other.observed.run_id, other.observed.library) == same:
                way = other.yield_of(marker)
                if isinstance(way, Yield) and _names(way) == _names(found):
                    tubes.append((other, way))
        return tubes


def _names(found: Yield) -> tuple[str, ...]:
    return tuple(point.control_id for point in found.points)


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
    return Surroundings(tuple(assays), backgrounds(markers, assays, runs, config.quantify), runs, config)
