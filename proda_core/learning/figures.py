"""Pictures of evidence: skill by method, by depth and by region; observed against modelled carbon; training curves.

Every figure takes what ``evidence.read`` gives, so that a picture and the file always show the same numbers, and belongs to no
window.  Colours are from Crameri's colour-blind-safe maps (Crameri et al. 2020, doi:10.1038/s41467-020-19160-7); validations also
differ by their marks, methods by their place.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from proda_core import store
from proda_core.constants import GRAMS_PER_KILOGRAM
from proda_core.learning.evidence import Evidence, Skill
from proda_core.learning.validation import VALIDATIONS
from proda_core.style import GREY, INK, LIGHT, STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LOWEST = -0.6
"""NSE below this is drawn at the edge, with its value beside an arrow."""

MARKS: dict[str, str] = {"in-sample": "o", "random": "s", "block": "D"}
TITLES: dict[str, str] = {"in-sample": "in sample", "random": "random folds", "block": "spatial blocks"}
"""Marks of validations, and what they are called."""

_NOTE: Any = {
    "va": "top", "fontsize": 8.5, "linespacing": 1.35, "bbox": {"facecolor": "white", "alpha": 0.75, "lw": 0, "pad": 1.5},
}  # fmt: skip
_CAPTION: Any = {"fontsize": 8.5, "fontweight": "normal", "color": GREY}
_DENSITY = "SOC density [kg C m$^{-3}$]"


def skill_figure(evidence: Evidence) -> Figure:
    """NSE of each method over all layers, under each validation: with its interval on the left, in log space on the right.

    Args:
        evidence: what ``evidence.read`` gives.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(11.5, 1.9 + 0.62 * len(evidence.methods)), dpi=130, layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        methods = list(evidence.methods)
        for axes, measure, title in ((left, "nse", "Carbon density"), (right, "log_nse", "Its logarithm")):
            for shift, validation in _shifts(evidence.validations):
                rows = {row.method: row for row in evidence.rows(validation=validation, group="all")}
                held = [(methods.index(name) + shift, row) for name, row in rows.items()]
                _points(axes, held, measure, validation)
            _nse_axis(axes, f"{title}: Nash-Sutcliffe efficiency [1]")
        left.set_yticks(range(len(methods)), methods)
        left.set_ylim(len(methods) - 0.5, -0.5)
        left.set_title("Skill over all layers")
        figure.legend(*left.get_legend_handles_labels(), loc="outside lower left", ncols=3, fontsize=8.5)
        right.set_title("1 is perfect, 0 as good as the mean; lines: 95 % of resampled blocks", loc="right", **_CAPTION)
    return figure


def _shifts(validations: Sequence[str]) -> list[tuple[float, str]]:
    """How far above or below the middle of a row each validation is drawn."""
    known = [name for name in VALIDATIONS if name in validations]
    return [(0.2 * (i - (len(known) - 1) / 2), name) for i, name in enumerate(known)]


def _colours(count: int) -> list[Any]:
    """Colours that differ in lightness, too, none of them too light for a white page."""
    from cmcrameri import cm

    return [cm.batlow(x) for x in np.linspace(0.02, 0.78, max(count, 2))][:count]


def _points(
    axes: Axes, held: Sequence[tuple[float, Skill]], measure: str, validation: str, colour: Any = None, label: str = ""
) -> None:
    """A mark for each row of skill, with its interval; what lies too far to the left stands at the edge with its value."""
    colour = colour or _colours(len(VALIDATIONS))[list(VALIDATIONS).index(validation)]
    y, values = np.array([y for y, _ in held]), np.array([getattr(row, measure) for _, row in held])
    axes.plot(
        np.where(values >= LOWEST, values, np.nan), y, MARKS[validation], color=colour, mec="white", mew=0.6, ms=7, ls="none",
        zorder=4, label=label or TITLES[validation],
    )  # fmt: skip
    for height, value, (_, row) in zip(y, values, held, strict=True):
        if value < LOWEST:
            axes.plot(LOWEST, height, "<", color=colour, ms=6, clip_on=False, zorder=5)
            axes.text(LOWEST + 0.03, height, _minus(f"{value:.2f}"), color=INK, fontsize=7.5, va="center")
        elif measure == "nse":
            axes.hlines(height, max(row.nse_low, LOWEST), max(row.nse_high, LOWEST), color=colour, lw=1.8, zorder=3)


def _nse_axis(axes: Axes, label: str) -> None:
    axes.axvline(0, color=GREY, lw=1, zorder=1)
    axes.set(xlim=(LOWEST, 1), xlabel=label)
    axes.grid(axis="x", color=LIGHT)
    axes.tick_params(axis="y", length=0)


def density_figure(evidence: Evidence, validation: str = "block") -> Figure:
    """Observed against modelled layers of each method under one validation, as counts in bins of equal ratio.

    Observed values are on the vertical axis, as regressions of observed on modelled values need it (Piñeiro et al. 2008,
    doi:10.1016/j.ecolmodel.2008.05.006).

    Args:
        evidence: what ``evidence.read`` gives.
        validation: ``in-sample``, ``random`` or ``block``.

    Raises:
        ValueError: the evidence has no counts for it.
    """
    import matplotlib as mpl
    from cmcrameri import cm
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure

    held = {name: by[validation] for name, by in evidence.density.items() if validation in by}
    if not held:
        raise ValueError(f"expected counts for validation {validation!r}, got none; make them with proda evaluate")
    largest = max(2, *(int(density.counts.max()) for density in held.values()))
    columns = min(len(held), 3)
    lines = -(-len(held) // columns)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(1.5 + 3.3 * columns, 0.8 + 3.4 * lines), dpi=130, layout="constrained")
        grid = figure.subplots(lines, columns, squeeze=False)
        for axes, (name, density) in zip(grid.flat, held.items(), strict=False):
            edges = 10.0**density.edges_log10
            counts = np.ma.masked_equal(density.counts, 0)
            mesh = axes.pcolormesh(edges, edges, counts, cmap=cm.batlow_r, norm=LogNorm(1, largest), rasterized=True)
            axes.plot(edges[[0, -1]], edges[[0, -1]], color=INK, lw=1, ls="--")
            axes.set(xscale="log", yscale="log", xlim=edges[[0, -1]], ylim=edges[[0, -1]], aspect="equal", title=name)
            _plain_ticks(axes)
            for found in evidence.rows(method=name, validation=validation, group="all"):
                axes.text(0.04, 0.965, _measured(found), transform=axes.transAxes, **_NOTE)
        for axes in grid.flat[len(held) :]:
            axes.set_visible(False)
        figure.supxlabel(f"Modelled {_DENSITY}", fontsize=10)
        figure.supylabel(f"Observed {_DENSITY}", fontsize=10)
        figure.colorbar(mesh, ax=grid, label="Layers in a bin", shrink=min(1.0, 1.7 / lines), aspect=30, pad=0.015)
        figure.suptitle(f"Observed against modelled, {TITLES[validation]}", x=0.01, ha="left", fontsize=12, weight="bold")
    return figure


def _measured(row: Skill) -> str:
    """The main measures of a row in three lines."""
    numbers = _minus(f"NSE {row.nse:.2f}\nlog NSE {row.log_nse:.2f}\nbias {row.bias / GRAMS_PER_KILOGRAM:+.1f}")
    return f"{numbers} kg C m$^{{-3}}$"


def _plain_ticks(axes: Axes) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())


def _minus(number: str) -> str:
    return number.replace("-", "\N{MINUS SIGN}")


def group_figure(evidence: Evidence, validation: str = "block") -> Figure:
    """NSE of each method under one validation by depth of the layers, by region and by source, with intervals.

    Args:
        evidence: what ``evidence.read`` gives.
        validation: ``in-sample``, ``random`` or ``block``.

    Raises:
        ValueError: the evidence has no rows for it.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    names = {kind: _names(evidence, validation, kind) for kind in ("depth", "region", "source")}
    if not names["depth"]:
        raise ValueError(f"expected skill by depth for validation {validation!r}, got none; make it with proda evaluate")
    methods = [name for name in evidence.methods if evidence.rows(method=name, validation=validation)]
    rows = max(len(names["depth"]) + len(names["source"]), len(names["region"]))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(12, 2.0 + 0.16 * (len(methods) + 1) * rows), dpi=130, layout="constrained")
        axes = figure.subplot_mosaic(
            [["depth", "region"], ["source", "region"]],
            height_ratios=[len(names["depth"]), max(1, len(names["source"]))],
            sharex=True,
        )
        for kind, title in (("depth", "By depth of the layer"), ("region", "By region"), ("source", "By source")):
            _group(axes[kind], evidence, validation, kind, names[kind], methods)
            axes[kind].set_title(title)
        _nse_axis(axes["region"], "Nash-Sutcliffe efficiency within the group [1]")
        _nse_axis(axes["source"], "Nash-Sutcliffe efficiency within the group [1]")
        _nse_axis(axes["depth"], "")
        handles = axes["depth"].get_legend_handles_labels()
        figure.legend(*handles, loc="outside lower left", ncols=len(methods), fontsize=8.5)
        figure.suptitle(f"Where the skill lies, {TITLES[validation]}", x=0.01, ha="left", fontsize=12, weight="bold")
    return figure


def _names(evidence: Evidence, validation: str, kind: str) -> dict[str, int]:
    """Groups of a kind and their most layers, in the order of the file."""
    found: dict[str, int] = {}
    for row in evidence.rows(validation=validation, group=kind):
        found[row.name] = max(row.layers, found.get(row.name, 0))
    return found


def _group(axes: Axes, evidence: Evidence, validation: str, kind: str, names: dict[str, int], methods: list[str]) -> None:
    """The rows of one kind of group; methods side by side within a row."""
    order, step = list(names), 0.8 / max(len(methods), 1)
    for i, (method, colour) in enumerate(zip(methods, _colours(len(methods)), strict=True)):
        rows = evidence.rows(method=method, validation=validation, group=kind)
        held = [(order.index(row.name) + step * (i - (len(methods) - 1) / 2), row) for row in rows]
        _points(axes, held, "nse", validation, colour, label=method)
    for line in range(1, len(order)):
        axes.axhline(line - 0.5, color=LIGHT, lw=0.8, zorder=0)
    axes.set_yticks(range(len(order)), [f"{name}\n{names[name]:,} layers" for name in order], fontsize=8.5)
    axes.set_ylim(len(order) - 0.5, -0.5)


def training_figure(evidence: Evidence) -> Figure:
    """Loss of every trained method over the steps of training, on profiles that teach and on profiles kept back.

    Args:
        evidence: what ``evidence.read`` gives.

    Raises:
        ValueError: the evidence has no curves.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    held = evidence.training
    if not held:
        raise ValueError("expected training curves, got none; make them with proda learn")
    kept, taught = _colours(3)[0], _colours(3)[2]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(1.0 + 3.6 * len(held), 3.6), dpi=130, layout="constrained")
        for axes, (name, curve) in zip(figure.subplots(1, len(held), squeeze=False)[0], held.items(), strict=True):
            axes.plot(curve.step, curve.training, color=taught, lw=1.6, label="profiles that teach")
            axes.plot(curve.step, curve.validation, color=kept, lw=1.6, ls="--", label="profiles kept back")
            if len(curve.step):
                best = int(np.argmin(curve.validation))
                axes.plot(curve.step[best], curve.validation[best], "o", color=kept, mec="white", ms=7, label="best", zorder=4)
            axes.set(title=name, xlabel="Step of training")
            axes.grid(color=LIGHT)
            if min(curve.training.min(initial=0), curve.validation.min(initial=0)) >= 0:
                axes.set_ylim(bottom=0)
        axes = figure.axes[0]
        axes.set_ylabel("Loss [1]")
        axes.legend(loc="upper right", fontsize=8.5)
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, whole or not at all; its directory must exist."""
    with store.atomic_path(path) as temporary:
        figure.savefig(temporary, format="png")
