"""The tables that the search kernel reads: seeds of all targets and J segments, and the probes themselves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from clonotrack.germline import LOCI, Reference
from clonotrack.kernels.credit import CONTROL, OWN
from clonotrack.kernels.runs import KEYS, PIECE, U16, K
from clonotrack.kernels.scan import WORD, Probes, Seeds
from clonotrack.sequence import I64, U8, Ragged, encode, reverse_complement
from clonotrack.track.targets import Target

_NEVER = 1 << 40  # cost of what cannot be


def seeds_of(targets: Sequence[Target], reference: Reference) -> Seeds:
    """Which keys belong to which probe, and to the J segments of which loci."""
    keys, probes, ends, common = [], [], [], _common(reference)
    for number, sequence in enumerate(_both_strands(targets)):
        found, end = _pieces(encode(sequence), targets[number // 2].edits, common)
        keys.append(found)
        ends.append(end)
        probes.append(np.full(len(found), number))
    key = np.concatenate([np.zeros(0, dtype=np.int64), *keys])
    order = np.argsort(key, kind="stable")
    masks = j_masks(reference)
    held = masks > 0
    held[key] = True
    return Seeds(
        table=np.packbits(held, bitorder="little"),
        masks=masks,
        first=np.searchsorted(key[order], np.arange(KEYS + 1)).astype(np.int32),
        probe=np.concatenate([np.zeros(0), *probes])[order].astype(np.int32),
        end=np.concatenate([np.zeros(0), *ends])[order].astype(np.int32),
    )


def probes_of(targets: Sequence[Target], subject_id: str | None) -> Probes:
    """Both strands of every target, with its edits and whose it is."""
    strands = Ragged.from_strings(_both_strands(targets))
    groups: dict[str | None, int] = {}
    group = []
    for target in targets:
        if target.kind == "control":
            group.append(CONTROL)
        elif subject_id is not None and target.subject_id == subject_id:
            group.append(OWN)
        else:
            group.append(groups.setdefault(target.subject_id, OWN + 1 + len(groups)))
    edits = np.array([target.edits for target in targets], dtype=np.int64)
    return Probes(strands.codes, strands.offsets, edits, np.array(group, dtype=np.int64))


def j_masks(reference: Reference) -> U16:
    """Loci and strands whose J segments hold each key: shape (KEYS,), bits as `clonotrack.kernels.runs` has them."""
    masks = np.zeros(KEYS, dtype=np.uint16)
    for segment in reference.select("J"):
        for sequence, shift in ((segment.sequence, 0), (reverse_complement(segment.sequence), len(LOCI))):
            codes = encode(sequence)
            known = (sliding_window_view(codes, K) < 4).all(axis=1)
            masks[_keys(codes)[known]] |= np.uint16(1 << (LOCI.index(segment.locus) + shift))
    return masks


def _both_strands(targets: Sequence[Target]) -> list[str]:
    return [strand for target in targets for strand in (target.part, reverse_complement(target.part))]


def _pieces(codes: U8, edits: int, common: I64) -> tuple[I64, I64]:
    """Keys of `edits` + 1 pieces of `PIECE` nt without overlap, and where each key ends.

    Any such pieces lose nothing; those with the fewest keys in common with germline segments, which every other
    read holds too, cost the fewest comparisons. Found by dynamic programming over the starts of the pieces.
    """
    keys = _keys(codes)
    cost = np.convolve(common[keys], np.ones(WORD, dtype=np.int64), "valid")
    least = np.zeros(len(cost) + PIECE, dtype=np.int64)  # of m pieces within the first i bases, at i; m = 0
    taken = []
    for _ in range(edits + 1):
        ending = np.concatenate([np.full(PIECE, _NEVER), least[: len(cost)] + cost])
        least = np.minimum.accumulate(ending)
        taken.append(ending)
    starts, room = [], len(codes)
    for ending in reversed(taken):
        stop = int(ending[: room + 1].argmin())
        room = stop - PIECE
        starts.append(room)
    ends = (np.array(starts)[:, None] + np.arange(K, K + WORD)).ravel()
    return keys[ends - K], ends


def _common(reference: Reference) -> I64:
    """V and J segments, either strand, that hold each key: shape (KEYS,)."""
    segments = [segment.sequence for segment in reference.segments if segment.kind != "D"]
    both = [strand for sequence in segments for strand in (sequence, reverse_complement(sequence))]
    return np.bincount(np.concatenate([_keys(encode(s)) for s in both if len(s) >= K]), minlength=KEYS)


def _keys(codes: U8) -> I64:
    """The key of every stretch of `K` nt, unknown bases as A: shape (len(codes) - K + 1,)."""
    weights = 4 ** np.arange(K - 1, -1, -1)
    keys: I64 = (sliding_window_view(codes, K) & 3) @ weights
    return keys
