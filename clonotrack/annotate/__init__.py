"""Stage annotate: V, D, J and junction of every sequence, for the rearrangements of all seven loci."""

from __future__ import annotations

from clonotrack.annotate.stage import annotate, annotate_batches

__all__ = ["annotate", "annotate_batches"]
