"""The table of profiles: what it must hold, and what can be done with it."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from proda_core import observations
from proda_core.observations import table
from proda_core.variables import OBSERVATIONS, VariableError
from tests import soils


def columns(counts: tuple[int, ...] = (2, 1, 3)) -> dict[str, np.ndarray]:
    """Flat columns of profiles with so many layers."""
    size, index = len(counts), np.repeat(np.arange(len(counts)), counts)
    rank = np.concatenate([np.arange(count) for count in counts])
    return {
        "profile_id": np.array([f"p{number}" for number in range(size)]),
        "latitude": np.linspace(-50, 60, size),
        "longitude": np.linspace(-170, 170, size),
        "source": np.array(["test"] * size),
        "licence": np.array(["CC0"] * size),
        "date": np.array(["", "1987", "1999-12", "2001-02-03"] * size)[:size],
        "profile_index": index,
        "layer_top": 0.2 * rank,
        "layer_bottom": 0.2 * rank + 0.2,
        "soc_density": 3e4 / (1 + rank) + index,
        "soc_density_error": np.where(rank == 1, np.nan, 1e3),
        "bulk_density": np.where(rank == 2, np.nan, 1.2e3),
        "bulk_density_estimated": rank == 0,
        "coarse_fragments": np.where(rank == 0, np.nan, 0.1),
        "extrapolated": rank == 2,
    }


@pytest.fixture
def profiles() -> xr.Dataset:
    return table.build(columns())


def test_units_and_types_are_those_of_the_table(profiles: xr.Dataset) -> None:
    for name, row in OBSERVATIONS.items():
        assert profiles[name].dims == row.dims
        assert profiles[name].attrs["long_name"] == row.meaning
        if row.kind != "text":
            assert profiles[name].attrs["units"] == row.units
    assert profiles["profile_index"].dtype == np.int64
    assert profiles["extrapolated"].dtype == bool
    assert profiles.attrs["featureType"] == "profile"
    assert profiles["profile_index"].attrs["instance_dimension"] == "profile"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"latitude": [0.0, 91.0, 0.0]}, r"expected latitude \[degrees_north\] within -90..90, got 0..91; are latitude"),
        ({"longitude": [0.0, 200.0, 0.0]}, r"expected longitude .* given as 0..360\?"),
        ({"layer_bottom": [20.0, 40, 20, 20, 40, 600]}, r"expected layer_bottom \[m\] within 0..100, .*given in cm\?"),
        ({"soc_density": np.full(6, -1.0)}, r"expected soc_density \[gC m-3\] within"),
        ({"soc_density": np.full(6, np.nan)}, r"expected finite soc_density, got 6 missing"),
        ({"bulk_density": np.full(6, 1.3)}, r"expected bulk_density \[kg m-3\] within 10..2650, .*given in g cm-3\?"),
        ({"coarse_fragments": np.full(6, 30.0)}, r"expected coarse_fragments \[1\] within 0..1, .*given in %\?"),
        ({"profile_index": [0, 1, 0, 2, 2, 2]}, "expected profile_index to rise from 0 to the last profile"),
        ({"profile_index": [0, 0, 1, 3, 3, 3]}, "expected profile_index to rise from 0 to the last profile"),
        ({"profile_index": [0, 0, 0, 2, 2, 2]}, "expected every profile to have layers, got 1 without"),
        ({"layer_top": [0.2, 0.2, 0, 0, 0.2, 0.4]}, "expected layer_top above layer_bottom, got 0.2..0.2 m; are they swapped"),
        (
            {"layer_top": [0, 0.1, 0, 0, 0.2, 0.4]},
            "expected the layers of a profile by depth and without overlap, .* in p0; sort",
        ),
        ({"profile_id": ["a", "b", "a"]}, "expected every profile_id once, got 'a' 2 times"),
        ({"date": ["", "May 1987", ""]}, "expected dates as YYYY-MM-DD, YYYY-MM, YYYY or empty, got 'May 1987'"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(VariableError, match=message):
        table.build({**columns(), **change})  # type: ignore[arg-type]


def test_missing_columns_and_wrong_types_are_named(profiles: xr.Dataset) -> None:
    with pytest.raises(VariableError, match=r"got none named licence"):
        table.build({name: values for name, values in columns().items() if name != "licence"})
    with pytest.raises(VariableError, match=r"expected variable 'date'"):
        observations.check(profiles.drop_vars("date"))
    with pytest.raises(VariableError, match=r"expected extrapolated as flag, got values of type float64"):
        observations.check(profiles.assign(extrapolated=profiles["extrapolated"].astype(float)))
    with pytest.raises(VariableError, match=r"expected profile_index as index"):
        observations.check(profiles.assign(profile_index=profiles["profile_index"].astype(float)))
    with pytest.raises(VariableError, match=r"expected soc_density in 'gC m-3', got 'kgC m-3'"):
        observations.check(profiles.assign(soc_density=profiles["soc_density"].assign_attrs(units="kgC m-3")))
    with pytest.raises(VariableError, match=r"expected latitude with dimensions \('profile',\)"):
        observations.check(profiles.assign(latitude=profiles["layer_top"]))
    with pytest.raises(VariableError, match=r"for at least one cell"):
        table.build({name: values[:0] for name, values in columns().items()})


class TestFiles:
    def test_saved_is_loaded(self, profiles: xr.Dataset, tmp_path: Path) -> None:
        observations.save(profiles, tmp_path / "profiles.nc")
        found = observations.load(tmp_path / "profiles.nc")
        xr.testing.assert_identical(found, profiles)
        assert {name: found[name].dtype.kind for name in found} == {name: profiles[name].dtype.kind for name in profiles}

    def test_a_bad_table_is_not_saved(self, profiles: xr.Dataset, tmp_path: Path) -> None:
        with pytest.raises(VariableError):
            observations.save(profiles.assign(latitude=profiles["latitude"] * 10), tmp_path / "profiles.nc")
        assert list(tmp_path.iterdir()) == []

    def test_other_files_are_refused(self, profiles: xr.Dataset, tmp_path: Path) -> None:
        path = tmp_path / "profiles.nc"
        with pytest.raises(ValueError, match=r"expected a file of profiles at .*, got none; make it with proda observe"):
            observations.load(path)
        path.write_text("no NetCDF", encoding="utf-8")
        with pytest.raises(ValueError, match=r"expected a NetCDF file of profiles at .*, got a damaged one"):
            observations.load(path)
        profiles.assign_attrs(proda_profiles="9").to_netcdf(path)
        with pytest.raises(ValueError, match=r"of version 1 at .*, got version 9; make it"):
            observations.load(path)
        with pytest.raises(ValueError, match=r"of version 1 at .*, got another kind of file"):
            observations.load(soils.proda(tmp_path))

    def test_cut_off(self, profiles: xr.Dataset, tmp_path: Path) -> None:
        path = tmp_path / "profiles.nc"
        observations.save(profiles, path)
        path.write_bytes(path.read_bytes()[:-500])
        with pytest.raises(ValueError, match=r"expected a NetCDF file of profiles at .*, got a damaged one"):
            observations.load(path)

    def test_a_file_that_promises_too_much_is_not_loaded(self, tmp_path: Path) -> None:
        path = tmp_path / "bomb.nc"
        with netCDF4.Dataset(path, "w") as data:
            data.proda_profiles = "1"
            data.createDimension("observation", 10**12)
            data.createVariable("soc_density", "f8", ("observation",), chunksizes=(10**6,), zlib=True)
        with pytest.raises(ValueError, match=r"expected at most .* bytes of profiles"):
            observations.load(path)


class TestSelect:
    def test_profiles_in_the_order_asked_for(self, profiles: xr.Dataset) -> None:
        found = observations.check(observations.select(profiles, [2, 0]))
        assert found["profile_id"].values.tolist() == ["p2", "p0"]
        assert found["profile_index"].values.tolist() == [0, 0, 0, 1, 1]
        assert found["soc_density"].values.tolist() == [*profiles["soc_density"].values[3:], *profiles["soc_density"].values[:2]]
        assert found["profile_index"].attrs == profiles["profile_index"].attrs

    def test_by_true_and_false(self, profiles: xr.Dataset) -> None:
        xr.testing.assert_identical(observations.select(profiles, [True, False, True]), observations.select(profiles, [0, 2]))

    def test_outside(self, profiles: xr.Dataset) -> None:
        with pytest.raises(IndexError):
            observations.select(profiles, [3])

    @settings(max_examples=40, deadline=None)
    @given(counts=st.lists(st.integers(1, 5), min_size=1, max_size=8), data=st.data())
    def test_parts_put_together_are_the_whole(self, counts: list[int], data: st.DataObject) -> None:
        whole = table.build(columns(tuple(counts)))
        order = data.draw(st.permutations(range(len(counts))))
        shuffled = observations.concat([observations.select(whole, [position]) for position in order])
        back = observations.select(shuffled, np.argsort(order))
        xr.testing.assert_identical(back, whole)
        assert observations.layer_counts(whole).tolist() == counts

    def test_concat_refuses_one_name_twice(self, profiles: xr.Dataset) -> None:
        with pytest.raises(VariableError, match=r"expected every profile_id once"):
            observations.concat([profiles, profiles])
        with pytest.raises(VariableError, match=r"expected at least one table of profiles, got none"):
            observations.concat([])


class TestThin:
    @pytest.fixture
    def crowd(self) -> xr.Dataset:
        """Forty profiles in three cells."""
        many = columns((2,) * 40)
        many["latitude"] = np.array([10.1, 10.4, 10.6, 10.2] * 10)
        many["longitude"] = np.array([20.1, 20.4, 20.1, 20.7] * 10)
        many["date"] = np.array([""] * 40)
        return table.build(many)

    def cells(self, found: xr.Dataset) -> list[int]:
        places = np.floor(np.stack([found["latitude"].values, found["longitude"].values]) * 2)
        return sorted(np.unique(places, axis=1, return_counts=True)[1].tolist())

    @pytest.mark.parametrize("per_cell", [1, 3])
    def test_at_most_so_many_a_cell(self, crowd: xr.Dataset, per_cell: int) -> None:
        found = observations.check(observations.thin(crowd, per_cell, seed=1))
        assert self.cells(found) == [per_cell] * 3

    def test_the_draw_is_reproducible_and_not_of_the_order(self, crowd: xr.Dataset) -> None:
        one = observations.thin(crowd, 2, seed=5)
        xr.testing.assert_identical(one, observations.thin(crowd, 2, seed=5))
        turned = observations.thin(observations.select(crowd, np.arange(40)[::-1]), 2, seed=5)
        assert set(turned["profile_id"].values) == set(one["profile_id"].values)
        others = [set(observations.thin(crowd, 2, seed=seed)["profile_id"].values) for seed in range(8)]
        assert len(set(map(frozenset, others))) > 4

    def test_size_of_the_cells(self, crowd: xr.Dataset) -> None:
        assert observations.thin(crowd, 1, size=5.0).sizes["profile"] == 1
        assert observations.thin(crowd, 100).sizes["profile"] == 40

    @pytest.mark.parametrize(("per_cell", "size"), [(0, 0.5), (1, 0.0), (1, np.nan)])
    def test_nonsense_is_refused(self, crowd: xr.Dataset, per_cell: int, size: float) -> None:
        with pytest.raises(ValueError, match=r"expected at least 1 profile a cell and cells larger than 0 degrees"):
            observations.thin(crowd, per_cell, size)

    def test_with_layers(self, profiles: xr.Dataset) -> None:
        assert observations.with_layers(profiles, 2)["profile_id"].values.tolist() == ["p0", "p2"]
