"""The colours: text and curves stand out from what is behind them (WCAG 2.1)."""

from __future__ import annotations

from clonotrack.report.style import CALL_COLOURS, FLOOR, INK, MUTED, PAPER, SERIES


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_enough() -> None:
    texts = [*CALL_COLOURS.values(), (INK, PAPER), (MUTED, PAPER), (INK, FLOOR), (MUTED, FLOOR)]
    texts += [(INK, ground) for call, (_, ground) in CALL_COLOURS.items() if call != "failed"]
    assert min(contrast(*pair) for pair in texts) >= 4.5
    assert min(contrast(colour, ground) for colour in SERIES for ground in (PAPER, FLOOR)) >= 3
