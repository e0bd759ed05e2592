"""Every diagram of the page can be taken away: drawn for print from what it shows, with its words, its legend and its source."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import numpy as np
import panel as pn
import pytest
from bokeh.document import Document
from bokeh.plotting import figure
from bokeh.themes import built_in_themes
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image

from dashboard import app, ink, own, paper, place_flows, place_layout, place_parameters, plate, plots, press, printed, verdict
from dashboard.app import Page
from dashboard.catalogue import DEPTHS, MAPS
from dashboard.choice import Choice, Look
from dashboard.diagrams import MARKS
from dashboard.drawn import Sketch
from dashboard.dress import dress
from dashboard.engine import Engine
from dashboard.language import speaking
from dashboard.plate import Plate
from dashboard.takeaway import citation
from dashboard.theme import ACCENT, INK
from dashboard.traced import trace
from proda_core import parameters
from proda_core.grid import LAYERS, LAYERS_CLM5
from proda_core.scenario import Scenario
from proda_core.sensitivity import MECHANISMS
from tests.dashboard.test_own import sent
from tests.dashboard.visit import after, slide, waited

ADDRESS = "http://localhost:5006/?v=1&cue=5"
SVG = "{http://www.w3.org/2000/svg}"

TITLES = [
    "Soil profile at",
    "Response of the world's stock",
    "Pools and flows of carbon at",
    "Climate and forcing at",
    "Parameters at",
    "How long it takes: World, 0–1 m",
    "How long it takes: ",
    "Change a mechanism everywhere",
    "Make its map uniform",
    "Share out the variance",
    "Compare places: CUE and temperature",
    "Compare places: CUE and carbon",
    "Skill by method",
    "Observed against modelled carbon density",
    "Where the profiles are",
    "Against the maps",
    "Fit one profile",
    "What it tells about the parameters",
]


@pytest.fixture(scope="module")
def page(informed: Engine) -> Iterator[Page]:
    """A page that has drawn all its diagrams, of a scenario, scenario A, two places and a visitor's profiles."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "REST", 0.02)
        made = drawn_out(informed)
        bring(made)
        yield made


def drawn_out(engine: Engine) -> Page:
    made, land = Page(engine), engine.model.land
    here, there = ((float(land.latitude[i]), float(land.longitude[i])) for i in (7, 90))
    made.mechanisms.open()
    made.evidence.open()
    after(made, slide(made, "cue", 2.0), made.state.pin, slide(made, "cue", 5.0), lambda: made.curves.ask("cue"))
    after(made, lambda: made.state.visit(*here), lambda: made.state.visit_beside(*there))
    waited(made, slide(made, "warming", 1.0))
    return made


def bring(page: Page) -> None:
    """Bring profiles and fit one, as far as the diagrams go."""
    table = own.example(page.engine)
    table = table.assign(soc_density=table["soc_density"].clip(10.0, 3e5))  # the small world's soils are wild

    async def compared() -> None:
        sent(page, table.to_csv(index=False).encode())
        await page.owned.settled()

    asyncio.run(compared())
    single, quantiles = page.own.single, np.tile([0.1, 0.3, 0.5, 0.7, 0.9], (parameters.COUNT, 1))
    single._show_plots()
    assert single._plots is not None
    fitted, bars = single._plots
    fitted.begin(np.array([30.0, 12.0]), np.array([0.0, 0.2]), np.array([0.2, 0.6]))
    fitted.predicted(np.linspace(20, 5, LAYERS))
    fitted.draw(np.linspace(25, 5, LAYERS)[:, None] * np.array([0.5, 0.8, 1.0, 1.2, 1.5]))
    bars.draw(quantiles, np.linspace(0, 0.5, parameters.COUNT))


def file_of(page: Page, title: str, kind: str) -> bytes:
    order = page.press.order(title, kind, ADDRESS)
    assert order is not None
    return press.run(order).content


def tree(content: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(content)  # noqa: S314 our own file


def told(content: bytes) -> str:
    """All text in a drawing, lines joined."""
    return " ".join(" ".join("".join(part.itertext()) for part in tree(content).iter(f"{SVG}text")).split())


def flat(text: str) -> str:
    return " ".join(text.split())


def drawn_again(shown: figure) -> Axes:
    """The axes on paper."""
    axes = Figure().add_subplot()
    plate._draw(axes, trace(shown))
    return axes


def titled(page: Page, start: str) -> str:
    return next(title for title in page.press.drawn() if title.startswith(start))


# ---- which there are ----


def test_every_figure_of_the_page_but_the_globes_can_be_taken_away(page: Page) -> None:
    found = page.press.drawn()
    assert len(found) == len(TITLES)
    assert all(title.startswith(start) for title, start in zip(found, TITLES, strict=True)), list(found)
    panes = {pane.object.id for view in page.views for pane in view.panel.select(pn.pane.Bokeh)}
    globes = {sheet.globe.figure.id for sheet in page.map._sheets()}
    assert panes - globes == {each.figure.id for each in found.values() if not isinstance(each.figure, Sketch)}


def test_a_page_offers_what_it_has_drawn_and_no_more(informed: Engine) -> None:
    made = Page(informed)
    assert made.press.drawn() == {}
    after(made, lambda: made.curves.ask("cue"))
    assert list(made.press.drawn()) == ["Response of the world's stock"]
    assert made.press.order("Skill by method", "svg", ADDRESS) is None
    assert made.press.order("Response of the world's stock", "exe", ADDRESS) is None


# ---- what is in the files ----


@pytest.mark.parametrize("start", TITLES)
def test_a_figure_is_a_drawing_with_title_axes_legend_and_source(page: Page, start: str) -> None:
    title = titled(page, start)
    wanted = page.press.drawn()[title]
    content = file_of(page, title, "svg")
    words = told(content)
    own = [] if isinstance(wanted.figure, Sketch) else list(wanted.figure.axis)
    axes = [line.axis_label for line in own if line.visible and line.axis_label]
    source = citation(page.state.choice, page.engine, ADDRESS, title)
    for text in (title, *axes, *(sign.label for sign in wanted.signs), wanted.scale, wanted.said, source):
        assert flat(text) in words
    root = tree(content)
    assert len(list(root.iter(f"{SVG}path"))) > (3 if own and not own[0].visible else 8)
    assert bool(list(root.iter(f"{SVG}image"))) == bool(wanted.scale)  # a colour scale is an image, all else are lines
    state = "once soils reach their new balance"
    assert (state in words) == wanted.follows


@pytest.mark.parametrize("start", TITLES)
def test_a_figure_is_a_picture_of_print_size(page: Page, start: str) -> None:
    picture = Image.open(io.BytesIO(file_of(page, titled(page, start), "png")))
    assert picture.width == round(300 * paper.WIDTH)
    assert 4 * 300 <= picture.height <= 9 * 300
    pixels = np.asarray(picture.convert("L"))
    assert pixels.min() < 80
    edge = 0.04 * 300
    assert all(
        (side == 255).all() for side in (pixels[:, : int(edge)], pixels[:, -int(edge) :], pixels[: int(edge)])
    )  # nothing is cut


def test_the_printed_curve_passes_through_the_baseline_stock_and_the_scenarios(page: Page) -> None:
    axes = drawn_again(page.press.drawn()["Response of the world's stock"].figure)
    change, stock = axes.lines[0].get_data()
    assert np.interp(0.0, change, stock) == pytest.approx(page.engine.baseline.total[1])
    (start,), (rival,), (now,) = (np.asarray(each.get_offsets()) for each in axes.collections)
    assert start == pytest.approx([0.0, page.engine.baseline.total[1]])
    assert rival[0] == 2.0
    assert now == pytest.approx([5.0, page.engine.answer(page.state.choice).outcome.total[1]])
    assert axes.get_ylabel() == "Pg C, 0–1 m"


def test_a_printed_profile_is_read_downwards_and_has_the_carbon_of_the_place(page: Page) -> None:
    axes = drawn_again(page.press.drawn()[titled(page, "Soil profile")].figure)
    low, high = axes.get_ylim()
    assert low > high == 0
    soil = page.engine.answer(page.state.choice).profile
    assert soil is not None
    by_colour = {to_hex(line.get_color()): line.get_xydata() for line in axes.lines}
    np.testing.assert_allclose(by_colour[ACCENT], np.column_stack([soil.scenario, LAYERS_CLM5.node[:LAYERS]]))
    dashed = [line for line in axes.lines if line.is_dashed()]
    np.testing.assert_allclose(dashed[-1].get_xdata(), soil.baseline)


def test_the_printed_place_has_the_numbers_of_its_card(page: Page) -> None:
    soil = page.engine.answer(page.state.choice).profile
    assert soil is not None
    assert soil.setting.members is not None
    flows, parameters_ = (told(file_of(page, titled(page, start), "svg")) for start in ("Pools and flows", "Parameters at"))
    parts = {id_: (before, after_, percent) for id_, before, after_, percent, _ in place_flows.numbers(*soil.budgets)}
    for id_, (before, after_, percent) in parts.items():
        if id_.startswith("pool"):
            assert f"{before} kg C m⁻²" in flows
            assert not after_ or f"→ {after_} ({percent})" in flows
        elif id_ in place_layout.WAYS:
            assert (f"{before} → {after_}" if after_ else before) in flows
    assert parts["input-all"][1] in flows  # in the sentence
    for i, parameter in enumerate(parameters.PARAMETERS):
        mean, middle = place_parameters.spread(soil.setting.members[:, i])
        assert MAPS[parameter.id].label in parameters_
        assert mean in parameters_
        assert middle in parameters_


def test_the_printed_months_are_those_of_the_place(page: Page) -> None:
    soil = page.engine.answer(page.state.choice).profile
    assert soil is not None
    made = Figure()
    sketch = page.press.drawn()[titled(page, "Climate and forcing")].figure
    sketch.draw(made, (0, 0, 1, 1))
    for axes, wanted in zip(made.axes, (soil.setting.temperature, soil.setting.water), strict=True):
        np.testing.assert_allclose([line.get_ydata() for line in axes.lines], wanted)


def test_printed_mechanisms_keep_colours_and_shapes(page: Page) -> None:
    shown = page.press.drawn()["Change a mechanism everywhere"]
    for sign, name in zip(shown.signs, MECHANISMS, strict=False):
        assert (sign.label, sign.colour, sign.shape) == (verdict.label(name), MARKS[name].colour, MARKS[name].shape)
    assert shown.signs[-1].label == "Where a slider stands"
    axes = drawn_again(shown.figure)
    data = plots.sources(shown.figure, "MultiLine")[1].data
    by_colour = {to_hex(line.get_color()): line.get_xydata() for line in axes.lines}
    for x, y, name in zip(data["xs"], data["ys"], MECHANISMS, strict=True):
        np.testing.assert_allclose(by_colour[MARKS[name].colour], np.column_stack([x, y]))


def test_logarithmic_axes_stay_so_and_keep_their_marks(page: Page) -> None:
    axes = drawn_again(page.press.drawn()["How long it takes: World, 0–1 m"].figure)
    assert axes.get_xscale() == "log"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "10", "100", "1,000", "10,000"]
    assert axes.get_ylim()[0] < 0 < axes.get_ylim()[1]


def test_printed_bars_lie_where_the_names_stand(page: Page) -> None:
    axes = drawn_again(page.press.drawn()["What it tells about the parameters"].figure)
    assert [label.get_text() for label in axes.get_yticklabels()] == list(parameters.IDS)[::-1]
    prior, _, half = axes.collections[:3]
    assert len(prior.get_paths()) == parameters.COUNT
    first = half.get_paths()[0].get_extents()
    assert (first.x0, first.x1) == pytest.approx((0.3, 0.7))
    assert (first.y0 + first.y1) / 2 == pytest.approx(parameters.COUNT - 0.5)


def test_printed_counts_have_the_colours_of_the_page(page: Page) -> None:
    shown = page.press.drawn()["Observed against modelled carbon density"].figure
    cells = drawn_again(shown).collections[0]
    (source,) = plots.sources(shown, "Quad")
    count, colours = source.data["color"], [to_hex(colour) for colour in cells.get_facecolor()]
    mapper = plots.renderers(shown, "Quad")[0].glyph.fill_color.transform
    assert colours[int(np.argmax(count))] == mapper.palette[-1]
    assert colours[int(np.argmin(count))] == mapper.palette[0]


def test_what_is_printed_was_shown_when_it_was_asked_for(informed: Engine) -> None:
    made = Page(informed)
    after(made, slide(made, "cue", 5.0), lambda: made.curves.ask("cue"))
    title = "Response of the world's stock"
    order = made.press.order(title, "svg", ADDRESS)
    assert order is not None
    before = press.run(order).content
    after(made, lambda: made.state.show(depth="full"), slide(made, "cue", -5.0))
    assert told(press.run(order).content) == told(before)
    assert DEPTHS["1m"] in told(before)
    assert "A 5 % rise in microbial CUE" in told(before)
    assert "A 5 % fall in microbial CUE" in told(file_of(made, title, "svg"))


# ---- how they look ----


def dots(theme: str | None = None) -> figure:
    shown = figure(width=400, height=300, x_range=(0, 4), y_range=(0, 4))
    shown.scatter([1, 2], [2, 3], size=9, color=ACCENT)
    shown.xaxis.axis_label = shown.yaxis.axis_label = "Carbon"
    if theme is not None:
        dark = Document(theme=built_in_themes[theme])
        dark.add_root(shown)
    return shown


def test_dark_mode_prints_like_light() -> None:
    light, dark = (
        plate.printed(Plate(trace(each), "Dots", (), "", "Made up."), "png") for each in (dots(), dots("dark_minimal"))
    )
    assert light == dark
    picture = Image.open(io.BytesIO(light)).convert("RGB")
    assert picture.getpixel((3, 3)) == (255, 255, 255)
    assert to_hex(np.array(min(picture.getcolors(1 << 24) or [], key=lambda one: sum(one[1]))[1]) / 255) == INK


def test_a_glyph_that_is_not_known_is_not_dropped() -> None:
    shown = dots()
    shown.wedge(x=[1], y=[1], radius=1, start_angle=0, end_angle=1)
    with pytest.raises(ink.UnknownGlyphError, match=r"expected one of Line, .*got Wedge; add"):
        plate.printed(Plate(trace(shown), "Dots", (), "", "Made up."), "svg")


def test_a_figure_is_chinese_where_there_is_a_font_for_it(informed: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    if not paper.lettering("zh"):
        pytest.skip("expected a font with Chinese letters, got none; on Debian and Ubuntu: apt install fonts-noto-cjk")
    with speaking("zh"):
        made = Page(informed)
        after(made, slide(made, "cue", 5.0), lambda: made.curves.ask("cue"))
        title = made.response.title
        order = made.press.order(title, "svg", ADDRESS)
    assert order is not None
    content = press.run(order).content  # in another thread nobody says which language it is
    words = told(content)
    for text in (title, "微生物 CUE", "情景", "基线", "访问"):
        assert text in words
    assert paper.lettering("zh")[1] in content.decode()
    assert press.run(order).name.endswith(".svg")


def test_without_a_font_there_is_a_reason(informed: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Page(informed)
    after(made, lambda: made.curves.ask("cue"))
    said: list[Any] = []
    monkeypatch.setattr(paper, "_fonts", lambda: frozenset({"DejaVu Sans"}))
    monkeypatch.setattr(made.tools.bar, "_send_msg", said.append)
    with speaking("zh"):
        made.tools._do({"what": "print", "title": made.response.title, "kind": "png"})
    assert said == [{"trouble": "服务器应有中文字体，但未找到；请取用英文图。"}]


# ---- how they reach the visitor ----


def test_the_dialog_lists_the_figures_and_hands_one_over(informed: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    made, said = Page(informed), []
    after(made, lambda: made.curves.ask("cue"))
    monkeypatch.setattr(made.tools.bar, "_send_msg", said.append)
    made.tools._give(ADDRESS)
    (title,) = made.tools.bar.figures

    async def wish(*wishes: dict[str, Any]) -> None:
        for each in wishes:
            made.tools._do({"what": "print", **each})
        await made.prints.settled()

    asyncio.run(wish({"title": title, "kind": "png"}))
    assert [each["name"] for each in said] == ["proda-response-of-the-world-s-stock.png"]
    said.clear()
    asyncio.run(wish({"title": "Nothing", "kind": "png"}))
    assert "no longer on the page" in said.pop()["trouble"]
    asyncio.run(wish({"title": [], "kind": "png"}, {"title": title}, {"title": title, "kind": {}}))
    assert said == []


def test_a_figure_that_fails_says_so(informed: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    made, said = Page(informed), []
    after(made, lambda: made.curves.ask("cue"))
    made.response.plot.figure.wedge(x=[1], y=[1], radius=1, start_angle=0, end_angle=1)
    monkeypatch.setattr(made.tools.bar, "_send_msg", said.append)

    async def wish() -> None:
        made.tools._do({"what": "print", "title": made.response.title, "kind": "png"})
        await made.prints.settled()

    asyncio.run(wish())
    assert said == [{"trouble": "The figure could not be drawn; the other files are still to be had."}]


# ---- two maps ----


@pytest.mark.parametrize("how", ["side", "swipe"])
def test_two_maps_stand_in_one_printed_figure(informed: Engine, how: str) -> None:
    choice = Choice(Scenario(cue=0.05), view="change", compare=how, other=Look("cue", "1m", "baseline"))
    answer = informed.answer(choice)
    words = told(printed.figure(informed, answer, "svg", ADDRESS))
    for each in (answer, answer.second):
        assert printed.plain_title(dress(informed, each)) in words
    assert words.count("A 5 % rise in microbial CUE") == 1
    assert ADDRESS in words
    content = printed.figure(informed, answer, "svg", ADDRESS)
    alone = printed.figure(informed, informed.answer(choice.but(compare="")), "svg", ADDRESS)
    assert len(list(tree(content).iter(f"{SVG}image"))) > len(list(tree(alone).iter(f"{SVG}image")))
    picture = Image.open(io.BytesIO(printed.figure(informed, answer, "png", ADDRESS)))
    assert picture.size == (round(300 * paper.WIDTH), round(300 * (2 * printed.HEAD + printed.FOOT)))
