"""Stage annotate: find V, D, J and junction of every sequence (REARRANGEMENTS)."""
