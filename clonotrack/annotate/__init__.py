"""Stage annotate."""
