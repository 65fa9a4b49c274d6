"""Colours and style sheet of a patient's page.

Text has a contrast of at least 4.5 to 1 with its background (WCAG AA), and lines and symbols have at least 3 to 1.
Colour-blind people can distinguish the colours (after Okabe and Ito, darkened for contrast). No information is given by
colour alone.
"""

from __future__ import annotations

INK = "#1b1f24"
MUTED = "#57606a"
RULE = "#d0d7de"
FLOOR = "#e9ecef"
PAPER = "#ffffff"

# Colours of the markers in their order, repeated if there are more; `combined` is INK.
SERIES = ("#0072b2", "#b84a00", "#00785a", "#9b3a78", "#7a5c00", "#5b4fa2", "#a3262a", "#3f6f8f")

# Text colour and background colour of each call.
CALL_COLOURS = {
    "positive": ("#8a1c1c", "#fbe9e7"),
    "positive_below_loq": ("#7a4100", "#fdf0dc"),
    "insufficient": ("#3d4450", "#e9ecef"),
    "negative": ("#0b5137", "#e3f3ea"),
    "failed": ("#ffffff", "#4a515b"),
}

_PAGE = f"""
:root {{ color-scheme: light; }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; background: {PAPER}; color: {INK};
  font: 15px/1.45 "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif;
  font-variant-numeric: tabular-nums; }}
main, header, footer {{ max-width: 1040px; margin: 0 auto; padding: 0 20px; }}
header {{ padding-top: 26px; }}
h1 {{ font-size: 25px; line-height: 1.2; margin: 0 0 2px; overflow-wrap: anywhere; }}
h2 {{ font-size: 17px; margin: 30px 0 8px; padding-bottom: 4px; border-bottom: 1px solid {RULE}; break-after: avoid; }}
h3 {{ font-size: 14px; margin: 16px 0 4px; break-after: avoid; }}
p {{ margin: 6px 0; max-width: 78ch; overflow-wrap: anywhere; }}
.kind {{ color: {MUTED}; margin: 0 0 4px; }}
.facts {{ display: flex; flex-wrap: wrap; gap: 2px 26px; margin: 6px 0 12px; }}
.facts div {{ min-width: 0; }}
.facts dt {{ display: inline; color: {MUTED}; }}
.facts dd {{ display: inline; margin: 0 0 0 .35em; overflow-wrap: anywhere; }}
.verdict {{ border-left: 5px solid; padding: 9px 14px; margin: 12px 0; break-inside: avoid; }}
.verdict p {{ margin: 0; max-width: 92ch; color: {INK}; font-size: 16.5px; }}
.verdict p + p {{ margin-top: 4px; }}
.verdict .sample {{ font-size: 14px; color: {INK}; }}
.ruo {{ font-size: 13px; color: {MUTED}; }}
figure {{ margin: 0; break-inside: avoid; }}
figure svg {{ display: block; width: 100%; height: auto; }}
svg text {{ font-family: inherit; }}
.narrow {{ display: none; }}
.narrow svg {{ max-width: 480px; }}
figcaption, .notes, .small {{ font-size: 13px; color: {MUTED}; }}
figcaption p, .notes {{ max-width: 110ch; }}
.legend {{ list-style: none; display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 4px 0 0; padding: 0;
  color: {INK}; }}
.legend li {{ display: flex; align-items: center; gap: 5px; min-width: 0; overflow-wrap: anywhere; }}
figure .legend svg {{ flex: none; width: 26px; height: 16px; }}
.scroll {{ overflow-x: auto; margin: 4px 0 12px; }}
.stay {{ position: sticky; left: 0; width: max-content; max-width: min(100%, calc(100vw - 28px)); }}
table {{ border-collapse: collapse; font-size: 13px; line-height: 1.35; width: 100%; }}
caption {{ text-align: left; color: {MUTED}; padding: 0 0 4px; }}
th, td {{ text-align: left; vertical-align: top; padding: 3px 8px 3px 0; }}
thead th {{ font-weight: 600; vertical-align: bottom; border-bottom: 1px solid {INK}; }}
thead .unit {{ display: block; font-weight: 400; color: {MUTED}; }}
tbody th {{ font-weight: 400; }}
tbody tr {{ break-inside: avoid; }}
tbody + tbody tr:first-child > * {{ border-top: 1px solid {RULE}; }}
.rows tr > * {{ border-bottom: 1px solid {RULE}; }}
.number {{ text-align: right; white-space: nowrap; }}
.number + :not(.number) {{ padding-left: 8px; }}
.short .number + :not(.number) {{ padding-left: 0; }}
.short {{ width: auto; }}
.short th, .short td {{ padding-right: 26px; }}
.results .group {{ font-weight: 600; padding-top: 7px; }}
.results .group span {{ font-weight: 400; color: {MUTED}; }}
.results .combined > * {{ font-weight: 600; }}
.results small, .id small {{ font-weight: 400; color: {MUTED}; font-size: 12px; white-space: normal; }}
.results .pooled {{ display: block; white-space: nowrap; }}
.id {{ overflow-wrap: anywhere; min-width: 9em; }}
.sequence {{ font: 12px/1.4 ui-monospace, "DejaVu Sans Mono", "Liberation Mono", Consolas, monospace;
  overflow-wrap: anywhere; }}
.sequence b {{ border-bottom: 1px solid {INK}; }}
.nowrap {{ white-space: nowrap; }}
.call {{ display: inline-block; padding: 0 7px; border-radius: 3px; font-weight: 600; font-size: 12.5px;
  white-space: nowrap; }}
sup {{ font-size: .75em; line-height: 0; }}
.statements {{ list-style: none; margin: 0; padding: 0; }}
.statements > li {{ padding: 7px 0; border-bottom: 1px solid {RULE}; break-inside: avoid; }}
.statements p {{ margin: 2px 0; max-width: 96ch; }}
.statements ul {{ margin: 2px 0 0; padding-left: 18px; font-size: 13px; color: {MUTED}; }}
.settings {{ columns: 330px 2; column-gap: 34px; font-size: 12.5px; margin: 4px 0; }}
.settings div {{ break-inside: avoid; display: flex; gap: 10px; justify-content: space-between;
  border-bottom: 1px dotted {RULE}; }}
.settings dt {{ color: {MUTED}; overflow-wrap: anywhere; }}
.settings dd {{ margin: 0; text-align: right; overflow-wrap: anywhere; }}
footer {{ margin-top: 30px; padding-bottom: 26px; font-size: 13px; color: {MUTED}; }}
@media (max-width: 620px) {{
  main, header, footer {{ padding-left: 14px; padding-right: 14px; }}
  .wide {{ display: none !important; }}
  .narrow {{ display: block !important; }}
  .results .id, .markers .id {{ position: sticky; left: 0; background: {PAPER}; min-width: 8.5em; max-width: 10.5em; }}
  .results td:last-child {{ min-width: 13em; }}
}}
@media print {{
  @page {{ size: A4; margin: 13mm 12mm; }}
  body {{ font-size: 9.5pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }}
  main, header, footer {{ max-width: none; padding: 0; }}
  .wide {{ display: block !important; }}
  .narrow {{ display: none !important; }}
  .scroll {{ overflow: visible; }}
  .stay {{ max-width: none; width: auto; }}
  table, .notes, .small, figcaption, .statements ul {{ font-size: 7.6pt; }}
  .settings {{ font-size: 7.2pt; }}
  .verdict p {{ font-size: 11pt; }}
  .verdict .sample, .ruo {{ font-size: 8.5pt; }}
  th, td {{ padding-right: 5px; }}
  .results small, .id small {{ font-size: 7pt; }}
  .call {{ font-size: 7.4pt; padding: 0 4px; }}
  .sequence {{ font-size: 7pt; }}
  .id {{ min-width: 8.8em; }}
  .results .id {{ min-width: 9.4em; }}
  .scroll:has(.markers, .short) {{ break-inside: avoid; }}
}}
"""


def sheet() -> str:
    """Return the CSS style sheet of the page, with the colours of each call."""
    calls = "".join(
        f".call.{call} {{ color: {text}; background: {ground}; }}\n"
        f".verdict.{call} {{ border-color: {text if call != 'failed' else ground}; "
        f"background: {ground if call != 'failed' else FLOOR}; }}\n"
        for call, (text, ground) in CALL_COLOURS.items()
    )
    return _PAGE + calls
