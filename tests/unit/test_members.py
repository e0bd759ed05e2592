"""The members of the ensemble at single places are those of the file."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

from proda_core import parameters, retrieved


def test_members_are_those_of_the_file() -> None:
    maps = retrieved.read()
    assert "member_unit" not in maps
    members = retrieved.Members(maps)
    with netCDF4.Dataset(retrieved.default_path()) as file:
        stored = file["member_unit"]  # unpacks by its own attributes
        for cell in (0, 40_000):
            found = parameters.to_unit(members.at(cell))
            np.testing.assert_allclose(found, stored[:, :, cell], atol=1e-9)
            assert found.shape == (len(maps["global_stock"]), parameters.COUNT)


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    maps = retrieved.read()
    maps.encoding["source"] = str(tmp_path / "gone.nc")
    with pytest.raises(OSError, match=r"gone\.nc"):
        retrieved.Members(maps)
