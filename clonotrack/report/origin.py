"""Where a page's numbers come from: versions, settings and digests, said once where all samples share them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clonotrack.report.markup import Markup, join, tag


def origin_section(provenance: Mapping[str, Any]) -> Markup:
    """Every entry of the summaries.

    Args:
        provenance: the parsed ``summary.json`` of each sample, by a name for it.
    """
    if not provenance:
        return tag("p", "No summary was given, so versions, settings and digests of the inputs are not known here.")
    flat = {name: dict(_entries(summary)) for name, summary in provenance.items()}
    shared = _shared(list(flat.values()))
    parts = [_listing("All inputs" if len(flat) > 1 else None, shared)]
    for name, entries in flat.items():
        own = {key: value for key, value in entries.items() if key not in shared}
        parts.append(_listing(name, own) if own else None)
    return join(parts)


def _entries(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Nested entries as lines: the path of keys, and the value as text."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _entries(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list | tuple) and any(isinstance(inner, Mapping) for inner in value):
        for number, inner in enumerate(value, 1):
            yield from _entries(inner, f"{name}.{number}")
    else:
        yield name, _text(value)


def _text(value: object) -> str:
    if value is None or value == "" or (isinstance(value, list | tuple | Mapping) and not value):
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _shared(entries: list[dict[str, str]]) -> dict[str, str]:
    first, *others = entries
    return {key: value for key, value in first.items() if all(other.get(key) == value for other in others)}


def _listing(name: str | None, entries: dict[str, str]) -> Markup | None:
    if not entries:
        return None
    rows = (tag("div", tag("dt", key), tag("dd", value)) for key, value in entries.items())
    return join((tag("h3", name) if name else None, tag("dl", *rows, class_="settings")))
