"""Compiled code that reads records, UMIs and primers."""
