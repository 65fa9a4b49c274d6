"""Quantities of one tube: its cells, and the reads or UMIs that a molecule put into it gives."""
