"""Alphabet, strands, translation, ragged sets."""

import numpy as np
from Bio.Seq import Seq
from hypothesis import given
from hypothesis import strategies as st

from clonotrack.sequences import COMPLEMENT, Ragged, decode, encode, reverse_complement, translate

letters = st.text("ACGTN", max_size=60)


@given(letters)
def test_codes_round_trip_in_either_case(sequence: str) -> None:
    assert decode(encode(sequence)) == decode(encode(sequence.lower())) == sequence


def test_unknown_letters_are_n_and_u_is_t() -> None:
    assert decode(encode("ACGURYKM-")) == "ACGTNNNNN"


@given(letters)
def test_the_other_strand_is_biopythons(sequence: str) -> None:
    assert reverse_complement(sequence) == str(Seq(sequence).reverse_complement())
    assert decode(COMPLEMENT[encode(sequence)][::-1]) == reverse_complement(sequence)


@given(st.text("ACGT", max_size=60))
def test_translation_is_biopythons(sequence: str) -> None:
    whole = sequence[: len(sequence) // 3 * 3]
    assert translate(sequence) == str(Seq(whole).translate())


def test_a_codon_with_an_unknown_base_is_x() -> None:
    assert translate("TGTNGTTT") == "CX"


@given(st.lists(letters, max_size=8))
def test_ragged_sets(sequences: list[str]) -> None:
    ragged = Ragged.from_strings(sequences)
    assert ragged.to_strings() == sequences
    assert [decode(item) for item in ragged] == sequences
    assert ragged.lengths.tolist() == [len(item) for item in sequences]
    order = np.arange(len(sequences), dtype=np.int64)[::-1]
    assert ragged.take(order).to_strings() == sequences[::-1]
