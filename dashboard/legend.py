"""What stands above and below a map, as HTML: its title, and its colour scale."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

import numpy as np

from dashboard import plots, words
from dashboard.fields import FADED
from dashboard.language import mark, tr
from dashboard.theme import OCEAN

BAR = """
.bar { display: flex; align-items: stretch; height: 15px; max-width: 720px; margin: 2px auto 0; }
.bar i { width: 14px; flex: none; }
.bar .low { clip-path: polygon(100% 0, 0 50%, 100% 100%); }
.bar .high { clip-path: polygon(0 0, 100% 50%, 0 100%); }
.bar b { flex: 1; }
.ticks { position: relative; height: 20px; max-width: min(692px, calc(100% - 28px)); margin: 3px auto 0; font-size: 14px;
  font-variant-numeric: tabular-nums; }
.ticks span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.keys { text-align: center; }
.fade { display: inline-block; width: 90px; height: 12px; border: 1px solid #7d8990; vertical-align: -1px; margin: 0 4px; }
.none { display: inline-block; width: 14px; height: 12px; background: #d4d6d7; border: 1px solid #7d8990; vertical-align: -1px; }
"""


def lowered(text: str) -> str:
    """A text as HTML with the index of a symbol lowered.

    >>> lowered("Turnover time τ_S3, best estimate")
    'Turnover time τ<sub>S3</sub>, best estimate'
    """
    return re.sub(r"_(\S+?)(?=[:,]|$| )", r"<sub>\1</sub>", text)


def heading(title: str, reasons: Iterable[str]) -> str:
    """A title with its unit in one piece, an index of a symbol lowered, and why some views are not to be had."""
    what, unit = (escape(part) for part in title.split(" ["))
    said = "".join(f"<p class=quiet>{escape(reason)}</p>" for reason in dict.fromkeys(reasons) if reason)
    return f"<h2>{lowered(what)} <span style='white-space: nowrap'>[{unit}</span></h2>{said}"


LAND = mark("land without a model value")
NO_VALUE = {"profile_count": mark("land without training profiles")}
"""What grey land means, where it is not that the model has no value there."""


def fading(name: str) -> str:
    """What fading means, as HTML.

    Args:
        name: of the colour map that fades.
    """
    colour = plots.colours(name, 9)[5]
    steps = ",".join(f"color-mix(in srgb, {colour} {100 - plots.PALEST * share:.0f}%, {OCEAN})" for share in (0, 25, 50, 75, 100))
    ramp = f"<span class=fade style='background:linear-gradient(to right,{steps})'></span>"
    most = tr("SD {share} % of the value or more", share=words.plain(FADED))
    return f"<p class=keys style='font-size: 13px'>{tr('Fading: SD 0')} {ramp} {most}</p>"


def colour_bar(name: str, limits: tuple[float, float], unit: str, logarithmic: bool, change: bool, variable: str = "soc") -> str:
    """A colour scale with open ends as HTML."""
    table = plots.colours(name, 33)
    low, high = limits

    def position(value: float) -> float:
        if logarithmic:
            return float(100 * np.log(value / low) / np.log(high / low))
        return 100 * (value - low) / (high - low)

    marks = words.ticks(low, high, logarithmic)
    labels = [("+" if change and value > 0 else "") + words.plain(value) for value in marks]
    spans = "".join(f"<span style='left:{position(v):.2f}%'>{label}</span>" for v, label in zip(marks, labels, strict=True))
    said = tr("Colour scale from {low} to {high} {unit}, open at both ends", low=labels[0], high=labels[-1], unit=unit)
    return (
        f"<div role=img aria-label='{said}'>"
        f"<div class=bar><i class=low style='background:{table[0]}'></i>"
        f"<b style='background:linear-gradient(to right,{','.join(table)})'></b>"
        f"<i class=high style='background:{table[-1]}'></i></div><div class=ticks>{spans}</div></div>"
        f"<p class='quiet keys'><span class=none></span> {tr(NO_VALUE.get(variable, LAND))}</p>"
    )
