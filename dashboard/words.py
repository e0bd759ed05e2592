"""Numbers and sentences, as they stand on the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce

from dashboard.catalogue import DEPTH_NOUNS
from dashboard.expert import EXPERT, GROUPS, SLIDERS
from dashboard.language import mark, tr
from proda_core.scenario import Scenario
from proda_core.scenarios import Region

MINUS = "\N{MINUS SIGN}"

NAMED = 3
"""Changes of parameters that a sentence names one by one."""


def number(value: float, digits: int = 3) -> str:
    """A number with ``digits`` significant digits.

    >>> number(1290.4), number(41.23), number(0.37274), number(-2.0)
    ('1,290', '41.2', '0.373', '−2.00')
    """
    if not math.isfinite(value):
        return tr("no value")
    if value == 0:
        return "0"
    rounded = round(value, digits - 1 - _magnitude(value))
    # rounding may carry into a further digit: 9.996 is 10.0
    places = digits - 1 - _magnitude(rounded)
    return f"{rounded:,.{max(places, 0)}f}".replace("-", MINUS)


def signed(value: float, digits: int = 3) -> str:
    """A number with its sign.

    >>> signed(41.23), signed(-2.0), signed(0.0)
    ('+41.2', '−2.00', '0')
    """
    text = number(value, digits)
    return f"+{text}" if value > 0 else text


def plain(value: float) -> str:
    """A number that was chosen, with the digits it was chosen with.

    >>> plain(1.0), plain(2.5), plain(-3.0)
    ('1', '2.5', '−3')
    """
    if 0 < abs(value) < 1e-4:
        return f"{value:.9f}".rstrip("0").replace("-", MINUS)
    return f"{value:g}".replace("-", MINUS)


def with_spread(value: float, spread: float) -> str:
    """A number and its standard deviation, to the same place: three digits, or more where the spread is smaller than the last.

    >>> with_spread(1484.0, 60.3), with_spread(76.04, 3.02), with_spread(1484.0, 2.6), with_spread(8.31, 0.0)
    ('1,480 ± 60', '76.0 ± 3.0', '1,484 ± 3', '8.31 ± 0')
    """
    if not (math.isfinite(value) and math.isfinite(spread)) or value == 0 or spread == 0:
        return f"{number(value)} ± {number(spread)}"
    places = max(2 - _magnitude(value), -_magnitude(spread))
    shown = (f"{round(part, places):,.{max(places, 0)}f}".replace("-", MINUS) for part in (value, spread))
    return " ± ".join(shown)


def _magnitude(value: float) -> int:
    return math.floor(math.log10(abs(value)))


def percent(new: float, old: float) -> float:
    """Change in per cent of the old value."""
    return 100.0 * (new / old - 1.0) if old else 0.0


def place(latitude: float, longitude: float) -> str:
    """A place by its coordinates.

    >>> place(52.25, -1.75)
    '52.25° N, 1.75° W'
    """
    north = "N" if latitude >= 0 else "S"
    east = "E" if longitude >= 0 else "W"
    return f"{abs(latitude):.2f}° {north}, {abs(longitude):.2f}° {east}"


def region(chosen: Region) -> str:
    """A part of the land as a name.

    >>> region(Region(latitude=(-30.0, 0.0))), region(Region(koppen=("ET",))), region(Region(box=(35.0, 60.0, -10.0, 30.0)))
    ('30° S to 0°', 'zone ET', '35° N to 60° N, 10° W to 30° E')
    """
    if chosen.country:
        return listed([tr(name) for name in chosen.country])
    if chosen.koppen:
        names = listed(chosen.koppen)
        return tr("zone {names}", names=names) if len(chosen.koppen) == 1 else tr("zones {names}", names=names)
    south, north, *along = chosen.box or chosen.latitude or (-90.0, 90.0)
    across = tr("{south} to {north}", south=_degrees(south, "N", "S"), north=_degrees(north, "N", "S"))
    if not along:
        return across
    return tr("{across}, {west} to {east}", across=across, west=_degrees(along[0], "E", "W"), east=_degrees(along[1], "E", "W"))


_MAIN = {"A": mark("tropical"), "B": mark("arid"), "C": mark("temperate"), "D": mark("cold"), "E": mark("polar")}
_SEASON = {"f": mark("no dry season"), "s": mark("dry summer"), "w": mark("dry winter")}
_HEAT = {"a": mark("hot summer"), "b": mark("warm summer"), "c": mark("cold summer"), "d": mark("very cold winter")}
_WHOLE = {"Af": mark("rainforest"), "Am": mark("monsoon"), "Aw": mark("savannah"), "ET": mark("tundra"), "EF": mark("frost")}
_DRY = {"W": mark("desert"), "S": mark("steppe"), "h": mark("hot"), "k": mark("cold")}


def climate(zone: str) -> str:
    """A climate zone of Koppen in words, those of Beck et al. 2018 (doi:10.1038/sdata.2018.214).

    >>> climate("Cfb"), climate("BSk"), climate("ET")
    ('temperate, no dry season, warm summer', 'arid, steppe, cold', 'polar, tundra')
    """
    main, rest = _MAIN[zone[0]], zone[1:]
    names = _DRY if zone[0] == "B" else {**_SEASON, **_HEAT}
    parts = [_WHOLE[zone]] if zone in _WHOLE else [names[letter] for letter in rest]
    return tr(", ").join(tr(part) for part in [main, *parts])


def _degrees(value: float, plus: str, minus: str) -> str:
    return f"{abs(value):g}°{'' if value == 0 else f' {plus if value > 0 else minus}'}"


def within(chosen: Region) -> str:
    """The same in a sentence.

    >>> within(Region(country=("France",))), within(Region(latitude=(30.0, 60.0)))
    ('in France', 'between 30° N and 60° N')
    """
    if chosen.latitude:
        south, north = (_degrees(end, "N", "S") for end in chosen.latitude)
        return tr("between {south} and {north}", south=south, north=north)
    template = tr("in the box {region}") if chosen.box else tr("in {region}")
    return template.format(region=region(chosen))


def changes(scenario: Scenario) -> list[tuple[str, float]]:
    """The changes of a scenario that are not zero, by name, in the units of the sliders."""
    values = ((name, scenario.value(name) * control.scale) for name, control in SLIDERS.items())
    return [(name, round(value, 6)) for name, value in values if value]


def change(name: str, value: float) -> str:
    """One change as a noun.

    >>> change("cue", 1.0), change("warming", -2.0)
    ('a 1 % rise in microbial CUE', 'a cooling of 2 °C')
    """
    amount = plain(abs(value))
    if name == "warming":
        return tr("a warming of {amount} °C", amount=amount) if value > 0 else tr("a cooling of {amount} °C", amount=amount)
    vowel = amount.startswith(("8", "11", "18"))
    if value > 0:
        template = tr("an {amount} % rise in {what}") if vowel else tr("a {amount} % rise in {what}")
    else:
        template = tr("an {amount} % fall in {what}") if vowel else tr("a {amount} % fall in {what}")
    return template.format(amount=amount, what=tr(SLIDERS[name].noun))


def headline(
    scenario: Scenario,
    depth: str,
    stock: float,
    baseline: float,
    cue: float,
    baseline_cue: float,
    spread: float | None = None,
    chosen: Region | None = None,
    only: bool = False,
) -> str:
    """The state of the world in a sentence or two.

    Args:
        scenario: what was changed.
        depth: key of ``grid.STOCK_DEPTHS``.
        stock: stock above that depth [Pg], of the globe or of the chosen region.
        baseline: the same of the baseline [Pg].
        cue: global bulk CUE [1].
        baseline_cue: the same of the baseline [1].
        spread: standard deviation of the baseline's stock across the ensemble, if there is one [Pg].
        chosen: the region whose stock it is.
        only: whether the change applies there only.

    Returns:
        plain text.
    """
    if scenario.is_baseline:
        return _at_baseline(depth, number(baseline) if spread is None else with_spread(baseline, spread), baseline_cue, chosen)
    cause = _sentence_start(listed(moves(scenario)))
    effect = _effect(len(changes(scenario)) > 1, depth, stock, baseline)
    after = {"cause": cause, "effect": effect}
    if chosen is None:
        first = tr("{cause} everywhere {effect}, once soils reach their new balance", **after)
    elif only:
        first = tr("{cause} {within} {effect} there, once soils reach their new balance", within=within(chosen), **after)
    else:
        first = tr("{cause} everywhere {effect} {within}, once soils reach their new balance", within=within(chosen), **after)
    realised = _realised(scenario, cue, baseline_cue)
    if chosen is not None:
        realised = tr("over all land, {realised}", realised=realised)
    return tr("{first}; {realised}.", first=first, realised=realised)


def _at_baseline(depth: str, stock: str, cue: float, chosen: Region | None) -> str:
    held = {"stock": stock, "depth": tr(DEPTH_NOUNS[depth]), "cue": number(100 * cue)}
    if chosen is None:
        return tr(
            "The soils of the model hold {stock} Pg C in {depth}; microbes use {cue} % of what they decompose.", **held
        )  # fmt: skip
    return tr(
        "The soils {within} hold {stock} Pg C in {depth}; over all land microbes use {cue} % of what they decompose.",
        within=within(chosen), **held,
    )  # fmt: skip


def _effect(many: bool, depth: str, stock: float, baseline: float) -> str:
    """What one change does, or many do together."""
    difference = stock - baseline
    done = {"depth": tr(DEPTH_NOUNS[depth]), "percent": signed(percent(stock, baseline)), "amount": number(abs(difference))}
    if abs(difference) < 5e-4 * baseline:
        template = (
            tr("together hardly change the carbon in {depth} ({percent} %)")
            if many
            else tr("hardly changes the carbon in {depth} ({percent} %)")
        )
    elif difference > 0:
        template = (
            tr("together add {amount} Pg C to {depth} ({percent} %)")
            if many
            else tr("adds {amount} Pg C to {depth} ({percent} %)")
        )
    else:
        template = (
            tr("together take {amount} Pg C from {depth} ({percent} %)")
            if many
            else tr("takes {amount} Pg C from {depth} ({percent} %)")
        )
    return template.format(**done)


def moves(scenario: Scenario) -> list[str]:
    """The changes as nouns; those of many parameters as one."""
    moved = changes(scenario)
    shifted = [name for name, _ in moved if name in EXPERT]
    if len(shifted) <= NAMED:
        return [change(name, value) for name, value in moved]
    return [
        *(change(name, value) for name, value in moved if name not in EXPERT),
        tr("changes of {count} parameters", count=len(shifted)),
    ]


def _realised(scenario: Scenario, cue: float, baseline_cue: float) -> str:
    realised = percent(cue, baseline_cue)
    still, found = abs(realised) < 5e-3, signed(realised, 2)
    own = any(name in GROUPS["cue"] for name, _ in scenario.parameters)
    if own and not scenario.cue:
        return tr("bulk CUE itself does not change") if still else tr("bulk CUE itself changes by {found} %", found=found)
    if not scenario.cue:
        return (
            tr("bulk CUE, left alone, does not change")
            if still
            else tr("bulk CUE, left alone, changes by {found} %", found=found)
        )
    requested = f"{'+' if scenario.cue > 0 else ''}{plain(round(100 * scenario.cue, 6))}"
    if still:
        return tr("bulk CUE itself does not change (requested {requested} %)", requested=requested)
    return tr("bulk CUE itself changes by {found} % (requested {requested} %)", found=found, requested=requested)


def listed(parts: Sequence[str]) -> str:
    """Several things in a sentence.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return parts[0] if len(parts) == 1 else tr("{first} and {last}", first=tr(", ").join(parts[:-1]), last=parts[-1])


def sentences(*parts: str) -> str:
    """Sentences one after the other, with a space between them where the language has one.

    >>> sentences("One.", "", "Two.")
    'One. Two.'
    """
    found = [part for part in parts if part]
    return reduce(lambda first, second: tr("{first} {second}", first=first, second=second), found) if found else ""


def _sentence_start(text: str) -> str:
    return text[:1].upper() + text[1:]


_VIEWS = {
    "baseline": mark("baseline"),
    "scenario": mark("scenario"),
    "change": mark("change from baseline"),
    "percent": mark("change from baseline"),
    "uncertainty": mark("spread (SD) of the ensemble"),
}


def map_title(label: str, unit: str, view: str, depth: str | None) -> str:
    """What a map shows: variable, depth, view and unit.

    Args:
        label: of the variable.
        unit: of the variable.
        view: a key of ``catalogue.VIEWS``, or what the map shows in words.
        depth: how the depth is called, where there is one.

    >>> map_title("Soil organic carbon", "kg C m⁻²", "change", "0–1 m")
    'Soil organic carbon, 0–1 m: change from baseline [kg C m⁻²]'
    """
    what = tr("{label}, {depth}", label=tr(label), depth=tr(depth)) if depth else tr(label)
    shown = tr("{what}: {shown}", what=what, shown=tr(_VIEWS.get(view, view))) if view else what
    return f"{shown} [{'%' if view == 'percent' else unit}]"


def ticks(low: float, high: float, logarithmic: bool = False) -> list[float]:
    """Round numbers on a colour scale.

    >>> ticks(0.0, 50.0), ticks(40.0, 1000.0, logarithmic=True)
    ([0.0, 10.0, 20.0, 30.0, 40.0, 50.0], [50.0, 100.0, 200.0, 500.0, 1000.0])
    """
    if logarithmic:
        decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        found = [step * 10.0**decade for decade in decades for step in (1, 2, 5)]
        return [float(f"{value:.3g}") for value in found if low * 0.999 <= value <= high * 1.001]
    power = 10.0 ** math.floor(math.log10((high - low) / 6))
    step = next(step * power for step in (1, 2, 2.5, 5, 10) if (high - low) / (step * power) <= 6 + 1e-9)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{i * step:.6g}") for i in range(first, last + 1)]
