"""Forcing from a file: it goes to the cells that it covers, by our names or CLM5's, and what cannot be says what was expected."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr

from proda_core.constants import DAYS_PER_YEAR, SECONDS_PER_DAY
from proda_core.grid import LAYERS_CLM5, LandGrid
from proda_core.simulation import GlobalModel, World, forcing
from proda_core.variables import FORCING, VARIABLES, attributes
from tests.columns import prior_mean, random_forcing

SHARED = Path(__file__).parents[3] / "shared" / "data" / "clm5_surfdata_london.nc"
ROWS, COLUMNS = 6, 8
LATITUDE, LONGITUDE = 50.25 + 0.5 * np.arange(ROWS), -1.75 + 0.5 * np.arange(COLUMNS)


@pytest.fixture(scope="module")
def land() -> LandGrid:
    """A block of land on both sides of Greenwich, and one cell far from it."""
    north, east = np.meshgrid(LATITUDE, LONGITUDE, indexing="ij")
    return LandGrid(np.append(north.ravel(), -20.25), np.append(east.ravel(), 30.25), np.ones(ROWS * COLUMNS + 1))


@pytest.fixture(scope="module")
def model(land: LandGrid) -> GlobalModel:
    cells = len(land.latitude)
    return GlobalModel(World(random_forcing(cells, seed=2, bedrock=14), prior_mean(cells), land))


@pytest.fixture
def whole(model: GlobalModel) -> xr.Dataset:
    """The model's own forcing of the block on a regular grid."""
    held = model.forcing(np.arange(ROWS * COLUMNS))
    over = ("latitude", "longitude")
    data = {}
    for name in FORCING:
        values = getattr(held, name).numpy()
        data[name] = ((*over, *VARIABLES[name].dims[1:]), values.reshape(ROWS, COLUMNS, *values.shape[1:]), attributes(name))
    return xr.Dataset(data, {"latitude": LATITUDE, "longitude": LONGITUDE})


@pytest.fixture
def read(tmp_path: Path, land: LandGrid) -> Callable[[xr.Dataset], forcing.Given]:
    def through_a_file(data: xr.Dataset) -> forcing.Given:
        data.to_netcdf(tmp_path / "mine.nc")
        return forcing.read(tmp_path / "mine.nc", land)

    return through_a_file


Read = Callable[[xr.Dataset], forcing.Given]


def soc(model: GlobalModel, given: forcing.Given) -> np.ndarray:
    return model.under(given, slice(None)).baseline.soc


def as_clm5(data: xr.Dataset) -> xr.Dataset:
    """The same as a CLM5 history file has it: its names and units, 25 layers, longitudes from 0, months along time."""
    deeper = data[["soil_temperature"]].isel(layer=[*range(20), 19, 19, 19, 19, 19])
    found = xr.merge([data.drop_vars(["soil_temperature", "litter_input"]), deeper.rename(layer="levgrnd")])
    found["TSOI"] = found["soil_temperature"].transpose("month", "levgrnd", "latitude", "longitude")
    found["NPP"] = (
        data["litter_input"].sum("litter") / (DAYS_PER_YEAR * SECONDS_PER_DAY) * xr.ones_like(data["month"], dtype=float)
    )
    found = found.drop_vars("soil_temperature")
    found = found.rename({name: VARIABLES[name].clm5 for name in FORCING if name in found})
    for name, units in {"TSOI": "K", "W_SCALAR": "unitless", "FPI_vr": "proportion", "NPP": "gC/m^2/s"}.items():
        found[name].attrs["units"] = units
    found["ALTMAX"] = found["ALTMAX"] * xr.DataArray(np.linspace(0.2, 1.0, 12), dims="month")
    found = found.rename(layer="levdcmp", latitude="lat", longitude="lon", month="time")
    found = found.assign_coords(lon=found["lon"] % 360, levgrnd=LAYERS_CLM5.node.astype(np.float32))
    return found.sortby("lon")


def test_the_models_own_forcing_gives_back_its_carbon(read: Read, whole: xr.Dataset, model: GlobalModel) -> None:
    given = read(whole)
    assert given.cells.tolist() == list(range(ROWS * COLUMNS))
    assert given.stood_in == ()
    np.testing.assert_allclose(soc(model, given), model.baseline.soc[:, given.cells], rtol=1e-6)


def test_clm5s_names_say_the_same_as_ours(read: Read, whole: xr.Dataset, model: GlobalModel) -> None:
    given = read(as_clm5(whole.assign_coords(month=np.arange(12))))
    assert given.names["plant_input"] == "NPP"
    assert given.stood_in == ()
    np.testing.assert_allclose(soc(model, given), model.baseline.soc[:, given.cells], rtol=1e-5)


def test_a_warmer_world_holds_less(read: Read, whole: xr.Dataset, model: GlobalModel) -> None:
    warmer = whole.assign(soil_temperature=(whole["soil_temperature"] + 2).assign_attrs(units="K"))
    given = read(warmer)
    before = model.baseline.soc[3, given.cells]
    assert np.all(soc(model, given)[3][before > 0] < before[before > 0])


def test_the_climate_stands_in_for_what_is_missing(read: Read, whole: xr.Dataset, model: GlobalModel) -> None:
    given = read(whole[["soil_temperature", "active_layer"]])
    assert given.stood_in == ("water_scalar", "oxygen_scalar", "nitrogen_scalar", "bedrock_layer", "litter_input")
    held, embedded = given.forcing(slice(None), model.forcing(given.cells)), model.forcing(given.cells)
    assert torch.equal(held.litter_input, embedded.litter_input)
    assert torch.equal(held.active_layer_last_year, held.active_layer)


def test_total_plant_input_is_divided_as_in_the_climate() -> None:
    embedded = random_forcing(3, seed=4)
    embedded.litter_input[2] = 0.0
    total = np.array([100.0, 200.0, 40.0])
    temperature = embedded.soil_temperature.numpy()
    given = forcing.Given({"soil_temperature": temperature, "plant_input": total}, np.arange(3), np.arange(3))
    held = given.forcing(slice(None), embedded).litter_input
    np.testing.assert_allclose(held.sum(dim=1), total)
    np.testing.assert_allclose(held[0] / held[0].sum(), embedded.litter_input[0] / embedded.litter_input[0].sum())
    np.testing.assert_allclose(held[2], 10.0)


@pytest.mark.parametrize("step", [1, 2, 4])
def test_a_file_of_any_resolution_covers_its_region_and_no_more(read: Read, whole: xr.Dataset, land: LandGrid, step: int) -> None:
    coarse = whole.isel(latitude=slice(None, None, step), longitude=slice(None, None, step))
    shift = 0.25 * (step - 1)  # cells of the coarse grid lie in the middle of those they stand for
    coarse = coarse.assign_coords(latitude=coarse["latitude"] + shift, longitude=coarse["longitude"] + shift)
    given = read(coarse.isel(latitude=slice(0, 2), longitude=slice(0, 2)))
    row, column = np.divmod(given.cells, COLUMNS)
    assert given.cells.tolist() == [i * COLUMNS + j for i in range(min(2 * step, ROWS)) for j in range(2 * step)]
    np.testing.assert_array_equal(given.row, row // step * 2 + column // step)


def test_a_single_point_is_one_cell(read: Read, whole: xr.Dataset) -> None:
    point = whole.isel(latitude=2, longitude=3)
    assert read(point).cells.tolist() == [2 * COLUMNS + 3]
    listed = point.expand_dims("lndgrid").assign_coords(latitude=("lndgrid", [51.3]), longitude=("lndgrid", [359.8]))
    assert read(listed).cells.tolist() == [2 * COLUMNS + 3]


def test_a_list_of_cells_is_read_as_the_grid_that_it_is_of(read: Read, whole: xr.Dataset, model: GlobalModel) -> None:
    cells = whole.stack(cell=("latitude", "longitude")).reset_index("cell").transpose("cell", ...)
    given = read(cells.isel(cell=[9, 3, 20]))
    assert given.cells.tolist() == [3, 9, 20]
    np.testing.assert_allclose(soc(model, given), model.baseline.soc[:, given.cells], rtol=1e-6)


def test_places_without_values_are_left_out_and_counted(read: Read, whole: xr.Dataset) -> None:
    data = whole.copy(deep=True)
    data["soil_temperature"][0, 0] = np.nan
    data["water_scalar"][1, 1] = np.nan
    data["soil_temperature"][2, 2, 15:] = np.nan
    given = read(data)
    assert sorted(set(range(ROWS * COLUMNS)) - set(given.cells.tolist())) == [0, COLUMNS + 1]
    assert given.counts == {"incomplete": 1, "filled_down": 1}
    deep = given.fields["soil_temperature"][given.row[given.cells.tolist().index(2 * COLUMNS + 2)]]
    np.testing.assert_array_equal(deep[15:], np.tile(deep[14], (5, 1)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.isel(month=0, drop=True), r"expected soil_temperature along latitude, longitude, layer, month, got"),
        (lambda d: d.isel(month=[0]), r"expected soil_temperature with 12 months, got 1; join the monthly means"),
        (
            lambda d: xr.concat([d, d], "month", data_vars="minimal"),
            r"expected soil_temperature with 12 months, got 24; average the years",
        ),
        (lambda d: d.isel(layer=slice(10)), r"in the 20 layers of CLM5, got 10; interpolate"),
        (lambda d: d.assign_coords(layer=np.linspace(0.1, 3, 20)), r"nodes at 0.01, 0.04, 0.09 ... 8.03 m, got 0.1"),
        (lambda d: d.assign(soil_temperature=d["soil_temperature"].assign_attrs(units="degC")), r"in 'K', got 'degC'; convert"),
        (lambda d: d.assign(water_scalar=d["water_scalar"].assign_attrs(units="%")), r"expected water_scalar in '1', got '%'"),
        (lambda d: d.assign(soil_temperature=(d["soil_temperature"] - 273.15).drop_attrs()), r"given in degC\? add 273.15"),
        (lambda d: d.assign(bedrock_layer=d["bedrock_layer"] + 0.5), r"expected bedrock_layer in whole numbers, got fractions"),
        (lambda d: d.drop_vars("latitude"), r"expected latitude as latitude or lat in the file, got"),
        (
            lambda d: d.assign_coords(latitude=d["latitude"] - 60.0),
            r"expected soil temperature on land of the model in mine.nc, got",
        ),
        (lambda d: d.assign(water_scalar=d["water_scalar"] * np.nan), r"got no value of water_scalar anywhere; leave it out"),
        (lambda d: d.drop_vars("soil_temperature"), r"expected soil temperature in mine.nc, named soil_temperature or TSOI"),
    ],
)
def test_what_cannot_be_used_says_why(read: Read, whole: xr.Dataset, change: Callable[..., xr.Dataset], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(change(whole))


@pytest.mark.parametrize("left", [0.01, 0.5, 1.0])
@pytest.mark.parametrize("form", ["NETCDF4", "NETCDF3_CLASSIC", "NETCDF3_64BIT"])
def test_a_truncated_file_says_so(whole: xr.Dataset, tmp_path: Path, land: LandGrid, form: Any, left: float) -> None:
    """Zeros would be read in place of the end of a classic file."""
    whole.to_netcdf(tmp_path / "whole.nc", format=form)
    assert len(forcing.read(tmp_path / "whole.nc", land).cells) == ROWS * COLUMNS
    content = (tmp_path / "whole.nc").read_bytes()
    (tmp_path / "cut.nc").write_bytes(content[: int(left * len(content)) - 1])
    with pytest.raises(ValueError, match=r"expected a whole NetCDF file"):
        forcing.read(tmp_path / "cut.nc", land)


def test_a_surface_data_set_is_no_forcing(land: LandGrid) -> None:
    if not SHARED.exists():
        pytest.skip("no CLM5 surface data set here")
    with pytest.raises(ValueError, match=r"named soil_temperature or TSOI .CLM5., got NetCDF with"):
        forcing.read(SHARED, land)
