"""The part of the world that a profile belongs to, for skill by region: few, disjoint, together the whole Earth.

The regions are the continents of the United Nations' M49 regions as far as straight lines can follow them, with the two Americas
divided at the border of Panama and Colombia and everything north of 60 N as a region of its own, where permafrost and peat make
the soils alike around the pole.  They are stated as boxes: a place belongs to the first row of :data:`BOXES` that holds it.
Lines run through seas and along straits where there are any; between Europe and Asia along the Caucasus, the Ural river and 60 E.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

NORTH, NORTH_AMERICA, SOUTH_AMERICA = "North of 60 N", "North America", "South America"
EUROPE, AFRICA, ASIA, OCEANIA, SOUTH = "Europe", "Africa", "Asia", "Oceania", "South of 60 S"

NAMES: tuple[str, ...] = (NORTH, NORTH_AMERICA, SOUTH_AMERICA, EUROPE, AFRICA, ASIA, OCEANIA, SOUTH)
"""The regions, in the order in which they are shown."""

BOXES: tuple[tuple[str, float, float, float, float], ...] = (
    (NORTH, 60, 90, -180, 180),
    (SOUTH, -90, -60, -180, 180),
    (OCEANIA, -60, 30, -180, -150),  # Hawaii, Polynesia
    (OCEANIA, -60, 5, -150, -110),
    (SOUTH_AMERICA, -60, 7.2, -110, -77.3),  # to the border of Panama and Colombia
    (SOUTH_AMERICA, -60, 12.9, -77.3, -25),
    (NORTH_AMERICA, -60, 60, -180, -40),
    (AFRICA, -60, 35.95, -40, -1),  # to the Strait of Gibraltar
    (AFRICA, -60, 37.5, -1, 11.5),
    (AFRICA, -60, 34, 11.5, 25),
    (AFRICA, -60, 32, 25, 32.6),  # to Suez
    (AFRICA, -60, 28, 32.6, 34),  # along the Red Sea
    (AFRICA, -60, 25.5, 34, 36),
    (AFRICA, -60, 22.5, 36, 38.5),
    (AFRICA, -60, 17, 38.5, 41),
    (AFRICA, -60, 14.5, 41, 42.2),
    (AFRICA, -60, 12.9, 42.2, 43.4),
    (AFRICA, -60, 12.2, 43.4, 52),
    (AFRICA, -60, 0, 52, 70),  # islands of the Indian Ocean
    (EUROPE, 34, 60, -40, 26.3),  # to the coast of Asia Minor
    (EUROPE, 40.6, 60, 26.3, 29),  # to the Bosporus
    (EUROPE, 43, 60, 29, 48.5),  # to the Caucasus
    (EUROPE, 46, 60, 48.5, 51.2),  # along the Ural river
    (EUROPE, 51.2, 60, 51.2, 60),
    (OCEANIA, -60, -11, 110, 180),
    (OCEANIA, -60, 0, 130, 180),
    (OCEANIA, -60, 20.5, 140, 180),
    (ASIA, -60, 60, -180, 180),  # what remains
)
"""Region; southern and northern edge [degrees north]; western and eastern edge [degrees east].  Edges belong to the box."""


def region_index(latitude: FloatArray, longitude: FloatArray) -> IntArray:
    """Region of each place, as positions in :data:`NAMES`.

    Args:
        latitude: [degrees north] (place,).
        longitude: [degrees east], -180..180 (place,).

    Returns:
        positions (place,); every place has one.

    Raises:
        ValueError: a coordinate out of range or missing.

    >>> [NAMES[i] for i in region_index(np.array([-1.3, 48.9, 69.6]), np.array([36.8, 2.4, 18.9]))]
    ['Africa', 'Europe', 'North of 60 N']
    """
    inside = [(latitude >= s) & (latitude <= n) & (longitude >= w) & (longitude <= e) for _, s, n, w, e in BOXES]
    box = np.argmax(inside, axis=0)
    if not np.all(np.any(inside, axis=0)):
        wrong = int(np.argmin(np.any(inside, axis=0)))
        got = f"{latitude[wrong]:g}, {longitude[wrong]:g}"
        raise ValueError(f"expected latitude within -90..90 and longitude within -180..180, got {got}; are they swapped?")
    of_box: IntArray = np.array([NAMES.index(name) for name, *_ in BOXES], dtype=np.int64)
    found: IntArray = of_box[box]
    return found
