"""Stage reads."""
