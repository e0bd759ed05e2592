"""Two maps compared, another projection, fading, and the list of all that can be mapped."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from dashboard import export, layers, link, plots, printed, projection
from dashboard.app import Page
from dashboard.catalogue import DEPTHS, EVIDENCE, MAPS, SENSITIVITY, VIEWS
from dashboard.choice import Choice, Look
from dashboard.dress import dress
from dashboard.engine import Engine
from dashboard.fields import FADED
from dashboard.framing import Framing, Window
from dashboard.state import State
from dashboard.summary import summary
from dashboard.theme import NO_DATA
from proda_core.scenario import Scenario
from tests.dashboard.visit import after, picture, slide


@pytest.fixture(scope="module")
def lasting(informed: Engine) -> Page:
    return Page(informed)


@pytest.fixture
def page(lasting: Page) -> Page:
    """A page with an ensemble on which nothing was chosen yet, or everything was taken back."""
    after(lasting, lambda: lasting.state.begin(Choice()))
    return lasting


def cells(sheet: Any) -> np.ndarray:
    return np.asarray(sheet.globe.source.data["cells"][0])[:-1]


def sent(sheet: Any) -> np.ndarray:
    """How far each cell is faded on a sheet [%]."""
    return np.asarray(sheet.globe._fading.data_source.data["marked"][0])


def test_the_other_map_is_the_baseline_until_another_is_chosen(page: Page) -> None:
    after(page, slide(page, "cue", 5.0), lambda: page.state.compare("side"))
    assert np.array_equal(cells(page.map.second), page.engine.baseline.soc[1].astype(np.float32))
    after(page, lambda: page.map.other.view.param.update(value="% change"))
    assert page.state.choice.other == Look("soc", "1m", "percent")
    expected = 100 * (page.engine.outcome(Scenario(cue=0.05)).soc[1] / page.engine.baseline.soc[1] - 1)
    np.testing.assert_allclose(cells(page.map.second), expected, rtol=1e-4)
    after(page, lambda: page.map.chooser.depth.param.update(value="0–2 m"))
    assert page.state.choice.other == Look("soc", "1m", "percent")
    assert page.state.choice.depth == "2m"


def test_both_maps_answer_a_move_with_a_mechanism_each(page: Page) -> None:
    other = Look("cue", "1m", "scenario")
    after(page, lambda: page.state.show(variable="residence_time"), lambda: page.state.compare("swipe"))
    after(page, lambda: page.state.show_other(**other._asdict()), slide(page, "cue", 5.0))
    after(page, lambda: page.state.show(view="scenario"))
    outcome = page.engine.outcome(Scenario(cue=0.05), "cue", "residence_time")
    np.testing.assert_allclose(cells(page.map.first), outcome.mechanism["residence_time"], rtol=1e-6)
    np.testing.assert_allclose(cells(page.map.second), outcome.mechanism["cue"], rtol=1e-6)


def test_both_maps_share_what_they_show_of_the_globe(page: Page) -> None:
    after(page, lambda: page.state.compare("side"), lambda: page.state.visit(10.0, 20.0))
    first, second = page.map.first.globe, page.map.second.globe
    assert first.figure.x_range is second.figure.x_range
    assert first.figure.y_range is second.figure.y_range
    assert first.chosen.data == second.chosen.data == {"x": [first.chosen.data["x"][0]], "y": [first.chosen.data["y"][0]]}
    page.map.hatch.value = False
    assert not first.hatching.visible
    assert not second.hatching.visible
    page.map.hatch.value = True


def test_a_move_sends_the_values_of_two_maps_and_no_more(page: Page) -> None:
    after(page, slide(page, "cue", 5.0), lambda: page.state.compare("side"), lambda: page.state.show_other(view="percent"))
    before = [
        {id(s): dict(s.data) for s in sheet.globe.figure.select({"type": type(sheet.globe.source)})} for sheet in both(page)
    ]
    after(page, slide(page, "cue", 6.0))
    for sheet, known in zip(both(page), before, strict=True):
        changed = [
            name
            for source in sheet.globe.figure.select({"type": type(sheet.globe.source)})
            for name, column in source.data.items()
            if known[id(source)][name] is not column
        ]
        assert changed == ["cells"]


def both(page: Page) -> list[Any]:
    return [page.map.first, page.map.second]


def test_a_comparison_is_a_step_and_ends_where_it_began(page: Page) -> None:
    after(page, lambda: page.state.compare("side"))
    assert page.map.stage.panel.css_classes == ["side"]
    assert page.map.stage.panel.objects[:-1] == [*page.map.first.parts, *page.map.second.parts]
    assert page.map.other.panel.visible
    after(page, page.state.undo)
    assert page.map.stage.panel.css_classes == ["one"]
    assert page.map.stage.panel.objects[:-1] == page.map.first.parts
    assert not page.map.other.panel.visible
    after(page, lambda: page.map.compare.param.update(value="Swipe"))
    assert page.state.choice.compare == "swipe"
    assert page.map.stage.divider.swipes


@pytest.mark.parametrize("hostile", ["side", "", None, 1, ["Swipe"], {"a": 1}])
def test_what_a_browser_sends_for_a_row_is_taken_only_if_it_is_a_button(page: Page, hostile: object) -> None:
    after(page, lambda: page.map.compare.param.update(value=hostile))
    assert page.state.choice == Choice()
    assert page.map.compare.value == "One map"


@pytest.mark.parametrize("make", [lambda s: s.compare("over"), lambda s: s.project("mercator"), lambda s: s.show_other(view="x")])
def test_names_that_are_not_in_the_tables_are_refused(make: Any) -> None:
    with pytest.raises(ValueError, match="expected one of"):
        make(State())


def test_plain_longitude_and_latitude_show_the_same_cells(page: Page) -> None:
    before, world = picture(page), page.map.first.globe.whole
    after(page, lambda: page.map.projection.param.update(value="Longitude, latitude"))
    globe = page.map.first.globe
    assert globe.pixels is page.engine.pixels_on("lonlat")
    shown = globe.pixels.frame(page.engine.baseline.soc[1])
    assert shown.shape == (500, 1000)
    row, column = (np.searchsorted(axis, value) for axis, value in ((globe.pixels.y, 10.25), (globe.pixels.x, 20.25)))
    cell = page.engine.model.land.nearest(globe.pixels.y[row], globe.pixels.x[column])
    assert globe.pixels.index[row, column] in (cell, globe.pixels.cells)
    assert (globe.figure.x_range.start, globe.figure.x_range.end) == pytest.approx((-181.8, 181.8))
    for source in plots.sources(globe.figure, "Image"):
        assert [source.data[name] for name in ("x", "y", "dw", "dh")] == [[-180.0], [-90.0], [360.0], [180.0]]
    after(page, page.state.undo)
    assert np.array_equal(picture(page), before, equal_nan=True)
    assert globe.whole == world


def test_a_click_and_a_box_are_where_they_are_seen(page: Page) -> None:
    after(page, lambda: page.state.project("lonlat"), lambda: page.map.first.globe._tap(SimpleNamespace(x=20.25, y=10.25)))
    assert page.state.choice.place == (10.25, 20.25)
    assert page.map.first.globe.chosen.data == {"x": [20.25], "y": [10.25]}
    drawn = {"type": "rect", "x0": -10.0, "x1": 30.0, "y0": 35.0, "y1": 60.0}
    after(page, lambda: page.map.first.globe.drawn_box(SimpleNamespace(final=True, geometry=drawn)))
    assert page.state.choice.region is not None
    assert page.state.choice.region.box == (35.0, 60.0, -10.0, 30.0)
    after(page, lambda: page.map.first.globe._tap(SimpleNamespace(x=190.0, y=10.25)))
    assert page.state.choice.place == (10.25, 20.25)


def test_lines_follow_the_projection(page: Page) -> None:
    first = [np.asarray(source.data["y"]) for source in plots.sources(page.map.first.globe.figure, "Line")]
    after(page, lambda: page.state.project("lonlat"))
    then = [np.asarray(source.data["y"]) for source in plots.sources(page.map.first.globe.figure, "Line")]
    assert [len(line) for line in then] == [len(line) for line in first]
    assert all(np.nanmax(np.abs(line)) <= 90 for line in then)


def test_a_map_fades_with_the_spread_of_the_ensemble(page: Page) -> None:
    share = page.engine.fields.coefficient_of_variation("soc", "1m")
    after(page, lambda: page.map.fade.param.update(value=True))
    assert page.state.choice.fade
    assert page.map.first.globe._fading.visible
    np.testing.assert_allclose(sent(page.map.first)[:-1], 100 * np.clip(share / FADED, 0, 1), atol=0.51)
    assert len(np.unique(sent(page.map.first))) > 5
    assert "Fading" in page.map.first.bar.object
    after(page, lambda: page.state.show(view="change"))
    assert not page.map.first.globe._fading.visible
    assert page.map.fade.disabled
    assert "Fading" not in page.map.first.bar.object
    after(page, page.state.undo, lambda: page.state.show(variable="cue"))
    assert page.map.first.globe._fading.visible
    after(page, lambda: page.map.fade.param.update(value=False))
    assert not page.map.first.globe._fading.visible


def test_nothing_fades_where_no_spread_is_known(engine: Engine) -> None:
    plain = Page(engine)
    after(plain, lambda: plain.state.fade(True))
    assert not plain.map.first.globe._fading.visible
    assert "No uncertainty" in engine.fields.unfaded("soc", "baseline")


def told(page: Page) -> str:
    return str(page.map.first.globe._said.data["form"][0])


def test_the_pointer_reads_value_and_spread_where_both_belong_together(page: Page) -> None:
    assert "± {spread}" in told(page)
    share = np.asarray(page.map.first.globe.pointed.data["relative"][0])
    np.testing.assert_allclose(share, page.engine.fields.coefficient_of_variation("soc", "1m"), rtol=1e-6)
    after(page, slide(page, "cue", 5.0), lambda: page.state.show(view="scenario"))
    assert "at the baseline" in told(page)  # the spread of the scenario is not known
    after(page, lambda: page.state.show(view="change"))
    assert len(page.map.first.globe.pointed.data["relative"][0]) == 0
    assert "SD" not in told(page)
    assert "±" not in told(page)


def test_every_map_and_every_spread_is_in_the_list(page: Page) -> None:
    plain = {(layer.variable, layer.depth) for layer in layers.LAYERS if not layer.spread}
    assert plain == {("soc", depth) for depth in DEPTHS} | {(name, None) for name in MAPS if name != "soc"}
    spread = {layer.variable for layer in layers.LAYERS if layer.spread}
    assert spread == {name for name, row in MAPS.items() if row.group not in (SENSITIVITY, EVIDENCE)}
    assert len({layer.label for layer in layers.LAYERS}) == len(layers.LAYERS)
    for text in ("q10", "Q₁₀", "τ_S3", "passive", "Residence", "Gain per +1 %", "SD of", "0–2 m"):
        assert any(text in layer.label for layer in layers.LAYERS), text


@pytest.mark.parametrize("variable", MAPS)
@pytest.mark.parametrize("view", VIEWS)
def test_what_is_shown_stands_in_the_menu(informed: Engine, variable: str, view: str) -> None:
    look = Look(variable, "2m", informed.fields.view(variable, view))
    layer = layers.of(look)
    assert layer.shows(look)
    assert layer.shows(Look("soc", "1m", "change")._replace(**layer.choice(Look("soc", "1m", "change"))))


def test_a_layer_of_the_list_is_shown(page: Page) -> None:
    after(page, lambda: page.map.chooser.variable.param.update(value="SD of Soil organic carbon, 0–2 m"))
    assert page.state.choice.look == Look("soc", "2m", "uncertainty")
    after(page, lambda: page.map.chooser.variable.param.update(value="Residence time"))
    assert page.state.choice.look == Look("residence_time", "2m", "baseline")


@pytest.mark.parametrize("hostile", [None, 3, "Atlantis", ["Residence time"], "SD of Plant carbon input"])
def test_what_is_no_layer_changes_nothing(page: Page, hostile: object) -> None:
    page.map.chooser._pick(hostile)
    assert page.state.choice == Choice()


@pytest.mark.parametrize("query", ["other=soc,1m", "other=soc,1m,side", "other=", "compare=over", "projection=mercator"])
def test_a_broken_link_to_a_comparison_opens_the_first_look(query: str) -> None:
    opened = link.open_link(
        {key: [value.encode()] for key, value in [part.split("=") for part in ("v=1", *query.split("&"))]}, "m"
    )
    assert opened.broken
    assert opened.choice == Choice()
    assert "expected" in opened.notice


def test_a_figure_follows_projection_and_fading(informed: Engine) -> None:
    made = {
        (on, fade): printed.figure(informed, informed.answer(Choice(projection=on, fade=fade)), "svg").decode()
        for on in projection.BY_NAME
        for fade in (False, True)
    }
    assert len(set(made.values())) == 4
    assert export.map_table(informed, informed.answer(Choice(projection="lonlat"))).shape[0] > 0


def test_a_printed_map_is_the_part_in_sight_in_the_colours_and_hatching_of_the_page(informed: Engine) -> None:
    answer, made = informed.answer(Choice(Scenario(cue=0.05), view="change")), Figure()
    framing = Framing(Window(4.0, 0.1, 0.5), fit=True, hatch=False)
    page = Page(informed).map.first.globe
    page.look(framing.window)
    for row, each in enumerate((framing, Framing())):
        printed._map(made, row, informed, answer, each)
    seen, beside, whole, _ = made.axes
    shown = page.figure.x_range, page.figure.y_range
    for wanted, got in zip(shown, (seen.get_xlim(), seen.get_ylim()), strict=True):
        assert got == pytest.approx((wanted.start, wanted.end), rel=0.02)
    assert whole.get_xlim() == pytest.approx(projection.EQUAL_EARTH.x_limits)
    assert beside.get_xlim() == pytest.approx(dress(informed, answer, fitted=True).limits)
    assert len(seen.images) == len(whole.images) - 1  # no hatching
    said = "Hatched: unlike any training site."
    assert (said in printed.caption(informed, answer, ""), said in printed.caption(informed, answer, "", framing)) == (
        True,
        False,
    )


def test_the_caspian_sea_is_no_land_in_print() -> None:
    axes = Figure().add_axes((0, 0, 1, 1))
    printed._globe(axes, projection.EQUAL_EARTH, Window(8.0, 0.25, 0.6))
    (land,) = axes.patches
    canvas = FigureCanvasAgg(axes.figure)
    canvas.draw()
    picture, size = np.asarray(canvas.buffer_rgba()), canvas.get_width_height()

    def colour(longitude: float, latitude: float) -> str:
        x, y = axes.transData.transform(projection.to_point(longitude, latitude, projection.EQUAL_EARTH))
        return to_hex(picture[size[1] - round(y), round(x), :3] / 255)

    assert to_hex(land.get_facecolor()) == NO_DATA
    assert (colour(51.0, 42.0), colour(58.0, 42.0)) == ("#ffffff", NO_DATA)


def test_the_table_adds_up_to_what_the_page_says(informed: Engine) -> None:
    answer = informed.answer(Choice(Scenario(cue=0.05), view="change"))
    told = summary(informed, answer)
    assert told.title == "Soil organic carbon, 0–1 m: change from baseline; sum [Pg C]"
    assert told.values[-1, -1] == pytest.approx(answer.outcome.total[1] - answer.baseline.total[1])
    assert np.nansum(told.values[:-1, -1]) == pytest.approx(told.values[-1, -1])
    assert np.nansum(told.values[-1, :-1]) == pytest.approx(told.values[-1, -1])
    assert np.nansum(told.values[:-1, :-1]) == pytest.approx(told.values[-1, -1])
    assert told.columns == ["tropical", "arid", "temperate", "cold", "polar", "All land"]
    assert len(told.rows) == len(told.values)


@pytest.mark.parametrize("look", [Look("cue", "1m", "baseline"), Look("soc", "1m", "percent"), Look("soc", "1m", "uncertainty")])
def test_what_does_not_add_up_is_a_mean_by_area(informed: Engine, look: Look) -> None:
    answer = informed.answer(Choice(Scenario(cue=0.05)).but(**look._asdict()))
    told, values, area = summary(informed, answer), informed.map_values(answer), informed.model.land.area
    known = np.isfinite(values)
    assert told.values[-1, -1] == pytest.approx(np.average(values[known], weights=area[known]))
    assert "mean by area" in told.title


def test_without_climate_zones_the_table_has_bands_of_latitude(engine: Engine) -> None:
    told = summary(engine, engine.answer(Choice()))
    assert told.columns == ["All land"]
    assert np.nansum(told.values[:-1]) == pytest.approx(engine.baseline.total[1])


def test_the_table_follows_the_map_while_it_is_open(page: Page) -> None:
    assert page.map.table.held == ""
    after(page, slide(page, "cue", 5.0))
    assert page.map.table.held == ""
    after(page, lambda: page.map.table.param.update(opened=True))
    before = page.map.table.held
    assert before.count("<table") == 1
    after(page, slide(page, "cue", 6.0), lambda: page.state.compare("side"))
    assert page.map.table.held != before
    assert page.map.table.held.count("<table") == 2
    page.map.table.opened = False


def test_colours_fit_both_maps_so_that_equal_values_look_equal(page: Page) -> None:
    after(page, slide(page, "cue", 1.0), lambda: page.state.compare("side"), lambda: page.state.show_other(view="change"))

    def limits() -> list[tuple[float, float]]:
        mappers = [
            plots.renderers(sheet.globe.figure, "Image")[0].glyph.color_mapper for sheet in (page.map.first, page.map.second)
        ]
        return [(mapper.low, mapper.high) for mapper in mappers]

    fixed = limits()
    assert fixed[0] == fixed[1]
    page.map.fit.clicks += 1
    fitted = limits()
    assert fitted[0] == fitted[1] != fixed[0]
