"""Compute the result of a sample by the marker with the highest estimated level.

METHOD: the highest of several estimates is biased upwards, so interval, limits and p-value are those of a maximum.
P(max <= t | f) is the probability that the estimate of every marker is at most t, at a true level of f clone cells per
nucleated cell. With one marker the results are those of `clonotrack.stats.limits`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor

import numpy as np

from clonotrack.sequences import F64
from clonotrack.stats.count_model import CountModel
from clonotrack.stats.limits import (
    DETECTED_SHARE,
    DecisionRule,
    blank_count,
    critical_count,
    interval,
    limit_of_detection,
    limit_of_quantification,
    lowest_quantified,
    p_value,
)
from clonotrack.stats.multi_marker import covariance, joint_cdf
from clonotrack.stats.roots import solve_decreasing

_ROUNDING = 1e-9
_MAX_LEVELS = 48
_STANDARD_DEVIATIONS = 6.0


@dataclass(frozen=True, slots=True)
class HighestMarker:
    """Result of one sample by the marker with the highest estimated level, corrected for the choice of the highest.

    The methods take counts in the order of `models`. Levels are clone cells per nucleated cell.

    Attributes:
        models: count model of each marker. With one marker the results are those of this marker.
    """

    models: tuple[CountModel, ...]

    def estimate(self, counts: tuple[int, ...]) -> float:
        """Compute the estimated level of each marker from its counts, and return the highest."""
        return max(count / model.counts_per_level for count, model in zip(counts, self.models, strict=True))

    def interval(self, counts: tuple[int, ...], confidence: float) -> tuple[float, float]:
        """Compute lower and upper confidence limit of the true level from the distribution of the highest estimate."""
        if len(self.models) == 1:
            return interval(self.models[0], counts[0], confidence)
        tail, top = (1 - confidence) / 2, self.estimate(counts)
        clone_only = [model.without_blank() for model in self.models]
        start = max(top, *(1 / model.molecules_per_level for model in self.models))
        at_most, below = self._counts_at_most(top), self._counts_below(top)
        high = solve_decreasing(lambda level: _joint_cdf(clone_only, at_most, level), tail, start)
        if not top or _joint_cdf(self.models, below, 0.0) <= 1 - tail:
            return 0.0, high
        low = solve_decreasing(lambda level: _joint_cdf(self.models, below, level), 1 - tail, start)
        return min(top, low), high

    def p_value(self, counts: tuple[int, ...]) -> float:
        """Compute the p-value of the sample: 1 - (1 - p)^m, with p the smallest of m markers (Sidak, JASA 1967)."""
        least = min(p_value(model, count) for model, count in zip(self.models, counts, strict=True))
        return 1 - (1 - least) ** len(self.models)

    def marker_rule(self, rule: DecisionRule) -> DecisionRule:
        """Return the rule for each single marker, with an alpha so small that the sample has the alpha of `rule`."""
        return DecisionRule(1 - (1 - rule.alpha) ** (1 / len(self.models)), rule.min_molecules)

    def critical_counts(self, rule: DecisionRule) -> tuple[int, ...]:
        """Return the critical count of each marker: the smallest count that makes the sample positive."""
        return tuple(critical_count(model, self.marker_rule(rule)) for model in self.models)

    def is_positive(self, counts: tuple[int, ...], rule: DecisionRule) -> bool:
        """Return whether at least one marker reaches its critical count."""
        return any(count >= critical for count, critical in zip(counts, self.critical_counts(rule), strict=True))

    def limit_of_blank(self) -> float:
        """Compute the LoB: the level that the highest estimate does not exceed in 95 % of samples without the clone."""
        share = DETECTED_SHARE ** (1 / len(self.models))
        return max(blank_count(model, share) / model.counts_per_level for model in self.models)

    def limit_of_detection(self, rule: DecisionRule) -> float:
        """Compute the LoD: the true level at which at least one marker is positive in 95 % of samples."""
        if len(self.models) == 1:
            return limit_of_detection(self.models[0], rule)
        return _limit_of_detection(self, rule)

    def limit_of_quantification(self, rule: DecisionRule) -> float:
        """Compute the LoQ: the lowest level from the LoD on with a root-mean-square error of at most 70 %.

        The error is that of the highest estimate.
        """
        if len(self.models) == 1:
            return limit_of_quantification(self.models[0], rule)
        return _limit_of_quantification(self, rule)

    def rms_error(self, rule: DecisionRule, level: float) -> float:
        """Compute the relative root-mean-square error of the highest estimate at a true level.

        A sample that is not called positive counts as an estimate of 0. The sum runs over all possible values of the
        highest estimate, or over 48 equally spaced values if there are more.
        """
        critical = self.critical_counts(rule)
        missed = _joint_cdf(self.models, [count - 1 for count in critical], level)
        lowest = min(count / model.counts_per_level for count, model in zip(critical, self.models, strict=True))
        deviation = max(np.sqrt(np.diag(covariance(self.models, level))))
        levels = self._levels_between(lowest, max(lowest, level) + _STANDARD_DEVIATIONS * deviation)
        below = joint_cdf(self.models, [self._counts_at_most(value) for value in levels], level)
        if len(levels) == _MAX_LEVELS:
            levels[1:] = (levels[1:] + levels[:-1]) / 2
        return float(np.sqrt(missed + np.diff(below, prepend=missed) @ (levels / level - 1) ** 2))

    def _levels_between(self, low: float, high: float) -> F64:
        """Return the possible estimates of a marker from `low` to `high`, or 48 equally spaced levels if too many."""
        if (high - low) * sum(model.counts_per_level for model in self.models) >= _MAX_LEVELS:
            return np.linspace(low, high, _MAX_LEVELS)
        values = {
            count / model.counts_per_level
            for model in self.models
            for count in range(
                ceil(low * model.counts_per_level * (1 - _ROUNDING)), ceil(high * model.counts_per_level)
            )
        }
        return np.array(sorted(values))

    def _counts_at_most(self, level: float) -> tuple[int, ...]:
        return tuple(floor(level * model.counts_per_level * (1 + _ROUNDING)) for model in self.models)

    def _counts_below(self, level: float) -> tuple[int, ...]:
        return tuple(ceil(level * model.counts_per_level * (1 - _ROUNDING)) - 1 for model in self.models)


def _joint_cdf(models: Sequence[CountModel], counts: Sequence[int], level: float) -> float:
    return float(joint_cdf(models, [counts], level)[0])


@lru_cache(maxsize=512)
def _limit_of_detection(highest: HighestMarker, rule: DecisionRule) -> float:
    below = [count - 1 for count in highest.critical_counts(rule)]
    start = min(limit_of_detection(model, highest.marker_rule(rule)) for model in highest.models)
    return solve_decreasing(lambda level: _joint_cdf(highest.models, below, level), 1 - DETECTED_SHARE, start)


@lru_cache(maxsize=512)
def _limit_of_quantification(highest: HighestMarker, rule: DecisionRule) -> float:
    return lowest_quantified(lambda level: highest.rms_error(rule, level), _limit_of_detection(highest, rule))
