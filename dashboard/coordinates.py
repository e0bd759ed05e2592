"""Coordinates as people write them: decimal degrees or minutes and seconds, signs or letters, in either order."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dashboard.language import tr

LONGEST = 80
"""Characters of a text that may hold coordinates."""

_ANGLE = (
    r"(?P<before{n}>[NSEW])?\s*(?P<degrees{n}>[-+]?\d{{1,3}}(?:\.\d+)?)\s*°?"
    r"(?:\s*(?P<minutes{n}>\d{{1,2}}(?:\.\d+)?)\s*')?(?:\s*(?P<seconds{n}>\d{{1,2}}(?:\.\d+)?)\s*\")?"
    r"(?(before{n})|\s*(?P<after{n}>[NSEW])?)"
)
_PAIR = re.compile(rf"{_ANGLE.format(n=1)}(?:\s*[,;]\s*|\s+|(?<=[NSEW])|(?=[NSEW])){_ANGLE.format(n=2)}")
_SIGNS = str.maketrans({"−": "-", "–": "-", "′": "'", "’": "'", "‘": "'", "″": '"', "“": '"', "”": '"', "º": "°", "，": ","})


class CoordinatesError(ValueError):
    """Something that was meant as coordinates, and is none; its text says what was expected."""


@dataclass(frozen=True)
class _Angle:
    value: float
    letter: str


def parse(text: str) -> tuple[float, float] | None:
    """Latitude and longitude [degrees]; none where a text does not look like coordinates.

    Raises:
        CoordinatesError: it looks like coordinates that cannot be.

    >>> parse("47.4, 8.5"), parse("47.4N 8.5W"), parse("8°30′E 47°15′N"), parse("47,4; 8,5"), parse("Zürich")
    ((47.4, 8.5), (47.4, -8.5), (47.25, 8.5), (47.4, 8.5), None)
    """
    if len(text) > LONGEST:
        return None
    plain = text.strip().translate(_SIGNS).replace("''", '"').upper()
    found = _PAIR.fullmatch(plain) or _PAIR.fullmatch(_with_points(plain))
    if found is None:
        return None
    first, second = (_angle(found, n) for n in (1, 2))
    if _axis(first) and _axis(first) == _axis(second):
        raise CoordinatesError(tr("Expected one latitude and one longitude, such as 47.4° N, 8.5° E; both are the same axis."))
    north, east = (second, first) if _axis(first) == "EW" or _axis(second) == "NS" else (first, second)
    if abs(north.value) > 90 or abs(east.value) > 180:
        raise CoordinatesError(tr("Latitude runs from −90 to 90, longitude from −180 to 180."))
    return round(north.value, 4), round(east.value, 4)


def _with_points(plain: str) -> str:
    """Decimal commas as points, where a semicolon stands between the numbers."""
    return plain.replace(",", ".") if ";" in plain else plain


def _angle(found: re.Match[str], n: int) -> _Angle:
    degrees, minutes, seconds = (found[f"{name}{n}"] for name in ("degrees", "minutes", "seconds"))
    letter = found[f"before{n}"] or found[f"after{n}"] or ""
    if (letter and degrees[0] in "-+") or ((minutes or seconds) and "." in degrees):
        raise CoordinatesError(
            tr("Expected a sign or a letter for each number, and minutes after whole degrees only, such as 47°24′ N.")
        )
    if float(minutes or 0) >= 60 or float(seconds or 0) >= 60:
        raise CoordinatesError(tr("Expected minutes and seconds below 60."))
    size = abs(float(degrees)) + float(minutes or 0) / 60 + float(seconds or 0) / 3600
    return _Angle(-size if degrees.startswith("-") or letter in ("S", "W") else size, letter)


def _axis(angle: _Angle) -> str:
    return next((axis for axis in ("NS", "EW") if angle.letter and angle.letter in axis), "")
