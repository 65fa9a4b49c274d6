"""Compute interval, limits and p-value of counts (reads or molecules) from plain numbers, without tables or files."""
