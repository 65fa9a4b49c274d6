"""Naive twins of clonotrack.umi.kernels: strings, all pairs."""

from __future__ import annotations

from collections.abc import Sequence


def _distance(one: str, other: str) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))


def group_umis(umis: Sequence[str], counts: Sequence[int], targets: Sequence[int]) -> list[int]:
    """Heads of the directional groups; UMIs by falling counts."""
    heads = [-1] * len(umis)
    for head in range(len(umis)):
        if heads[head] >= 0:
            continue
        heads[head] = head
        reached = [head]
        for node in reached:
            for other in range(len(umis)):
                near = targets[node] == targets[other] and _distance(umis[node], umis[other]) == 1
                if near and heads[other] < 0 and counts[node] >= 2 * counts[other] - 1:
                    heads[other] = head
                    reached.append(other)
    return heads


def _apart(umis: Sequence[str], targets: Sequence[int], distance: int) -> list[tuple[int, int]]:
    return [
        (one, other)
        for other in range(len(umis))
        for one in range(other)
        if targets[one] == targets[other] and _distance(umis[one], umis[other]) == distance
    ]


def one_apart(umis: Sequence[str], targets: Sequence[int]) -> list[tuple[int, int]]:
    return _apart(umis, targets, 1)


def two_apart(umis: Sequence[str], targets: Sequence[int], chosen: Sequence[bool]) -> list[tuple[int, int]]:
    return [(one, other) for one, other in _apart(umis, targets, 2) if chosen[other]]
