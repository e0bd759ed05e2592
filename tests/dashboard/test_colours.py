"""The colours of the maps are told apart by those who see fewer of them."""

from __future__ import annotations

import numpy as np
import pytest
from colorspacious import cspace_convert
from matplotlib.colors import to_rgb

from dashboard import plots
from dashboard.catalogue import MAPS, SPREAD_COLOURS

DIVERGING = "vik"
SEQUENTIAL = sorted({row.colours for row in MAPS.values()} - {DIVERGING} | {SPREAD_COLOURS})
SIGHTS = ("all", "deuteranomaly", "protanomaly", "tritanomaly")


def seen(colours: list[str], sight: str) -> np.ndarray:
    """Colours as somebody sees them who lacks one kind of cones: lightness, and two axes of hue (colour, 3)."""
    table = np.array([to_rgb(colour) for colour in colours])
    if sight != "all":
        table = cspace_convert(table, {"name": "sRGB1+CVD", "cvd_type": sight, "severity": 100}, "sRGB1")
    return np.asarray(cspace_convert(np.clip(table, 0, 1), "sRGB1", "CAM02-UCS"))


def ordered(lightness: np.ndarray) -> bool:
    """Whether colours grow lighter, or darker, from one end to the other."""
    steps = np.diff(lightness) * np.sign(lightness[-1] - lightness[0])
    return bool((steps > 0).all())


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("name", SEQUENTIAL)
def test_more_is_lighter_or_darker_throughout(name: str, sight: str) -> None:
    lightness = seen(plots.colours(name, 17), sight)[:, 0]
    assert ordered(lightness)
    assert abs(lightness[-1] - lightness[0]) > 40


@pytest.mark.parametrize("sight", SIGHTS)
def test_less_and_more_are_told_apart(sight: str) -> None:
    table = seen(plots.colours(DIVERGING, 17), sight)
    below, above = table[:8], table[:8:-1]  # from the ends towards the middle
    assert ordered(below[:, 0])
    assert ordered(above[:, 0])
    # beside one another at the same distance from the middle, beyond its palest part
    assert (np.linalg.norm(below - above, axis=1)[:7] > 10).all()


def test_a_rainbow_would_fail() -> None:
    assert not ordered(seen(["#0000ff", "#00ff00", "#ff0000"], "deuteranomaly")[:, 0])
