"""Files of a view hold what the page shows, say where it comes from, and are refused with a reason where there is nothing."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from PIL import Image
from tornado.httpclient import AsyncHTTPClient, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.testing import bind_unused_port
from tornado.web import Application

from dashboard import downloads, export, export_region, export_soil, paper, printed
from dashboard.catalogue import VIEWS
from dashboard.choice import Choice
from dashboard.dress import dress
from dashboard.engine import Engine
from proda_core.grid import POOLS, SOIL_POOLS
from proda_core.scenario import Scenario
from proda_core.scenarios import Region

CHANGED = Scenario(cue=0.01, warming=2.0)
Fetch = Callable[[str], HTTPResponse]
ADDRESS = "http://localhost:5006/?v=1&cue=1"


@pytest.fixture
def place(engine: Engine) -> tuple[float, float]:
    land = engine.model.land
    return float(land.latitude[7]), float(land.longitude[7])


@pytest.mark.parametrize(
    ("variable", "view"), [("soc", "change"), ("cue", "percent"), ("q10", "baseline"), ("gain_cue", "baseline")]
)
def test_a_netcdf_file_holds_the_map_and_its_origin(engine: Engine, variable: str, view: str) -> None:
    answer = engine.answer(Choice(CHANGED, variable, "2m", view))
    data = export.map_dataset(engine, answer, ADDRESS)
    land, name = engine.model.land, next(iter(data.data_vars))
    here = data[name].sel(latitude=xr.DataArray(land.latitude), longitude=xr.DataArray(land.longitude), method="nearest")
    np.testing.assert_allclose(here, engine.map_values(answer).astype(np.float32), equal_nan=True)
    assert int(data["land_area"].notnull().sum()) == len(engine.model)
    assert data.attrs["Conventions"] == "CF-1.11"
    assert data.attrs["scenario"] == "cue=0.01 warming=2"
    for part in (engine.version, engine.model.parameter_source, ADDRESS):
        assert any(part in str(text) for text in data.attrs.values())


def test_a_written_file_is_read_back(engine: Engine, tmp_path: Path) -> None:
    data = export.map_dataset(engine, engine.answer(Choice(CHANGED, view="change")))
    path = tmp_path / "map.nc"
    path.write_bytes(export.as_netcdf(data))
    with xr.open_dataset(path) as back:
        np.testing.assert_array_equal(back["soc_change"], data["soc_change"])
        assert back["soc_change"].attrs["units"] == "kg m-2"


def test_carbon_of_the_map_adds_up_to_the_stock(engine: Engine) -> None:
    answer = engine.answer(Choice(CHANGED))
    data = export.map_dataset(engine, answer)
    assert float((data["soc"].astype(float) * data["land_area"]).sum()) / 1e12 == pytest.approx(answer.outcome.total[1], rel=1e-6)


def test_a_table_is_the_map_cell_by_cell(engine: Engine) -> None:
    answer = engine.answer(Choice(CHANGED, view="change"))
    content = export.as_csv(export.map_table(engine, answer, ADDRESS))
    table = pd.read_csv(io.BytesIO(content), comment="#")
    assert list(table) == ["latitude_degrees_north", "longitude_degrees_east", "land_area_m2", "soc_change [kg m-2]"]
    np.testing.assert_allclose(table["soc_change [kg m-2]"], engine.map_values(answer), rtol=1e-5)
    head = content.decode().split("latitude_degrees")[0]
    assert ADDRESS in head
    assert all(line.startswith("# ") for line in head.splitlines())


def test_a_profile_table_adds_up_to_the_profile(engine: Engine, place: tuple[float, float]) -> None:
    answer = engine.answer(Choice(CHANGED, place=place))
    assert answer.profile is not None
    table = export_soil.profile_table(engine, answer)
    for label, soil in (("baseline", answer.profile.baseline), ("scenario", answer.profile.scenario)):
        columns = [f"{pool}_{label} [kg m-3]" for pool in POOLS[SOIL_POOLS]]
        np.testing.assert_allclose(table[columns].sum(axis=1), soil)
    np.testing.assert_allclose(table["layer_top_m"][1:], table["layer_bottom_m"][:-1])


def test_a_profile_file_holds_its_table(engine: Engine, place: tuple[float, float], tmp_path: Path) -> None:
    answer = engine.answer(Choice(CHANGED, place=place))
    table, path = export_soil.profile_table(engine, answer), tmp_path / "profile.nc"
    path.write_bytes(export.as_netcdf(export_soil.profile_dataset(engine, answer, ADDRESS)))
    with xr.open_dataset(path) as data:
        np.testing.assert_allclose(data["carbon_scenario"].sel(pool="slow"), table["slow_scenario [kg m-3]"])
        np.testing.assert_allclose(data[data["depth"].attrs["bounds"]], table[["layer_top_m", "layer_bottom_m"]])
        assert float(data["latitude"]) == place[0]
        assert ADDRESS in data.attrs["references"]


@pytest.mark.parametrize("region", [None, Region(latitude=(-30.0, 30.0))])
def test_cells_of_a_region_add_up_to_its_stocks(engine: Engine, region: Region | None, tmp_path: Path) -> None:
    answer = engine.answer(Choice(CHANGED, region=region))
    path = tmp_path / "region.nc"
    path.write_bytes(export.as_netcdf(export_region.region_dataset(engine, answer, ADDRESS)))
    table = export_region.region_table(engine, answer)
    with xr.open_dataset(path) as data:
        for i, state in enumerate(("baseline", "scenario")):
            stock = (data[f"soc_{state}"] * data["land_area"]).sum(["latitude", "longitude"]) / 1e12  # kg in a Pg
            np.testing.assert_allclose(stock, answer.stocks[i], rtol=1e-5)
            np.testing.assert_allclose(data[f"stock_{state}"], table[f"{state} [Pg]"])
        assert float(data["land_area"].sum()) == pytest.approx(table["land_area [m2]"][0])
        assert data.attrs["region"] == ("all land" if region is None else str(region))


def test_a_table_of_flows_balances(engine: Engine, place: tuple[float, float]) -> None:
    content = export.as_csv(export_soil.flows_table(engine, engine.answer(Choice(CHANGED, place=place)), ADDRESS))
    table = pd.read_csv(io.BytesIO(content), comment="#", keep_default_na=False)
    flows = table[table["part"] != "stock"]
    for pool in POOLS:
        for state in ("baseline", "scenario"):
            gained, lost = (flows.loc[flows[end] == pool, state].sum() for end in ("to", "from"))
            assert gained == pytest.approx(lost, rel=1e-5)  # seven digits are written
    assert "# title: Pools and flows" in content.decode()


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("variable", ["soc", "residence_time", "q10", "dissimilarity"])
def test_a_map_for_print_is_a_picture_of_its_size(informed: Engine, variable: str, view: str) -> None:
    answer = informed.answer(Choice(CHANGED, variable, view=view))
    picture = Image.open(io.BytesIO(printed.figure(informed, answer, "png", ADDRESS)))
    assert picture.size == (round(300 * paper.WIDTH), round(300 * (printed.HEAD + printed.FOOT)))
    assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 30


def test_the_picture_follows_the_scenario(engine: Engine) -> None:
    one, other = (printed.figure(engine, engine.answer(Choice(Scenario(cue=cue), view="change")), "png") for cue in (0.05, -0.05))
    pixels = [np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int) for content in (one, other)]
    assert (pixels[0][:1000] != pixels[1][:1000]).any()


def test_a_drawing_is_text_that_can_be_read(engine: Engine) -> None:
    content = printed.figure(engine, engine.answer(Choice(CHANGED)), "svg", ADDRESS)
    assert content.lstrip().startswith(b"<?xml")
    assert b"<image" in content


def test_title_and_caption_say_what_and_how_much(engine: Engine) -> None:
    answer = engine.answer(Choice(CHANGED, view="change"))
    said = " ".join(printed.caption(engine, answer, ADDRESS).split())
    assert "A 1 % rise in microbial CUE and a warming of 2 °C everywhere together" in said
    assert engine.version in said
    assert "change from baseline" in printed.plain_title(dress(engine, answer))


@pytest.fixture
def fetch(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fetch]:
    """Gets an address from a server of files."""
    monkeypatch.setattr(downloads, "shared", lambda: engine)
    loop = IOLoop(make_current=False)

    def get(path: str) -> HTTPResponse:
        async def there_and_back() -> HTTPResponse:
            server = HTTPServer(Application([(r"/files/([a-z.]{1,20})", downloads.Files)]))
            socket, port = bind_unused_port()
            server.add_socket(socket)
            try:
                return await AsyncHTTPClient().fetch(f"http://127.0.0.1:{port}{path}", raise_error=False)
            finally:
                server.stop()

        return loop.run_sync(there_and_back)

    yield get
    loop.close()


OF_A_PLACE = ("profile.nc", "profile.csv", "flows.csv")


@pytest.mark.parametrize("name", [name for name in {**downloads.FILES, **downloads.PICTURES} if name not in OF_A_PLACE])
def test_every_file_is_served_under_its_type(fetch: Fetch, name: str) -> None:
    answer = fetch(f"/files/{name}?v=1&cue=1&view=change")
    assert answer.code == 200
    assert answer.headers["Content-Type"] == {**downloads.FILES, **downloads.PICTURES}[name][0]
    assert answer.headers["Content-Disposition"] == f'attachment; filename="proda-{name}"'
    assert len(answer.body) > 1000


def test_a_served_picture_is_looked_at_as_its_link_says(fetch: Fetch) -> None:
    pictures = [fetch(f"/files/map.png?v=1&cue=1&view=change{more}").body for more in ("", "&zoom=4,0.1,0.4", "&fit=1")]
    assert len(set(pictures)) == 3


def test_a_profile_is_served_where_a_place_is_named(fetch: Fetch, place: tuple[float, float]) -> None:
    answer = fetch(f"/files/profile.csv?v=1&cue=1&at={place[0]},{place[1]}")
    assert b"passive_scenario" in answer.body
    assert b"v=1&cue=1&at=" in answer.body
    assert fetch(f"/files/profile.nc?v=1&at={place[0]},{place[1]}").body.startswith(b"\x89HDF")
    assert b"respiration,fast,air" in fetch(f"/files/flows.csv?v=1&cue=1&at={place[0]},{place[1]}").body


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/files/map.exe", 404, "expected one of map.nc"),
        ("/files/profile.csv?v=1&cue=1", 404, "click the map first"),
        ("/files/flows.csv?v=1&cue=1", 404, "click the map first"),
        ("/files/map.csv?v=1&cue=nan", 400, "expected cue between"),
        ("/files/map.csv?v=7&cue=1", 400, "expected v=1"),
        ("/files/map.csv?v=1&map=%3Cscript%3E", 400, "expected map"),
    ],
)
def test_what_there_is_not_is_refused_with_a_reason(fetch: Fetch, path: str, status: int, told: str) -> None:
    answer = fetch(path)
    assert answer.code == status
    assert told in answer.body.decode()
    assert answer.headers["Content-Type"].startswith("text/plain")
