"""Stage track."""
