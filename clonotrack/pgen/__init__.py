"""Compute how often other cells carry a sequence (generation probability)."""
