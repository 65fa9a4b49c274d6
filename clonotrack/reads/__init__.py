"""Stage reads: merge overlapping mates, filter fragments and write each distinct one once (SEQUENCES)."""
