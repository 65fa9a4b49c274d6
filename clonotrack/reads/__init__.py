"""Stage reads: merge overlapping mates, filter fragments and write each distinct fragment once, as SEQUENCES."""
