"""Cut reads and evolved reads of a real marker of the embedded reference."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from clonotrack.config import Track
from clonotrack.germline.load import load_reference
from clonotrack.markers.target_region import target_region
from clonotrack.pgen.allowed_edits import GenerationModels, matching_loss
from clonotrack.raw_reads.batches import FragmentBatch
from clonotrack.sequences import reverse_complement
from clonotrack.simulate.rearrangement import Rearrangement
from clonotrack.simulate.recombine import draw_genotype, draw_rearrangements
from clonotrack.tables import MARKERS
from clonotrack.track.allowed_edits import allow_partial_reads
from clonotrack.track.stage import prepare_targets
from clonotrack.track.targets import Target
from tests.track.small_inputs import bases, batch, controls, search_reads, substituted

REFERENCE = load_reference()
RNG = np.random.default_rng(17)
PERSON = draw_genotype(REFERENCE, "IGH", RNG)
CLONE, STRANGER = draw_rearrangements(PERSON, 2, RNG, productive=True, min_inserted=22)


def row(made: Rearrangement, name: str, subject_id: str = "p") -> dict[str, object]:
    part = target_region(made.sequence, made.key_region, 40)
    found = {"marker_id": name, "subject_id": subject_id, "sequence": part.sequence, "copies_per_cell": 1.0}
    calls = {"locus": made.locus, "system": made.locus, "v_call": made.v_call, "junction": made.junction}
    return found | calls | {"target_start": part.start, "target_end": part.end, "selected": True}


def targets(*rows: dict[str, object], subject_id: str = "p", tube: pl.DataFrame | None = None) -> list[Target]:
    frame = pl.DataFrame([{name: row.get(name) for name in MARKERS.names} for row in rows], schema=MARKERS.schema())
    return prepare_targets(frame, tube, REFERENCE, Track(), subject_id)


MARKER = targets(row(CLONE, "m"))[0]


def counted(reads: list[str], *others: dict[str, object]) -> list[tuple[str, int, int]]:
    """Class, distance and reads of the marker."""
    _, counts = search_reads(reads, targets(row(CLONE, "m"), *others) if others else [MARKER], "p", REFERENCE)
    return [(line["match_class"], line["edit_distance"], line["reads"]) for line in counts.rows()[0]]


def with_other_v() -> str:
    """The clone with another V on its D-N-J stem."""
    end = CLONE.v_end
    assert MARKER.stem_start is not None
    return (
        STRANGER.sequence[: STRANGER.key_start + 3]
        + CLONE.sequence[MARKER.part_start + MARKER.stem_start : end]
        + CLONE.sequence[end:]
    )


def test_the_stem_begins_where_the_v_ends() -> None:
    assert MARKER.stem_start is not None
    assert abs(MARKER.part_start + MARKER.stem_start - CLONE.v_end) <= 3  # inserted bases may equal the germline
    assert MARKER.stem_max >= 0
    assert MARKER.evolved_max > MARKER.evolved_min > MARKER.max_edits >= 2


def test_reads_that_errors_explain_are_not_evolved() -> None:
    """One in a million reads of the marker has this many errors."""
    assert (
        matching_loss(len(MARKER.part), MARKER.evolved_min - 1, Track().error_rate)
        <= 1e-6
        < matching_loss(len(MARKER.part), MARKER.evolved_min - 2, 0.003)
    )
    for number in (MARKER.max_edits + 1, MARKER.evolved_min - 1, MARKER.evolved_min):
        found = counted([substituted(MARKER.sequence, [MARKER.part_start + 3 * i for i in range(number)])])
        assert found == ([("evolved", number, 1)] if number == MARKER.evolved_min else [])


@pytest.mark.parametrize("reverse", [False, True])
def test_a_cut_read_counts_from_the_least_overlap_on(reverse: bool) -> None:
    prefix, suffix = MARKER.min_prefix, MARKER.min_suffix
    assert prefix is not None
    assert suffix is not None
    assert min(prefix, suffix) >= Track().min_overlap
    before, after = MARKER.sequence[: MARKER.part_start], MARKER.sequence[MARKER.part_start + len(MARKER.part) :]
    for missing, reads in ((0, 1), (1, 0)):
        for read in (
            before + MARKER.part[: prefix - missing],
            MARKER.part[len(MARKER.part) - suffix + missing :] + after,
        ):
            read = reverse_complement(read) if reverse else read
            assert sum(n for match, _, n in counted([read]) if match == "exact") == reads, read


def test_the_least_overlap_is_as_rare_in_other_cells_as_a_whole_marker() -> None:
    for part in (MARKER.part[: MARKER.min_prefix], MARKER.part[-(MARKER.min_suffix or 0) :]):
        shares = GenerationModels(REFERENCE).shares_by_distance(part, "IGH", None, MARKER.max_edits)
        assert shares is not None
        assert shares.sum() <= Track().false_hit_rate


def test_another_v_on_the_stem_is_evolved_and_never_added() -> None:
    ((match, distance, reads),) = counted([with_other_v(), reverse_complement(with_other_v())])
    assert (match, reads) == ("evolved", 2)
    assert distance > MARKER.max_edits


def test_more_substitutions_than_errors_explain_are_evolved_with_their_consensus() -> None:
    sequence = substituted(MARKER.sequence, range(MARKER.part_start, MARKER.part_start + MARKER.evolved_max))
    reads = [sequence, reverse_complement(sequence), sequence[20:], MARKER.sequence]
    _, counts = search_reads(reads, [MARKER], "p", REFERENCE)
    exact, evolved = counts.rows()[0]
    assert (evolved["match_class"], evolved["edit_distance"], evolved["reads"]) == ("evolved", MARKER.evolved_max, 3)
    assert evolved["sequence"] == sequence
    assert (exact["match_class"], exact["reads"]) == ("exact", 1)
    assert counts.hits == 1


def test_an_evolved_read_counts_for_its_patient_even_if_it_is_a_hit_of_another() -> None:
    read = with_other_v()
    other = {"marker_id": "q.1", "subject_id": "q", "sequence": read[-80:], "max_edits": 1, "selected": True}
    assert counted([read], other) == counted([read])


def test_a_hit_of_a_control_is_not_evolved() -> None:
    sequence = bases(np.random.default_rng(5), 60)
    tube = controls({"control_id": "c", "sequence": sequence})
    _, counts = search_reads([with_other_v() + sequence], targets(row(CLONE, "m"), tube=tube), "p", REFERENCE)
    assert set(counts.rows()) == {1}


def test_a_public_marker_counts_by_whole_targets_only() -> None:
    rng = np.random.default_rng(3)
    made = min(draw_rearrangements(draw_genotype(REFERENCE, "TRG", rng), 60, rng), key=lambda one: one.inserted)
    (found,) = targets(row(made, "g"))
    assert (found.min_prefix, found.min_suffix, found.evolved_max, found.stem_start) == (None, None, -1, None)
    assert found.edits_reason is not None
    assert allow_partial_reads(found, GenerationModels(REFERENCE), REFERENCE, Track()) == found


@pytest.mark.parametrize("both", [True, False])
def test_a_pair_is_one_hit(both: bool) -> None:
    mate = MARKER.sequence if both else STRANGER.sequence[:100]
    pairs = FragmentBatch(
        batch([substituted(MARKER.sequence, [MARKER.part_start + 9])] * 3).reads, batch([mate] * 3).reads
    )
    _, counts = search_reads(pairs, [MARKER], "p", REFERENCE)
    (line,) = counts.rows()[0]
    assert (line["match_class"], line["reads"]) == ("exact" if both else "mismatch", 3)
    assert counts.hits == 3
