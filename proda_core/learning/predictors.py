"""What the network is told about a place: the table of predictors, and how each is transformed; ``added`` reads those of users.

All of them can be made again from packages that anyone can install (``proda climate build``).  Location itself is not among
them by default: with it a network learns places rather than relations, and says less of places that it has not seen.

A predictor that spans orders of magnitude enters by its logarithm, one that is mostly near zero by its square root, so that the
standardised values are of order one everywhere; a Koppen zone enters as five indicators of its main class.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr

from proda_core.climate.koppen import ZONES
from proda_core.climate.land import COVERS
from proda_core.grid import LandGrid

FloatArray = npt.NDArray[np.float64]

LIMIT = 4.0
"""Standardised predictors are held within this many standard deviations, so that the network never extrapolates far."""

KOPPEN_CLASSES = "ABCDE"
"""Main classes of Koppen: tropical, arid, temperate, cold, polar."""


@dataclass(frozen=True)
class Predictor:
    """One row of the table.

    Attributes:
        name: variable of ``climate.load_predictors``, or of a file of the user's.
        transform: ``none``, ``log`` (of the value plus ``offset``) or ``root``.
        offset: what is added before the logarithm, in the unit of the variable.
    """

    name: str
    transform: str = "none"
    offset: float = 0.0

    def apply(self, values: FloatArray) -> FloatArray:
        """The transformed values, of any shape."""
        if self.transform == "log":
            found: FloatArray = np.log(np.maximum(values, 0.0) + self.offset)
            return found
        return np.sqrt(np.maximum(values, 0.0)) if self.transform == "root" else values


_LOGARITHMIC = {
    "bio12": 50.0, "bio13": 10.0, "bio14": 5.0, "bio16": 30.0, "bio17": 10.0, "bio18": 30.0, "bio19": 20.0,
    "aridity": 0.05, "npp": 50.0, "snow_water_max": 5.0, "actual_evapotranspiration": 50.0,
    "potential_evapotranspiration": 200.0, "active_layer": 0.5, "growing_degree_days": 500.0,
}  # fmt: skip
_PLAIN = (
    "bio1", "bio4", "bio5", "bio6", "bio7", "bio8", "bio9", "bio10", "bio11", "bio15",
    "ndvi_max", "ndvi_min", "fapar_max", "c4_fraction", "tree_cover", "shrub_cover",
)  # fmt: skip

TABLE: tuple[Predictor, ...] = (
    *(Predictor(name) for name in _PLAIN),
    *(Predictor(name, "log", offset) for name, offset in _LOGARITHMIC.items()),
    Predictor("elevation", "root"),
    *(Predictor(f"cover_{cover.name}", "root") for cover in COVERS),
)
"""The predictors from the embedded climate, in order; meaning, unit and source stand with the variables in ``climate.schema``."""


@dataclass(frozen=True)
class Features:
    """Transformed predictors, not yet standardised.

    Attributes:
        names: name of each (feature,).
        values: (cell, feature), finite.
        position: latitude and longitude of each [degrees] (cell, 2); without it nothing can be learned of neighbours.
    """

    names: tuple[str, ...]
    values: FloatArray
    position: FloatArray | None = None

    def __post_init__(self) -> None:
        if self.values.shape[1:] != (len(self.names),):
            raise ValueError(f"expected one column for each of {len(self.names)} predictors, got shape {self.values.shape}")
        bad = ~np.isfinite(self.values).all(axis=0)
        if bad.any():
            raise ValueError(
                f"expected finite predictors, got missing values of {', '.join(np.array(self.names)[bad])}; fill them"
            )

    def rows(self, which: npt.NDArray[np.int64]) -> Features:
        """The features of some of the cells."""
        return Features(self.names, self.values[which], None if self.position is None else self.position[which])


@dataclass(frozen=True)
class Scaler:
    """Mean and standard deviation of each feature where the network was trained.

    Attributes:
        names: name of each (feature,).
        mean: (feature,).
        scale: (feature,), positive.
    """

    names: tuple[str, ...]
    mean: FloatArray
    scale: FloatArray

    @classmethod
    def of(cls, features: Features) -> Scaler:
        """The scaler of the cells at hand; what does not vary among them becomes zero everywhere."""
        spread = features.values.std(axis=0)
        varies = spread > 1e-9 * (1.0 + np.abs(features.values).max(axis=0))
        return cls(features.names, features.values.mean(axis=0), np.where(varies, spread, np.inf))

    def standardise(self, features: Features) -> FloatArray:
        """Standardised features (cell, feature), however far from what was trained on: what distances are measured in.

        Raises:
            ValueError: other predictors than the scaler was made for.
        """
        if features.names != self.names:
            missing = [name for name in self.names if name not in features.names]
            got = f"none named {', '.join(missing)}" if missing else f"{', '.join(features.names)}"
            raise ValueError(f"expected the predictors that the network was trained with, got {got}; name the same --predictors")
        found: FloatArray = (features.values - self.mean) / self.scale
        return found

    def apply(self, features: Features) -> npt.NDArray[np.float32]:
        """Standardised features as the network takes them, within -4..4 (cell, feature); raises as :meth:`standardise`."""
        return np.clip(self.standardise(features), -LIMIT, LIMIT).astype(np.float32)


def features(predictors: xr.Dataset, extra: xr.Dataset | None = None, land: LandGrid | None = None) -> Features:
    """The table of features of every cell.

    Args:
        predictors: of ``climate.load_predictors`` (cell,).
        extra: further predictors (cell,), of ``added.of_user``.
        land: where the cells are.

    Returns:
        the features, in the order of :data:`TABLE`, the Koppen classes, then those of ``extra``.

    Raises:
        KeyError: a predictor of the table is missing.
        ValueError: a further predictor has the name of one of ours.
    """
    columns = {row.name: row.apply(predictors[row.name].values.astype(np.float64)) for row in TABLE}
    main = np.array([KOPPEN_CLASSES.index(zone[0]) for zone in ZONES])[predictors["koppen"].values.astype(np.int64) - 1]
    columns |= {f"koppen_{name}": (main == i).astype(np.float64) for i, name in enumerate(KOPPEN_CLASSES)}
    if extra is not None:
        twice = [str(name) for name in extra if name in columns]
        if twice:
            got = ", ".join(twice)
            raise ValueError(f"expected names of their own for further predictors, got {got}, which we have; rename them")
        columns |= {str(name): values.values.astype(np.float64) for name, values in extra.items()}
    position = None if land is None else np.stack([land.latitude, land.longitude], axis=1)
    return Features(tuple(columns), np.stack(list(columns.values()), axis=1), position)
