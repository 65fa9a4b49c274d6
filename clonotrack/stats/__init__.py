"""Statistics of counts: interval, limits and p-value from plain numbers, without tables or files."""
