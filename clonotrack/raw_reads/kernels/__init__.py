"""Compiled kernels: parse records, expected errors, UMIs and primers."""
