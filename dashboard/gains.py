"""What the soil of each place gains for one per cent more of each mechanism, worked out when somebody first asks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
import numpy.typing as npt

from proda_core.constants import GRAMS_PER_KILOGRAM
from proda_core.sensitivity import MECHANISMS
from proda_core.sensitivity.gradient import by_mechanism
from proda_core.simulation import GlobalModel
from proda_core.simulation.globe import chunks

FloatArray = npt.NDArray[np.float64]

PER_CENT = 100.0


class Gains:
    """First-order gains at the baseline, kept for whoever asks next.

    Args:
        model: the globe.
        turn: makes the context of each piece of work: a lock that slider moves have first.
    """

    def __init__(self, model: GlobalModel, turn: Callable[[], AbstractContextManager[None]]) -> None:
        self._model, self._turn = model, turn
        self._known: dict[str, dict[str, FloatArray]] = {}
        self._one = threading.Lock()

    def above(self, depth: str) -> dict[str, FloatArray]:
        """Gain of the stock above a depth for one per cent more of each mechanism [kg m-2] (cell,).

        Args:
            depth: key of ``grid.STOCK_DEPTHS``.

        Returns:
            gains by mechanism; the first call for a depth takes half a second.
        """
        known = self._known.get(depth)  # written once and whole: no need to wait while another depth is worked out
        if known is not None:
            return known
        with self._one:
            if depth not in self._known:
                self._known[depth] = self._found(depth)
            return self._known[depth]

    def _found(self, depth: str) -> dict[str, FloatArray]:
        cells = len(self._model)
        found = np.empty((len(MECHANISMS), cells))
        for rows in chunks(cells):
            with self._turn():
                found[:, rows] = by_mechanism(self._model.terms(rows), depth).T.numpy()
        return dict(zip(MECHANISMS, found / (PER_CENT * GRAMS_PER_KILOGRAM), strict=True))
