"""Compiled kernels of the stage track: choose seeds, filter reads, compare reads with targets, assign reads."""
