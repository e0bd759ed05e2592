"""Broken files of every format: refused in one voice, or counted; never read as something else."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from proda_core import observations
from proda_core.observations import header, reading
from tests import soils
from tests.soils import EXAMPLE

Writer = Callable[..., Path]
TEXTS: dict[str, Writer] = {
    "plain": soils.plain,
    "harmonised": soils.harmonised,
    "wosis-2019": soils.wosis2019,
    "wosis-2023": soils.wosis2023,
    "israd": soils.israd,
}
VOICE = re.compile(r"expected .+, got .+", re.DOTALL)


def refusal(path: Path, **options: str) -> str:
    with pytest.raises(ValueError, match=r"^expected ") as caught:
        observations.read(path, **options)
    assert VOICE.match(str(caught.value)), caught.value
    return str(caught.value)


@pytest.mark.parametrize("name", TEXTS)
class TestTexts:
    @pytest.fixture
    def path(self, name: str, tmp_path: Path) -> Path:
        return TEXTS[name](tmp_path)

    def test_cut_off(self, path: Path) -> None:
        whole = path.read_bytes().rstrip(b"\n")
        path.write_bytes(whole[: whole.rindex(b"\n") + 12])
        message = refusal(path)
        assert "expected a whole table with" in message
        assert "columns, got" in message

    def test_cut_off_within_the_header(self, path: Path) -> None:
        path.write_bytes(path.read_bytes()[:14])
        assert "in one of the formats wosis-2019, wosis-2023" in refusal(path)

    def test_empty(self, path: Path) -> None:
        path.write_bytes(b"")
        assert "expected names of columns in the first line" in refusal(path)

    def test_no_layers(self, path: Path) -> None:
        path.write_bytes(path.read_bytes().split(b"\n")[0] + b"\n")
        assert "got none: 0 layers read" in refusal(path)

    def test_wrong_separator(self, name: str, path: Path) -> None:
        right = "\t" if name.startswith("wosis") else ","
        path.write_text(path.read_text(encoding="utf-8").replace(right, ";"), encoding="utf-8")
        message = refusal(path)
        assert "expected columns separated by" in message
        assert "got semicolon; save it with" in message

    def test_not_utf8(self, path: Path) -> None:
        path.write_bytes(path.read_bytes().replace(b"A", b"\xc4").replace(b"e", b"\xe9"))
        assert "expected UTF-8 text in" in refusal(path)

    def test_not_utf8_below_the_header(self, path: Path) -> None:
        first, _, rest = path.read_bytes().partition(b"\n")
        path.write_bytes(
            first + b"\n" + rest.replace(b"f", b"\xe9").replace(b"p", b"\xe9").replace(b"i", b"\xe9").replace(b"{", b"\xe9")
        )
        assert "expected UTF-8 text in" in refusal(path)

    def test_words_where_numbers_belong(self, path: Path) -> None:
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join([*lines[:-1], lines[-1].replace("5", "much")]) + "\n", encoding="utf-8")
        message = refusal(path)
        assert "numbers where they belong" in message
        assert "much" in message

    def test_a_line_too_long(self, name: str, path: Path) -> None:
        separator = "\t" if name.startswith("wosis") else ","
        with path.open("a", encoding="utf-8") as file:
            file.write(separator * 80 + "\n")
        assert "columns, got 81" in refusal(path)

    def test_packed_and_cut_off(self, path: Path) -> None:
        packed = path.with_name(f"{path.name}.gz")
        packed.write_bytes(gzip.compress(path.read_bytes() * 3)[:-20])
        assert "expected a whole" in refusal(packed)

    @pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)])
    @pytest.mark.parametrize("part", [0.0, 0.5])
    def test_packed_and_damaged(self, suffix: str, pack: Callable[[bytes], bytes], part: float, path: Path) -> None:
        content = bytearray(pack(path.read_bytes() * 50))
        start = 5 + int(part * len(content))
        content[start : start + 40] = bytes(byte ^ 0x5A for byte in content[start : start + 40])
        packed = path.with_name(f"{path.name}{suffix}")
        packed.write_bytes(content)
        refusal(packed)

    def test_packed_in_name_only(self, path: Path) -> None:
        assert "expected a whole file at" in refusal(path.rename(path.with_name(f"{path.name}.gz")))


class TestSwappedColumns:
    @pytest.mark.parametrize("name", TEXTS)
    def test_latitude_and_longitude(self, name: str, tmp_path: Path) -> None:
        far = [replace(soil, longitude=120.25) for soil in EXAMPLE]
        swapped = [replace(soil, latitude=soil.longitude, longitude=soil.latitude) for soil in far]
        assert "are latitude and longitude swapped or missing?" in refusal(TEXTS[name](tmp_path, swapped))

    @pytest.mark.parametrize("name", TEXTS)
    def test_upper_and_lower_depth(self, name: str, tmp_path: Path) -> None:
        swapped = [replace(soil, top=soil.bottom, bottom=soil.top) for soil in EXAMPLE if soil.top > 0]
        assert "are upper and lower depth swapped?" in refusal(TEXTS[name](tmp_path, swapped))


class TestUnits:
    @pytest.mark.parametrize("name", TEXTS)
    @pytest.mark.parametrize("factor", [100.0, 0.01])
    def test_depths_in_another_unit(self, name: str, factor: float, tmp_path: Path) -> None:
        path = TEXTS[name](tmp_path, [replace(soil, top=soil.top * factor, bottom=soil.bottom * factor) for soil in EXAMPLE])
        assert "are depths given in another unit?" in refusal(path)

    @pytest.mark.parametrize("name", TEXTS)
    @pytest.mark.parametrize("factor", [1000.0, 0.001])
    def test_density_in_another_unit(self, name: str, factor: float, tmp_path: Path) -> None:
        path = TEXTS[name](tmp_path, [replace(soil, density=1.2 * factor) for soil in EXAMPLE])
        assert "absurd bulk density, got 5 of 5; is it given in another unit?" in refusal(path)

    @pytest.mark.parametrize("name", TEXTS)
    def test_carbon_far_too_large(self, name: str, tmp_path: Path) -> None:
        path = TEXTS[name](tmp_path, [replace(soil, carbon=100 * soil.carbon) for soil in EXAMPLE])
        assert "is organic carbon given in another unit?" in refusal(path)

    @pytest.mark.parametrize("name", TEXTS)
    def test_carbon_too_small_is_remarked_upon(self, name: str, tmp_path: Path) -> None:
        _, report = observations.read(TEXTS[name](tmp_path, [replace(soil, carbon=soil.carbon / 100) for soil in EXAMPLE]))
        assert any("organic carbon; is it given in another unit?" in remark for remark in report.remarks)

    def test_two_units_in_one_column_are_remarked_upon(self, tmp_path: Path) -> None:
        mixed = [EXAMPLE[0], *(replace(soil, top=soil.top, carbon=80.0) for soil in EXAMPLE[1:3]), *EXAMPLE[3:]]
        _, report = observations.read(soils.plain(tmp_path, mixed))
        assert report.dropped == {"absurd carbon": 2}
        assert "are there two units in one column?" in report.remarks[0]


class TestBinaries:
    def test_netcdf_cut_off(self, tmp_path: Path) -> None:
        path = soils.proda(tmp_path)
        path.write_bytes(path.read_bytes()[:900])
        assert "expected a whole NetCDF file at" in refusal(path)

    def test_profiles_cut_off(self, tmp_path: Path) -> None:
        path = soils.proda(tmp_path)
        beside = tmp_path / "soc_profile_test.nc"
        beside.write_bytes(beside.read_bytes()[:900])
        assert "expected a whole NetCDF file at" in refusal(path)

    @pytest.mark.parametrize("name", ["soc_data_integrate_test.nc", "soc_profile_test.nc"])
    @pytest.mark.parametrize("form", ["NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET"])
    def test_a_classic_file_cut_off(self, tmp_path: Path, name: str, form: str) -> None:
        """Zeros would be read in place of its end."""
        path = soils.proda(tmp_path, form=form)
        assert observations.read(path)[0].sizes["observation"] > 0
        cut = tmp_path / name
        cut.write_bytes(cut.read_bytes()[:-8])
        assert "expected a whole NetCDF file at" in refusal(path)

    def test_profiles_missing(self, tmp_path: Path) -> None:
        path = soils.proda(tmp_path)
        (tmp_path / "soc_profile_test.nc").unlink()
        assert "expected a file of profiles, soc_profile_*.nc, beside" in refusal(path)

    def test_profiles_of_another_kind(self, tmp_path: Path) -> None:
        path = soils.proda(tmp_path)
        (tmp_path / "soc_profile_test.nc").write_bytes(path.read_bytes())
        assert "expected the variable soc_profile_info" in refusal(path)

    def test_another_shape(self, tmp_path: Path) -> None:
        path = tmp_path / "soc_data_integrate_x.nc"
        with netCDF4.Dataset(path, "w") as data:
            data.createDimension("a", 5)
            data.createVariable("data_soc_integrate", "f8", ("a", "a"))[:] = np.ones((5, 5))
        assert "expected data_soc_integrate with 9 columns" in refusal(path)

    def test_another_netcdf(self, tmp_path: Path) -> None:
        path = tmp_path / "odd.nc"
        with netCDF4.Dataset(path, "w") as data:
            data.createVariable("tas", "f8", ())
        assert "got NetCDF with the variables tas; rename" in refusal(path)

    def test_parquet_cut_off(self, tmp_path: Path) -> None:
        path = soils.plain(tmp_path, name="mine.parquet")
        path.write_bytes(path.read_bytes()[:-40])
        assert "expected a whole Parquet file at" in refusal(path)

    def test_parquet_with_words_for_numbers(self, tmp_path: Path) -> None:
        import pandas as pd

        path = soils.plain(tmp_path, name="mine.parquet")
        pd.read_parquet(path).astype({"layer_top": "str"}).replace({"layer_top": {"0.0": "surface"}}).to_parquet(path)
        assert "expected numbers and text as documented in" in refusal(path)


def test_a_file_of_no_known_format_lists_formats_and_its_header(tmp_path: Path) -> None:
    path = soils.write_table(tmp_path / "odd.csv", ("name", "colour"), [("a", "red")])
    message = refusal(path)
    for name in reading.FORMATS:
        assert name in message
    assert "got comma-separated text with the columns name, colour" in message


def test_a_file_that_fits_two_formats_must_be_named(tmp_path: Path) -> None:
    path = soils.harmonised(tmp_path)
    lines = path.read_text(encoding="utf-8").splitlines()
    extra = ["latitude,longitude,layer_top,layer_bottom,soc_density", *["1,2,0,0.1,5000"] * (len(lines) - 1)]
    path.write_text("\n".join(f"{a},{b}" for a, b in zip(lines, extra, strict=True)), encoding="utf-8")
    assert "in only one of the formats plain, harmonised" in refusal(path)
    assert observations.read(path, format="harmonised")[1].layers_read == 5


def test_unknown_name_of_a_format(tmp_path: Path) -> None:
    assert "expected a format out of wosis-2019, " in refusal(soils.plain(tmp_path), format="wosis")


def test_a_format_by_name_whose_columns_are_not_there(tmp_path: Path) -> None:
    message = refusal(soils.plain(tmp_path), format="harmonised")
    assert "expected the columns source, bd_measured, lat" in message
    assert "rename or add them" in message
    names = ("profile_id", "latitude", "longitude", "layer_top", "layer_bottom")
    path = soils.write_table(tmp_path / "own.csv", names, [("a", 1.0, 2.0, 0.0, 0.1)])
    assert "expected the columns organic_carbon or soc_density" in refusal(path, format="plain")


def test_missing_file(tmp_path: Path) -> None:
    assert "got none; name a file" in refusal(tmp_path / "none.csv")
    with pytest.raises(ValueError, match="got a directory; name a file"):
        header.look(tmp_path)


def test_israd_without_places(tmp_path: Path) -> None:
    names = ("entry_name", "site_name", "pro_name", "lyr_top", "lyr_bot", "lyr_c_org")
    path = soils.write_table(tmp_path / "layer.csv", names, [("e", "s", "p", 0, 10, 1.0)])
    assert "expected the columns pro_lat, pro_long" in refusal(path)
