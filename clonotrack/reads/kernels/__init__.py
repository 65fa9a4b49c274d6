"""Compiled kernels of the stage reads: overlaps of mates, merging, deduplication."""
