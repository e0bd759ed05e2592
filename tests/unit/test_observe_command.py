"""``proda observe`` and ``proda fetch``, by what they print, write, and the exit code they leave with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from proda_core import climate, observations
from proda_core.observations import fetch
from proda_core.observations.download import DownloadError
from tests import soils
from tests.shell import fails, proda


@pytest.fixture
def land(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A climate file that says where land is: where the example's profiles are, and nowhere else."""
    places = {"latitude": [52.25, -3.25], "longitude": [5.75, -60.25], "land_fraction": [1.0, 1.0]}
    stored = xr.Dataset({name: ("cell", np.array(values)) for name, values in places.items()})
    monkeypatch.setattr(climate, "read", lambda path=None: stored)
    path = tmp_path / "land.nc"
    path.touch()
    return path


def test_profiles_and_report_are_written_and_shown(land: Path, tmp_path: Path) -> None:
    out = tmp_path / "profiles.nc"
    result = proda("observe", soils.plain(tmp_path), "--out", out, "--climate", land)
    assert result.exit_code == 0, result.output
    assert "│ kept" in result.stdout
    assert "bulk density estimated" in result.stdout
    assert f"wrote {out}" in result.stdout
    assert observations.load(out).sizes == {"profile": 2, "observation": 5}
    report = json.loads((tmp_path / "profiles.report.json").read_text(encoding="utf-8"))
    assert (report["layers_read"], report["layers_kept"], report["assumed"]["bulk density estimated"]) == (5, 5, 2)


def test_several_files_become_one_table(land: Path, tmp_path: Path) -> None:
    rows = [("h|1", 52.25, 5.75, 0, 30, 40.0, 90, "False")]
    out = tmp_path / "profiles.nc"
    result = proda("observe", soils.plain(tmp_path), soils.increments(tmp_path, rows), "--out", out, "--climate", land)
    assert result.exit_code == 0, result.output
    assert observations.load(out)["profile_id"].values.tolist() == ["p7", "p31", "h|1"]


def test_choices_are_accounted_for(land: Path, tmp_path: Path) -> None:
    near = [soils.Layer(8, 52.3, 5.8, top, top + 10, 1.0) for top in (0, 10, 20)]
    far = [soils.Layer(9, 0.25, -30.25, 0, 10, 1.0)]
    path = soils.plain(tmp_path, [*soils.EXAMPLE, *near, *far])
    out = tmp_path / "profiles.nc"
    result = proda("observe", path, "--out", out, "--climate", land, "--min-layers", "3", "--thin", "1", "--seed", "4")
    assert result.exit_code == 0, result.output
    report = json.loads(out.with_suffix(".report.json").read_text(encoding="utf-8"))
    assert report["dropped"] == {"ocean cell": 1, "too few layers": 2, "thinned": 3}
    assert report["profiles_kept"] == observations.load(out).sizes["profile"] == 1
    for word in ("ocean cell", "too few layers", "thinned"):
        assert word in result.stdout


def test_remarks_are_shown(land: Path, tmp_path: Path) -> None:
    poor = [replace(soil, carbon=soil.carbon / 100) for soil in soils.EXAMPLE]
    result = proda("observe", soils.plain(tmp_path, poor), "--out", tmp_path / "p.nc", "--climate", land)
    assert "Note: half of the layers hold less than" in result.stdout


class TestRefusals:
    def test_files_of_no_format(self, land: Path, tmp_path: Path) -> None:
        path = soils.write_table(tmp_path / "odd.csv", ("a", "b"), [(1, 2)])
        assert "in one of the formats wosis-2019" in fails("observe", path, "--out", tmp_path / "p.nc", "--climate", land)
        assert not (tmp_path / "p.nc").exists()

    def test_missing_file(self, land: Path, tmp_path: Path) -> None:
        line = fails("observe", tmp_path / "none.csv", "--out", tmp_path / "p.nc", "--climate", land)
        assert "none.csv, got none; name a file" in line

    @pytest.mark.parametrize("name", ["p.nc", "p.report.json"])
    def test_outputs_that_are_there(self, name: str, land: Path, tmp_path: Path) -> None:
        (tmp_path / name).write_text("old", encoding="utf-8")
        arguments = ("observe", soils.plain(tmp_path), "--out", tmp_path / "p.nc", "--climate", land)
        assert f"expected a new file to write, got {tmp_path / name}" in fails(*arguments)
        assert (tmp_path / name).read_text(encoding="utf-8") == "old"
        assert proda(*arguments, "--force").exit_code == 0

    def test_missing_climate(self, tmp_path: Path) -> None:
        arguments = ("observe", soils.plain(tmp_path), "--out", tmp_path / "p.nc", "--climate", tmp_path / "none.nc")
        assert "expected a climate file at" in fails(*arguments)

    @pytest.mark.parametrize("option", ["--min-layers", "--thin"])
    def test_numbers_below_one(self, option: str, tmp_path: Path) -> None:
        line = fails("observe", tmp_path / "a.csv", "--out", tmp_path / "p.nc", option, "0", code=2)
        assert "of at least 1, got 0; see proda observe --help" in line


class TestFetch:
    def test_says_what_came_whom_to_cite_and_what_next(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file = tmp_path / "wosis_202312_orgc.tsv"
        file.write_text("x", encoding="utf-8")
        monkeypatch.setattr(fetch, "fetch", lambda name, directory, progress: [file])
        result = proda("fetch", "wosis-2023", "--to", tmp_path)
        assert result.exit_code == 0, result.output
        assert f"next: proda observe {file} --out profiles.nc" in result.stdout
        assert "doi:10.17027/isric-wdcsoils-20231130" in result.stdout

    def test_offline_is_one_line(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def offline(*arguments: object) -> None:
            raise DownloadError("expected an answer, got none; check the connection")

        monkeypatch.setattr(fetch, "fetch", offline)
        assert fails("fetch", "wosis-2023", "--to", tmp_path) == "error: expected an answer, got none; check the connection"

    def test_wrong_usage(self, tmp_path: Path) -> None:
        assert "expected one of wosis-2023, got 'wosis-1850'" in fails("fetch", "wosis-1850", code=2)
        (tmp_path / "file").touch()
        assert "got the file" in fails("fetch", "wosis-2023", "--to", tmp_path / "file")
