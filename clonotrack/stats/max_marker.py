"""The result of a sample over one or several markers: the highest, as custom has it, with its own interval and limits.

METHOD: the highest of several markers is biased upwards, so its interval, its limits and its p-value are those of a
maximum: P(max <= t | f) is the chance that every marker stays at or under t. With one marker all of it is `limits`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor

import numpy as np

from clonotrack.sequences import F64
from clonotrack.stats.count_model import Process
from clonotrack.stats.limits import (
    DETECTED,
    Rule,
    blank_counts,
    critical_counts,
    interval,
    limit_of_detection,
    limit_of_quantification,
    lowest_quantified,
    p_value,
)
from clonotrack.stats.multi_marker import all_below, covariance
from clonotrack.stats.roots import crossing

_ROUNDING = 1e-9
_POINTS = 48
_REACH = 6.0


@dataclass(frozen=True, slots=True)
class Highest:
    """Markers of one sample, each with its process, to be judged together; a single one is judged as it is."""

    processes: tuple[Process, ...]

    def estimate(self, counts: tuple[int, ...]) -> float:
        """The highest level that a marker shows."""
        return max(count / process.per_level for count, process in zip(counts, self.processes, strict=True))

    def interval(self, counts: tuple[int, ...], confidence: float) -> tuple[float, float]:
        """Two-sided limits of the true level, by inversion of the law of the maximum."""
        if len(self.processes) == 1:
            return interval(self.processes[0], counts[0], confidence)
        tail, top = (1 - confidence) / 2, self.estimate(counts)
        clean = [process.without_blank() for process in self.processes]
        start = max(top, *(1 / process.molecules_per_level for process in self.processes))
        upto, under = self._upto(top), self._under(top)
        high = crossing(lambda level: _below(clean, upto, level), tail, start)
        if not top or _below(self.processes, under, 0.0) <= 1 - tail:
            return 0.0, high
        return min(top, crossing(lambda level: _below(self.processes, under, level), 1 - tail, start)), high

    def p_value(self, counts: tuple[int, ...]) -> float:
        """Chance of a marker as unlikely as the unlikeliest, without the clone (Sidak, JASA 1967)."""
        least = min(p_value(process, count) for process, count in zip(self.processes, counts, strict=True))
        return 1 - (1 - least) ** len(self.processes)

    def rule(self, rule: Rule) -> Rule:
        """What each marker is held to, so that the sample errs as rarely as `rule` says."""
        return Rule(1 - (1 - rule.alpha) ** (1 / len(self.processes)), rule.min_molecules)

    def critical(self, rule: Rule) -> tuple[int, ...]:
        """Counts of each marker from which it, and so the sample, is positive."""
        return tuple(critical_counts(process, self.rule(rule)) for process in self.processes)

    def met(self, counts: tuple[int, ...], rule: Rule) -> bool:
        """Whether any marker meets its rule."""
        return any(count >= least for count, least in zip(counts, self.critical(rule), strict=True))

    def limit_of_blank(self) -> float:
        """The level at or under which the highest of 95 % of samples without the clone lies."""
        share = DETECTED ** (1 / len(self.processes))
        return max(blank_counts(process, share) / process.per_level for process in self.processes)

    def limit_of_detection(self, rule: Rule) -> float:
        """The true level at which a marker meets its rule in 95 % of samples."""
        if len(self.processes) == 1:
            return limit_of_detection(self.processes[0], rule)
        return _detected(self, rule)

    def limit_of_quantification(self, rule: Rule) -> float:
        """The lowest level from the limit of detection on where the highest errs by 70 % at most."""
        if len(self.processes) == 1:
            return limit_of_quantification(self.processes[0], rule)
        return _quantified(self, rule)

    def rms_error(self, rule: Rule, level: float) -> float:
        """Relative root mean square error of the highest, 0 where nothing is called, from its law at points."""
        critical = self.critical(rule)
        missed = _below(self.processes, [count - 1 for count in critical], level)
        least = min(count / row.per_level for count, row in zip(critical, self.processes, strict=True))
        reach = max(least, level) + _REACH * max(np.sqrt(np.diag(covariance(self.processes, level))))
        points = self._support(least, reach)
        law = all_below(self.processes, [self._upto(point) for point in points], level)
        if len(points) == _POINTS:
            points[1:] = (points[1:] + points[:-1]) / 2
        return float(np.sqrt(missed + np.diff(law, prepend=missed) @ (points / level - 1) ** 2))

    def _support(self, least: float, reach: float) -> F64:
        """The levels that the highest can show between two, or points between them where these are too many."""
        if (reach - least) * sum(process.per_level for process in self.processes) >= _POINTS:
            return np.linspace(least, reach, _POINTS)
        values = {
            count / row.per_level
            for row in self.processes
            for count in range(ceil(least * row.per_level * (1 - _ROUNDING)), ceil(reach * row.per_level))
        }
        return np.array(sorted(values))

    def _upto(self, top: float) -> tuple[int, ...]:
        return tuple(floor(top * process.per_level * (1 + _ROUNDING)) for process in self.processes)

    def _under(self, top: float) -> tuple[int, ...]:
        return tuple(ceil(top * process.per_level * (1 - _ROUNDING)) - 1 for process in self.processes)


def _below(processes: Sequence[Process], counts: Sequence[int], level: float) -> float:
    return float(all_below(processes, [counts], level)[0])


@lru_cache(maxsize=512)
def _detected(row: Highest, rule: Rule) -> float:
    under = [count - 1 for count in row.critical(rule)]
    start = min(limit_of_detection(process, row.rule(rule)) for process in row.processes)
    return crossing(lambda level: _below(row.processes, under, level), 1 - DETECTED, start)


@lru_cache(maxsize=512)
def _quantified(row: Highest, rule: Rule) -> float:
    return lowest_quantified(lambda level: row.rms_error(rule, level), _detected(row, rule))
