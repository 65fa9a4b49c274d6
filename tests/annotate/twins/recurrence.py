"""Naive twins of clonotrack.annotate.kernels.recurrence: hashes with Python's integers, the rest by comparing texts."""

WORD = 2**64
LETTERS = "ACGTN"


def _scramble(state):
    state ^= state << 13 & WORD - 1
    state ^= state >> 7
    return state ^ (state << 17 & WORD - 1)


def hash_rows(texts):
    """One hash a text: words of 21 bases, three bits each, the last one filled as far as it goes."""
    return [_hash(text) for text in texts]


def _hash(text):
    state = _scramble(len(text) + 1)
    for start in range(0, len(text), 21):
        word = 0
        for letter in text[start : start + 21]:
            word = word * 8 + LETTERS.index(letter)
        state = _scramble(state ^ word)
    return _scramble(_scramble(state))


def unite(texts):
    """Number of each text, and where each distinct one stands first."""
    distinct = list(dict.fromkeys(texts))
    return [distinct.index(text) for text in texts], [texts.index(text) for text in distinct]


def find(texts, kept):
    return [kept.index(text) if text in kept else -1 for text in texts]


def meet(hashes, slots):
    """Whether the hash that was met last in a slot is this one; 0 where none was."""
    last, before = {}, []
    for key in hashes:
        before.append(last.get(key % slots, 0) == key)
        last[key % slots] = key
    return before
