"""Solve f(x) = value for a decreasing function of a positive number, such as a level or a depth."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log

_TOLERANCE = 1e-7


def solve_decreasing(
    function: Callable[[float], float], value: float, start: float, tolerance: float = _TOLERANCE
) -> float:
    """Find the x > 0 at which a decreasing function falls to `value`.

    METHOD: doubling or halving `start` gives a lower and an upper bound of x. Then regula falsi on log(x), in the
    Illinois variant (Dowell & Jarratt, BIT 1971), narrows the bounds to the tolerance. Each step computes the function
    once and needs no derivative.

    Args:
        function: decreasing in x > 0, above `value` for a small x and below `value` for a large x.
        value: value of the function at the result.
        start: first guess of x, above 0.
        tolerance: largest relative error of x.
    """
    low, high = _bracket(function, value, start)
    left, right = log(low), log(high)
    above, below = function(low) - value, function(high) - value
    last_move = 0
    while right - left > tolerance:
        middle = (left * below - right * above) / (below - above)
        middle = min(max(middle, left + tolerance / 4), right - tolerance / 4)
        difference = function(exp(middle)) - value
        if difference > 0:
            below /= 2 if last_move > 0 else 1
            left, above, last_move = middle, difference, 1
        else:
            above /= 2 if last_move < 0 else 1
            right, below, last_move = middle, difference, -1
    return exp((left + right) / 2)


def _bracket(function: Callable[[float], float], value: float, start: float) -> tuple[float, float]:
    low = high = start
    while function(high) > value:
        low, high = high, 2 * high
    while function(low) <= value:
        low, high = low / 2, low
    return low, high
