"""Stage reads: write each distinct fragment of a sample once."""
