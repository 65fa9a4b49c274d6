"""Compute how often cells without the clone carry a sequence, and from this the allowed edits of a marker."""
