"""A visitor's own profiles: read apart, compared with the maps, one of them fitted, and nothing left behind."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboard import aside, own, own_words
from dashboard.app import Page
from dashboard.engine import Engine
from dashboard.jobs import Job
from dashboard.own_plots import LEARNT
from dashboard.single import learnt
from dashboard.views import own as card
from proda_core import parameters
from proda_core.assimilation import operator
from proda_core.scenario import Scenario
from tests.dashboard.visit import after, slide

PIECE = 300


@pytest.fixture
def page(engine: Engine) -> Page:
    return Page(engine)


def sent(page: Page, content: bytes, name: str = "mine.csv") -> None:
    """Send a file as a browser does, and wait until it is read."""
    turns: list[Callable[[], None]] = []
    page.bringing.later = turns.append  # type: ignore[method-assign]  # a page changes in its own thread
    page.bringing.message({"what": "begin", "number": 1, "name": name, "size": len(content)})
    for start in range(0, len(content), PIECE):
        data = base64.b64encode(content[start : start + PIECE]).decode()
        page.bringing.message({"what": "piece", "number": 1, "data": data})
    if page.bringing.reading is not None:
        assert page.bringing.reading.done.wait(60)
    for turn in turns:
        turn()


def shown(page: Page, *moves: Callable[[], Any]) -> None:
    """Make moves, and wait until the comparison follows."""

    async def settled() -> None:
        for move in moves:
            move()
            await page.answers.settled()
        await page.owned.settled()

    import asyncio

    asyncio.run(settled())


@pytest.fixture(scope="module")
def table(engine: Engine) -> pd.DataFrame:
    found = own.example(engine)
    return found.assign(soc_density=found["soc_density"].clip(10.0, 3e5))  # the small world's soils are wild


def test_a_file_is_read_compared_and_put_on_the_map(page: Page, table: pd.DataFrame, engine: Engine) -> None:
    wet = table.assign(latitude=0.0, longitude=0.0).iloc[:4].assign(profile_id="nowhere")
    content = pd.concat([table, wet]).to_csv(index=False).encode()
    shown(page, lambda: sent(page, content))
    profiles = page.own.profiles
    assert profiles is not None
    assert profiles.table.sizes["profile"] == own.EXAMPLE_SITES
    assert "impossible coordinates" in page.own.read.object
    assert "4 layers were dropped" in page.own.read.object
    assert len(page.own.points.source.data["value"]) == own.EXAMPLE_SITES
    # the first layer's model, computed another way
    cell = engine.model.land.nearest(float(table["latitude"][0]), float(table["longitude"][0]))
    column = engine.model.profile(cell)[4:].sum(0)
    comparison = page.own.comparison
    assert comparison is not None
    np.testing.assert_allclose(comparison.baseline[0], operator.layer_mean([0.0], [0.1])[0] @ column, rtol=1e-9)
    assert comparison.scenario is comparison.baseline


def test_the_comparison_follows_the_scenario(page: Page, table: pd.DataFrame) -> None:
    shown(page, lambda: sent(page, table.to_csv(index=False).encode()), slide(page, "cue", 5.0))
    comparison = page.own.comparison
    assert comparison is not None
    some = comparison.baseline > 0  # frozen soil may hold nothing below its surface
    assert some.sum() > len(some) / 2
    assert np.all(comparison.scenario[some] > comparison.baseline[some])
    assert np.all(comparison.scenario[~some] == 0)
    drawn = page.own._pairs
    assert drawn is not None
    assert np.array_equal(drawn.data["modelled"], comparison.scenario)
    assert "scenario" in page.own.numbers.object
    csv = pd.read_csv(io.StringIO(page.own._csv().getvalue().decode()), comment="#")
    assert {"observed [kg m-3]", "modelled_baseline [kg m-3]", "modelled_scenario [kg m-3]", "cell"} <= set(csv.columns)
    np.testing.assert_allclose(csv["modelled_scenario [kg m-3]"], comparison.scenario, rtol=1e-6)


def test_profiles_are_one_visitors_alone_and_leave_nothing(
    page: Page, engine: Engine, table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    shown(page, lambda: sent(page, table.to_csv(index=False).encode()))
    assert Page(engine).own.profiles is None
    assert list(tmp_path.iterdir()) == []
    assert "made-up" not in page.tools.bar.query
    shown(page, lambda: page.own.take(None))
    assert not page.own.body.visible
    assert len(page.own.points.source.data["value"]) == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b\n1,2\n", "expected mine.csv in one of the formats"),
        (b"\x89HDF\r\n\x1a\nnothing else", "expected a whole NetCDF file"),
        (b"\xff\xfe\x00", "expected UTF-8 text"),
    ],
)
def test_what_cannot_be_read_says_so_and_loses_nothing(page: Page, table: pd.DataFrame, content: bytes, said: str) -> None:
    shown(page, lambda: sent(page, table.to_csv(index=False).encode()))
    before = page.own.profiles
    shown(page, lambda: sent(page, content))
    assert page.bringing.upload.failed
    assert said in page.bringing.upload.said
    assert "proda-" not in page.bringing.upload.said  # nobody needs to know where the file lay
    assert page.own.profiles is before


@pytest.mark.parametrize("size", [0, -1, 21 * own.MEGABYTE])
def test_files_of_an_impossible_size_do_not_come(page: Page, size: int) -> None:
    page.bringing.message({"what": "begin", "number": 1, "name": "x.csv", "size": size})
    assert page.bringing.coming is None
    assert "20 MB" in page.bringing.upload.said


@pytest.mark.parametrize(
    "message",
    [None, 3, {}, {"what": "begin", "number": "1", "name": 3, "size": "x"}, {"what": "piece", "number": 1, "data": "A"}],
)
def test_messages_that_make_no_sense_are_not_heard(page: Page, message: Any) -> None:
    page.bringing.message(message)
    assert page.bringing.coming is None
    assert page.bringing.upload.said == ""


def test_a_piece_that_is_not_due_ends_the_file(page: Page) -> None:
    page.bringing.message({"what": "begin", "number": 1, "name": "x.csv", "size": 3})
    page.bringing.message({"what": "piece", "number": 1, "data": base64.b64encode(b"four").decode()})
    assert page.bringing.coming is None
    assert page.bringing.upload.failed


def test_a_server_may_take_no_files(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(own.SWITCH, "0")
    page = Page(engine)
    assert page.bringing.upload.disabled
    page.bringing.message({"what": "begin", "number": 1, "name": "x.csv", "size": 3})
    assert page.bringing.coming is None


def test_names_from_a_file_are_shown_as_text(page: Page, table: pd.DataFrame) -> None:
    bad = "<img src=x onerror=alert(1)>"
    shown(page, lambda: sent(page, table.assign(profile_id=bad).to_csv(index=False).encode(), f"{bad}.csv"))
    profiles = page.own.profiles
    assert profiles is not None
    assert "<img" not in page.bringing.upload.said + own_words.accounted(profiles) + page.own.numbers.object


def test_a_click_near_a_profile_chooses_it(page: Page, table: pd.DataFrame) -> None:
    shown(page, lambda: sent(page, table.to_csv(index=False).encode()))
    last = table.iloc[-1]
    after(page, lambda: page.state.visit(float(last["latitude"]), float(last["longitude"])))
    assert page.own.single.profile.value == last["profile_id"]


def test_only_layers_that_cover_the_depth_make_a_stock(page: Page, table: pd.DataFrame) -> None:
    shown(page, lambda: sent(page, table.iloc[:-1].to_csv(index=False).encode()))
    profiles = page.own.profiles
    assert profiles is not None
    np.testing.assert_allclose(profiles.covered("1m"), [1.0] * (own.EXAMPLE_SITES - 1) + [0.6])
    page.own.colour.value = card.OBSERVED
    assert np.isnan(page.own.points.source.data["value"]).tolist() == [False] * (own.EXAMPLE_SITES - 1) + [True]
    first = profiles.observed[:4] @ [0.1, 0.2, 0.3, 0.4]
    np.testing.assert_allclose(page.own.points.source.data["value"][0], first)


def test_one_profile_is_fitted_until_it_converges(tmp_path: Path) -> None:
    """In the world that comes with the project: the posterior holds the observed layers and is narrower than the prior."""
    from tempfile import TemporaryDirectory

    folder, told = TemporaryDirectory(dir=tmp_path), []
    density = np.array([30e3, 20e3, 9e3, 4e3])
    edges = np.array(own.EXAMPLE_EDGES)
    columns = {
        "profile_id": ["a"], "latitude": [47.3], "longitude": [8.5], "source": [""], "licence": [""], "date": [""],
        "profile_index": [0] * 4, "layer_top": edges[:-1], "layer_bottom": edges[1:], "soc_density": density,
        "soc_density_error": [1.0] * 4, "bulk_density": [1200.0] * 4, "bulk_density_estimated": [False] * 4,
        "coarse_fragments": [0.0] * 4, "extrapolated": [False] * 4,
    }  # fmt: skip
    from proda_core.observations import build

    aside.put(build(columns), Path(folder.name) / aside.TABLE)
    job = Job("fit", folder, told.append)
    assert job.done.wait(300)
    looks = [step for step in told if "draws" in step]
    assert told[-1] == {"done": True}
    assert [step["draws"] for step in looks][:3] == [aside.FIRST_LOOK, 60, 90]
    assert looks[-1]["converged"]
    assert looks[-1]["r_hat"] < 1.01
    assert looks[-1]["effective"] >= 400
    bands = operator.layer_mean(edges[:-1], edges[1:]) @ np.array(looks[-1]["soc"])
    assert np.all((bands[:, 0] < density) & (density < bands[:, 4]))
    assert not Path(folder.name).exists()


def test_work_that_cannot_begin_says_so(tmp_path: Path) -> None:
    from tempfile import TemporaryDirectory

    def fail() -> None:
        raise OSError("no space left on device")

    folder, told = TemporaryDirectory(dir=tmp_path), []
    assert Job("read", folder, told.append, fail).done.wait(30)
    assert told == [{"error": "expected to begin with it, got no space left on device; try again"}]
    assert not Path(folder.name).exists()


def test_a_fit_that_is_cancelled_tells_nothing_more(tmp_path: Path) -> None:
    from tempfile import TemporaryDirectory

    folder, told = TemporaryDirectory(dir=tmp_path), []
    job = Job("fit", folder, told.append)
    job.cancel()
    assert job.done.wait(30)
    before = len(told)
    time.sleep(0.2)
    assert len(told) == before
    assert not Path(folder.name).exists()


def test_parameters_that_did_not_shrink_are_not_marked() -> None:
    quantiles = np.tile([0.05, 0.25, 0.5, 0.75, 0.95], (parameters.COUNT, 1))
    shrinkage = np.zeros(parameters.COUNT)
    assert "0 of 21" in learnt(quantiles, shrinkage)
    shrinkage[3] = LEARNT
    found = learnt(quantiles, shrinkage)
    assert "1 of 21" in found
    assert f"(orange): {parameters.IDS[3]}." in found
    assert found.count("class=shown") == 1


def test_columns_are_those_of_the_globe(engine: Engine) -> None:
    cells = np.array([5, 2, 7])
    found = engine.columns(cells, Scenario(cue=0.02))
    for row, cell in zip(found, cells, strict=True):
        np.testing.assert_allclose(row, engine.model.profile(int(cell), Scenario(cue=0.02))[4:].sum(0))
