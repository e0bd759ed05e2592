"""Maps for print, one or two: globe, title, colour scale, caption and source, as PNG or SVG."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
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
from dashboard.framing import Framing, Window
from dashboard.language import ENGLISH, speaking, spoken, tr
from dashboard.paper import Kind, lettering, lines, sheet
from dashboard.takeaway import citation, sentence

HEAD, FOOT = 4.15, 0.6
"""Height of a map with its title and its colour scale, and of the caption below all maps [inches]."""

ASIS = Framing()
"""The whole globe in fixed colours, hatched."""

LARGE = 100
"""Points of the outline of land that may have lakes."""

FINER = 2
"""Pixels of a printed map for each of the page's, along each side."""


def figure(engine: Engine, answer: Answer, kind: Kind, address: str = "", framing: Framing = ASIS) -> bytes:
    """The map of an answer, or the two that it compares, one above the other.

    Args:
        engine: the model.
        answer: what is shown.
        kind: of file.
        address: link to the page, for the caption.
        framing: how the maps are looked at.

    Returns:
        the bytes of the file.
    """
    shown = [answer, answer.second] if answer.choice.compare else [answer]

    def compose(made: Figure) -> None:
        for row, each in enumerate(reversed(shown)):
            _map(made, FOOT + row * HEAD, engine, each, framing)
        said = caption(engine, answer, address, framing)
        made.text(0.02, 0.5 / made.get_figheight(), said, ha="left", va="top", fontsize=6)

    with speaking(spoken() if lettering(spoken()) else ENGLISH):
        return sheet(kind, FOOT + HEAD * len(shown), compose)


def _map(made: Figure, bottom: float, engine: Engine, answer: Answer, framing: Framing) -> None:
    """One map with what stands around it, so many inches above the end of the paper."""
    worn, on, whole = dress(engine, answer, framing.fit), projection.BY_NAME[answer.choice.projection], made.get_figheight()
    axes = made.add_axes((0.02, (bottom + 0.47) / whole, 0.96, 3.325 / whole))
    _globe(axes, on, framing.window)
    image = _values(axes, engine, on, answer, worn)
    _fade(axes, engine, on, answer)
    if framing.hatch:
        _unlike(axes, engine, on)
    beside = made.add_axes((0.25, (bottom + 0.255) / whole, 0.5, 0.114 / whole))
    bar = made.colorbar(image, cax=beside, orientation="horizontal", extend="both")
    _ticks(bar, worn)
    made.text(0.5, (bottom + 3.98) / whole, plain_title(worn), ha="center", va="top", fontsize=11, fontweight="bold")


def plain_title(worn: Dress) -> str:
    """The title, without the sign that lowers an index on the page."""
    return worn.title.replace("_", " ")


def caption(engine: Engine, answer: Answer, address: str, framing: Framing = ASIS) -> str:
    """What is shown, in a sentence, and where it comes from; wrapped."""
    hatched = tr("Hatched: unlike any training site.") if engine.ensemble is not None and framing.hatch else ""
    shown = (answer.choice, answer.second.choice) if answer.choice.compare else (answer.choice,)
    faded = tr("All but faded: standard deviation {share} % of the value or more.", share=f"{FADED:g}")
    faded = faded if any(fades(engine, choice) for choice in shown) else ""
    whole = words.sentences(sentence(engine, answer), hatched, faded, citation(answer.choice, engine, address))
    return "\n".join(lines(whole))


@lru_cache(maxsize=4)
def _pixels(engine: Engine, on: projection.Projection) -> projection.Pixels:
    return projection.build(engine.model.land, FINER * on.width, FINER * on.height, on)


def _globe(axes: Axes, on: projection.Projection, window: Window) -> None:
    edge, outlines = projection.edge(on=on), projection.outlines(on=on)
    across, up = window.on(on.x_limits[1], on.y_limits[1])
    axes.set(xlim=across, ylim=up, aspect="equal")
    axes.set_axis_off()
    axes.add_patch(PathPatch(_land(on), facecolor=theme.NO_DATA, lw=0, zorder=1))
    axes.plot(*plots.joined(projection.graticule(on=on)).T, color=theme.GRID, lw=0.25, alpha=0.5)
    axes.plot(*plots.joined(outlines).T, color=theme.INK, lw=0.3, alpha=0.8, zorder=3)
    axes.plot(*edge.T, color=theme.GREY, lw=0.6, zorder=4, clip_on=window.zoom > 1)


@lru_cache(maxsize=4)
def _land(on: projection.Projection) -> Path:
    """Land as one shape; a ring within a larger one is a lake, and runs the other way, so that it is not filled."""
    rings = projection.outlines(on=on)
    large = [Path(ring) for ring in rings if len(ring) > LARGE]
    lake = [any(len(other) > len(ring) and other.contains_point(ring[0]) for other in large) for ring in rings]
    return Path.make_compound_path(*(Path(ring[::-1] if inside else ring) for ring, inside in zip(rings, lake, strict=True)))


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
