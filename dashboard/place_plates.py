"""What is known of a place, drawn for print: its pools and flows, the months of its soil, and its parameters."""

from __future__ import annotations

from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon, Rectangle
from matplotlib.path import Path

from dashboard import place_climate, place_flows, place_parameters, theme, words
from dashboard.catalogue import MAPS
from dashboard.drawn import Drawn, Sign, Sketch
from dashboard.engine import Profile
from dashboard.language import tr
from dashboard.paper import MARGIN, WIDTH
from dashboard.place_layout import BOX, BOXES, HALF, PLANTS, SIZE, TIP, WAYS, Way
from proda_core.parameters import PARAMETERS, Parameter

Place = tuple[float, float, float, float]

COLOURS = {"input": "#6a9a4a", "transfer": theme.STEEL, "air": "#8b969d"}
"""Of arrows, by what they carry."""

GROUND = {"litter": "#e9f0e4", "soil": "#e4ecf1"}
"""Of the boxes."""

UNIT = (WIDTH - 2 * MARGIN) * 72 / SIZE[0]
"""A unit of the diagram of flows in print [points]."""

LETTERS = 13.2 * UNIT
"""Size of its letters [points]."""

ROW = 0.24
"""Height of a parameter [inches]."""

COLUMNS = {"name": 0.0, "bar": 0.4, "mean": 0.75, "range": 0.9, "clm": 1.0}
"""Where the columns of the parameters stand, in widths of the sheet: names and bars begin there, numbers end there."""

LONG = 0.155
"""Length of a bar, in widths of the sheet."""

SIGNS = (
    Sign("", theme.STEEL, "band", alpha=0.45),
    Sign("", theme.INK, "square"),
    Sign("", theme.INK),
    Sign("", theme.INK, "dotted"),
    Sign("", "white", "diamond", theme.ACCENT),
)
"""How what ``place_parameters.MARKS`` names is drawn here."""


def drawn(soil: Profile) -> list[Drawn]:
    """The diagrams of a place, in the language that is spoken."""
    place, members = words.place(soil.latitude, soil.longitude), soil.setting.members
    first, second = place_climate.depths_of(soil.setting)
    months = (Sign(first, theme.ACCENT), Sign(second, theme.STEEL, "dashed"))
    facts = "; ".join(f"{name}: {value}" for name, value in place_climate.facts_of(soil))
    signs = [sign._replace(label=tr(name)) for sign, name in zip(SIGNS, place_parameters.MARKS, strict=True)]
    tall = SIZE[1] * UNIT / 72
    return [
        Drawn(
            tr("{what} at {place}", what=tr("Pools and flows of carbon"), place=place),
            Sketch(tall, partial(_flows, soil)),
            said=place_flows.balance(soil.budgets[1]),
            follows=True,
        ),
        Drawn(
            tr("{what} at {place}", what=tr("Climate and forcing"), place=place),
            Sketch(3.1, partial(_months, soil)),
            months,
            words.sentences(f"{facts}{tr('.')}", place_climate.key(soil.setting)),
        ),
        Drawn(
            tr("{what} at {place}", what=tr("Parameters"), place=place),
            Sketch(ROW * (len(PARAMETERS) + 1), partial(_parameters, soil)),
            tuple(signs if members is not None else signs[3:]),
            place_parameters.spread_of(soil),
        ),
    ]


# ---- pools and flows ----


def _flows(soil: Profile, made: Figure, place: Place) -> None:
    axes = _blank(made, place)
    axes.set(xlim=(0, SIZE[0]), ylim=(SIZE[1], 0))
    parts = {id_: rest for id_, *rest in place_flows.numbers(*soil.budgets)}
    left, top, wide, high = PLANTS
    axes.add_patch(Rectangle((left, top), wide, high, fc=COLOURS["input"], lw=0))
    axes.text(left, top - 12, tr("Plants"), fontsize=LETTERS, fontweight="bold", va="baseline")
    for id_, way in WAYS.items():
        before, after, _, width = parts[id_]
        _arrow(axes, way, COLOURS[id_.split("-")[0]], width * UNIT)
        said = f"{'CO₂ ' if id_.startswith('air') else ''}{before}{f' → {after}' if after else ''}"
        side = {"start": "left", "middle": "center", "end": "right"}[way.anchor]
        axes.text(
            *way.label, said, ha=side, va="baseline", fontsize=LETTERS, color=theme.ACCENT if after else theme.INK,
            bbox={"fc": "white", "lw": 0, "pad": 0.4, "alpha": 0.8}, zorder=3,
        )  # fmt: skip
    for i, (x, y) in enumerate(BOXES):
        _pool(axes, x, y, place_flows.POOL_NAMES[i], parts[f"pool-{i}"], "litter" if i < 4 else "soil")


def _pool(axes: Axes, x: int, y: int, name: str, part: list[str], kind: str) -> None:
    before, after, percent, _ = part
    edge = COLOURS["input" if kind == "litter" else "transfer"]
    shape = f"round,pad=0,rounding_size={HALF}"
    axes.add_patch(FancyBboxPatch((x, y), *BOX, boxstyle=shape, fc=GROUND[kind], ec=edge, lw=0.8))
    axes.text(x + 10, y + 23, tr(name), fontsize=LETTERS, fontweight="bold", va="baseline")
    axes.text(x + 10, y + 44, f"{before} kg C m⁻²", fontsize=LETTERS, va="baseline")
    if after:
        axes.text(x + 10, y + 65, f"→ {after} ({percent})", fontsize=LETTERS, color=theme.ACCENT, va="baseline")


def _arrow(axes: Axes, way: Way, colour: str, width: float) -> None:
    """An arrow of a width [points]; its head has always the same size, as on the page."""
    codes = [Path.MOVETO, *[Path.LINETO if len(way.points) == 2 else Path.CURVE4] * (len(way.points) - 1)]
    axes.add_patch(PathPatch(Path(way.points, codes), fc="none", ec=colour, lw=width, capstyle="butt"))
    before, end = np.array(way.points[-2:], dtype=float)
    ahead = (end - before) / np.hypot(*(end - before))
    aside, foot = np.array([-ahead[1], ahead[0]]) * HALF, end - ahead
    axes.add_patch(Polygon([foot + aside, foot + TIP * ahead, foot - aside], fc=colour, lw=0))


# ---- climate ----


def _months(soil: Profile, made: Figure, place: Place) -> None:
    left, bottom, wide, high = place
    setting = soil.setting
    for i, (title, values) in enumerate(
        ((tr("Soil temperature [°C]"), setting.temperature), (tr("Water scalar [1]"), setting.water))
    ):
        axes = made.add_axes((left + wide * (0.06 + 0.51 * i), bottom + 0.1 * high, 0.43 * wide, 0.78 * high))
        for layer, colour, line in zip(values, (theme.ACCENT, theme.STEEL), ("-", "--"), strict=True):
            axes.plot(range(12), layer, color=colour, ls=line, lw=1.8)
        axes.set(xlim=(-0.3, 11.3), ylim=place_climate.ends(values))
        axes.set_xticks(range(12), place_climate.months())
        marks = list(words.ticks(*axes.get_ylim()))
        axes.set_yticks(marks, [words.plain(value) for value in marks])
        axes.set_title(title, fontsize=9, loc="left", color=theme.INK)
        axes.tick_params(labelsize=8, length=2, width=0.5, color=theme.GRID, labelcolor=theme.INK)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set(color=theme.GRID, lw=0.6)
        axes.grid(axis="y", color=theme.GRID, alpha=0.35, lw=0.5)


# ---- parameters ----


def _parameters(soil: Profile, made: Figure, place: Place) -> None:
    axes, members = _blank(made, place), soil.setting.members
    axes.set(xlim=(0, 1), ylim=(len(PARAMETERS), -1))
    names = ("name", "bar", "clm") if members is None else tuple(COLUMNS)
    heads = {
        "name": tr("Parameter"), "bar": tr("Prior range"), "mean": tr("Mean ± SD"), "range": tr("10–90 %"), "clm": tr("CLM5"),
    }  # fmt: skip
    for name in names:
        side = "left" if name in ("name", "bar") else "right"
        axes.text(COLUMNS[name], -0.5, heads[name], ha=side, va="center", fontsize=7, fontweight="bold")
    for i, parameter in enumerate(PARAMETERS):
        _parameter(axes, i, parameter, float(soil.setting.best[i]), None if members is None else members[:, i])


def _parameter(axes: Axes, row: int, parameter: Parameter, best: float, members: np.ndarray | None) -> None:
    variable, clm = MAPS[parameter.id], parameter.clm5_default
    unit = "" if variable.unit == "1" else f" [{variable.unit}]"
    said = {"name": f"{tr(variable.label)}{unit}", "clm": words.number(clm)}
    if members is not None:
        said["mean"], said["range"] = place_parameters.spread(members)
    for name, text in said.items():
        axes.text(COLUMNS[name], row + 0.5, text, ha="left" if name == "name" else "right", va="center", fontsize=6.5)
    for end, side, beside in ((parameter.lower, "right", -0.006), (parameter.upper, "left", LONG + 0.006)):
        axes.text(COLUMNS["bar"] + beside, row + 0.5, words.plain(end), ha=side, va="center", fontsize=5, color=theme.GREY)

    def at(value: float) -> float:
        share = (value - parameter.lower) / (parameter.upper - parameter.lower)
        return COLUMNS["bar"] + LONG * float(np.clip(share, 0, 1))

    axes.add_patch(Rectangle((at(parameter.lower), row + 0.2), LONG, 0.6, fc="#e6e9ea", lw=0))
    if members is not None:
        low, high = np.percentile(members, [10, 90])
        mean, sd = float(members.mean()), float(members.std(ddof=1))
        axes.add_patch(Rectangle((at(low), row + 0.3), at(high) - at(low), 0.4, fc=(theme.STEEL, 0.45), lw=0))
        axes.plot([at(mean - sd), at(mean + sd)], [row + 0.5] * 2, color=theme.INK, lw=1)
        axes.plot(at(mean), row + 0.5, "s", ms=4, mfc=theme.INK, mec="white", mew=0.5)
    axes.plot([at(best)] * 2, [row + 0.2, row + 0.8], color=theme.INK, lw=1, ls=":")
    inside = parameter.lower <= clm <= parameter.upper
    axes.plot(at(clm), row + 0.5, "D", ms=3.4, mfc="white" if inside else theme.ACCENT, mec=theme.ACCENT, mew=0.8)


def _blank(made: Figure, place: Place) -> Axes:
    axes = made.add_axes(place)
    axes.set_axis_off()
    return axes
