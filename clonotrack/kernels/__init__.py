"""Compiled code that several stages share."""
