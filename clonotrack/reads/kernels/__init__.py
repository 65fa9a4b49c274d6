"""Compiled code of the stage reads."""
