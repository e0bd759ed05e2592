"""The page says how good its maps are, number for number what the file says, and lives without the file."""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dashboard import engine as engine_module
from dashboard import judgement, plots
from dashboard.app import Page
from dashboard.catalogue import METHODS, VALIDATIONS
from dashboard.engine import Engine
from dashboard.views.evidence import Evidence, ObservedModelled
from proda_core.learning import evidence
from proda_core.simulation import World
from proda_core.store import data_directory
from tests.dashboard.made_up import evidence as made_up
from tests.dashboard.made_up import write_made_up
from tests.dashboard.visit import after, slide


@pytest.fixture(scope="module")
def page(informed: Engine) -> Page:
    made = Page(informed)
    made.evidence.open()
    return made


def figure_of(room: object) -> object:
    (pane,) = room.objects  # type: ignore[attr-defined]
    return pane.object


def rows_of(table: str) -> list[list[str]]:
    rows = re.findall("<tr>(.*?)</tr>", table)
    return [[html.unescape(re.sub("<.*?>", "", cell)) for cell in re.findall("<t[hd].*?>(.*?)</t[hd]>", row)] for row in rows]


@pytest.mark.parametrize("group", ["all layers", "depth: 0–0.3 m", "region: <Europe>", "source: afsp"])
def test_the_table_of_skill_has_the_numbers_of_the_file(page: Page, group: str) -> None:
    page.evidence.skill.group.value = group
    head, *body = rows_of(page.evidence.skill.table.object)
    assert head == ["Method", *VALIDATIONS.values()]
    assert [row[0] for row in body] == list(METHODS.values())
    kind, _, name = ("all", "", "all") if group == "all layers" else group.replace("–", "-").partition(": ")
    for method, row in zip(METHODS, body, strict=True):
        for validation, cell in zip(VALIDATIONS, row[1:], strict=True):
            (held,) = page.engine.evidence.rows(method=method, validation=validation, group=kind, name=name)
            numbers = [f"{value:.2f}".replace("-", "−") for value in (held.nse, held.nse_low, held.nse_high)]
            assert cell == (numbers[0] if np.isnan(held.nse_low) else f"{numbers[0]} ({numbers[1]} to {numbers[2]})")
    for meaning in made_up()["methods"].values():
        assert meaning in page.evidence.skill.table.object


def test_the_diagram_of_skill_has_the_numbers_of_the_file(page: Page) -> None:
    page.evidence.skill.group.value = "all layers"
    shown = figure_of(page.evidence.skill.room)
    drawn = {round(float(x), 6) for source in plots.sources(shown, "Scatter") for x in source.data["x"]}
    rows = page.engine.evidence.rows(group="all")
    assert {round(row.nse, 6) for row in rows if row.nse >= plots.WORST} <= drawn
    assert min(row.nse for row in rows) < plots.WORST  # drawn at the edge
    assert min(drawn) == pytest.approx(plots.WORST + 0.03)


def test_another_group_has_another_diagram(page: Page) -> None:
    page.evidence.skill.group.value = "all layers"
    before = figure_of(page.evidence.skill.room)
    page.evidence.skill.group.value = "region: Africa"
    assert figure_of(page.evidence.skill.room) is not before


def test_observed_against_modelled_has_the_counts_of_the_file(page: Page) -> None:
    part = page.evidence.density
    assert part.pair.value == "End to end, spatial blocks"
    (source,) = plots.sources(figure_of(part.room), "Quad")
    counts = page.engine.evidence.density["end-to-end"]["block"].counts
    assert sorted(np.rint(10 ** np.asarray(source.data["color"])).astype(int)) == sorted(counts[counts > 0])
    assert "NSE 0.36" in part.text.object


def test_observed_is_up_and_modelled_to_the_right() -> None:
    counts = np.zeros((3, 3), dtype=int)
    counts[2, 0] = 7  # observed more than modelled
    (source,) = plots.sources(plots.rendered(plots.density(np.array([0.0, 1.0, 2.0, 3.0]), counts)), "Quad")
    assert (source.data["left"][0], source.data["bottom"][0]) == (0.0, 2.0)


def test_every_method_and_validation_can_be_compared(page: Page) -> None:
    part = page.evidence.density
    for pair in part.pair.options:
        part.pair.value = pair
        assert figure_of(part.room) is not None
        assert "layers of 1,234 profiles" in part.text.object


def test_a_method_without_any_layer_is_an_empty_diagram() -> None:
    shown = plots.rendered(plots.density(np.array([0.0, 1.0]), np.zeros((1, 1), dtype=int)))
    assert [len(source.data["color"]) for source in plots.sources(shown, "Quad")] == [0]


def test_profiles_are_counted_by_region_and_source(page: Page) -> None:
    rows = rows_of(page.evidence.places.counts.object)
    assert rows == [["Africa", "900"], ["<Europe>", "300"], ["Asia", "34"], ["afsp", "1,000"], ["sodah", "234"]]
    assert "1,234 profiles in 567 of the land cells" in page.evidence.places.counts.object


def test_the_profiles_can_be_sent_to_the_large_map(page: Page) -> None:
    after(page, lambda: page.evidence.places.show.param.trigger("clicks"))
    assert page.state.choice.variable == "profile_count"
    assert page.map.chooser.variable.value == "Training profiles"


def test_the_limits_the_training_and_the_licence_stand_on_the_page_as_they_are_written(page: Page) -> None:
    text = page.evidence.intro.object
    said = html.unescape(re.sub("<.*?>", "", text))
    for sentence in (*made_up()["limits"], made_up()["source"], page.engine.ensemble.source, page.engine.ensemble.licence):
        assert sentence in said
    assert "<b>peat</b>" not in text
    assert "<Europe>" not in page.evidence.places.counts.object + page.evidence.skill.table.object


def test_diagrams_are_made_when_somebody_comes_near(informed: Engine) -> None:
    view = Page(informed).evidence
    assert [part.room.objects for part in view.parts] == [[], [], []]
    assert view.skill.table.object  # words are there from the start
    for hostile in ("yes", 1, None, [True]):
        view.sight.near = hostile
    assert [part.room.objects for part in view.parts] == [[], [], []]
    view.sight.near = True
    made = [figure_of(part.room) for part in view.parts]
    view.open()
    assert [figure_of(part.room) for part in view.parts] == made


def test_without_evidence_the_page_says_why(world: World) -> None:
    page = Page(Engine(world, untested="How good the maps are cannot be shown: <gone>."))
    assert "&lt;gone&gt;" in page.evidence.intro.object
    assert "&lt;gone&gt;" in page.notices.text.object
    assert page.notices.text.visible
    page.evidence.open()
    assert page.evidence.parts == []


def test_evidence_of_other_maps_is_said_to_be_of_the_methods(world: World) -> None:
    view: Evidence = Page(Engine(world, evidence.parse(made_up()))).evidence
    assert "not retrieved from data:</b> what follows is the skill of the methods" in view.intro.object
    view.open()
    assert isinstance(view.density, ObservedModelled)
    assert view.places.room.objects == []  # where they are is in the file of the maps


def test_unknown_methods_and_validations_are_shown_under_their_own_names() -> None:
    held = made_up()
    held["methods"]["new"] = "made up: one more"
    held["skill"] = [{**held["skill"][0], "method": "new", "validation": "leave-one-out"}]
    tested = evidence.parse(held)
    head, row = rows_of(judgement.skill_table(tested.skill, tested.methods))
    assert (head[1], row[0]) == ("leave-one-out", "new")


def test_a_page_without_notices_has_none(informed: Engine) -> None:
    assert not Page(informed).notices.text.visible


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with made-up retrieved maps and evidence."""
    folder = tmp_path_factory.mktemp("sound")
    write_made_up(folder)
    return folder


def missing(path: Path) -> None:
    path.unlink()


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-2000])


def foreign(path: Path) -> None:
    path.unlink()
    if path.suffix == ".json":
        path.write_text(json.dumps({**made_up(), "schema": "99"}))
    else:
        path.write_bytes((data_directory() / "climate.nc").read_bytes())


DAMAGES = [(missing, foreign), (truncated, missing), (foreign, truncated)]


@pytest.mark.parametrize(("maps", "tests"), DAMAGES, ids=lambda damage: damage.__name__)
def test_the_page_starts_on_what_is_sound_and_says_what_is_not(
    sound: Path,
    tmp_path: Path,
    maps: Callable[[Path], None],
    tests: Callable[[Path], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(sound, folder, symlinks=True)
    maps(folder / "retrieved.nc")
    tests(folder / "evidence.json")
    monkeypatch.setenv("PRODA_DATA", str(folder))
    engine_module.shared.cache_clear()
    page = Page(engine_module.shared())
    engine_module.shared.cache_clear()
    notices = html.unescape(page.notices.text.object)
    assert page.notices.text.visible
    assert "The retrieved maps cannot be used, so one published parameter set stands in everywhere" in notices
    assert "How good the maps are cannot be shown: " in notices
    assert str(tmp_path) not in notices  # nobody need know where we live
    after(page, slide(page, "cue", 1.0))
    assert page.headline.sentence.text.startswith("A 1 % rise in microbial CUE everywhere adds ")


def test_what_is_sound_is_used(sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRODA_DATA", str(sound))
    engine_module.shared.cache_clear()
    page = Page(engine_module.shared())
    engine_module.shared.cache_clear()
    assert not page.notices.text.visible
    assert page.engine.ensemble is not None
    assert page.engine.evidence is not None
    assert page.engine.findings is not None
    assert " ± " in page.headline.sentence.text
