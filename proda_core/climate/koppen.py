"""Koppen-Geiger climate zones from monthly temperature and precipitation.

Rules and thresholds: Peel, Finlayson & McMahon 2007 (doi:10.5194/hess-11-1633-2007), table 1; numbering of the 30 classes: Beck
et al. 2018 (doi:10.1038/sdata.2018.214).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from proda_core.grid import FloatArray

ZONES: tuple[str, ...] = (
    "Af", "Am", "Aw", "BWh", "BWk", "BSh", "BSk", "Csa", "Csb", "Csc", "Cwa", "Cwb", "Cwc", "Cfa", "Cfb", "Cfc",
    "Dsa", "Dsb", "Dsc", "Dsd", "Dwa", "Dwb", "Dwc", "Dwd", "Dfa", "Dfb", "Dfc", "Dfd", "ET", "EF",
)  # fmt: skip
"""Names of the zones; a zone's code is its place in this tuple, counted from 1."""

CODE: dict[str, int] = {zone: code for code, zone in enumerate(ZONES, start=1)}
"""Code of each zone."""


def koppen_code(temperature: FloatArray, precipitation: FloatArray) -> npt.NDArray[np.uint8]:
    """Koppen-Geiger zone of each cell.

    Args:
        temperature: air temperature [degC] (cell, month).
        precipitation: precipitation [mm month-1] (cell, month).

    Returns:
        codes 1..30 (cell,), see ``ZONES``.

    Source: Peel et al. 2007, table 1; dryness (B) is decided first.
    """
    summer = _warmer_half(temperature)
    zone = np.full(len(temperature), "", dtype="U3")
    dry = _dry(temperature, precipitation, np.where(summer, precipitation, 0.0).sum(axis=1))
    hottest, coldest = temperature.max(axis=1), temperature.min(axis=1)
    polar = ~_is(dry) & (hottest < 10.0)
    tropical = ~_is(dry) & ~polar & (coldest >= 18.0)
    rest = ~_is(dry) & ~polar & ~tropical
    zone[_is(dry)] = dry[_is(dry)]
    zone[polar] = np.where(hottest[polar] > 0.0, "ET", "EF")
    zone[tropical] = _tropical(precipitation)[tropical]
    main = np.where(coldest > 0.0, "C", "D")
    seasons = _seasons(np.where(summer, precipitation, np.nan), np.where(summer, np.nan, precipitation))
    zone[rest] = np.char.add(np.char.add(main, seasons), _warmth(temperature, main))[rest]
    return np.array([CODE[name] for name in zone], dtype=np.uint8)


def _is(letters: npt.NDArray[np.str_]) -> npt.NDArray[np.bool_]:
    return np.asarray(letters != "")


def _warmer_half(temperature: FloatArray) -> npt.NDArray[np.bool_]:
    """Which months belong to the warmer half-year, April to September or October to March (cell, month)."""
    northern = np.isin(np.arange(12), range(3, 9))
    warmer_north = temperature[:, northern].mean(axis=1) >= temperature[:, ~northern].mean(axis=1)
    return np.where(warmer_north[:, None], northern, ~northern)


def _dry(temperature: FloatArray, precipitation: FloatArray, summer_rain: FloatArray) -> npt.NDArray[np.str_]:
    """BWh, BWk, BSh or BSk where precipitation stays below the dryness threshold, empty elsewhere (cell,)."""
    mean, total = temperature.mean(axis=1), precipitation.sum(axis=1)
    bonus = np.where(summer_rain >= 0.7 * total, 28.0, np.where(summer_rain <= 0.3 * total, 0.0, 14.0))
    threshold = 2.0 * mean + bonus
    kind = np.where(total < 5.0 * threshold, "BW", "BS")
    letters = np.char.add(kind, np.where(mean >= 18.0, "h", "k"))
    return np.where(total < 10.0 * threshold, letters, "")


def _tropical(precipitation: FloatArray) -> npt.NDArray[np.str_]:
    driest, total = precipitation.min(axis=1), precipitation.sum(axis=1)
    return np.where(driest >= 60.0, "Af", np.where(driest >= 100.0 - total / 25.0, "Am", "Aw"))


def _seasons(summer: FloatArray, winter: FloatArray) -> npt.NDArray[np.str_]:
    """Second letter: s dry summer, w dry winter, f neither; months of the other half are NaN (cell, month)."""
    driest_summer, wettest_summer = np.nanmin(summer, axis=1), np.nanmax(summer, axis=1)
    driest_winter, wettest_winter = np.nanmin(winter, axis=1), np.nanmax(winter, axis=1)
    dry_summer = (driest_summer < 40.0) & (driest_summer < wettest_winter / 3.0)
    dry_winter = driest_winter < wettest_summer / 10.0
    wetter_summer = np.nansum(summer, axis=1) > np.nansum(winter, axis=1)
    dry_summer &= ~(dry_winter & wetter_summer)
    return np.where(dry_summer, "s", np.where(dry_winter, "w", "f"))


def _warmth(temperature: FloatArray, main: npt.NDArray[np.str_]) -> npt.NDArray[np.str_]:
    """Third letter: a hot summer, b warm summer, d very cold winter (D only), c cold summer (cell,)."""
    hot = temperature.max(axis=1) >= 22.0
    warm = (temperature >= 10.0).sum(axis=1) >= 4
    very_cold = (temperature.min(axis=1) < -38.0) & (main == "D")
    return np.where(hot, "a", np.where(warm, "b", np.where(very_cold, "d", "c")))
