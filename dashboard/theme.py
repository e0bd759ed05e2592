"""Colours and style sheets of the page, light and dark."""

from __future__ import annotations

from typing import Any

FONT = 'Roboto, Helvetica, Arial, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif'

INK = "#22323b"
GREY = "#7d8990"
STEEL = "#5b8aa6"
"""Lines of diagrams that must be seen on light and on dark ground."""

GRID = "#9aa6ad"
NO_DATA = "#d4d6d7"
OCEAN = "#ffffff"
ACCENT = "#c2571a"
"""The scenario, wherever it is drawn; the baseline is grey."""

RIVAL = "#8a5cc2"
"""Scenario A, where it stands beside the present one."""

RIVAL_TEXT = f"color-mix(in oklab, {RIVAL} 75%, var(--panel-on-surface-color))"
"""The same for letters, on light and on dark ground."""

LIGHT: dict[str, Any] = {
    "primary": {"main": "#24485a", "contrastText": "#ffffff"},
    "background": {"default": "#f4f5f3", "paper": "#ffffff"},
    "text": {"primary": INK, "secondary": "#55656e"},
}
DARK: dict[str, Any] = {
    "primary": {"main": "#8fbdd3", "contrastText": "#10191e"},
    "background": {"default": "#141b1f", "paper": "#1c252a"},
    "text": {"primary": "#e8edef", "secondary": "#a9b6bd"},
}
DARK_BAR = {"MuiAppBar": {"styleOverrides": {"root": {"backgroundColor": "#0f171b", "color": "#e8edef"}}}}
LIST = {
    "MuiMenuItem": {"defaultProps": {"role": "option"}},
    "MuiLinearProgress": {"defaultProps": {"aria-hidden": True, "role": "presentation"}},
}
"""Entries of a list of choices are what a screen reader expects in one; all menus of the page are such lists.

The bar below the title, which never moves here, is nothing to be read.
"""

TYPE = {"fontFamily": FONT, "button": {"textTransform": "none"}}
THEME: dict[str, Any] = {
    "light": {"palette": LIGHT, "shape": {"borderRadius": 6}, "typography": TYPE, "components": LIST},
    "dark": {"palette": DARK, "shape": {"borderRadius": 6}, "typography": TYPE, "components": {**DARK_BAR, **LIST}},
}

TEXT = """
:host { --accent: color-mix(in oklab, #c2571a 80%, var(--panel-on-surface-color)); color: var(--panel-on-surface-color);
  font-family: Roboto, Helvetica, Arial, sans-serif; }
h2 { font-size: 17px; font-weight: 700; margin: 0; line-height: 1.3; }
p { margin: 0; font-size: 14px; line-height: 1.45; }
.quiet { color: color-mix(in srgb, var(--panel-on-surface-color) 74%, var(--panel-surface-color)); font-size: 13px; }
table { border-collapse: collapse; width: 100%; font-size: 15px; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 700; font-size: 17px; padding-bottom: 6px; }
th, td { padding: 5px 0 5px 10px; text-align: right; font-weight: 400; white-space: nowrap;
  border-top: 1px solid rgb(128 140 148 / .28); }
thead th { font-size: 13px; opacity: .72; border-top: 0; padding-top: 0; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
tr.shown { font-weight: 700; }
tr.shown th { font-weight: 700; }
.more { color: var(--accent); }
"""
"""Text, small tables and numbers inside a pane."""

UNSEEN_LABEL = """
#toggle-buttons-group-label {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}
"""
"""The name of a group of buttons that explain themselves to those who see them."""

CARD = """
:host {
  background: var(--panel-surface-color);
  border: 1px solid rgb(128 140 148 / .28);
  border-radius: 8px;
  padding: 14px 18px;
  box-sizing: border-box;
  min-width: 0;
  height: auto !important;
}
"""
"""A part of the page on its own ground."""

PAGE = """
:host {
  display: grid !important;
  flex: none !important;
  height: auto !important;
  box-sizing: border-box;
  gap: 12px;
  padding: 14px;
  width: 100%;
  align-content: start;
  align-items: start;
  grid-auto-rows: max-content;  /* rows never give way: the page scrolls instead */
  grid-template-columns: minmax(0, 1fr);
}
@media (min-width: 1500px) { :host { grid-template-columns: minmax(0, 1fr) 410px; } }
"""
"""The page's two columns: beside one another on a projector, below one another on a tablet."""

COLUMN = """
:host {
  display: grid !important;
  flex: none !important;
  height: auto !important;
  gap: 12px;
  grid-auto-rows: max-content;
  grid-template-columns: minmax(0, 1fr);
}
"""

SIDE = (
    COLUMN
    + """
@media (min-width: 900px) and (max-width: 1499px) {
  :host { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
  .tall { grid-row: span 2; }
}
@media (min-width: 1500px) { .tall { order: 1; } }  /* what a click on the map changes stays in sight */
"""
)
"""The smaller parts: in a column on a projector, in pairs on a tablet."""
