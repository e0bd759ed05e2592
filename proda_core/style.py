"""How our figures look: the colours of text and the settings of matplotlib that they share."""

from __future__ import annotations

from typing import Any

INK, GREY, LIGHT = "#22323b", "#7d8990", "#e7ebed"
"""Text and lines, quiet text, and ground."""

STYLE: Any = {
    "font.family": "sans-serif", "font.size": 9.5, "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": GREY,
    "axes.titlesize": 10.5, "axes.titlelocation": "left", "axes.titleweight": "bold", "axes.spines.top": False,
    "axes.spines.right": False, "xtick.color": INK, "ytick.color": INK, "axes.axisbelow": True, "legend.frameon": False,
    "figure.facecolor": "white", "savefig.facecolor": "white",
}  # fmt: skip
"""Settings of matplotlib, for ``rc_context``."""
