"""Compile the stage annotate: search, alignment and calls of V, D and J."""
