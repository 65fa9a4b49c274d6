"""Model counts: interval, limits and p-value from plain numbers."""
