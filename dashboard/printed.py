"""A map for print: globe, title, colour scale, caption and source, as PNG or SVG."""

from __future__ import annotations

import io
import re
import threading
from functools import cache, lru_cache
from textwrap import fill
from typing import Any, Literal
from unicodedata import east_asian_width

import numpy as np
from matplotlib import font_manager, rcParams
from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.colors import ListedColormap, LogNorm, Normalize, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from dashboard import plots, projection, theme, words
from dashboard.dress import Dress, dress, fades
from dashboard.engine import Answer, Engine
from dashboard.fields import FADED
from dashboard.language import ENGLISH, speaking, spoken, tr
from dashboard.takeaway import citation

WIDTH, HEIGHT = 7.5, 4.75
"""Size of the figure [inches]: across a page."""

RESOLUTION = 300
FINER = 2
"""Pixels of a printed map for each of the page's, along each side."""

DESCRIPTIONS: dict[str, dict[str, Any]] = {"png": {"Software": "PRODA Explorer"}, "svg": {"Creator": "PRODA Explorer"}}

_drawing = threading.Lock()  # Matplotlib's fonts are shared and not safe for threads


def figure(engine: Engine, answer: Answer, kind: Literal["png", "svg"], address: str = "") -> bytes:
    """The map of an answer.

    Args:
        engine: the model.
        answer: what is shown.
        kind: of file.
        address: link to the page, for the caption.

    Returns:
        the bytes of the file.
    """
    with speaking(spoken() if lettering(spoken()) else ENGLISH):
        return _figure(engine, answer, kind, address)


def _figure(engine: Engine, answer: Answer, kind: Literal["png", "svg"], address: str) -> bytes:
    worn, fonts = dress(engine, answer), lettering(spoken())
    with _drawing:
        made = Figure((WIDTH, HEIGHT), dpi=RESOLUTION, facecolor="white")
        axes = made.add_axes((0.02, 0.225, 0.96, 0.7))
        on = projection.BY_NAME[answer.choice.projection]
        _globe(axes, on)
        image = _values(axes, engine, on, answer, worn)
        _fade(axes, engine, on, answer)
        _unlike(axes, engine, on)
        bar = made.colorbar(image, cax=made.add_axes((0.25, 0.18, 0.5, 0.024)), orientation="horizontal", extend="both")
        _ticks(bar, worn)
        made.text(
            0.5, 0.965, plain_title(worn), ha="center", va="top", fontsize=11, fontweight="bold", color=theme.INK, family=fonts
        )
        made.text(0.02, 0.105, caption(engine, answer, address), ha="left", va="top", fontsize=6, color=theme.INK, family=fonts)
        held = io.BytesIO()
        made.savefig(held, format=kind, metadata=DESCRIPTIONS[kind])
    return held.getvalue()


CHINESE = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "WenQuanYi Micro Hei", "SimHei",
    "Noto Sans CJK JP", "Heiti TC", "Arial Unicode MS",
)  # fmt: skip
"""Fonts with simplified Chinese, the best first; of a collection Matplotlib knows the first font alone, whatever its name."""


def lettering(language: str) -> list[str]:
    """Fonts for the letters of a language, one for what the other lacks; none where this machine has no font for it."""
    latin = str(rcParams["font.sans-serif"][0])
    if language != "zh":
        return [latin]
    known = _fonts()
    return next(([latin, name] for name in CHINESE if name in known), [])


@cache
def _fonts() -> frozenset[str]:
    return frozenset(font_manager.get_font_names())


def plain_title(worn: Dress) -> str:
    """The title, without the sign that lowers an index on the page."""
    return worn.title.replace("_", " ")


def caption(engine: Engine, answer: Answer, address: str) -> str:
    """What is shown, in a sentence, and where it comes from; wrapped."""
    depth = answer.depth
    spread = None if engine.ensemble is None or answer.part is not None else float(engine.ensemble.total_sd[depth])
    before, stock = (float(stocks[depth]) for stocks in answer.stocks)
    choice, cues = answer.choice, (answer.outcome.cue, answer.baseline.cue)
    said = words.headline(choice.scenario, choice.depth, stock, before, *cues, spread, choice.region, choice.within)
    hatched = "" if engine.ensemble is None else tr("Hatched: unlike any training site.")
    faded = tr("All but faded: standard deviation {share} % of the value or more.", share=f"{FADED:g}")
    whole = words.sentences(said, hatched, faded if fades(engine, choice) else "", citation(answer.choice, engine, address))
    return wrapped(whole, 158 if spoken() == ENGLISH else 148)


def wrapped(text: str, width: int) -> str:
    r"""A text in lines of so many letters; a Chinese character is as wide as two, and lines may end behind each.

    >>> wrapped("one two three", 7), wrapped("土壤 CUE 碳，一二", 8)
    ('one two\nthree', '土壤 CUE\n碳，一二')
    """
    if not any(_wide(letter) for letter in text):
        return fill(text, width)
    lines = [""]
    for part in re.findall(r"\s+|[\u2e80-\uffef][，。；：、）]*|[^\s\u2e80-\uffef]+[，。；：、）]*", text):
        if lines[-1] and _width(lines[-1] + part.rstrip()) > width:
            lines.append("")
        lines[-1] += part if lines[-1] else part.lstrip()
    return "\n".join(line.rstrip() for line in lines)


def _wide(letter: str) -> bool:
    return east_asian_width(letter) in "WF"


def _width(text: str) -> int:
    return sum(2 if _wide(letter) else 1 for letter in text)


@lru_cache(maxsize=4)
def _pixels(engine: Engine, on: projection.Projection) -> projection.Pixels:
    return projection.build(engine.model.land, FINER * on.width, FINER * on.height, on)


def _globe(axes: Axes, on: projection.Projection) -> None:
    edge, outlines = projection.edge(on=on), projection.outlines(on=on)
    axes.set(xlim=on.x_limits, ylim=on.y_limits, aspect="equal")
    axes.margins(0.01)
    axes.set_axis_off()
    land = Path.make_compound_path(*map(Path, outlines))
    axes.add_patch(PathPatch(land, facecolor=theme.NO_DATA, lw=0, zorder=1))
    axes.plot(*plots.joined(projection.graticule(on=on)).T, color=theme.GRID, lw=0.25, alpha=0.5)
    axes.plot(*plots.joined(outlines).T, color=theme.INK, lw=0.3, alpha=0.8, zorder=3)
    axes.plot(*edge.T, color=theme.GREY, lw=0.6, zorder=4, clip_on=False)


def _values(axes: Axes, engine: Engine, on: projection.Projection, answer: Answer, worn: Dress) -> Any:
    colours = ListedColormap(plots.colours(worn.colours))
    scale = LogNorm(*worn.limits) if worn.logarithmic else Normalize(*worn.limits)
    frame = _pixels(engine, on).frame(engine.map_values(answer))
    if worn.logarithmic:
        frame = np.maximum(frame, worn.limits[0])  # a logarithm has no zero
    return axes.imshow(frame, cmap=colours, norm=scale, zorder=2, **_lying(on))


def _lying(on: projection.Projection) -> dict[str, Any]:
    """How an image of the globe lies in its axes."""
    return {"extent": (*on.x_limits, *on.y_limits), "origin": "lower", "interpolation": "nearest"}


def _fade(axes: Axes, engine: Engine, on: projection.Projection, answer: Answer) -> None:
    """Fade what is uncertain, where that was chosen and is known."""
    choice = answer.choice
    if not fades(engine, choice):
        return
    share = _pixels(engine, on).frame(engine.fields.fading(choice.variable, choice.depth).astype(float))
    paper = np.ones((*share.shape, 4))
    paper[..., 3] = plots.PALEST * np.nan_to_num(share) / 100
    axes.imshow(paper, zorder=2.2, **_lying(on))


def _unlike(axes: Axes, engine: Engine, on: projection.Projection) -> None:
    """Hatch what no training site is like."""
    if engine.ensemble is None:
        return
    pixels = _pixels(engine, on)
    marked = np.nan_to_num(pixels.frame(engine.ensemble.unlike.astype(float))) > 0
    row, column = np.indices(marked.shape)
    lines = np.zeros((*marked.shape, 4))
    lines[..., :3] = to_rgb(theme.INK)
    lines[..., 3] = 0.7 * (marked & ((column - row) % 16 < 2))
    axes.imshow(lines, zorder=2.5, **_lying(on))


def _ticks(bar: Colorbar, worn: Dress) -> None:
    marks = words.ticks(*worn.limits, worn.logarithmic)
    labels = [("+" if worn.kind == "change" and value > 0 else "") + words.plain(value) for value in marks]
    bar.set_ticks(marks, labels=labels)
    bar.ax.minorticks_off()
    bar.ax.tick_params(labelsize=8, length=2, width=0.5, color=theme.INK, labelcolor=theme.INK)
    bar.outline.set_visible(False)
