"""Naive twins of clonotrack.umi.kernels: compare all pairs of strings."""

from __future__ import annotations

from collections.abc import Sequence


def _distance(one: str, other: str) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))


def directional_groups(umis: Sequence[str], reads: Sequence[int], targets: Sequence[int]) -> list[int]:
    """Find the head of each UMI's directional group; UMIs come by falling reads."""
    heads = [-1] * len(umis)
    for head in range(len(umis)):
        if heads[head] >= 0:
            continue
        heads[head] = head
        reached = [head]
        for node in reached:
            for other in range(len(umis)):
                near = targets[node] == targets[other] and _distance(umis[node], umis[other]) == 1
                if near and heads[other] < 0 and reads[node] >= 2 * reads[other] - 1:
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


def pairs_one_apart(umis: Sequence[str], targets: Sequence[int]) -> list[tuple[int, int]]:
    return _apart(umis, targets, 1)


def pairs_two_apart(umis: Sequence[str], targets: Sequence[int], chosen: Sequence[bool]) -> list[tuple[int, int]]:
    return [(one, other) for one, other in _apart(umis, targets, 2) if chosen[other]]
