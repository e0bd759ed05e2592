"""How far a place is from the nearest profile: what a method gains by learning from profiles may not reach far.

Blocks that are held out touch blocks that teach, so that many held-out profiles still have a neighbour near by.  Skill by the
distance to the nearest profile that a method has learnt from tells what it gains from such neighbours, and what remains where
nobody has dug for hundreds of kilometres (Milà et al. 2022, doi:10.1111/2041-210X.13851).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from proda_core.constants import EARTH_RADIUS

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

EDGES = (100.0, 200.0, 400.0)
CLASSES: tuple[str, ...] = ("0-100 km", "100-200 km", "200-400 km", ">400 km")
"""Classes of the distance to the nearest training profile [km]; a distance on an edge belongs to the class below it."""


def class_of(distance: FloatArray) -> IntArray:
    """Position of each distance [km] in :data:`CLASSES`; -1 where it is not known.

    >>> class_of(np.array([0.0, 100.0, 100.1, 4000.0, np.nan])).tolist()
    [0, 0, 1, 3, -1]
    """
    found: IntArray = np.where(np.isfinite(distance), np.searchsorted(EDGES, distance, side="left"), -1).astype(np.int64)
    return found


def nearest(latitude: FloatArray, longitude: FloatArray, known_latitude: FloatArray, known_longitude: FloatArray) -> FloatArray:
    """Distance to the nearest known place along a great circle [km] (place,); infinite where none is known.

    Args:
        latitude: [degrees north] (place,).
        longitude: [degrees east] (place,).
        known_latitude: [degrees north] (known,).
        known_longitude: [degrees east] (known,).

    >>> nearest(np.array([0.0]), np.array([179.5]), np.array([0.0, 10.0]), np.array([-179.5, 0.0])).round().tolist()
    [111.0]
    """
    if not len(known_latitude):
        return np.full(len(latitude), np.inf)
    chord, _ = cKDTree(_on_sphere(known_latitude, known_longitude)).query(_on_sphere(latitude, longitude))
    distance: FloatArray = 2 * EARTH_RADIUS / 1e3 * np.arcsin(np.clip(chord / 2, 0, 1))
    return distance


def to_training(latitude: FloatArray, longitude: FloatArray, fold: IntArray) -> FloatArray:
    """Distance of each profile to the nearest one of the other folds, from which it is predicted [km] (profile,).

    Args:
        latitude: [degrees north] (profile,).
        longitude: [degrees east] (profile,).
        fold: in which each profile is held out (profile,); negative where it is not.

    Returns:
        distances; not a number for profiles that are not held out.
    """
    found = np.full(len(fold), np.nan)
    for number in np.unique(fold[fold >= 0]):
        test = fold == number
        found[test] = nearest(latitude[test], longitude[test], latitude[~test], longitude[~test])
    return found


def of_folds(latitude: FloatArray, longitude: FloatArray, held_out: Mapping[str, IntArray]) -> FloatArray:
    """Distances of :func:`to_training` under every validation [km] (validation, profile)."""
    return np.stack([to_training(latitude, longitude, fold) for fold in held_out.values()])


def _on_sphere(latitude: FloatArray, longitude: FloatArray) -> FloatArray:
    """Points on the unit sphere (place, 3)."""
    north, east = np.radians(latitude), np.radians(longitude)
    return np.column_stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])
