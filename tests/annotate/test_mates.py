import polars as pl
import pytest

from clonotrack.annotate.stage import annotate, annotate_pairs
from clonotrack.config import Annotate
from clonotrack.sequences import reverse_complement
from clonotrack.simulate.random_streams import random_stream
from clonotrack.simulate.recombine import draw_genotype, draw_rearrangements
from clonotrack.tables import SEQUENCES


def sequences(rows):
    named = [
        {
            "sequence_id": f"s{i}",
            "sequence": one,
            "quality": "I" * len(one),
            "sequence_2": two,
            "duplicate_count": i + 1,
        }
        | {"quality_2": None if two is None else "5" * len(two)}
        for i, (one, two) in enumerate(rows)
    ]
    return pl.DataFrame(named, schema=SEQUENCES.schema())


@pytest.fixture(scope="module")
def whole(reference):
    rng = random_stream(2, "mates")
    (found,) = draw_rearrangements(draw_genotype(reference, "IGH", rng), 1, rng)
    return found.amplicon(300)


def test_the_mate_that_covers_the_junction_is_returned(reference, whole):
    """The junction in the second mate, in the first, in both, in none; and a read without a mate."""
    five, three = whole[:150], reverse_complement(whole)[:150]
    rows = [(five, three), (three, five), (whole, three[:60]), (five[:60], "A" * 60), (whole, None)]
    found = annotate(sequences(rows), reference, Annotate())
    alone = annotate(sequences([(three, None), (whole, None)]), reference, Annotate())
    assert found["sequence_id"].to_list() == ["s0", "s1", "s2", "s3", "s4"]
    assert found["duplicate_count"].to_list() == [1, 2, 3, 4, 5]
    key = alone["key_region"].to_list()
    assert key[0] == key[1]
    assert key[0] is not None
    assert found["key_region"].to_list() == [key[0], key[0], key[0], None, key[0]]
    assert found["rev_comp"].to_list() == [True, True, False, False, False]
    assert found["quality"].to_list() == ["5" * 150, "I" * 150, "I" * 300, "I" * 60, "I" * 300]
    assert found["sequence"][0] == whole[-150:]


def test_without_mates_sequences_are_annotated_once():
    calls = []

    def once(frame):
        calls.append(frame.height)
        return frame

    annotate_pairs(sequences([("ACGT", None)]), once)
    annotate_pairs(pl.DataFrame({"sequence_id": ["a"], "sequence": ["ACGT"]}), once)
    assert calls == [1, 1]
