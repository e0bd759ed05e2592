"""A choice as a short link, and back; what a link holds may come from anywhere.

A link is versioned and holds only what differs from the first look at the page::

    ?v=1&cue=1&view=change&at=47.25,8.75&m=0.1.0-3fa9c1

Links live long: a later version of the page must open those of this one, so keys are added and never given another meaning.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode

from dashboard import framing as framings
from dashboard.catalogue import COMPARISONS, CONTROLS, DEPTHS, MAPS, PROJECTIONS, VIEWS
from dashboard.choice import DIGITS, MODES, Choice, Guide, Look, Pinned
from dashboard.expert import EXPERT, SLIDERS
from dashboard.framing import Framing
from dashboard.language import LANGUAGES, tr
from dashboard.link_values import LONGEST, RefusalError, decimal, not_among, parsed, quoted, short
from dashboard.words import listed, sentences
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
"""Keys of the mechanisms' sliders; their values are in the unit of the slider."""

KEYS: dict[str, str] = CHANGES | {f"p.{id_}": id_ for id_ in EXPERT}
"""Keys of all sliders, those of parameters behind a prefix."""

PINNED = "a."
"""What stands before the keys of scenario A, of its changes and its region."""

_TABLES: dict[str, tuple[str, Mapping[str, object]]] = {
    "map": ("variable", MAPS),
    "depth": ("depth", DEPTHS),
    "view": ("view", VIEWS),
    "mode": ("mode", MODES),
    "compare": ("compare", COMPARISONS),
    "projection": ("projection", PROJECTIONS),
}
REGIONS = {"country": 0, "zone": 0, "band": 2, "box": 4}
"""Keys of regions, of which a link holds one at most, and how many bounds they have."""

PLACES: dict[str, str] = {"at": "place", "beside": "second_place"}
"""Keys of places, latitude and longitude each."""

GUIDES = ("lesson", "present")
"""Keys of lessons and presentations, of which a link holds one at most: a name, a point and the step, ``lesson=cue.2``."""

PRESENTATION = "story"
"""The presentation that ``present=1`` opens."""


class Opened(NamedTuple):
    """What a link says.

    Attributes:
        choice: what to show first.
        notice: what the visitor should know about the link; empty where it was sound, or was none.
        broken: whether it could not be followed.
        language: key of ``language.LANGUAGES`` that it asks for; empty where it asks for none.
        framing: how to look at the maps.
    """

    choice: Choice
    notice: str = ""
    broken: bool = False
    language: str = ""
    framing: Framing = Framing()


def query(choice: Choice, model: str, language: str = "", framing: Framing | None = None) -> str:
    """The part of the link behind the question mark; empty for the first look at the page.

    Args:
        choice: what to show.
        model: version of the model and its maps.
        language: key of ``language.LANGUAGES``; empty to leave it to the browser.
        framing: how maps are looked at; as at first if not said.
    """
    first = Choice()
    pairs = _moved(choice.scenario)
    for key, (name, _) in _TABLES.items():
        value = getattr(choice, name)
        if value != getattr(first, name):
            pairs[key] = value
    if choice.region is not None:
        pairs |= _named(choice.region)
        if choice.within:
            pairs["only"] = "1"
    if choice.pinned is not None:
        held = _moved(choice.pinned.scenario) | (_named(choice.pinned.region) if choice.pinned.region else {})
        pairs |= {f"{PINNED}{key}": value for key, value in held.items()}
    for key, name in PLACES.items():
        place = getattr(choice, name)
        if place is not None:
            pairs[key] = ",".join(map(decimal, place))
    if choice.fade:
        pairs["fade"] = "1"
    if choice.other is not None:
        pairs["other"] = ",".join(choice.other)
    if choice.guide is not None:
        pairs[choice.guide.kind] = f"{choice.guide.name}.{choice.guide.step}"
    pairs |= framings.pairs(framing or Framing())
    spoken = {"lang": language} if language else {}
    return urlencode({"v": VERSION, **pairs, "m": model, **spoken} if pairs else spoken, safe=",")


def open_link(arguments: Mapping[str, list[bytes]], model: str) -> Opened:
    """What a link says; one that cannot be followed opens the first look, with a notice.

    Args:
        arguments: values by key, as the server gives them.
        model: version of the model and its maps that are running.
    """
    given = _given(arguments)
    spoken = given.get("lang", "")
    asked = language(arguments)
    unknown = ""
    if spoken != asked:
        unknown = tr(
            "The page does not speak {language}: expected one of {known}.", language=quoted(spoken), known=", ".join(LANGUAGES)
        )
    known = {"v", "only", "other", "fade", *framings.KEYS, *PLACES, *REGIONS, *KEYS, *_TABLES, *GUIDES}
    if not any(key.removeprefix(PINNED) in known for key in given):
        return Opened(Choice(), unknown, language=asked)
    if given.keys() & known <= {*GUIDES}:
        given["v"] = VERSION  # short enough to be typed: ?present=1
    try:
        choice, framing = _read(given), framings.read(given)
    except RefusalError as refusal:
        why = tr("The link could not be followed: {why}. This is the page as it opens without one.", why=refusal)
        return Opened(Choice(), why, broken=True, language=asked)
    made = given.get("m", "")
    older = ""
    if made and made != model:
        older = tr(
            "The link was made with version {made} of the model and its maps; this is {here}: numbers may differ.",
            made=short(made), here=model,
        )  # fmt: skip
    return Opened(choice, sentences(unknown, older), language=asked, framing=framing)


def language(arguments: Mapping[str, list[bytes]]) -> str:
    """The language that a link asks for, a key of ``language.LANGUAGES``; empty where it asks for none that is known."""
    asked = _given(arguments).get("lang", "")
    return asked if asked in LANGUAGES else ""


def _given(arguments: Mapping[str, list[bytes]]) -> dict[str, str]:
    return {key: values[-1].decode("utf-8", "replace") for key, values in arguments.items() if values}


def _read(given: Mapping[str, str]) -> Choice:
    if given.get("v") != VERSION:
        raise RefusalError(
            tr("expected v={version}, got {got}", version=VERSION, got=quoted(given["v"]) if "v" in given else tr("none"))
        )
    choice = Choice(_scenario(given))
    for key, (name, table) in _TABLES.items():
        if key in given:
            if given[key] not in table:
                raise RefusalError(not_among(key, table, given[key]))
            choice = choice.but(**{name: given[key]})
    region = _region({key: given[key] for key in REGIONS if key in given})
    choice = choice.but(region=region, within=region is not None and given.get("only") == "1", pinned=_pinned(given))
    choice = choice.but(fade=given.get("fade") == "1")
    choice = choice.but(other=_other(given["other"])) if "other" in given else choice
    choice = choice.but(guide=_guide({key: given[key] for key in GUIDES if key in given}))
    return choice.but(**{name: _place(key, given[key]) for key, name in PLACES.items() if key in given})


def _moved(scenario: Scenario) -> dict[str, str]:
    """The pairs that stand for changes."""
    moved = {key: scenario.value(name) * SLIDERS[name].scale for key, name in KEYS.items()}
    return {key: decimal(value) for key, value in moved.items() if value}


def _scenario(given: Mapping[str, str]) -> Scenario:
    return Scenario.of({name: _change(key, name, given[key]) for key, name in KEYS.items() if key in given})


def _pinned(given: Mapping[str, str]) -> Pinned | None:
    """Scenario A, if a link holds one."""
    own = {key.removeprefix(PINNED): text for key, text in given.items() if key.startswith(PINNED)}
    scenario = _scenario(own)
    if scenario.is_baseline:
        return None
    return Pinned(scenario, _region({key: own[key] for key in REGIONS if key in own}))


def _named(region: Region) -> dict[str, str]:
    """The pair that stands for a region."""
    if region.latitude or region.box:
        key, bounds = ("box", region.box) if region.box else ("band", region.latitude)
        return {key: ",".join(map(decimal, bounds or ()))}
    return {"country": region.country[0]} if region.country else {"zone": region.koppen[0]}


def _region(given: Mapping[str, str]) -> Region | None:
    """The region of a link, if it names one."""
    if len(given) > 1:
        raise RefusalError(tr("expected one region, got {keys}", keys=listed(list(given))))
    for key, text in given.items():
        if key == "country":
            if not 0 < len(text) <= LONGEST or not text.isprintable():
                raise RefusalError(tr("expected country to be a name, got {got}", got=quoted(text)))
            return Region(country=(text,))
        if key == "zone":
            if text not in ZONES:
                raise RefusalError(not_among(key, ZONES, text))
            return Region(koppen=(text,))
        bounds = [parsed(part) for part in text.split(",")]
        numbers = [bound for bound in bounds if bound is not None]
        if len(numbers) != len(bounds) or len(numbers) != REGIONS[key] or not is_box(*numbers):
            raise RefusalError(
                tr("expected band to be south,north, got {got}", got=quoted(text))
                if key == "band"
                else tr("expected box to be south,north,west,east, got {got}", got=quoted(text))
            )
        south, north, *along = numbers
        return Region(box=(south, north, along[0], along[1])) if along else Region(latitude=(south, north))
    return None


def _guide(given: Mapping[str, str]) -> Guide | None:
    """The step of a lesson or presentation, if a link names one; whether there is such a step is not known here."""
    if len(given) > 1:
        raise RefusalError(tr("expected a lesson or a presentation, got both"))
    for key, text in given.items():
        if key == "present" and re.fullmatch("[1-9][0-9]?", text):
            return Guide(key, PRESENTATION, int(text))
        found = re.fullmatch(r"([a-z][a-z0-9-]{0,29})(?:\.([1-9][0-9]?))?", text)
        if found is None:
            raise RefusalError(
                tr("expected {key} to be a name, a point and a number, such as cue.2; got {got}", key=key, got=quoted(text))
            )
        return Guide(key, found[1], int(found[2] or 1))
    return None


def page(query: str) -> Choice:
    """The page that a query sets, as it stands in a lesson or presentation, without version.

    Raises:
        ValueError: it cannot be followed, with what was expected.
    """
    given = {key: values[-1] for key, values in parse_qs(query, keep_blank_values=True, strict_parsing=bool(query)).items()}
    unknown = set(given) - {"only", "other", "fade", *PLACES, *REGIONS, *KEYS, *_TABLES}
    if unknown:
        raise ValueError(f"expected keys of a link that set the page, got {', '.join(sorted(unknown))}")
    try:
        return _read({"v": VERSION, **given})
    except RefusalError as refusal:
        raise ValueError(str(refusal)) from refusal


def _other(text: str) -> Look:
    """What the other map shows."""
    names = text.split(",")
    tables: tuple[Mapping[str, object], ...] = (MAPS, DEPTHS, VIEWS)
    if len(names) != len(tables) or any(name not in table for name, table in zip(names, tables, strict=True)):
        raise RefusalError(
            tr("expected other to be a map, a depth and a view, as in other=soc,1m,baseline; got {got}", got=quoted(text))
        )
    return Look(*names)


def is_box(south: float, north: float, west: float = -180.0, east: float = 180.0) -> bool:
    """Whether bounds [degrees] enclose anything.

    >>> is_box(-10, 10), is_box(10, -10), is_box(0, 10, 170, -170)
    (True, False, True)
    """
    return -90 <= south < north <= 90 and max(abs(west), abs(east)) <= 180 and west != east


def _change(key: str, name: str, text: str) -> float:
    control = SLIDERS[name]
    value = parsed(text)
    lower, upper = control.limits
    if value is None or not lower <= value <= upper:
        ends = {"lower": decimal(lower), "upper": decimal(upper), "unit": control.unit}
        raise RefusalError(tr("expected {key} between {lower} and {upper} {unit}, got {got}", key=key, got=quoted(text), **ends))
    return round(value / control.scale, DIGITS)


def _place(key: str, text: str) -> tuple[float, float]:
    parts = [parsed(part) for part in text.split(",")]
    if len(parts) != 2 or parts[0] is None or parts[1] is None or abs(parts[0]) > 90 or abs(parts[1]) > 180:
        raise RefusalError(tr("expected {key}=latitude,longitude in degrees, got {got}", key=key, got=quoted(text)))
    return round(parts[0], 4), round(parts[1], 4)


if set(CHANGES.values()) != set(CONTROLS):
    raise RuntimeError(f"expected a key for every slider, got {', '.join(CHANGES)}")
