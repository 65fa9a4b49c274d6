"""Compiled code of the stage annotate."""
