"""The kernels: arrays in, arrays out, one file per algorithm; compiled by numba, each with a naive twin in tests."""
