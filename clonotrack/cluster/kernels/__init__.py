"""Compiled kernels of the stage cluster: find neighbours and substrings, follow error copies, build consensus."""
