"""Compiled kernels of the stage reads: find overlaps of mates, merge mates, deduplicate fragments."""
