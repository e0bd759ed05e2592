"""The file of retrieved maps: as fine as stated, the same every time, and nothing unsound is ever taken for it."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import torch
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from proda_core import climate, parameters, retrieved, simulation, store
from proda_core.climate import artefact as climate_artefact
from proda_core.retrieved import STORED, RetrievedFileError, artefact, schema
from tests.fabricate import made_up

UNIT = ("parameter_unit", "member_unit")
ROUNDED = tuple(name for name, row in STORED.items() if row.dtype == "float32")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a climate file of few cells."""
    folder = tmp_path_factory.mktemp("data")
    some = climate_artefact.read().isel(cell=slice(None, None, 400))
    climate_artefact.write(some, folder / "climate.nc")
    return folder


@pytest.fixture(scope="module")
def maps(stored: Path) -> xr.Dataset:
    place = climate.read(stored / "climate.nc")
    return made_up(place["latitude"].values, place["longitude"].values, stored / "climate.nc", members=4)


@pytest.fixture(scope="module")
def content(stored: Path, maps: xr.Dataset) -> bytes:
    """A sound file, as bytes."""
    artefact.write(maps, stored / "sound.nc")
    return (stored / "sound.nc").read_bytes()


@pytest.fixture
def folder(stored: Path, content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's data, sound, for this test alone."""
    (tmp_path / "climate.nc").write_bytes((stored / "climate.nc").read_bytes())
    (tmp_path / "retrieved.nc").write_bytes(content)
    monkeypatch.setenv("PRODA_DATA", str(tmp_path))
    return tmp_path


def values(row: schema.Stored) -> st.SearchStrategy[np.ndarray]:
    """Arrays of values that a variable may hold, its limits and the tiniest among them."""
    lower, upper = row.limits
    numbers = st.floats(lower, upper) | st.sampled_from([lower, upper, max(lower, 0.0), 1e-30, 1e-5])
    return arrays.arrays(np.float64, st.integers(1, 30), elements=numbers)


@pytest.mark.parametrize("name", STORED)
@given(data=st.data())
def test_error_of_packing_is_at_most_half_a_step(name: str, data: st.DataObject) -> None:
    row = STORED[name]
    given_ = data.draw(values(row))
    back = row.unpack(row.pack(given_))
    allowed = {"float32": given_ * 2.0**-10 + 1e-38, "float64": 0.0}.get(row.dtype, row.step / 2 * (1 + 1e-9))
    assert np.all(np.abs(back - given_) <= allowed)
    assert np.array_equal(row.pack(back), row.pack(given_))  # a second time nothing is lost


def test_steps_are_as_fine_as_stated() -> None:
    assert STORED["parameter_unit"].step == 2.0**-16
    assert STORED["member_unit"].step == 2.0**-8
    assert STORED["parameter_unit_sd"].step == 1 / 510
    assert STORED["dissimilarity"].step == 0.02
    assert ROUNDED == ("soc_mean", "soc_sd", "mechanism_sd")


@pytest.mark.parametrize("name", UNIT)
def test_a_parameter_that_the_model_divides_by_never_becomes_zero(name: str) -> None:
    ends = STORED[name].unpack(STORED[name].pack(np.array([0.0, 1e-9, 1.0])))
    assert 0 < ends[0] == ends[1] < ends[2] < 1


def test_what_exceeds_the_steps_saturates_and_what_cannot_be_is_refused() -> None:
    row = STORED["dissimilarity"]
    assert row.unpack(row.pack(np.array([5.0, 7.0, 1e6]))).tolist() == pytest.approx([5.0, 5.1, 5.1])
    for name, wrong in (("dissimilarity", -0.1), ("dissimilarity", np.inf), ("soc_sd", np.nan), ("member_unit", 1.01)):
        with pytest.raises(
            ValueError, match=rf"expected {name} \[.*\] within 0\.\..*, got .*; missing values, or another unit\?"
        ):
            STORED[name].pack(np.array([0.5, wrong]))


def test_what_is_written_is_read_back(folder: Path, maps: xr.Dataset) -> None:
    found = retrieved.read(members=True)
    assert set(map(str, found.data_vars)) == set(STORED)
    for name, row in STORED.items():
        assert found[name].dims == row.dims
        assert found[name].dtype == np.float64
        wanted = maps[name].values if name != "dissimilarity" else np.minimum(maps[name].values, 5.1)
        allowed = {"float32": 1e-3 * wanted, "float64": 0.0}.get(row.dtype, 0.501 * row.step)
        assert np.all(np.abs(found[name].values - wanted) <= allowed), name
    assert found["parameter"].values.tolist() == list(parameters.IDS)
    assert {key: found.attrs[key] for key in schema.ATTRIBUTES} == {key: maps.attrs[key] for key in schema.ATTRIBUTES}


def test_members_are_read_only_on_request(folder: Path) -> None:
    assert set(STORED) - set(map(str, retrieved.read().data_vars)) == {"member_unit"}


def test_other_readers_see_the_same_values(folder: Path) -> None:
    ours = retrieved.read(members=True)
    with xr.open_dataset(folder / "retrieved.nc", engine="netcdf4") as data:
        for name in STORED:
            np.testing.assert_allclose(data[name].values, ours[name].values, rtol=1e-6, atol=1e-7, err_msg=name)


def test_the_same_maps_give_the_same_bytes(maps: xr.Dataset, content: bytes, tmp_path: Path) -> None:
    artefact.write(maps[list(reversed(list(maps)))], tmp_path / "again.nc")
    assert (tmp_path / "again.nc").read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["again.nc"]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda d: d.drop_vars("soc_sd"), "expected a dataset with soc_sd, got none of that name"),
        (lambda d: d.drop_attrs(deep=False), "expected a dataset with title, method"),
        (lambda d: d.assign(soc_mean=d.soc_mean * np.nan), r"expected soc_mean \[kg m-2\] within 0\.\.131072, got nan\.\.nan"),
    ],
)
def test_maps_that_are_not_whole_are_not_written(
    maps: xr.Dataset, tmp_path: Path, spoil: Callable[[xr.Dataset], xr.Dataset], message: str
) -> None:
    target = tmp_path / "retrieved.nc"
    target.write_bytes(b"old")
    with pytest.raises(ValueError, match=message):
        artefact.write(spoil(maps), target)
    assert target.read_bytes() == b"old"


def remade(change: Callable[[xr.Dataset], xr.Dataset]) -> Callable[[Path], None]:
    """A file that another program might have made: other contents under a checksum that is right."""

    def spoil(path: Path) -> None:
        with xr.open_dataset(path, engine="netcdf4", decode_cf=False) as data:
            other = change(data.load())
        for variable in other.variables.values():
            variable.encoding = {}
        other.to_netcdf(path)
        store.seal(path)

    return spoil


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20_000])


def flip(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)


def foreign(path: Path) -> None:
    path.unlink()
    xr.Dataset({"a": ("x", [1.0])}).to_netcdf(path)


def old_netcdf(path: Path) -> None:
    path.unlink()
    xr.Dataset({"a": ("x", [1.0])}).to_netcdf(path, format="NETCDF3_CLASSIC", engine="scipy")


def touched(path: Path) -> None:
    with xr.open_dataset(path, engine="netcdf4", decode_cf=False) as data:
        other = data.load()
    other.to_netcdf(path)


def another_climate(path: Path) -> None:
    place = path.with_name("climate.nc")
    climate_artefact.write(climate.read(place).isel(cell=slice(1, None)), place)


UNSOUND: dict[str, tuple[Callable[[Path], None], str]] = {
    "missing": (Path.unlink, r"expected retrieved maps at .*, got no file; get the committed data/retrieved\.nc again"),
    "empty": (lambda p: p.write_bytes(b""), "as NetCDF-4 at .*, got an empty file"),
    "text": (lambda p: p.write_text("no maps", encoding="utf-8"), "as NetCDF-4 at .*, got a file of another kind"),
    "pickle": (lambda p: p.write_bytes(pickle.dumps({"a": 1})), "got a Python pickle, which is never opened here"),
    "torch": (lambda p: torch.save({"a": torch.ones(2)}, p), r"got a zip archive \(a torch.save file\?\)"),
    "netcdf-3": (old_netcdf, "got a NetCDF-3 file"),
    "foreign": (foreign, "got a NetCDF file without proda_retrieved_schema"),
    "truncated": (cut, r"got \d+ bytes that do not end with their checksum: cut short"),
    "touched": (touched, "do not end with their checksum: .* or changed by another program"),
    "flipped": (flip, "with the checksum at the end of .*, got another: the file is damaged"),
    "version": (remade(lambda d: d.assign_attrs(proda_retrieved_schema="0")), "expected retrieved maps of version 1 .*, got 0"),
    "variable": (remade(lambda d: d.drop_vars("soc_sd")), "expected the variable soc_sd in the .* at .*, got none"),
    "attribute": (remade(lambda d: d.drop_attrs(deep=False).assign_attrs(proda_retrieved_schema="1")),
                  "expected the attribute title in the retrieved maps at .*, got none"),
    "order": (remade(lambda d: d.assign_attrs(parameter="cryo diffus")), "expected parameters diffus cryo .*, got 'cryo diffus'"),
    "sizes": (remade(lambda d: d.isel(depth=slice(3))), r"expected soc_mean .*{'depth': 4, .*, got float32 with {'depth': 3, "),
    "type": (remade(lambda d: d.assign(soc_sd=d.soc_sd.astype("f8"))), "expected soc_sd as float32 with .*, got float64"),
    "members": (remade(lambda d: d.isel(member=slice(1))), r"expected 2\.\.200 members in the retrieved maps at .*, got 1"),
    "range": (remade(lambda d: d.assign(soc_sd=d.soc_sd * 0 - 1)), r"expected soc_sd \[kg m-2\] within 0\.\.131072 .*, got -1"),
    "nan": (remade(lambda d: d.assign(one_percent=d.one_percent * np.nan)), r"expected one_percent \[Pg\] .*, got nan"),
    "soil": (remade(lambda d: d.assign_attrs(bedrock_layer=20)),
             r"expected retrieved maps learned with carbon mixed down to soil layer 14 \(3\.26 m\) .*, got .* layer .*20"),
    "relations": (remade(lambda d: d.assign_attrs(relations="{")), r"expected relations in the retrieved maps at .*Expecting"),
    "numbers": (remade(lambda d: d.assign_attrs(relations='{"unlike": "x"}')), r"relations in .*numbers of nse_best, .*'x'"),
    "names": (remade(lambda d: d.assign_attrs(relations='{"beauty": 1}')), r"relations in .*numbers of nse_best, .*beauty"),
    "infinite": (remade(lambda d: d.assign_attrs(relations='{"unlike": NaN}')), r"relations in .*numbers of nse_best, .*nan"),
    "climate": (another_climate, r"expected retrieved maps made for the climate file .*, got maps .* made for another one"),
}  # fmt: skip


@pytest.mark.parametrize("what", UNSOUND)
def test_an_unsound_file_is_named_and_the_world_starts_without_it(what: str, folder: Path) -> None:
    spoil, message = UNSOUND[what]
    path = folder / "retrieved.nc"
    spoil(path)
    with pytest.raises(RetrievedFileError, match=message) as raised:
        retrieved.read()
    assert len(str(raised.value).splitlines()) == 1
    world = simulation.load_world()
    assert world.retrieved is None
    assert world.parameter_source == simulation.PARAMETER_SET
    (notice,) = world.notices
    assert notice.startswith("The retrieved maps cannot be used, so one published parameter set stands in everywhere: expected")
    assert str(folder) not in notice
    with pytest.raises(RetrievedFileError, match=message):
        simulation.load_world(retrieved=path)


def test_no_flipped_bit_goes_unnoticed(folder: Path, content: bytes) -> None:
    path = folder / "retrieved.nc"
    for place in np.linspace(0, len(content) - 1, 200).astype(int):
        body = bytearray(content)
        body[place] ^= 1 << int(place % 8)
        path.write_bytes(body)
        with pytest.raises(RetrievedFileError):
            retrieved.read()


def test_what_the_best_estimate_says_is_read_back_and_need_not_be_there(maps: xr.Dataset, folder: Path) -> None:
    assert retrieved.relations_of(retrieved.read().attrs) == {}
    artefact.write(maps.assign_attrs(relations='{"unlike": 0.125, "nse_best": -1}'), folder / "retrieved.nc")
    assert retrieved.relations_of(retrieved.read().attrs) == {"nse_best": -1.0, "unlike": 0.125}
    with pytest.raises(ValueError, match="expected finite numbers of nse_best, "):
        artefact.write(maps.assign_attrs(relations='{"unlike": Infinity}'), folder / "retrieved.nc")


def test_maps_say_how_deep_carbon_was_mixed_and_older_ones_that_do_not_are_still_read(folder: Path) -> None:
    assert retrieved.read().attrs["bedrock_layer"] == climate.BEDROCK_LAYER

    def forget(data: xr.Dataset) -> xr.Dataset:
        del data.attrs["bedrock_layer"]
        return data

    remade(forget)(folder / "retrieved.nc")
    assert "bedrock_layer" not in retrieved.read().attrs


def test_maps_of_a_deeper_soil_do_not_fit_a_shallower_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(climate, "BEDROCK_LAYER", 12)
    with pytest.raises(RetrievedFileError, match=r"mixed down to soil layer 12 .*, got maps learned with layer .*14"):
        retrieved.read()


def test_a_file_that_claims_all_memory_is_refused_before_it_is_read(folder: Path) -> None:
    path = folder / "retrieved.nc"
    with netCDF4.Dataset(path, "r") as data:
        kept = {name: data.getncattr(name) for name in data.ncattrs()}
    with netCDF4.Dataset(path, "w") as data:
        data.setncatts(kept)
        for dim, size in {"cell": 10**9, "member": 4, **{k: len(v) for k, v in schema.COORDINATES.items()}}.items():
            data.createDimension(dim, size)
        for name, row in STORED.items():
            data.createVariable(name, row.dtype, row.dims, chunksizes=[1] * len(row.dims))
    store.seal(path)
    assert path.stat().st_size < 1e6
    with pytest.raises(RetrievedFileError, match=r"expected 1\.\.259200 cells in the retrieved maps at .*, got 1000000000"):
        retrieved.read()


def test_maps_of_another_climate_can_be_read_with_it(folder: Path, stored: Path) -> None:
    another_climate(folder / "retrieved.nc")
    assert retrieved.read(climate=stored / "climate.nc").sizes["cell"] == climate.read(stored / "climate.nc").sizes["cell"]
    with pytest.raises(
        RetrievedFileError, match=r"expected the climate file of the retrieved maps .* at .*none\.nc, got no file"
    ):
        retrieved.read(climate=folder / "none.nc")
