"""What a map shows as a table: by latitude and climate zone, for those who do not see the map and those who want numbers."""

from __future__ import annotations

from html import escape
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dashboard import words
from dashboard.catalogue import MAPS
from dashboard.dress import dress
from dashboard.engine import Answer, Engine
from dashboard.language import mark, tr
from proda_core.constants import GRAMS_PER_KILOGRAM, GRAMS_PER_PETAGRAM
from proda_core.regions import BAND_EDGES
from proda_core.scenarios import Region

MAIN_ZONES = {
    "A": mark("tropical"), "B": mark("arid"), "C": mark("temperate"), "D": mark("cold"), "E": mark("polar")
}  # fmt: skip
"""First letters of the climate zones of Koppen, and how they are called."""


class Summary(NamedTuple):
    """A map in some numbers.

    Attributes:
        title: what is told, with its unit in brackets.
        columns: the climate zones, and all land at last.
        rows: the bands of latitude from north to south, and all land at last.
        values: sums or means; NaN where there is no land with a value (row, column).
        signed: whether they are changes.
    """

    title: str
    columns: list[str]
    rows: list[str]
    values: npt.NDArray[np.float64]
    signed: bool


def summary(engine: Engine, answer: Answer) -> Summary:
    """What an answer puts on the map, by latitude and climate zone: stocks and changes as sums, all else as means by area."""
    choice, land = answer.choice, engine.model.land
    worn = dress(engine, answer)
    summed = MAPS[choice.variable].has_depth and engine.view(choice) not in ("percent", "uncertainty")
    values = engine.map_values(answer)
    known = np.isfinite(values)
    everywhere = np.ones(len(values), dtype=np.bool_)
    bands = [(south, north) for south, north in pairwise(BAND_EDGES)][::-1]
    rows = [(words.region(Region(latitude=band)), engine.inside(Region(latitude=band))) for band in bands]
    columns = [(tr(MAIN_ZONES[letter]), inside) for letter, inside in _zones(engine).items()]
    table = np.full((len(rows) + 1, len(columns) + 1), np.nan)
    for i, (_, in_row) in enumerate([*rows, ("", everywhere)]):
        for j, (_, in_column) in enumerate([*columns, ("", everywhere)]):
            cells = known & in_row & in_column
            if cells.any():
                total = float((values[cells] * land.area[cells]).sum())
                table[i, j] = total * GRAMS_PER_KILOGRAM / GRAMS_PER_PETAGRAM if summed else total / float(land.area[cells].sum())
    what, unit = worn.title.rstrip("]").rsplit(" [", 1)
    means = tr("{what}; mean by area [{unit}]", what=what, unit=unit)
    every = tr("All land")
    return Summary(
        tr("{what}; sum [Pg C]", what=what) if summed else means,
        [*(c for c, _ in columns), every],
        [*(r for r, _ in rows), every],
        table,
        worn.kind == "change",
    )


def _zones(engine: Engine) -> dict[str, npt.NDArray[np.bool_]]:
    """Which cells lie in each main climate zone, by its letter (cell,); none, where the zones are not known."""
    if "koppen" not in engine.model.regions:
        return {}
    names = engine.model.regions["koppen"].names
    by_letter = {letter: tuple(name for name in names if name.startswith(letter)) for letter in MAIN_ZONES}
    return {letter: engine.inside(Region(koppen=zones)) for letter, zones in by_letter.items() if zones}


def as_html(told: Summary) -> str:
    """The table for the page, in a frame in which keys can move a table that is wider than it."""
    written = words.signed if told.signed else words.number
    head = "".join(f"<th scope=col>{escape(name)}</th>" for name in ("", *told.columns))
    body = ""
    for name, line in zip(told.rows, told.values, strict=True):
        cells = "".join(f"<td>{written(value) if np.isfinite(value) else '–'}</td>" for value in line)
        body += f"<tr><th scope=row>{escape(name)}</th>{cells}</tr>"
    title = escape(told.title.replace("_", " "))
    table = f"<table aria-label='{title}'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<p class=what>{title}</p><div class=frame role=group tabindex=0 aria-label='{title}'>{table}</div>"
