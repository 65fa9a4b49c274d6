"""Stage markers."""
