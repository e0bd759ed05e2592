"""Every format of soil profiles, on files written as its publisher documents it."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proda_core import observations
from proda_core.observations import ncscd, pedotransfer, reading, wosis2023
from proda_core.observations.header import look
from tests import soils
from tests.soils import EXAMPLE, Layer

Writer = Callable[..., Path]
WRITERS: dict[str, Writer] = {
    "plain": soils.plain,
    "harmonised": soils.harmonised,
    "wosis-2019": soils.wosis2019,
    "wosis-2023": soils.wosis2023,
    "israd": soils.israd,
    "proda": soils.proda,
}


def expected(layers: tuple[Layer, ...], name: str) -> list[float]:
    """Carbon per volume [gC m-3] of every layer, gaps in density filled."""
    found = []
    for soil in layers:
        density = soil.density or float(pedotransfer.bulk_density(soil.carbon / 100)) / 1000
        found.append(replace(soil, density=density).soc_density)
    return found


def known(layers: tuple[Layer, ...], name: str) -> tuple[Layer, ...]:
    """What a format can hold: the authors of PRODA gave every layer a density."""
    return tuple(soil for soil in layers if soil.density is not None or name != "proda")


@pytest.mark.parametrize("name", WRITERS)
class TestEveryFormat:
    def test_is_found_by_its_header(self, name: str, tmp_path: Path) -> None:
        assert reading.find_format(look(WRITERS[name](tmp_path))).name == name

    def test_is_read_as_written(self, name: str, tmp_path: Path) -> None:
        layers = known(EXAMPLE, name)
        found, report = observations.read(WRITERS[name](tmp_path))
        assert (report.layers_read, report.layers_kept, report.profiles_kept) == (len(layers), len(layers), 2)
        np.testing.assert_allclose(found["soc_density"], expected(layers, name), rtol=1e-9)
        np.testing.assert_allclose(found["layer_top"], [soil.top / 100 for soil in layers])
        np.testing.assert_allclose(found["layer_bottom"], [soil.bottom / 100 for soil in layers])
        np.testing.assert_array_equal(found["bulk_density_estimated"], [soil.density is None for soil in layers])
        np.testing.assert_allclose(found["latitude"], [52.25, -3.25])
        np.testing.assert_allclose(found["longitude"], [5.75, -60.25])
        np.testing.assert_array_equal(
            found["profile_index"], [0] * (len(layers) - (1 if name == "proda" else 2)) + [1] * (1 if name == "proda" else 2)
        )
        if name != "proda":
            assert report.assumed["bulk density estimated"] == 2
            assert np.all(found["soc_density_error"] > 0.1 * found["soc_density"])

    def test_naming_the_format_gives_the_same(self, name: str, tmp_path: Path) -> None:
        path = WRITERS[name](tmp_path)
        xr.testing.assert_identical(observations.read(path, format=name)[0], observations.read(path)[0])

    @settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(data=st.data())
    def test_random_layers_come_back(self, name: str, tmp_path: Path, data: st.DataObject) -> None:
        layers = data.draw(profiles(with_gaps=name != "proda"))
        found, report = observations.read(WRITERS[name](tmp_path, layers))
        assert report.layers_kept == report.layers_read == len(layers)
        np.testing.assert_allclose(found["soc_density"], expected(layers, name), rtol=1e-9)
        np.testing.assert_allclose(found["layer_bottom"], [soil.bottom / 100 for soil in layers])


@st.composite
def profiles(draw: st.DrawFn, with_gaps: bool) -> tuple[Layer, ...]:
    """Profiles that lie apart, with layers that follow one another, none of them odd."""
    found = []
    for profile in range(draw(st.integers(1, 4))):
        latitude, longitude = draw(st.floats(-55, 70)), 10.0 * profile + draw(st.floats(1, 2))
        depths = np.cumsum(draw(st.lists(st.integers(2, 60), min_size=2, max_size=6)))
        for top, bottom in pairwise(depths):
            density = draw(st.floats(0.3, 1.9))
            stones = draw(st.floats(0, 60))
            gap = with_gaps and draw(st.booleans())
            carbon = round(draw(st.floats(0.3, 16)), 4)
            found.append(
                Layer(
                    profile + 1,
                    latitude,
                    longitude,
                    int(top),
                    int(bottom),
                    carbon,
                    None if gap else density,
                    None if gap else stones,
                )
            )
    return tuple(found)


def test_plain_table_as_parquet_and_packed(tmp_path: Path) -> None:
    want = observations.read(soils.plain(tmp_path))[0].drop_vars("source")
    parquet = observations.read(soils.plain(tmp_path, name="mine.parquet"))[0].drop_vars("source")
    xr.testing.assert_identical(parquet, want)
    packed = tmp_path / "mine.csv.gz"
    packed.write_bytes(gzip.compress((tmp_path / "mine.csv").read_bytes()))
    xr.testing.assert_identical(observations.read(packed)[0].drop_vars("source"), want)


def test_plain_table_may_give_carbon_per_volume_itself(tmp_path: Path) -> None:
    names = (
        "profile_id",
        "latitude",
        "longitude",
        "layer_top",
        "layer_bottom",
        "soc_density",
        "soc_density_error",
        "date",
        "extrapolated",
    )
    rows = [
        ("a", 50.25, 8.25, 0.0, 0.1, 30000.0, 2000.0, "1999-12", "false"),
        ("a", 50.25, 8.25, 0.1, 0.3, 20000.0, None, "", "true"),
    ]
    found, report = observations.read(soils.write_table(tmp_path / "own.csv", names, rows))
    np.testing.assert_array_equal(found["soc_density"], [30000.0, 20000.0])
    np.testing.assert_array_equal(found["soc_density_error"], [2000.0, np.nan])
    np.testing.assert_array_equal(found["bulk_density"], [np.nan, np.nan])
    np.testing.assert_array_equal(found["extrapolated"], [False, True])
    assert found["date"].item() == "1999-12"
    assert found["source"].item() == "own.csv"
    assert "bulk density estimated" not in report.assumed


def test_columns_may_stand_in_any_order_with_others_between(tmp_path: Path) -> None:
    path = soils.plain(tmp_path)
    want = observations.read(path)[0]
    lines = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    shuffled = [",".join([*line[::-1], "remark"]) for line in lines]
    path.write_text("\ufeff" + "\r\n".join(shuffled), encoding="utf-8")
    xr.testing.assert_identical(observations.read(path)[0], want)


@pytest.mark.parametrize("writer", [soils.wosis2019, soils.wosis2023])
def test_density_of_the_whole_soil_counts_stones_once(writer: Writer, tmp_path: Path) -> None:
    stones, fine = 0.2, 1.25
    whole = fine * (1 - stones) + 2.65 * stones
    layers = [Layer(3, 10.25, 20.25, 0, 20, 1.0, whole, 100 * stones), Layer(3, 10.25, 20.25, 20, 40, 1.0, 1.5, None)]
    found, _ = observations.read(writer(tmp_path, layers, density="bdwsod"))
    np.testing.assert_allclose(found["bulk_density"], [1250, 1500])
    np.testing.assert_allclose(found["soc_density"], [0.01 * 1.25e6 * (1 - stones), 15000])


def test_whole_soil_lighter_than_its_stones_is_estimated(tmp_path: Path) -> None:
    layers = [
        Layer(3, 10.25, 20.25, 0, 20, 1.0, 1.2, 50.0),
        Layer(3, 10.25, 20.25, 20, 40, 1.0, 1.5, 0.0),
        Layer(3, 10.25, 20.25, 40, 60, 1.0, 1.5, 0.0),
    ]
    found, report = observations.read(soils.wosis2019(tmp_path, layers, density="bdws33"))
    assert report.repaired == {"absurd bulk density": 1}
    assert found["bulk_density_estimated"].values.tolist() == [True, False, False]
    assert found["soc_density"].values[0] == pytest.approx(0.01 * 1342e3 * 0.5)


def test_fine_earth_is_preferred_to_whole_soil(tmp_path: Path) -> None:
    soils.wosis2023(tmp_path, density="bdws33")
    soils.wosis2023(tmp_path, [replace(soil, density=1.0) for soil in EXAMPLE], density="bdfiod")
    path = soils.wosis2023(tmp_path, density="bdwsod")
    assert np.all(observations.read(path)[0]["bulk_density"] == 1000)


def test_wosis_2023_without_files_of_density(tmp_path: Path) -> None:
    path = soils.wosis2023(tmp_path)
    for other in tmp_path.glob("wosis_202312_*"):
        if other != path:
            other.unlink()
    _, report = observations.read(path)
    assert report.assumed == {"bulk density estimated": 5, "coarse fragments unknown": 5}


def test_wosis_2023_takes_only_the_file_of_carbon(tmp_path: Path) -> None:
    soils.wosis2023(tmp_path)
    with pytest.raises(
        ValueError, match=r"expected the file of organic carbon, wosis_202312_orgc.tsv, got wosis_202312_cfvo.tsv; name"
    ):
        observations.read(tmp_path / "wosis_202312_cfvo.tsv")


@pytest.mark.parametrize("writer", [soils.wosis2019, soils.wosis2023])
def test_a_directory_stands_for_the_snapshot_in_it(writer: Writer, tmp_path: Path) -> None:
    path = writer(tmp_path)
    xr.testing.assert_identical(observations.read(tmp_path)[0], observations.read(path)[0])


def test_a_directory_without_a_snapshot(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"expected one of wosis_\*_orgc.tsv\*, .*, got none; name the file itself"):
        observations.read(tmp_path)


def test_wosis_gives_date_and_licence(tmp_path: Path) -> None:
    for directory, writer, date in (
        (tmp_path / "a", soils.wosis2019, "1987-05-30"),
        (tmp_path / "b", soils.wosis2023, "1998-07-01"),
    ):
        directory.mkdir()
        found, _ = observations.read(writer(directory))
        assert set(found["date"].values) == {date}
        assert all("CC-BY" in licence for licence in found["licence"].values)
        assert found["profile_id"].values.tolist() == ["wosis|7", "wosis|31"]


def test_wosis_2019_spells_licence_both_ways(tmp_path: Path) -> None:
    found, _ = observations.read(soils.wosis2019(tmp_path, licence="license"))
    assert set(found["licence"].values) == {"{1:CC-BY}"}


@pytest.mark.parametrize("name", ["wosis_201909_layers_physical.tsv", "wosis_201909_profiles.tsv"])
def test_wosis_2019_names_the_file_that_is_missing(name: str, tmp_path: Path) -> None:
    path = soils.wosis2019(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ValueError, match=f"expected {name} beside .*, got none; put the files"):
        observations.read(path)


def test_litter_of_wosis_is_dropped(tmp_path: Path) -> None:
    path = soils.wosis2023(tmp_path, surface="t")
    soils.write_table(tmp_path / "x.csv", ("a",), [])
    with pytest.raises(ValueError, match=r"got none: 5 layers read, 5 litter layer"):
        observations.read(path)
    path = soils.wosis2019(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace("\t0\t12\tA\tf", "\t-5\t0\tO\tt", 1), encoding="utf-8")
    _, report = observations.read(path)
    assert report.dropped == {"litter layer": 1}


def test_israd_with_and_without_the_rows_of_the_template(tmp_path: Path) -> None:
    with_rows = observations.read(soils.israd(tmp_path))[0]
    without = observations.read(soils.israd(tmp_path, template=False))[0]
    xr.testing.assert_identical(with_rows, without)
    assert set(with_rows["date"].values) == {"1996-08"}
    assert with_rows["profile_id"].values[0] == "israd|Gaudinski_2001|Harvard|P7"


def test_israd_fills_from_totals_and_knows_no_infinite_depth(tmp_path: Path) -> None:
    names = (
        "entry_name",
        "site_name",
        "pro_name",
        "site_lat",
        "site_long",
        "lyr_top",
        "lyr_bot",
        "lyr_c_org",
        "lyr_c_tot",
        "lyr_c_inorg",
        "lyr_bd_tot",
        "lyr_coarse_tot",
    )
    rows = [
        ("e", "s", "p", 45.25, 7.25, -4, 0, 40.0, None, None, None, None),
        ("e", "s", "p", 45.25, 7.25, 0, 10, None, 3.0, 1.0, 1.2, 25.0),
        ("e", "s", "p", 45.25, 7.25, 10, 20, None, 3.0, None, 1.2, 25.0),
        ("e", "s", "p", 45.25, 7.25, 20, "Inf", 1.0, None, None, None, None),
    ]
    found, report = observations.read(soils.write_table(tmp_path / "flat.csv", names, rows))
    assert report.dropped == {"litter layer": 1, "missing depth": 1, "missing carbon": 1}
    assert found["soc_density"].item() == pytest.approx(0.02 * 1.2e6 * 0.75)


@pytest.mark.parametrize("unit", [1.0, 1000.0])
@pytest.mark.parametrize("transposed", [True, False])
def test_files_of_the_authors_in_both_orders_and_units(unit: float, transposed: bool, tmp_path: Path) -> None:
    found, _ = observations.read(soils.proda(tmp_path, unit=unit, transposed=transposed))
    np.testing.assert_allclose(found["bulk_density"], [1210, 1380, 1050])
    assert set(found["date"].values) == {"1987-05-30"}


def test_permafrost_increments_keep_what_is_extrapolated(tmp_path: Path) -> None:
    rows = [("h|1", 65.25, -150.25, 0, 30, 40.0, 90, "False"), ("h|1", 65.25, -150.25, 30, 100, 60.0, 90, "True")]
    found, report = observations.read(soils.increments(tmp_path, rows))
    np.testing.assert_array_equal(found["soc_density"], [40000, 60000])
    np.testing.assert_array_equal(found["extrapolated"], [False, True])
    assert np.isnan(found["soc_density_error"]).all()
    assert report.assumed == {}


class TestGrid:
    def test_stocks_by_increment(self, tmp_path: Path) -> None:
        stock = np.array([[100, 200, -32768], [0, 400, 500]])
        paths = [soils.ncscd(tmp_path, 200, stock), soils.ncscd(tmp_path, 30, stock // 2 * 2, north_first=False)]
        found = ncscd.read(paths)
        assert found["soc_stock"].dims == ("increment", "latitude", "longitude")
        assert found["bottom"].values.tolist() == [0.3, 2.0]
        assert found["top"].values.tolist() == [0.0, 1.0]
        assert found["latitude"].values.tolist() == [60.25, 60.75]
        assert found["soc_stock"].attrs["units"] == "kg m-2"
        for increment in found["soc_stock"].values:
            np.testing.assert_allclose(increment, [[10, 20, np.nan], [np.nan, 40, 50]])

    def test_other_files_are_refused(self, tmp_path: Path) -> None:
        path = soils.ncscd(tmp_path, 30, np.ones((2, 3)))
        with pytest.raises(
            ValueError, match=r"expected soil profiles in .*, got a grid of NCSCD; read it with observations.ncscd"
        ):
            observations.read(path)
        with pytest.raises(
            ValueError, match=r"expected one of SOCC30, SOCC100, SOCC200, SOCC300 in the file's name, got mine.nc"
        ):
            ncscd.read([path.rename(tmp_path / "mine.nc")])
        with pytest.raises(ValueError, match="got none"):
            ncscd.read([])
        other = soils.proda(tmp_path).rename(tmp_path / "x_SOCC30_y.nc")
        with pytest.raises(ValueError, match=r"expected a grid of NCSCD at .*expected the variable NCSCDv2"):
            ncscd.read([other])

    def test_grids_must_agree(self, tmp_path: Path) -> None:
        paths = [soils.ncscd(tmp_path, 30, np.ones((2, 3))), soils.ncscd(tmp_path, 100, np.ones((2, 4)))]
        with pytest.raises(ValueError, match="expected grids of one size and place"):
            ncscd.read(paths)


def test_names_of_snapshot_files() -> None:
    assert wosis2023._NAME.fullmatch("wosis_202312_orgc.tsv.gz")
    assert not wosis2023._NAME.fullmatch("orgc.tsv")
