"""Numbers and sentences, as they stand on the page."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dashboard.catalogue import DEPTH_WORDS
from dashboard.expert import EXPERT, GROUPS, SLIDERS
from dashboard.language import tr
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
        return "no value"
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
        return listed(chosen.country)
    if chosen.koppen:
        return f"zone {listed(chosen.koppen)}" if len(chosen.koppen) == 1 else f"zones {listed(chosen.koppen)}"
    south, north, *along = chosen.box or chosen.latitude or (-90.0, 90.0)
    across = f"{_degrees(south, 'N', 'S')} to {_degrees(north, 'N', 'S')}"
    return f"{across}, {_degrees(along[0], 'E', 'W')} to {_degrees(along[1], 'E', 'W')}" if along else across


_MAIN = {"A": "tropical", "B": "arid", "C": "temperate", "D": "cold", "E": "polar"}
_SEASON = {"f": "no dry season", "s": "dry summer", "w": "dry winter"}
_HEAT = {"a": "hot summer", "b": "warm summer", "c": "cold summer", "d": "very cold winter"}
_WHOLE = {"Af": "rainforest", "Am": "monsoon", "Aw": "savannah", "ET": "tundra", "EF": "frost"}
_DRY = {"W": "desert", "S": "steppe", "h": "hot", "k": "cold"}


def climate(zone: str) -> str:
    """A climate zone of Koppen in words, those of Beck et al. 2018 (doi:10.1038/sdata.2018.214).

    >>> climate("Cfb"), climate("BSk"), climate("ET")
    ('temperate, no dry season, warm summer', 'arid, steppe, cold', 'polar, tundra')
    """
    main, rest = _MAIN[zone[0]], zone[1:]
    if zone in _WHOLE:
        return f"{main}, {_WHOLE[zone]}"
    names = _DRY if zone[0] == "B" else {**_SEASON, **_HEAT}
    return ", ".join([main, *(names[letter] for letter in rest)])


def _degrees(value: float, plus: str, minus: str) -> str:
    return f"{abs(value):g}°{'' if value == 0 else f' {plus if value > 0 else minus}'}"


def within(chosen: Region) -> str:
    """The same in a sentence.

    >>> within(Region(country=("France",))), within(Region(latitude=(30.0, 60.0)))
    ('in France', 'between 30° N and 60° N')
    """
    if chosen.latitude:
        return f"between {region(chosen).replace(' to ', ' and ')}"
    return f"in the box {region(chosen)}" if chosen.box else f"in {region(chosen)}"


def changes(scenario: Scenario) -> list[tuple[str, float]]:
    """The changes of a scenario that are not zero, by name, in the units of the sliders."""
    values = ((name, scenario.value(name) * control.scale) for name, control in SLIDERS.items())
    return [(name, round(value, 6)) for name, value in values if value]


def change(name: str, value: float) -> str:
    """One change as a noun.

    >>> change("cue", 1.0), change("warming", -2.0)
    ('a 1 % rise in microbial CUE', 'a cooling of 2 °C')
    """
    if name == "warming":
        return f"a {'warming' if value > 0 else 'cooling'} of {plain(abs(value))} °C"
    article = "an" if plain(abs(value)).startswith(("8", "11", "18")) else "a"
    return f"{article} {plain(abs(value))} % {'rise' if value > 0 else 'fall'} in {SLIDERS[name].noun}"


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
    where = DEPTH_WORDS[depth]
    if scenario.is_baseline:
        use = f"microbes use {number(100 * baseline_cue)} % of what they decompose"
        stock_text = number(baseline) if spread is None else with_spread(baseline, spread)
        if chosen is not None:
            return f"The soils {within(chosen)} hold {stock_text} Pg C {where}; over all land {use}."
        return f"The soils of the model hold {stock_text} Pg C {where}; {use}."
    cause = _sentence_start(listed(moves(scenario)))
    many = len(changes(scenario)) > 1
    difference = stock - baseline
    relative = f"({signed(percent(stock, baseline))} %)"
    if abs(difference) < 5e-4 * baseline:
        effect = f"hardly change{'' if many else 's'} the carbon {where} {relative}"
    elif difference > 0:
        effect = f"add{'' if many else 's'} {number(difference)} Pg C {where.replace('in ', 'to ', 1)} {relative}"
    else:
        take = "take" if many else "takes"
        effect = f"{take} {number(-difference)} Pg C {where.replace('in ', 'from ', 1)} {relative}"
    together = "together " if many else ""
    place = within(chosen) if chosen is not None and only else "everywhere"
    there = "" if chosen is None else " there" if only else f" {within(chosen)}"
    whole = "over all land, " if chosen is not None else ""
    return (
        f"{cause} {place} {together}{effect}{there}, once soils reach their new balance; "
        f"{whole}{_realised(scenario, cue, baseline_cue)}."
    )


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
    found = "does not change" if abs(realised) < 5e-3 else f"changes by {signed(realised, 2)} %"
    if scenario.cue:
        return f"bulk CUE itself {found} (requested {'+' if scenario.cue > 0 else ''}{plain(round(100 * scenario.cue, 6))} %)"
    own = any(name in GROUPS["cue"] for name, _ in scenario.parameters)
    return f"bulk CUE{' itself' if own else ', left alone,'} {found}"


def listed(parts: Sequence[str]) -> str:
    """Several things in a sentence.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def _sentence_start(text: str) -> str:
    return text[:1].upper() + text[1:]


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
    what = f"{label}, {depth}" if depth else label
    views = {"change": "change from baseline", "percent": "change from baseline", "uncertainty": "spread (SD) of the ensemble"}
    shown = views.get(view, view)
    return f"{what}{': ' if shown else ''}{shown} [{'%' if view == 'percent' else unit}]"


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
