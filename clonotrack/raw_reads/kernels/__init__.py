"""Compiled kernels that parse records, compute expected errors, extract UMIs and find primers."""
