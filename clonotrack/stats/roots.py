"""Solve f(x) = value for a decreasing function of a positive number, such as a level or a depth."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log

_TOLERANCE = 1e-7


def solve_decreasing(
    function: Callable[[float], float], value: float, start: float, tolerance: float = _TOLERANCE
) -> float:
    """Find the x at which a decreasing function comes down to `value`.

    METHOD: doubling and halving from `start` brackets x. Then regula falsi on log(x) with Illinois' halving (Dowell &
    Jarratt, BIT 1971) runs to a relative tolerance. It needs one new value of the function a step, and no derivative.

    Args:
        function: decreasing in x > 0; it has to cross `value`.
        value: of the function.
        start: first guess, above 0.
        tolerance: relative, of x.
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
