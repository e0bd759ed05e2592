"""A choice as a short link, and back; what a link holds may come from anywhere.

A link is versioned and holds only what differs from the first look at the page::

    ?v=1&cue=1&view=change&at=47.25,8.75&m=0.1.0-3fa9c1

Links live long: a later version of the page must open those of this one, so keys are added and never given another meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from dashboard.catalogue import COMPARISONS, CONTROLS, DEPTHS, MAPS, PROJECTIONS, VIEWS
from dashboard.choice import DIGITS, Choice, Look
from proda_core.climate import ZONES
from proda_core.scenario import Scenario
from proda_core.scenarios import Region

VERSION = "1"

CHANGES: dict[str, str] = {
    "cue": "cue",
    "input": "carbon_input",
    "depth_of_input": "input_allocation",
    "decomposition": "baseline_decomposition",
    "environment": "environmental_modifier",
    "transport": "vertical_transport",
    "warming": "warming",
}
"""Keys of the sliders; their values are in the unit of the slider."""

_TABLES: dict[str, tuple[str, Mapping[str, object]]] = {
    "map": ("variable", MAPS),
    "depth": ("depth", DEPTHS),
    "view": ("view", VIEWS),
    "compare": ("compare", COMPARISONS),
    "projection": ("projection", PROJECTIONS),
}
REGIONS = {"country": 0, "zone": 0, "band": 2, "box": 4}
"""Keys of regions, of which a link holds one at most, and how many bounds they have."""

_LONGEST = 40
"""Characters of a foreign value that a notice repeats."""


class Opened(NamedTuple):
    """What a link says.

    Attributes:
        choice: what to show first.
        notice: what the visitor should know about the link; empty where it was sound, or was none.
        broken: whether it could not be followed.
    """

    choice: Choice
    notice: str = ""
    broken: bool = False


class _RefusalError(ValueError):
    """Why a link cannot be followed."""


def query(choice: Choice, model: str) -> str:
    """The part of the link behind the question mark; empty for the first look at the page.

    Args:
        choice: what to show.
        model: version of the model and its maps.
    """
    first = Choice()
    pairs = {
        key: _number(getattr(choice.scenario, name) * CONTROLS[name].scale)
        for key, name in CHANGES.items()
        if getattr(choice.scenario, name)
    }
    for key, (name, _) in _TABLES.items():
        value = getattr(choice, name)
        if value != getattr(first, name):
            pairs[key] = value
    if choice.region is not None:
        pairs |= _named(choice.region)
        if choice.within:
            pairs["only"] = "1"
    if choice.fade:
        pairs["fade"] = "1"
    if choice.other is not None:
        pairs["other"] = ",".join(choice.other)
    if choice.place is not None:
        pairs["at"] = ",".join(map(_number, choice.place))
    return urlencode({"v": VERSION, **pairs, "m": model}, safe=",") if pairs else ""


def open_link(arguments: Mapping[str, list[bytes]], model: str) -> Opened:
    """What a link says; one that cannot be followed opens the first look, with a notice.

    Args:
        arguments: values by key, as the server gives them.
        model: version of the model and its maps that are running.
    """
    given = {key: values[-1].decode("utf-8", "replace") for key, values in arguments.items() if values}
    known = {"v", "at", "only", "other", "fade", *REGIONS, *CHANGES, *_TABLES}
    if not known & set(given):
        return Opened(Choice())
    try:
        choice = _read(given)
    except _RefusalError as refusal:
        return Opened(
            Choice(), f"The link could not be followed: {refusal}. This is the page as it opens without one.", broken=True
        )
    made = given.get("m", "")
    if made and made != model:
        versions = f"The link was made with version {_short(made)} of the model and its maps; this is {model}"
        return Opened(choice, f"{versions}: numbers may differ.")
    return Opened(choice)


def _read(given: Mapping[str, str]) -> Choice:
    if given.get("v") != VERSION:
        raise _RefusalError(f"expected v={VERSION}, got {_quoted(given['v']) if 'v' in given else 'none'}")
    choice = Choice(Scenario(**{name: _change(key, name, given[key]) for key, name in CHANGES.items() if key in given}))
    for key, (name, table) in _TABLES.items():
        if key in given:
            if given[key] not in table:
                raise _RefusalError(f"expected {key} to be one of {', '.join(list(table)[:6])} …; got {_quoted(given[key])}")
            choice = choice.but(**{name: given[key]})
    region = _region({key: given[key] for key in REGIONS if key in given})
    choice = choice.but(fade=given.get("fade") == "1")
    choice = choice.but(other=_other(given["other"])) if "other" in given else choice
    choice = choice.but(region=region, within=region is not None and given.get("only") == "1")
    return choice.but(place=_place(given["at"])) if "at" in given else choice


def _named(region: Region) -> dict[str, str]:
    """The pair that stands for a region."""
    if region.latitude or region.box:
        key, bounds = ("box", region.box) if region.box else ("band", region.latitude)
        return {key: ",".join(map(_number, bounds or ()))}
    return {"country": region.country[0]} if region.country else {"zone": region.koppen[0]}


def _region(given: Mapping[str, str]) -> Region | None:
    """The region of a link, if it names one."""
    if len(given) > 1:
        raise _RefusalError(f"expected one region, got {' and '.join(given)}")
    for key, text in given.items():
        if key == "country":
            if not 0 < len(text) <= _LONGEST or not text.isprintable():
                raise _RefusalError(f"expected country to be a name, got {_quoted(text)}")
            return Region(country=(text,))
        if key == "zone":
            if text not in ZONES:
                raise _RefusalError(f"expected zone to be one of {', '.join(ZONES[:6])} …; got {_quoted(text)}")
            return Region(koppen=(text,))
        bounds = [_parsed(part) for part in text.split(",")]
        numbers = [bound for bound in bounds if bound is not None]
        if len(numbers) != len(bounds) or len(numbers) != REGIONS[key] or not is_box(*numbers):
            raise _RefusalError(
                f"expected {key} to be {'south,north' if key == 'band' else 'south,north,west,east'}, got {_quoted(text)}"
            )
        south, north, *along = numbers
        return Region(box=(south, north, along[0], along[1])) if along else Region(latitude=(south, north))
    return None


def _other(text: str) -> Look:
    """What the other map shows."""
    names = text.split(",")
    tables: tuple[Mapping[str, object], ...] = (MAPS, DEPTHS, VIEWS)
    if len(names) != len(tables) or any(name not in table for name, table in zip(names, tables, strict=True)):
        raise _RefusalError(f"expected other to be a map, a depth and a view, as in other=soc,1m,baseline; got {_quoted(text)}")
    return Look(*names)


def is_box(south: float, north: float, west: float = -180.0, east: float = 180.0) -> bool:
    """Whether bounds [degrees] enclose anything.

    >>> is_box(-10, 10), is_box(10, -10), is_box(0, 10, 170, -170)
    (True, False, True)
    """
    return -90 <= south < north <= 90 and max(abs(west), abs(east)) <= 180 and west != east


def _change(key: str, name: str, text: str) -> float:
    control = CONTROLS[name]
    value = _parsed(text)
    lower, upper = control.limits
    if value is None or not lower <= value <= upper:
        raise _RefusalError(f"expected {key} between {_number(lower)} and {_number(upper)} {control.unit}, got {_quoted(text)}")
    return round(value / control.scale, DIGITS)


def _place(text: str) -> tuple[float, float]:
    parts = [_parsed(part) for part in text.split(",")]
    if len(parts) != 2 or parts[0] is None or parts[1] is None or abs(parts[0]) > 90 or abs(parts[1]) > 180:
        raise _RefusalError(f"expected at=latitude,longitude in degrees, got {_quoted(text)}")
    return round(parts[0], 4), round(parts[1], 4)


def _parsed(text: str) -> float | None:
    """A finite decimal number, or none."""
    # float() alone would take "nan", "1_0" and digits of other scripts
    if len(text) > 20 or not text or set(text) - set("0123456789.-+e"):
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e9 else None


def _number(value: float) -> str:
    return f"{round(value, DIGITS):.12g}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _quoted(text: str) -> str:
    return f"“{_short(text)}”"


if set(CHANGES.values()) != set(CONTROLS):
    raise RuntimeError(f"expected a key for every slider, got {', '.join(CHANGES)}")
