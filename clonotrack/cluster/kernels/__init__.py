"""Compiled code of the stage cluster."""
