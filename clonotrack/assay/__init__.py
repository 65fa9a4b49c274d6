"""Estimate quantities of one tube: nucleated cells, reads or UMIs per molecule put into the tube, and capture."""
