"""Where a page's numbers come from: versions, settings and digests, said once where all samples share them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clonotrack.report.markup import Markup, join, table, tag


def origin_section(provenance: Mapping[str, Any]) -> Markup:
    """Versions, inputs and configuration.

    Args:
        provenance: the parsed ``summary.json`` of each sample, by a name for it; its part `provenance` is shown.
    """
    parts = {name: summary.get("provenance", summary) for name, summary in provenance.items()}
    if not parts:
        return tag("p", "No summary was given, so versions, settings and digests of the inputs are not known here.")
    inputs = {file: digest for part in parts.values() for file, digest in part.get("inputs", {}).items()}
    apart = ("inputs", "configuration")
    made = {name: {key: part[key] for key in part if key not in apart} for name, part in parts.items()}
    return join(
        (
            *_listings("Software and reference", made),
            _inputs(inputs) if inputs else None,
            *_listings("Configuration", {name: part.get("configuration", {}) for name, part in parts.items()}),
        )
    )


def _inputs(digests: Mapping[str, str]) -> Markup:
    rows = [
        tag("tr", tag("th", file, scope="row", class_="id"), tag("td", digest, class_="sequence"))
        for file, digest in sorted(digests.items())
    ]
    return join((tag("h3", "Inputs"), table("Files and their digests.", ["File", "Digest"], rows, class_="rows short")))


def _listings(title: str, documents: Mapping[str, Mapping[str, Any]]) -> Iterator[Markup]:
    """The entries that all documents share, then what each has of its own."""
    flat = {name: dict(_entries(document)) for name, document in documents.items()}
    first, *others = flat.values()
    shared = {key: text for key, text in first.items() if all(other.get(key) == text for other in others)}
    if shared:
        yield _listing(title, shared)
    for name, entries in flat.items():
        if own := {key: text for key, text in entries.items() if key not in shared}:
            yield _listing(f"{title}: {name}", own)


def _listing(title: str, entries: Mapping[str, str]) -> Markup:
    rows = (tag("div", tag("dt", key), tag("dd", text)) for key, text in entries.items())
    return join((tag("h3", title), tag("dl", *rows, class_="settings")))


def _entries(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Nested entries as lines: the path of keys, and the value as text."""
    if isinstance(value, Mapping) and (value or not name):
        for key, inner in value.items():
            yield from _entries(inner, f"{name}.{key}" if name else str(key))
    else:
        yield name, _text(value)


def _text(value: object) -> str:
    if value is None or value == "" or (isinstance(value, list | tuple | Mapping) and not value):
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(_text, value)) if isinstance(value, list | tuple) else str(value)
