"""Settings that can change results: one pydantic model for each stage and one for a library."""

from clonotrack.config.library import Library
from clonotrack.config.models import (
    Annotate,
    Cluster,
    Config,
    Markers,
    Reads,
    Report,
    Run,
    Track,
    commented,
    parse,
    schema,
)
from clonotrack.config.quantify import Quantify
from clonotrack.config.section import Locus

__all__ = [
    "Annotate",
    "Cluster",
    "Config",
    "Library",
    "Locus",
    "Markers",
    "Quantify",
    "Reads",
    "Report",
    "Run",
    "Track",
    "commented",
    "parse",
    "schema",
]
