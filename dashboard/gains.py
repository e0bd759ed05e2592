"""What the soil of each place gains for one per cent more of each mechanism, worked out when somebody first asks."""

from __future__ import annotations

import threading
import time

import numpy as np
import numpy.typing as npt

from proda_core.constants import GRAMS_PER_KILOGRAM
from proda_core.sensitivity import MECHANISMS
from proda_core.sensitivity.gradient import by_mechanism
from proda_core.simulation import GlobalModel
from proda_core.simulation.globe import chunks

FloatArray = npt.NDArray[np.float64]

PER_CENT = 100.0


def of(model: GlobalModel, depth: str, turn: threading.Lock, pause: float) -> dict[str, FloatArray]:
    """First-order gain of the stock above a depth for one per cent more of each mechanism [kg m-2] (cell,), at the baseline.

    Args:
        model: the globe.
        depth: key of ``grid.STOCK_DEPTHS``.
        turn: held for one stretch of cells at a time, so that visitors who move sliders wait for no more than that.
        pause: before each stretch [s].
    """
    found = np.empty((len(MECHANISMS), len(model)))
    for rows in chunks(len(model)):
        time.sleep(pause)
        with turn:
            found[:, rows] = by_mechanism(model.terms(rows), depth).T.numpy()
    return dict(zip(MECHANISMS, found / (PER_CENT * GRAMS_PER_KILOGRAM), strict=True))
