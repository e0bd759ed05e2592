"""Bad input is named: what was expected, what came, what to do."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from proda_core import simulation, variables
from proda_core.variables import VariableError


@pytest.fixture
def forcing() -> xr.Dataset:
    column = ("cell", "layer", "month")
    shape = (3, 20, 12)

    def field(value: float, units: str = "1") -> tuple[tuple[str, ...], np.ndarray, dict[str, str]]:
        return column, np.full(shape, value), {"units": units}

    return xr.Dataset(
        {
            "soil_temperature": field(280.0, "K"),
            "water_scalar": field(0.5),
            "oxygen_scalar": field(1.0),
            "nitrogen_scalar": field(0.9),
            "active_layer": ("cell", np.full(3, 3.0)),
            "active_layer_last_year": ("cell", np.full(3, 3.0)),
            "bedrock_layer": ("cell", np.full(3, 20.0)),
            "litter_input": (("cell", "litter"), np.full((3, 4), 100.0)),
            "latitude": ("cell", np.array([-10.25, 0.25, 10.25])),
            "longitude": ("cell", np.array([-60.25, 20.25, 100.25])),
            "land_fraction": ("cell", np.ones(3)),
        }
    )


def test_sound_forcing_passes_and_runs(forcing: xr.Dataset) -> None:
    assert variables.check(forcing) is forcing
    assert len(simulation.forcing_from_dataset(forcing)) == 3
    assert len(simulation.land_from_dataset(forcing).latitude) == 3


def _set(name: str, value: object) -> Callable[[xr.Dataset], xr.Dataset]:
    return lambda data: data.assign({name: data[name] * 0 + value})


def _hole(data: xr.Dataset) -> xr.Dataset:
    values = data.water_scalar.values.copy()
    values[1, 2, 3] = np.nan
    return data.assign(water_scalar=(data.water_scalar.dims, values))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_set("soil_temperature", 12.3), r"expected soil_temperature \[K\] within 180\.\.350, got 12\.3\.\.12\.3; given in degC"),
        (_set("water_scalar", 55.0), r"expected water_scalar \[1\] within 0\.\.1, got 55\.\.55; a fraction, given in %\?"),
        (_set("litter_input", -5.0), r"expected litter_input \[gC m-2 yr-1\] within 0\.\.10000, got -5\.\.-5; negative"),
        (_set("longitude", 300.0), r"expected longitude .* within -180\.\.180, got 300\.\.300; given as 0\.\.360"),
        (_set("latitude", 120.0), "are latitude and longitude swapped"),
        (_set("active_layer", 300.0), r"within 0\.\.50, got 300\.\.300; given in cm\?"),
        (_set("bedrock_layer", 0.0), r"within 1\.\.25, got 0\.\.0; counted from 1"),
        (_hole, "expected finite water_scalar, got 1 missing or infinite values; leave those cells out or fill them"),
        (lambda d: d.drop_vars("oxygen_scalar"), "expected variable 'oxygen_scalar' .*; the dataset holds active_layer"),
        (lambda d: d.transpose("month", ...), r"expected soil_temperature with dimensions \('cell', 'layer', 'month'\)"),
        (lambda d: d.isel(layer=slice(0, 10)), "with 20 entries along layer, got 10"),
        (
            lambda d: d.assign(soil_temperature=d.soil_temperature.assign_attrs(units="degC")),
            "expected soil_temperature in 'K', got 'degC'; convert it",
        ),
        (lambda d: d.isel(cell=slice(0, 0)), "for at least one cell, got an empty array"),
    ],
)
def test_bad_forcing_is_named(forcing: xr.Dataset, spoil: Callable[[xr.Dataset], xr.Dataset], message: str) -> None:
    with pytest.raises(VariableError, match=message):
        simulation.forcing_from_dataset(spoil(forcing))


def _gridded(forcing: xr.Dataset) -> xr.Dataset:
    """The same three cells as the diagonal of a 3 x 3 grid, the rest without land."""
    latitude, longitude = forcing.latitude.values, forcing.longitude.values
    index = pd.MultiIndex.from_arrays([latitude, longitude], names=["latitude", "longitude"])
    bare = forcing.drop_vars(["latitude", "longitude"])
    return bare.assign_coords(xr.Coordinates.from_pandas_multiindex(index, "cell")).unstack("cell")


def test_gridded_forcing_becomes_its_land_cells(forcing: xr.Dataset) -> None:
    gridded = _gridded(forcing)
    assert "cell" not in gridded.dims
    found = simulation.forcing_from_dataset(gridded)
    assert len(found) == 3
    assert np.array_equal(simulation.land_from_dataset(gridded).latitude, forcing.latitude)


def test_gridded_forcing_with_odd_coordinates_is_named(forcing: xr.Dataset) -> None:
    gridded = _gridded(forcing)
    with pytest.raises(VariableError, match=r"expected latitude in rising order, got 10\.25 before 0\.25; use dataset\.sortby"):
        simulation.forcing_from_dataset(gridded.isel(latitude=slice(None, None, -1)))
    with pytest.raises(VariableError, match=r"longitude .* within -180\.\.180, got .*\.\.360.2; given as 0\.\.360"):
        simulation.forcing_from_dataset(gridded.assign_coords(longitude=[20.25, 100.25, 360.2]))
    with pytest.raises(VariableError, match="expected the dimension cell, or latitude and longitude with coordinates; got month"):
        simulation.forcing_from_dataset(gridded.isel(latitude=0, longitude=0).drop_vars(["latitude", "longitude"]).isel(layer=0))


def test_unsorted_grid_coordinates_are_named() -> None:
    with pytest.raises(VariableError, match=r"expected lat in rising order, got 10 before 5; use dataset\.sortby\('lat'\)"):
        variables.check_sorted("lat", np.array([0.0, 10.0, 5.0]))
    variables.check_sorted("lat", np.array([0.0, 5.0, 10.0]))
