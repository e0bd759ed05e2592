"""A diagram of the carbon budget of one place: what the seven pools hold, and what flows between them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import panel as pn
import param

from dashboard import words
from dashboard.language import mark, tr
from dashboard.place import Budget
from dashboard.place_layout import geometry
from proda_core.grid import SOIL_POOLS
from proda_core.process.linear import TRANSFERS

HERE = Path(__file__).parent
FloatArray = npt.NDArray[np.float64]

POOL_NAMES: tuple[str, ...] = (
    mark("Woody debris"), mark("Metabolic litter"), mark("Cellulose litter"), mark("Lignin litter"),
    mark("Fast soil C"), mark("Slow soil C"), mark("Passive soil C"),
)  # fmt: skip
"""In the order of ``grid.POOLS``."""

THIN, THICK = 1.2, 8.0
"""Widths of arrows, of nothing and of all that plants give [px]."""

_HARDLY = 5e-7
"""Relative change that is none: round-off of two solves."""


class Diagram(pn.custom.JSComponent):
    """The diagram and its table."""

    texts = param.Dict(default={}, doc="Words of the diagram and of its table.")
    geometry = param.Dict(default=geometry(), doc="Where its parts lie.")
    said = param.String(doc="What the diagram shows, in a sentence.")
    balance = param.String(doc="What comes in and what goes out, above the diagram.")
    numbers = param.List(default=[], doc="For each part: id, baseline, scenario or nothing, change, width of its arrow.")

    _esm = HERE / "place_flows.js"
    _stylesheets: ClassVar[list[Any]] = [(HERE / "place_flows.css").read_text()]
    _debounce = 0


def diagram() -> Diagram:
    """An empty diagram in the language that is spoken."""
    return Diagram(texts=_texts(), sizing_mode="stretch_width", margin=0)


def _texts() -> dict[str, Any]:
    pools = [tr(name) for name in POOL_NAMES]
    rows = [
        *((f"pool-{i}", tr("Stock: {pool} [kg C m⁻²]", pool=pool)) for i, pool in enumerate(pools)),
        *((f"input-{i}", tr("Plants to {pool} [g C m⁻² yr⁻¹]", pool=pool)) for i, pool in enumerate(pools[:4])),
        *(
            (f"transfer-{i}", tr("{donor} to {receiver} [g C m⁻² yr⁻¹]", donor=pools[donor], receiver=pools[receiver]))
            for i, (donor, receiver) in enumerate(TRANSFERS)
        ),
        *((f"air-{i}", tr("{pool} to the air [g C m⁻² yr⁻¹]", pool=pool)) for i, pool in enumerate(pools) if i),
        ("input-all", tr("All that plants give [g C m⁻² yr⁻¹]")),
        ("air-all", tr("All that is respired [g C m⁻² yr⁻¹]")),
    ]
    return {
        "pools": pools,
        "plants": tr("Plants"),
        "title": tr("Pools and flows of carbon"),
        "sideways": tr("The diagram is wider than its card here: move it sideways, or open the table below."),
        "table": tr("Pools and flows as a table"),
        "head": [tr("Part"), tr("Baseline"), tr("Scenario"), tr("Change")],
        "rows": [list(row) for row in rows],
    }


def fill(shown: Diagram, baseline: Budget, scenario: Budget) -> None:
    """Put the budgets of a place in a diagram."""
    given = words.number(float(scenario.litter_input.sum()))
    stocks = [words.number(float(stock)) for stock in scenario.stock[SOIL_POOLS]]
    shown.param.update(
        balance=balance(scenario),
        said=tr(
            "Flow diagram. Plants give {given} g C m⁻² a year to litter and woody debris; decomposers hand carbon on to three "
            "soil pools, which hold {fast}, {slow} and {passive} kg C m⁻². The table below has all numbers.",
            given=given, **dict(zip(("fast", "slow", "passive"), stocks, strict=True)),
        ),
        numbers=numbers(baseline, scenario),
    )  # fmt: skip


def balance(scenario: Budget) -> str:
    """What comes in and what goes out, and in which units, in words."""
    given, respired = (words.number(float(part.sum())) for part in (scenario.litter_input, scenario.respired))
    return tr(
        "The whole column in balance: pools in kg C m⁻², flows in g C m⁻² a year. Plants give {given}, decomposers respire "
        "{respired}.",
        given=given, respired=respired,
    )  # fmt: skip


def numbers(baseline: Budget, scenario: Budget) -> list[list[Any]]:
    """Every part of the diagram: id, baseline, scenario where it differs, change, width of its arrow [px]."""
    most = max(float(baseline.litter_input.sum()), 1e-12)

    def part(id_: str, before: float, after: float, flows: bool = True) -> list[Any]:
        changed = abs(after - before) > _HARDLY * max(abs(before), abs(after))
        width = THIN + (THICK - THIN) * min(math.sqrt(max(after, 0.0) / most), 1.5) if flows else 0.0
        percent = f"{words.signed(words.percent(after, before))} %" if changed and before else ""
        return [id_, words.number(before), words.number(after) if changed else "", percent, round(width, 1)]

    found = [part(f"pool-{i}", *pair, flows=False) for i, pair in _pairs(baseline.stock, scenario.stock)]
    found += [part(f"input-{i}", *pair) for i, pair in _pairs(baseline.litter_input, scenario.litter_input) if i < 4]
    found += [part(f"transfer-{i}", *pair) for i, pair in _pairs(baseline.transfer, scenario.transfer)]
    found += [part(f"air-{i}", *pair) for i, pair in _pairs(baseline.respired, scenario.respired) if i]
    found.append(part("input-all", float(baseline.litter_input.sum()), float(scenario.litter_input.sum())))
    found.append(part("air-all", float(baseline.respired.sum()), float(scenario.respired.sum())))
    return found


def _pairs(before: FloatArray, after: FloatArray) -> list[tuple[int, tuple[float, float]]]:
    return [(i, (float(a), float(b))) for i, (a, b) in enumerate(zip(before, after, strict=True))]
