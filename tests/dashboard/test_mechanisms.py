"""The card "Which mechanism matters": the findings number for number, marks of the sliders, and a page that lives without."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dashboard import comparison, diagrams, efficiency, plots, variance, verdict
from dashboard import engine as engine_module
from dashboard.app import Page
from dashboard.catalogue import DEPTHS
from dashboard.efficiency import ZONES
from dashboard.engine import Engine
from proda_core import parameters
from proda_core.regions import Regions
from proda_core.sensitivity import MECHANISMS, RECIPES
from proda_core.simulation import World
from proda_core.simulation.relations import correlation
from tests.dashboard.made_up import write_made_up
from tests.dashboard.test_evidence import figure_of, foreign, missing, rows_of, truncated
from tests.dashboard.visit import after, slide
from tests.findings import ELASTICITY, made_up

CELLS = 300_000
"""Of a model so large that the made-up curves leave out few."""


@pytest.fixture
def page(informed: Engine) -> Page:
    made = Page(informed)
    made.mechanisms.open()
    return made


def numbers(text: str) -> list[float]:
    plain = html.unescape(re.sub("<.*?>", " ", text)).replace("−", "-").replace(",", "")
    return [float(found) for found in re.findall(r"[-+]?\d+\.?\d*", plain)]


def said(*arguments: object) -> str:
    """What is said of the responses, with plain spaces."""
    return verdict.response(*arguments).replace("\N{NO-BREAK SPACE}", " ")  # type: ignore[arg-type]


# ---- response curves ----


def test_the_table_of_responses_has_the_numbers_of_the_findings(page: Page) -> None:
    found = page.engine.findings
    for recipe, name in verdict.RECIPE_LABELS.items():
        page.mechanisms.curves.recipe.value = name
        for d, (depth, printed) in enumerate(DEPTHS.items()):
            after(page, lambda depth=depth: page.state.show(depth=depth))
            table = page.mechanisms.curves.text.object
            assert printed.lower() in table
            _, *rows = rows_of(table)
            said = {row[0].split(" ", 1)[1]: numbers(" ".join(row[1:])) for row in rows}
            assert [row[0].split(" ", 1)[0] for row in rows] == [diagrams.MARKS[m].sign for m in ranked(found, recipe, d)]
            for i, mechanism in enumerate(MECHANISMS):
                slope, gain = (v[RECIPES.index(recipe), :, i, d] for v in (found.elasticity, found.one_percent))
                wanted = [slope.mean(), slope.std(ddof=1), gain.mean(), gain.std(ddof=1)]
                assert said[verdict.label(mechanism)] == pytest.approx(wanted, abs=0.0501), (recipe, depth, mechanism)


def ranked(found: object, recipe: str, depth: int) -> list[str]:
    size = np.abs(found.one_percent[RECIPES.index(recipe), :, :, depth].mean(axis=0))  # type: ignore[attr-defined]
    return [MECHANISMS[i] for i in np.argsort(-size)]


def test_our_response_stands_beside_the_published_one_and_the_elasticity_argument() -> None:
    found = made_up()
    text = said(found, "realised", "1m", CELLS)
    gain = found.one_percent[1, :, 0, 1]
    assert f"<b>{gain.mean():.1f} ± {gain.std(ddof=1):.1f} " in text
    assert "76 ± 3" in text
    part = 1.01 ** found.elasticity[1, :, 0, -1].mean() - 1
    assert f"{100 * part:.2f} % of the stock" in text
    assert f"a stock of about {round(76 / part, -1):,.0f};" in text
    assert "to the top metre as the sliders change it" in text


def test_curves_bands_and_ends_are_those_of_the_findings(page: Page) -> None:
    curves = page.mechanisms.curves
    after(page, lambda: page.state.show(depth="2m"))
    found, figure = page.engine.findings, figure_of(curves.room)
    (_, lines), (bands,) = (plots.sources(figure, glyph) for glyph in ("MultiLine", "MultiPolygons"))
    tips, _ = plots.sources(figure, "Scatter")
    for i, name in enumerate(MECHANISMS):
        answer = 100 * (found.stock[0, :, i, :, 2] / found.stock[0, :, i, 5:6, 2] - 1)
        np.testing.assert_allclose(lines.data["xs"][i], 100 * found.realised[0, 0, i])
        np.testing.assert_allclose(lines.data["ys"][i], answer.mean(axis=0))
        band = bands.data["ys"][i][0][0]
        np.testing.assert_allclose(band[:11], answer.mean(axis=0) - answer.std(axis=0, ddof=1))
        np.testing.assert_allclose(band[11:][::-1], answer.mean(axis=0) + answer.std(axis=0, ddof=1))
        assert tips.data["stock"][i + 6] == answer.mean(axis=0)[-1]
        assert lines.data["color"][i] == bands.data["color"][i] == tips.data["color"][i] == diagrams.MARKS[name].colour
        assert tips.data["marker"][i] == diagrams.MARKS[name].shape


def test_a_slider_moves_its_mark_on_its_curve_and_nothing_else(page: Page) -> None:
    curves = page.mechanisms.curves
    shown = figure_of(curves.room)
    (_, lines), (_, here) = plots.sources(shown, "MultiLine"), plots.sources(shown, "Scatter")
    assert list(here.data["change"]) == []
    before = lines.data
    text, table = curves.text.object, page.mechanisms.control.text.object
    after(page, slide(page, "cue", 8.0))
    assert here.data["change"] == [pytest.approx(4.0)]  # made-up mechanisms realise half of what is asked
    np.testing.assert_allclose(here.data["stock"], np.interp(4.0, lines.data["xs"][0], lines.data["ys"][0]))
    assert lines.data is before
    assert (curves.text.object, page.mechanisms.control.text.object) == (text, table)
    assert figure_of(curves.room) is shown
    after(page, slide(page, "carbon_input", 50.0))  # the curves end at 20 %
    assert len(here.data["change"]) == 1
    after(page, slide(page, "carbon_input", -20.0), slide(page, "warming", 2.0))
    assert sorted(here.data["change"]) == [pytest.approx(-10.0), pytest.approx(4.0)]
    after(page, page.state.reset)
    assert list(here.data["change"]) == []


def test_another_recipe_moves_the_mark_to_its_curve(page: Page) -> None:
    curves = page.mechanisms.curves
    after(page, slide(page, "cue", 8.0))
    _, here = plots.sources(figure_of(curves.room), "Scatter")
    by_published = here.data["stock"][0]
    curves.recipe.value = verdict.RECIPE_LABELS["realised"]
    assert here.data["change"] == [pytest.approx(4.0)]
    assert here.data["stock"][0] == pytest.approx(100 * (1.04 ** ELASTICITY["cue"] - 1), rel=0.01)
    assert by_published > 1.9 * here.data["stock"][0]  # made up to answer twice as strongly


def test_what_comes_first_for_a_bad_reason_is_said_to_be_none() -> None:
    held = made_up()
    gain, place = held.one_percent.copy(), MECHANISMS.index("input_allocation")
    gain[:, :, place, -1] = 900.0
    found = replace(held, one_percent=gain)
    whole = said(found, "published", "full", 10_000)
    assert "Input allocation seems to come first in the full depth, unlike published: 900 ± 0" in whole
    assert "up to 9,000 of 10,000 cells had to be left out. Without it, microbial CUE comes first, as published" in whole
    above = said(found, "published", "1m", 10_000)
    assert "Microbial CUE comes first here, as published, " in above
    assert "That is no finding" in above
    believed = said(found, "published", "full", 1_000_000)  # few of so many cells
    assert "Input allocation comes first, unlike published (CUE)" in believed
    assert "no finding" not in believed


def test_a_curve_that_says_little_does_not_set_the_scale(informed: Engine) -> None:
    held = informed.findings
    stock = held.stock.copy()
    stock[:, :, MECHANISMS.index("input_allocation"), -1] *= 50
    other = Engine.__new__(Engine)
    other.__dict__.update({**informed.__dict__, "findings": replace(held, stock=stock)})
    page = Page(other)
    page.mechanisms.open()
    after(page, lambda: page.state.show(depth="full"))
    sound = 100 * (held.stock[0, :, 0, :, 3] / held.stock[0, :, 0, 5:6, 3] - 1).mean(axis=0)
    figure = figure_of(page.mechanisms.curves.room)
    assert figure.y_range.end == pytest.approx(1.08 * np.abs(sound).max())


# ---- component control ----


def test_control_tells_what_each_member_loses_and_its_spread(page: Page) -> None:
    found = page.engine.findings
    after(page, lambda: page.state.show(depth="full"))
    part = page.mechanisms.control
    for layers, explained in (("All alike", found.explained), ("By importance of profiles", found.explained_weighted)):
        part.layers.value = layers
        _, *rows = rows_of(part.text.object)
        (bars,), (points,) = (plots.sources(figure_of(part.room), glyph) for glyph in ("Segment", "Scatter"))
        for row in rows:
            i = [verdict.label(name) for name in verdict.RANKED].index(row[0].split(" ", 1)[1])
            control = 1 + MECHANISMS.index(verdict.RANKED[i])
            stock = 100 * (found.controlled[:, control, 3] / found.controlled[:, 0, 3] - 1)
            lost = 100 * (explained[:, 0] - explained[:, control])
            wanted = [np.quantile(values, part) for values in (stock, lost) for part in (0.5, 0.16, 0.84)]
            assert numbers(" ".join(row[1:])) == pytest.approx(wanted, abs=0.051)
            assert points.data["stock"][i] == pytest.approx(np.median(stock))
            assert points.data["explained"][i] == pytest.approx(np.median(lost))
            assert (bars.data["stock"][i], bars.data["stock2"][i]) == pytest.approx(tuple(np.quantile(stock, (0.16, 0.84))))
            assert bars.data["explained2"][i + 5] == pytest.approx(np.quantile(lost, 0.84))
    assert "Made uniform, microbial CUE takes away the most explained variation: 20.0 of 54.0 percentage points, 5.0 times" in (
        part.text.object
    )
    assert "CUE is first in explained variation only, where the authors find it in both" in part.text.object
    assert "Plant input stands apart" in part.text.object
    assert "Uniform it would take away 49.0 points (49.0 to 49.0)" in part.text.object


def test_the_filter_of_the_authors_is_told_as_it_works() -> None:
    held = made_up()
    assert "none of our 4 members does, so it changes nothing here" in verdict.control(held, "1m")
    ruined = held.explained.copy()
    ruined[1, 2] = ruined[3, 4] = -1.0
    assert "in 2 of 4 members" in verdict.control(replace(held, explained=ruined), "1m")
    assert "none of our 4 members" in verdict.control(replace(held, explained=ruined), "1m", weighted=True)


def test_a_control_that_agrees_with_the_published_says_so() -> None:
    held = made_up()
    moved = held.controlled.copy()
    moved[:, 1 + MECHANISMS.index("cue")] *= 3
    assert "Both put CUE first, as published." in verdict.control(replace(held, controlled=moved), "1m")


# ---- shares ----


def test_shares_are_drawn_and_told_for_mechanisms_and_parameters(page: Page) -> None:
    part = page.mechanisms.shares
    for study, names in (("mechanisms", MECHANISMS), ("parameters", parameters.IDS)):
        part.study.value = variance.STUDIES[study]
        held = getattr(page.engine.findings, study)
        (bars,) = plots.sources(figure_of(part.room), "Quad")
        assert sorted(bars.data["right"]) == pytest.approx(sorted([*held.total[-1, 0], *held.first[-1, 0]]))
        (lines,) = plots.sources(figure_of(part.room), "Segment")
        assert len(next(iter(lines.data.values()))) == 2 * len(names)
        _, *rows = rows_of(part.text.object)
        assert len(rows) == len(names)
        assert numbers(" ".join(rows[0][1:])) == pytest.approx([0.63, 0.025, 0.6, 0.05], abs=6e-4)
    assert "<details>" in part.text.object


def test_convergence_and_zones_are_told(page: Page) -> None:
    text = variance.shares(page.engine.findings, "mechanisms")
    assert "From 64 to 128 samples no share moved by more than 0.006" in text
    assert "from 0.32 (Dfc) to 0.50 (Af)" in text
    assert "2.0 times plant carbon input" in text


def test_parameters_are_added_up_by_mechanism_and_a_draw_is_called_one() -> None:
    held = made_up()
    first = np.zeros_like(held.parameters.first)
    first[-1, 0, [parameters.INDEX["q10"], parameters.INDEX["efolding"]]] = 0.3, 0.2
    first[-1, 0, [parameters.INDEX["fs1s2"], parameters.INDEX["fs2s3"]]] = 0.3, 0.19
    table = replace(held.parameters, first=first, first_confidence=np.full_like(first, 0.02))
    text = variance.shares(replace(held, parameters=table), "parameters")
    assert "the environmental modifiers 0.50, microbial CUE 0.49, " in text
    assert "the environmental modifiers and CUE are level" in text
    sure = replace(table, first_confidence=np.full_like(first, 1e-4))
    assert "the largest is that of the environmental modifiers, where CUE" in variance.shares(
        replace(held, parameters=sure), "parameters"
    )
    first[-1, 0, parameters.INDEX["fs2s3"]] = 0.4
    assert "CUE comes first, as published" in variance.shares(replace(held, parameters=table), "parameters")


# ---- places ----


def test_correlations_are_those_of_the_running_baseline(informed: Engine) -> None:
    found, land, baseline = informed.efficiency, informed.model.land, informed.baseline
    cue, carbon, warmth = baseline.mechanism["cue"], baseline.soc[1], 28.0 - 0.5 * np.abs(land.latitude)
    assert found.with_temperature == pytest.approx(correlation(cue, warmth, land.area))
    assert found.with_carbon == pytest.approx(correlation(cue, carbon, land.area))
    fit = np.polynomial.Polynomial.fit(warmth, cue, 1, w=np.sqrt(land.area)).convert()
    assert found.slope == pytest.approx(fit.coef[1])
    assert set(found.cue) <= set(cue)
    assert f"{found.with_temperature:+.2f}".replace("-", "−") in comparison.temperature(found)


def test_cells_are_drawn_by_their_area(informed: Engine, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(efficiency, "DRAWN", 10)
    fraction = np.where(np.arange(len(world.land.latitude)) < 10, 1.0, 1e-6)
    zones = Regions(("Af",), np.zeros(len(fraction), dtype=np.int64))
    land = replace(world.land, land_fraction=fraction)
    most = replace(world, land=land, regions={"koppen": zones}, air_temperature=land.latitude)
    found = efficiency.of_globe(informed.baseline, most)
    assert set(found.cue) == set(informed.baseline.mechanism["cue"][:10])


def test_a_course_is_the_weighted_median_of_each_bin() -> None:
    x = np.array([0.1, 0.2, 0.3, 1.5, 9.5])
    y = np.array([1.0, 2.0, 3.0, 7.0, 5.0])
    share = np.array([0.1, 0.6, 0.1, 0.199, 0.001])
    found = efficiency.course(x, y, share, 1.0)
    assert found.middle.tolist() == [0.5, 1.5]  # the last bin is too small
    assert found.median.tolist() == [2.0, 7.0]
    assert (found.low[0], found.high[0]) == (2.0, 2.0)


@pytest.mark.parametrize(
    ("r", "words"), [(-0.02, "none to speak of, not the positive one"), (0.4, "positive, as published"), (-0.5, "negative, not")]
)
def test_the_sign_with_carbon_is_said_as_it_is(informed: Engine, r: float, words: str) -> None:
    text = comparison.carbon(replace(informed.efficiency, with_carbon=r, in_zones=np.array([0.5, np.nan, -0.4, 0.1, 0.0])))
    assert words in text
    assert "tropical +0.50, temperate −0.40, continental +0.10 and polar 0" in text


def test_measured_lines_are_the_published_ones(page: Page) -> None:
    warm, rich = (figure_of(place.room) for place in page.mechanisms.places)
    measured, courses = plots.sources(warm, "MultiLine")
    at = np.interp(20.0, measured.data["xs"][0], measured.data["ys"][0])
    assert at == pytest.approx(0.475)
    assert np.diff(measured.data["ys"][0])[0] / np.diff(measured.data["xs"][0])[0] == pytest.approx(-0.016)
    assert {float(ys[0]) for ys in measured.data["ys"][1:]} == {0.30, 0.60}
    assert len(courses.data["xs"]) == 2
    (dots,) = plots.sources(rich, "Scatter")
    assert len(dots.data["x"]) == len(page.engine.efficiency.cue)
    assert set(dots.data["color"]) <= set(diagrams.ZONE_COLOURS)
    assert len(diagrams.ZONE_COLOURS) == len(ZONES)


# ---- the card ----


def test_the_budget_is_a_table_and_text_from_a_file_is_escaped(page: Page) -> None:
    text = page.mechanisms.where.text.object
    assert "&lt;b&gt;spread&lt;/b&gt;" in text
    assert [row[1:] for row in rows_of(text)[1:]] == [["1.5", "75"], ["0.50", "25"], ["–", "–"]]
    assert variance.budget(replace(made_up(), budget=())) == ""


def test_the_map_of_sensitivity_is_a_button_away(page: Page) -> None:
    after(page, lambda: page.mechanisms.where.button.param.trigger("clicks"))
    assert page.state.choice.variable == "gain_cue"
    assert page.map.chooser.variable.value == "Gain per +1 % CUE"


def test_diagrams_are_made_once_when_somebody_comes_near(informed: Engine) -> None:
    card = Page(informed).mechanisms
    rooms = [card.curves.room, card.control.room, card.shares.room, *(place.room for place in card.places)]
    assert "comes first" in card.curves.text.object  # words are there from the start
    for hostile in ("yes", 1, None, [True]):
        card.sight.near = hostile
    assert [room.objects for room in rooms] == [[]] * 5
    card.sight.near = True
    made = [figure_of(room) for room in rooms]
    card.open()
    assert [figure_of(room) for room in rooms] == made


def test_without_findings_the_card_says_why_and_the_page_goes_on(world: World) -> None:
    page = Page(Engine(world, unfound="Which mechanism matters cannot be shown: <gone>."))
    assert "&lt;gone&gt;" in page.mechanisms.intro.object
    assert "&lt;gone&gt;" in page.notices.text.object
    page.mechanisms.open()
    after(page, slide(page, "cue", 3.0), lambda: page.state.show(depth="2m"))
    assert page.headline.sentence.text.startswith("A 3 % rise")
    assert len(page.mechanisms.parts) == 1  # the way to the map


def of_other_maps(path: Path) -> None:
    from proda_core.sensitivity import findings

    findings.write(made_up(), path)


@pytest.mark.parametrize("damage", [missing, truncated, foreign, of_other_maps])
def test_the_page_starts_without_sound_findings(
    tmp_path: Path, damage: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch, sound: Path
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(sound, folder, symlinks=True)
    damage(folder / "findings.nc")
    monkeypatch.setenv("PRODA_DATA", str(folder))
    engine_module.shared.cache_clear()
    page = Page(engine_module.shared())
    engine_module.shared.cache_clear()
    notices = html.unescape(page.notices.text.object)
    assert notices.count("<li>") == 1
    assert "Which mechanism matters cannot be shown: expected " in notices
    assert str(tmp_path) not in notices
    assert page.engine.evidence is not None
    assert page.engine.efficiency is not None  # places can be compared all the same


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    write_made_up(folder)
    return folder
