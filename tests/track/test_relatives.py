"""Reads that end inside a target, and reads of cells that evolved: of a real marker of the embedded reference."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from clonotrack.config import Track
from clonotrack.germline.load import load_reference
from clonotrack.markers.target_region import target as clone_specific
from clonotrack.pgen.allowed_edits import Background, loss
from clonotrack.raw_reads.fragments import Batch
from clonotrack.sequences import reverse_complement
from clonotrack.simulate.rearrangement import Rearrangement
from clonotrack.simulate.recombine import draw_genotype, draw_rearrangements
from clonotrack.tables import MARKERS
from clonotrack.track.allowed_edits import with_relatives
from clonotrack.track.stage import Search, prepare
from clonotrack.track.targets import Target
from tests.track.made import bases, batch, controls, substituted

REFERENCE = load_reference()
RNG = np.random.default_rng(17)
PERSON = draw_genotype(REFERENCE, "IGH", RNG)
CLONE, STRANGER = draw_rearrangements(PERSON, 2, RNG, productive=True, min_inserted=22)


def row(made: Rearrangement, name: str, subject_id: str = "p") -> dict[str, object]:
    part = clone_specific(made.sequence, made.key_region, 40)
    found = {"marker_id": name, "subject_id": subject_id, "sequence": part.sequence, "copies_per_cell": 1.0}
    calls = {"locus": made.locus, "system": made.locus, "v_call": made.v_call, "junction": made.junction}
    return found | calls | {"target_start": part.start, "target_end": part.end, "selected": True}


def targets(*rows: dict[str, object], subject_id: str = "p", tube: pl.DataFrame | None = None) -> list[Target]:
    frame = pl.DataFrame([{name: row.get(name) for name in MARKERS.names} for row in rows], schema=MARKERS.schema())
    return prepare(frame, tube, REFERENCE, Track(), subject_id)


MARKER = targets(row(CLONE, "m"))[0]


def counted(reads: list[str], *others: dict[str, object]) -> list[tuple[str, int, int]]:
    """Class, distance and reads of the marker."""
    search = Search(targets(row(CLONE, "m"), *others) if others else [MARKER], REFERENCE, "p")
    search.add(batch(reads))
    return [(one.match_class, one.distance, one.reads) for one in search.tally.rows() if one.target == 0]


def replaced() -> str:
    """The clone with another V on its D-N-J stem."""
    end = CLONE.v_end
    assert MARKER.stem is not None
    return (
        STRANGER.sequence[: STRANGER.key_start + 3]
        + CLONE.sequence[MARKER.start + MARKER.stem : end]
        + CLONE.sequence[end:]
    )


def test_the_stem_begins_where_the_v_ends() -> None:
    assert MARKER.stem is not None
    assert abs(MARKER.start + MARKER.stem - CLONE.v_end) <= 3  # inserted bases may go on like the germline
    assert MARKER.stem_edits >= 0
    assert MARKER.far > MARKER.apart > MARKER.edits >= 2


def test_what_errors_explain_is_not_evolved() -> None:
    """A million reads of the marker have this many errors once."""
    assert (
        loss(len(MARKER.part), MARKER.apart - 1, Track().error_rate)
        <= 1e-6
        < loss(len(MARKER.part), MARKER.apart - 2, 0.003)
    )
    for number in (MARKER.edits + 1, MARKER.apart - 1, MARKER.apart):
        found = counted([substituted(MARKER.whole, [MARKER.start + 3 * i for i in range(number)])])
        assert found == ([("evolved", number, 1)] if number == MARKER.apart else [])


@pytest.mark.parametrize("turned", [False, True])
def test_a_read_that_ends_inside_counts_from_the_least_overlap_on(turned: bool) -> None:
    head, tail = MARKER.least_head, MARKER.least_tail
    assert head is not None
    assert tail is not None
    assert min(head, tail) >= Track().min_overlap
    before, after = MARKER.whole[: MARKER.start], MARKER.whole[MARKER.start + len(MARKER.part) :]
    for missing, reads in ((0, 1), (1, 0)):
        for read in (before + MARKER.part[: head - missing], MARKER.part[len(MARKER.part) - tail + missing :] + after):
            read = reverse_complement(read) if turned else read
            assert sum(n for match, _, n in counted([read]) if match == "exact") == reads, read


def test_what_makes_a_cut_read_count_is_not_in_other_cells() -> None:
    """The part that has to be there is as rare as a whole marker has to be."""
    for part in (MARKER.part[: MARKER.least_head], MARKER.part[-(MARKER.least_tail or 0) :]):
        near = Background(REFERENCE).near(part, "IGH", None, MARKER.edits)
        assert near is not None
        assert near.sum() <= Track().false_hit_rate


def test_another_v_on_the_stem_is_evolved_and_never_added() -> None:
    ((match, distance, reads),) = counted([replaced(), reverse_complement(replaced())])
    assert (match, reads) == ("evolved", 2)
    assert distance > MARKER.edits


def test_more_substitutions_than_errors_explain_are_evolved_with_their_consensus() -> None:
    sequence = substituted(MARKER.whole, range(MARKER.start, MARKER.start + MARKER.far))
    search = Search([MARKER], REFERENCE, "p")
    search.add(batch([sequence, reverse_complement(sequence), sequence[20:], MARKER.whole]))
    evolved, exact = sorted(search.tally.rows(), key=lambda one: one.match_class != "evolved")
    assert (evolved.match_class, evolved.distance, evolved.reads) == ("evolved", MARKER.far, 3)
    assert evolved.sequence == sequence
    assert (exact.match_class, exact.reads) == ("exact", 1)
    assert search.tally.hit == 1


def test_an_evolved_read_counts_for_its_patient_whoever_else_it_belongs_to() -> None:
    read = replaced()
    theirs = {"marker_id": "q.1", "subject_id": "q", "sequence": read[-80:], "max_edits": 1, "selected": True}
    assert counted([read], theirs) == counted([read])


def test_a_hit_of_a_control_is_not_evolved() -> None:
    sequence = bases(np.random.default_rng(5), 60)
    tube = controls({"control_id": "c", "sequence": sequence})
    search = Search(targets(row(CLONE, "m"), tube=tube), REFERENCE, "p")
    search.add(batch([replaced() + sequence]))
    assert {one.target for one in search.tally.rows()} == {1}


def test_a_public_marker_has_no_relatives() -> None:
    rng = np.random.default_rng(3)
    made = min(draw_rearrangements(draw_genotype(REFERENCE, "TRG", rng), 60, rng), key=lambda one: one.inserted)
    (found,) = targets(row(made, "g"))
    assert (found.least_head, found.least_tail, found.far, found.stem) == (None, None, -1, None)
    assert found.reason is not None
    assert with_relatives(found, Background(REFERENCE), REFERENCE, Track()) == found


@pytest.mark.parametrize("both", [True, False])
def test_a_pair_is_one_hit(both: bool) -> None:
    search = Search([MARKER], REFERENCE, "p")
    mate = MARKER.whole if both else STRANGER.sequence[:100]
    pairs = Batch(batch([substituted(MARKER.whole, [MARKER.start + 9])] * 3).reads, batch([mate] * 3).reads)
    search.add(pairs)
    (one,) = search.tally.rows()
    assert (one.match_class, one.reads) == ("exact" if both else "mismatch", 3)
    assert search.tally.hit == 3
