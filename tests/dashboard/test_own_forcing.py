"""A visitor's own forcing: told from profiles by its content, solved under, beside the page, and gone with it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from dashboard import export, own, own_forcing, own_forcing_words, plots
from dashboard.app import Page
from dashboard.engine import Engine
from dashboard.language import speaking
from dashboard.own_forcing import Comparison, Forced
from dashboard.views import own_forcing as view
from proda_core import observations
from proda_core.scenario import Scenario
from proda_core.scenarios import Experiment, Region
from proda_core.simulation import forcing
from tests.dashboard.test_own import sent
from tests.dashboard.visit import slide

BOX = (38.0, 54.0, 120.0, 144.0)
"""Where most of the few cells of the small world lie close together."""


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_forcing, "EXAMPLE_BOX", BOX)


@pytest.fixture
def page(engine: Engine) -> Page:
    return Page(engine)


@pytest.fixture(scope="module")
def warm(engine: Engine) -> bytes:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(own_forcing, "EXAMPLE_BOX", BOX)
        return export.as_netcdf(own_forcing.example(engine))


@pytest.fixture
def forced(engine: Engine, warm: bytes, tmp_path: Path) -> Forced:
    (tmp_path / "warm.nc").write_bytes(warm)
    return Forced("warm.nc", forcing.read(tmp_path / "warm.nc", engine.model.land))


def shown(page: Page, *moves: Callable[[], Any]) -> None:
    """Make moves, and wait until what is shown of the forcing follows."""

    async def settled() -> None:
        for move in moves:
            move()
            await page.answers.settled()
        await page.under.settled()

    asyncio.run(settled())


def over(page: Page) -> np.ndarray:
    """What is drawn over the map (cell,); none where nothing is."""
    renderer = plots.renderers(page.map.first.globe.figure, "Image")[-1]
    return np.asarray(renderer.data_source.data["marked"][0])[:-1] if renderer.visible else np.zeros(0)


def compared(page: Page) -> Comparison:
    assert page.forced.comparison is not None
    return page.forced.comparison


def test_forcing_is_known_by_its_content_and_warmer_soil_holds_less(page: Page, warm: bytes, engine: Engine) -> None:
    shown(page, lambda: sent(page, warm, "profiles.csv"))
    found = compared(page)
    land, cells = engine.model.land, found.forced.given.cells
    south, north, west, east = BOX
    inside = (land.latitude > south) & (land.latitude < north) & (land.longitude > west) & (land.longitude < east)
    assert cells.tolist() == np.flatnonzero(inside).tolist()
    some = found.page[0][3] > 0
    assert np.all(found.yours[0][3][some] < found.page[0][3][some])
    drawn = over(page)
    np.testing.assert_allclose(drawn[cells], (found.yours[0] - found.page[0])[1], rtol=1e-6)
    assert np.isnan(np.delete(drawn, cells)).all()
    assert page.own.profiles is None
    assert page.forced.body.visible
    assert "°C warmer" in page.forced.read.object
    assert f"{len(cells):,} land cells" in page.bringing.upload.said


def test_profiles_in_netcdf_are_still_profiles(page: Page, engine: Engine, tmp_path: Path) -> None:
    table = own.example(engine)
    table.assign(soc_density=table["soc_density"].clip(10.0, 3e5)).to_csv(tmp_path / "mine.csv", index=False)
    found, _ = observations.read(tmp_path / "mine.csv", land=engine.model.land)
    observations.save(found, tmp_path / "mine.nc")
    shown(page, lambda: sent(page, (tmp_path / "mine.nc").read_bytes(), "mine.nc"))
    assert page.own.profiles is not None
    assert page.forced.forced is None


def test_the_pages_own_forcing_gives_back_the_page(page: Page, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_forcing, "WARMER", 0.0)
    content = export.as_netcdf(own_forcing.example(engine))
    shown(page, lambda: sent(page, content, "mine.nc"), slide(page, "cue", 3.0))
    found = compared(page)
    for mine, theirs in zip(found.yours, found.page, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6)


def test_it_follows_the_scenario_and_the_depth(page: Page, forced: Forced, engine: Engine) -> None:
    shown(page, lambda: page.forced.take(forced))
    before, drawn = compared(page), over(page)
    assert "scenario" not in page.forced.numbers.object
    shown(page, slide(page, "cue", 5.0))
    after = compared(page)
    assert after.yours[0] is before.yours[0]  # solved once
    cells = after.forced.given.cells
    np.testing.assert_allclose(after.page[1], engine.outcome(Scenario(cue=0.05)).soc[:, cells])
    assert after.yours[1].sum() > after.yours[0].sum()
    assert "scenario" in page.forced.numbers.object
    assert not np.array_equal(over(page), drawn, equal_nan=True)
    shown(page, lambda: page.state.show(depth="full"))
    np.testing.assert_allclose(over(page)[cells], (after.yours[1] - after.page[1])[3], rtol=1e-6)


def test_a_change_of_a_region_stays_in_it(engine: Engine, forced: Forced) -> None:
    north, south = Region(latitude=(46.0, 90.0)), Region(latitude=(-50.0, -20.0))
    found, elsewhere = (
        own_forcing.compare(engine, forced, Experiment("", "", "", "", change=Scenario(cue=0.05), region=region))
        for region in (north, south)
    )
    inside = engine.inside(north)[forced.given.cells]
    np.testing.assert_array_equal(found.yours[0][:, ~inside], found.yours[1][:, ~inside])
    assert np.all(found.yours[1][3, inside] >= found.yours[0][3, inside])
    np.testing.assert_array_equal(elsewhere.yours[0], elsewhere.yours[1])


def test_the_table_adds_up_and_the_cells_can_be_taken_away(page: Page, forced: Forced, engine: Engine) -> None:
    shown(page, lambda: page.forced.take(forced), slide(page, "cue", 2.0))
    found = compared(page)
    totals = own_forcing.stocks(found, engine.model.land)
    csv = pd.read_csv(io.StringIO(page.forced._csv().getvalue().decode()), comment="#")
    summed = csv["soc_1m_yours_scenario [kg m-2]"] @ csv["land_area [m2]"] / 1e12
    assert totals[1, 1, 1] == pytest.approx(summed, rel=1e-5)
    assert len(csv) == len(found.forced.given.cells)


def test_what_is_missing_is_said_by_name(page: Page, warm: bytes, tmp_path: Path) -> None:
    (tmp_path / "warm.nc").write_bytes(warm)
    whole = xr.load_dataset(tmp_path / "warm.nc")
    content = export.as_netcdf(whole[["soil_temperature", "active_layer"]])
    shown(page, lambda: sent(page, content, "mine.nc"))
    said = page.forced.read.object
    assert "stands in for them: water scalar, oxygen scalar, nitrogen scalar, bedrock, plant carbon input." in said
    assert "active_layer, as in this year" in said


def test_it_is_one_visitors_alone_and_removed_at_a_press(
    page: Page, engine: Engine, warm: bytes, forced: Forced, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "empty"))
    shown(page, lambda: sent(page, warm, "mine.nc"))
    assert Page(engine).forced.forced is None
    assert list((tmp_path / "empty").iterdir()) == []
    assert "mine" not in page.tools.bar.query
    shown(page, lambda: page.forced.take(None))
    assert not page.forced.body.visible
    assert len(over(page)) == 0
    assert page.bringing.upload.said == ""
    shown(page, lambda: page.forced.take(forced))
    page.close()
    assert page.forced.forced is None
    assert page.forced.comparison is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: data.drop_vars("soil_temperature"), "expected soil temperature"),
        (lambda data: data.rename({name: f"x_{name}" for name in data.data_vars}), "expected profiles"),
        (lambda data: data.isel(month=0, drop=True), "along latitude, longitude, layer, month"),
    ],
)
def test_what_is_no_forcing_says_so_and_loses_nothing(
    page: Page, warm: bytes, forced: Forced, tmp_path: Path, change: Callable[[xr.Dataset], xr.Dataset], said: str
) -> None:
    shown(page, lambda: page.forced.take(forced))
    before = page.forced.forced
    (tmp_path / "warm.nc").write_bytes(warm)
    content = export.as_netcdf(change(xr.load_dataset(tmp_path / "warm.nc")))
    shown(page, lambda: sent(page, content, "other.nc"))
    assert page.bringing.upload.failed
    assert said in page.bringing.upload.said
    assert page.forced.forced is before


def test_nothing_of_the_file_is_markup(page: Page, warm: bytes, tmp_path: Path) -> None:
    bad = "<img src=x onerror=alert(1)>"
    (tmp_path / "warm.nc").write_bytes(warm)
    content = export.as_netcdf(xr.load_dataset(tmp_path / "warm.nc").assign_attrs(title=bad))
    shown(page, lambda: sent(page, content, f"{bad}.nc"))
    forced = page.forced.forced
    assert forced is not None
    assert "<img" not in page.bringing.upload.said + own_forcing_words.accounted(forced) + page.forced.numbers.object


def test_the_map_can_be_left_alone(page: Page, forced: Forced) -> None:
    shown(page, lambda: page.forced.take(forced))
    page.forced.colour.value = view.HIDDEN
    assert len(over(page)) == 0
    assert page.forced.cells.bar.object == ""
    page.forced.colour.value = view.DIFFERENCE
    assert len(over(page)) > 0


def test_a_chinese_visitor_reads_chinese(engine: Engine, forced: Forced) -> None:
    with speaking("zh"):
        page = Page(engine)
        shown(page, lambda: page.forced.take(forced))
        said = page.forced.numbers.object + page.forced.cells.bar.object + page.forced.read.object
    assert "metre" not in said
    assert "forcing" not in said
