import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.pgen.kernels import PIECE
from clonotrack.sequences import encode
from clonotrack.track.kernels.seed_filter import BYTE, ROOM, VALUE_BITS, piece_values, sieve_of, sift
from tests.track.twins.sieve import sift as naive


def found(reads, pieces):
    """What the kernel finds of reads that lie one after the other; and what it has no right to."""
    text = np.frombuffer("\n".join(["", *reads]).encode(), dtype=np.uint8)
    ends = np.cumsum([1 + len(read) for read in reads])
    starts = ends - [len(read) for read in reads]
    values = np.unique([value for piece in pieces for value in piece_values(encode(piece))]).astype(np.int64)
    longest = max(map(len, reads))
    packed = np.zeros(longest // BYTE + 2 * ROOM, dtype=np.uint8)
    passed, stretches = np.zeros((2, longest + BYTE), dtype=np.int64)
    hits = []
    for number, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        n = sift(text, start, end - start, sieve_of(values), packed, passed, stretches)
        some = [divmod(int(stretch), 1 << VALUE_BITS) for stretch in stretches[:n]]
        hits += [(number, start + place, value) for place, value in some if 0 <= place <= end - start - PIECE]
    read, place, piece = zip(*hits, strict=True) if hits else ((), (), ())
    listed = [(i, p - int(starts[i]), text[p : p + PIECE].tobytes().decode()) for i, p in zip(read, place, strict=True)]
    assert listed == sorted(listed)
    plain = [set(stretch) <= set("ACGTacgt") for _, _, stretch in listed]
    values_seen = [
        int(piece_values(encode(stretch))[0]) if ok else None for ok, (*_, stretch) in zip(plain, listed, strict=True)
    ]
    assert all(seen in (None, value) for seen, value in zip(values_seen, piece, strict=True))
    return listed, [place for place, value in zip(listed, piece, strict=True) if value in values]


letters = st.sampled_from(["ACGT", "AC", "A", "ACGTN"])
reads = letters.flatmap(lambda some: st.lists(st.text(some, max_size=60), min_size=1, max_size=6))


@given(reads, st.data())
@settings(deadline=None, max_examples=60)
def test_every_piece_is_found_once(rows, data):
    stretches = sorted(
        {r[i : i + PIECE] for r in rows for i in range(len(r) - PIECE + 1) if "N" not in r[i : i + PIECE]}
    )
    pieces = (
        data.draw(st.lists(st.sampled_from(stretches) if stretches else st.nothing(), max_size=4, unique=True))
        if stretches
        else []
    )
    pieces += data.draw(st.lists(st.text("ACGT", min_size=PIECE, max_size=PIECE), max_size=3))
    listed, true = found(rows, pieces)
    assert len(set(listed)) == len(listed)
    assert [hit for hit in true if "N" not in hit[2]] == naive(rows, set(pieces))
    assert set(naive(rows, set(pieces))) <= set(listed)


def test_case_makes_no_difference_and_u_is_t():
    piece = "ACGTTGCATGCAT"
    for read in (piece, piece.lower(), piece.replace("T", "U"), "gg" + piece.lower().replace("t", "u") + "N"):
        assert len(found([read], [piece])[1]) == 1


def test_few_stretches_pass_without_being_a_piece():
    rng = np.random.default_rng(7)
    pieces = ["".join(rng.choice(list("ACGT"), PIECE)) for _ in range(3_000)]
    rows = ["".join(rng.choice(list("ACGT"), 250)) for _ in range(400)]
    listed, _ = found(rows, pieces)
    assert len(listed) < 0.002 * 250 * len(rows)
