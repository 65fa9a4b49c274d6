"""Compiled code of the stage track."""
