"""Build HTML and SVG from values. Text that is not `Markup` is escaped when it enters an element."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # characters that HTML does not allow
_VOID = {"meta", "br", "hr"}
_BLOCKS = {"head", "title", "style", "header", "section", "main", "footer", "table", "thead", "tbody", "tr", "caption"}
_BLOCKS |= {
    "h1",
    "h2",
    "h3",
    "p",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "div",
    "svg",
    "g",
    "figure",
    "figcaption",
    "meta",
}


class Markup(str):
    """Text that is already HTML."""

    __slots__ = ()


def escape(text: object) -> Markup:
    """Escape any value for use as text or as an attribute; `Markup` stays as it is."""
    if isinstance(text, Markup):
        return text
    return Markup(html.escape(_CONTROL.sub("�", str(text)), quote=True))


def join(parts: Iterable[object], separator: str = "") -> Markup:
    """Join parts in order, each escaped unless it is `Markup`; None is left out."""
    return Markup(escape(separator).join(escape(part) for part in parts if part is not None))


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """Build an HTML element.

    Args:
        name: name of the element, such as ``td``.
        children: contents in order; each is escaped unless it is `Markup`, and None is left out.
        attributes: values by attribute name; None is left out. In a name, a trailing underscore is removed (``class_``
            for ``class``) and other underscores become hyphens (``aria_label`` for ``aria-label``).
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    end = "\n" if name in _BLOCKS else ""
    if name in _VOID:
        return Markup(f"<{name}{written}>{end}")
    return Markup(f"<{name}{written}>{join(children)}</{name}>{end}")


def table(
    caption: str, header: Iterable[object], *bodies: Iterable[object], class_: str | None = None, notes: object = None
) -> Markup:
    """Build a table with a caption, and notes below the table. The table scrolls on a narrow screen.

    Args:
        caption: caption of the table; also its label for screen readers.
        header: cells of the header, as text or as ``th`` elements.
        bodies: groups of rows; each row is a ``tr`` element.
        class_: CSS classes of the table.
        notes: content below the table; None for no notes.
    """
    head = tag("thead", tag("tr", *(_heading(cell) for cell in header)))
    made = tag(
        "table",
        tag("caption", tag("div", caption, class_="stay")),
        head,
        *(tag("tbody", *rows) for rows in bodies),
        class_=class_,
    )
    return join((tag("div", made, class_="scroll", role="region", aria_label=caption, tabindex="0"), notes))


def _heading(cell: object) -> Markup:
    is_element = isinstance(cell, Markup) and cell.startswith("<th")
    return escape(cell) if is_element else tag("th", cell, scope="col")


class EmptyCells:
    """Footnotes for the empty cells of a table: each empty cell gets a dash and a letter that stands for its reason."""

    def __init__(self) -> None:
        self._letters: dict[str, str] = {}

    def dash(self, reason: str) -> Markup:
        """Return the content of an empty cell: an en dash with the letter of `reason`."""
        letter = self._letters.setdefault(reason, _letter(len(self._letters)))
        return join(("–", tag("sup", letter)))

    def listing(self) -> Markup | None:
        """Return the paragraph that explains the letters, to be placed below the table; None if no cell is empty."""
        if not self._letters:
            return None
        items = (join((tag("sup", letter), f" {reason}")) for reason, letter in self._letters.items())
        return tag("p", "No value (–): ", join(items, "; "), ".", class_="notes")


def _letter(index: int) -> str:
    return chr(ord("a") + index % 26) * (index // 26 + 1)
