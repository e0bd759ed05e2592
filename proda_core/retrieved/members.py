"""The members of the ensemble at single places, out of a file that holds them for the whole land."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import xarray as xr

from proda_core import parameters
from proda_core.retrieved.schema import STORED

FloatArray = npt.NDArray[np.float64]


class Members:
    """The parameters of every member, kept packed: a byte a value, some 13 MB for the land.

    Args:
        maps: as ``artefact.read`` gives them; members that it did not read are read from its file.

    Raises:
        OSError: the file is gone.
        KeyError: it holds no members.
    """

    def __init__(self, maps: xr.Dataset) -> None:
        self._row = STORED["member_unit"]
        if "member_unit" in maps:
            self._codes = self._row.pack(maps["member_unit"].transpose(*self._row.dims).values)
            return
        with xr.open_dataset(maps.encoding["source"], engine="netcdf4", decode_cf=False, cache=False) as data:
            self._codes = data["member_unit"].values
        if self._codes.shape[2] != maps.sizes["cell"]:
            raise KeyError(f"expected members in {maps.sizes['cell']} cells, got {self._codes.shape[2]}")

    def at(self, cell: int) -> FloatArray:
        """Physical parameters of each member at a cell (member, 21)."""
        found: FloatArray = parameters.to_physical(np.ascontiguousarray(self._row.unpack(self._codes[:, :, cell])))
        return found
