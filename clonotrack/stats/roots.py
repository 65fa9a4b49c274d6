"""Where a falling function of a level crosses a value."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log

_TOLERANCE = 1e-7


def crossing(function: Callable[[float], float], value: float, start: float, tolerance: float = _TOLERANCE) -> float:
    """The level at which `function`, falling with the level, comes down to `value`.

    METHOD: bracketed by doubling from `start`, then regula falsi on log(level) with Illinois' halving (Dowell &
    Jarratt, BIT 1971), to a relative tolerance. The function has to pass `value` somewhere over 0.
    """
    low, high = _bracket(function, value, start)
    left, right = log(low), log(high)
    above, under = function(low) - value, function(high) - value
    moved = 0
    while right - left > tolerance:
        middle = (left * under - right * above) / (under - above)
        middle = min(max(middle, left + tolerance / 4), right - tolerance / 4)
        found = function(exp(middle)) - value
        if found > 0:
            under /= 2 if moved > 0 else 1
            left, above, moved = middle, found, 1
        else:
            above /= 2 if moved < 0 else 1
            right, under, moved = middle, found, -1
    return exp((left + right) / 2)


def _bracket(function: Callable[[float], float], value: float, start: float) -> tuple[float, float]:
    low = high = start
    while function(high) > value:
        low, high = high, 2 * high
    while function(low) <= value:
        low, high = low / 2, low
    return low, high
