"""Describe what is known of a tube: cells, calibrators, capture and efficiency."""
