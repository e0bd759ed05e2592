"""The numbers that a lesson may speak of: a closed list of quantities, each computed from the model or its evidence when asked.

A quantity stands in a lesson as a few words::

    change of cue=1&depth=full
    density_ratio of zone=ET to zone=BWh
    skill of end-to-end/block

``of`` is the page that it is read from, as in a link; without it, the page of the step.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from dashboard import link, words
from dashboard.choice import Choice
from dashboard.engine import Answer, Engine
from dashboard.fields import DEPTH_INDEX
from proda_core import published, scenarios
from proda_core.constants import GRAMS_PER_KILOGRAM
from proda_core.published import Range

PETAGRAMS, PER_AREA = "Pg C", "kg C m⁻²"
DEFAULT_METHOD = "end-to-end/block"
PUBLISHED: dict[str, Range] = {"cue": published.ONE_PERCENT_CUE, **published.STOCKS}

WORLD = Choice()
"""The page as it opens: what a quantity is read from that needs no page."""


@dataclass(frozen=True)
class Quantity:
    """A quantity of a lesson.

    Attributes:
        kind: key of :data:`KINDS`.
        of: the page that it is read from.
        to: the page that it is compared with, for ratios.
        name: what else it is read from: a method, a scenario or a published number.
    """

    kind: str
    of: Choice = WORLD
    to: Choice = WORLD
    name: str = ""


class Number(NamedTuple):
    """A number that was computed, or none; ``{gain}`` has sign and unit, ``{gain:size}`` no sign, ``{gain:bare}`` no unit.

    Attributes:
        value: the number, none where the data at hand do not tell it [unit].
        kind: what it is.
        published: the published range, where it is one.
    """

    value: float | None
    kind: Kind
    published: Range | None = None

    def __format__(self, form: str) -> str:
        if form not in ("", "size", "bare"):
            raise ValueError(f"expected size, bare or nothing behind the colon, got {form!r}")
        if self.value is None:
            return "—"
        text = _range(self.published) if self.published else self._text(form)
        unit = "" if form == "bare" else self.kind.unit
        return f"{text}\N{NO-BREAK SPACE}{unit}" if unit else text

    def _text(self, form: str) -> str:
        value = self.value or 0.0
        if self.kind.counts:
            return f"{value:,.0f}"
        if form == "size":
            return words.number(abs(value))
        return words.signed(value) if self.kind.signed else words.number(value)


class Kind(NamedTuple):
    """A kind of quantity.

    Attributes:
        compute: from the model and the quantity; none where the data at hand do not tell.
        unit: of the number.
        signed: whether its sign is told.
        counts: whether it is a number of things.
        reads: what stands behind ``of``: ``page``, ``two`` pages, or a ``method``, ``scenario`` or ``published`` number.
    """

    compute: Callable[[Engine, Quantity], float | None]
    unit: str = ""
    signed: bool = False
    counts: bool = False
    reads: str = "page"


def of_answer(read: Callable[[Answer], float | None]) -> Callable[[Engine, Quantity], float | None]:
    """A quantity that the answer to its page holds."""
    return lambda engine, quantity: read(engine.answer(quantity.of))


def _stock(answer: Answer) -> float:
    return float(answer.stocks[1][answer.depth])


def _change(answer: Answer) -> float:
    return _stock(answer) - float(answer.stocks[0][answer.depth])


def _density(engine: Engine, choice: Choice) -> float:
    """Mean stock of the page's part of the land, or of all [kg m-2]."""
    answer = engine.answer(choice)
    area = float(engine.model.land.area.sum()) if answer.part is None else answer.part.area
    return _stock(answer) * 1e12 / area if area else math.nan


def _input(engine: Engine, quantity: Quantity) -> float:
    flux = engine.outcome(quantity.of.change, "carbon_input").mechanism["carbon_input"]
    return float(engine.model.global_stock(flux / GRAMS_PER_KILOGRAM))


def _place(answer: Answer) -> float | None:
    return None if answer.profile is None else float(answer.profile.stock[1][answer.depth])


def _place_below(answer: Answer) -> float | None:
    if answer.profile is None:
        return None
    stock = answer.profile.stock[1]
    return 100 * (1 - float(stock[answer.depth] / stock[-1]))


def _below(answer: Answer) -> float:
    stock = answer.stocks[1]
    return 100 * (1 - float(stock[answer.depth] / stock[-1]))


def _of_world(answer: Answer) -> float:
    return 100 * _stock(answer) / float(answer.outcome.total[answer.depth])


def _ratio(read: Callable[[Engine, Choice], float]) -> Callable[[Engine, Quantity], float | None]:
    def compute(engine: Engine, quantity: Quantity) -> float | None:
        below = read(engine, quantity.to)
        return read(engine, quantity.of) / below if below else None

    return compute


def _spread(engine: Engine, quantity: Quantity) -> float | None:
    return None if engine.ensemble is None else float(engine.ensemble.total_sd[DEPTH_INDEX[quantity.of.depth]])


def _response_spread(engine: Engine, quantity: Quantity) -> float | None:
    return None if engine.ensemble is None else float(engine.ensemble.one_percent_sd[DEPTH_INDEX[quantity.of.depth]])


def _unlike(engine: Engine, _: Quantity) -> float | None:
    if engine.ensemble is None:
        return None
    area = engine.model.land.area
    return 100 * float(area[engine.ensemble.unlike].sum() / area.sum())


def _skill(engine: Engine, quantity: Quantity) -> float | None:
    method, _, validation = quantity.name.partition("/")
    rows = [] if engine.evidence is None else engine.evidence.skill
    found = [row.nse for row in rows if (row.group, row.method, row.validation) == ("all", method, validation)]
    return 100 * float(found[0]) if found else None


def _experiment(engine: Engine, quantity: Quantity) -> float:
    depth = DEPTH_INDEX[quantity.of.depth]
    total = engine.outcome(scenarios.find(quantity.name)).total
    return float(total[depth] - engine.baseline.total[depth])


def _published(_: Engine, quantity: Quantity) -> float:
    known = PUBLISHED[quantity.name]
    return (known.low + known.high) / 2


KINDS: dict[str, Kind] = {
    "stock": Kind(of_answer(_stock), PETAGRAMS),
    "change": Kind(of_answer(_change), PETAGRAMS, signed=True),
    "change_percent": Kind(of_answer(lambda a: words.percent(_stock(a), float(a.stocks[0][a.depth]))), "%", signed=True),
    "change_ratio": Kind(_ratio(lambda engine, choice: _change(engine.answer(choice))), reads="two"),
    "spread": Kind(_spread, PETAGRAMS),
    "response_spread": Kind(_response_spread, PETAGRAMS),
    "share_below": Kind(of_answer(_below), "%"),
    "share_of_world": Kind(of_answer(_of_world), "%"),
    "density": Kind(lambda engine, quantity: _density(engine, quantity.of), PER_AREA),
    "density_ratio": Kind(_ratio(_density), reads="two"),
    "place_stock": Kind(of_answer(_place), PER_AREA),
    "place_share_below": Kind(of_answer(_place_below), "%"),
    "bulk_cue": Kind(of_answer(lambda answer: 100 * answer.outcome.cue), "%"),
    "respired": Kind(of_answer(lambda answer: 100 * (1 - answer.outcome.cue)), "%"),
    "cue_change": Kind(of_answer(lambda a: words.percent(a.outcome.cue, a.baseline.cue)), "%", signed=True),
    "input": Kind(_input, "Pg C yr⁻¹"),
    "residence_time": Kind(lambda engine, quantity: _stock(engine.answer(quantity.of)) / _input(engine, quantity), "yr"),
    "profiles": Kind(lambda e, _: None if e.ensemble is None else float(e.ensemble.profiles.sum()), counts=True),
    "profile_cells": Kind(lambda e, _: None if e.ensemble is None else float((e.ensemble.profiles > 0).sum()), counts=True),
    "cells": Kind(lambda engine, _: float(len(engine.model)), counts=True),
    "members": Kind(lambda e, _: None if e.ensemble is None else float(e.ensemble.members), counts=True),
    "unlike_land": Kind(_unlike, "%"),
    "skill": Kind(_skill, "%", reads="method"),
    "experiment_change": Kind(_experiment, PETAGRAMS, signed=True, reads="scenario"),
    "published": Kind(_published, PETAGRAMS, reads="published"),
    "measured_cue": Kind(lambda *_: 100 * published.CUE_TEMPERATURE.at_20, "%"),
    "measured_slope": Kind(lambda *_: 100 * published.CUE_TEMPERATURE.slope, signed=True),
}  # fmt: skip
"""The quantities that there are; a share is of the stock that the whole column holds."""


def parse(text: str, page: Choice) -> Quantity:
    """A quantity as it stands in a lesson.

    Args:
        text: its words.
        page: the page of the step, for those that name none.

    Raises:
        ValueError: it is none of the list, or what it is read from cannot be followed.
    """
    found = re.fullmatch(r"([a-z_]+)(?: of (\S+))?(?: to (\S+))?", text.strip())
    kind = KINDS.get(found[1]) if found else None
    if found is None or kind is None:
        raise ValueError(f"expected one of {', '.join(KINDS)}, then of and a page; got {text!r}")
    of, to = found[2], found[3]
    if (to is not None) != (kind.reads == "two"):
        raise ValueError(f"expected {found[1]} of one page to another only for a ratio, got {text!r}")
    if kind.reads in ("page", "two"):
        return Quantity(found[1], page if of is None else link.page(of), link.page(to) if to else Choice())
    name = of or ""
    known = {
        "method": _is_method,
        "scenario": lambda given: given in scenarios.preset_names(),
        "published": PUBLISHED.__contains__,
    }
    if not known[kind.reads](name):
        raise ValueError(f"expected a {kind.reads} behind {found[1]} of, got {text!r}")
    return Quantity(found[1], Choice(depth="full"), name=name)


def _is_method(name: str) -> bool:
    return re.fullmatch("[a-z-]+/(in-sample|random|block)", name) is not None


def _range(known: Range) -> str:
    """A published range: with its spread where that is how it was published."""
    if known is published.ONE_PERCENT_CUE:
        return f"{(known.low + known.high) / 2:g} ± {(known.high - known.low) / 2:g}"
    return f"{known.low:,.0f}" if known.low == known.high else f"{known.low:,.0f}–{known.high:,.0f}"


class Reckoner:
    """Computes quantities, each once; the same for all visitors of an engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[Quantity, float | None] = {}

    def number(self, quantity: Quantity) -> Number:
        """A quantity; slow the first time."""
        if quantity not in self._known:
            value = KINDS[quantity.kind].compute(self._engine, quantity)
            self._known[quantity] = value if value is not None and math.isfinite(value) else None
        kind = KINDS[quantity.kind]
        return Number(self._known[quantity], kind, PUBLISHED[quantity.name] if kind.reads == "published" else None)

    def numbers(self, wanted: Mapping[str, Quantity]) -> dict[str, Number]:
        """Several by their names."""
        return {name: self.number(quantity) for name, quantity in wanted.items()}


@lru_cache(maxsize=2)
def reckoner(engine: Engine) -> Reckoner:
    """That of an engine."""
    return Reckoner(engine)
