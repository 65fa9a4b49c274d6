"""Compute how often cells without the clone carry a sequence, and the edits that a marker is allowed because of it."""
