"""With retrieved maps the page shows what stands in their file: parameters, spreads, and where the profiles were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xarray as xr

from dashboard import words
from dashboard.app import Page
from dashboard.catalogue import DEPTHS, EVIDENCE, MAPS, SCENARIO_VIEWS, VIEWS
from dashboard.choice import Choice
from dashboard.engine import Engine
from dashboard.ensemble import EDGE
from dashboard.fields import profiles_in_blocks
from dashboard.layers import LAYERS
from proda_core import mechanisms, parameters
from proda_core.grid import LandGrid
from proda_core.scenario import Scenario
from tests.dashboard.visit import after, colours, heading, picture, slide


@pytest.fixture(scope="module")
def lasting(informed: Engine) -> Page:
    return Page(informed)


@pytest.fixture
def page(lasting: Page) -> Page:
    """A page with retrieved maps on which everything was taken back."""
    after(lasting, lambda: lasting.state.begin(Choice()))
    return lasting


@pytest.fixture
def plain(engine: Engine) -> Page:
    """A page without retrieved maps."""
    return Page(engine)


def look(page: Page, **choice: str) -> Callable[[], None]:
    return lambda: page.state.show(**choice)


def same(page: Page, values: Any) -> bool:
    return np.array_equal(picture(page), page.engine.pixels.frame(np.asarray(values)), equal_nan=True)


@pytest.mark.parametrize("parameter", parameters.PARAMETERS, ids=lambda parameter: parameter.id)
def test_a_parameter_map_shows_the_file_in_physical_units(page: Page, maps: xr.Dataset, parameter: parameters.Parameter) -> None:
    after(page, look(page, variable=parameter.id))
    unit = maps["parameter_unit"].sel(parameter=parameter.id).values
    assert same(page, parameter.lower + unit * (parameter.upper - parameter.lower))
    assert ": best estimate [" in heading(page)
    assert MAPS[parameter.id].about.split(".")[0] in page.map.first.about.object
    after(page, look(page, view="uncertainty"))
    assert same(page, maps["parameter_unit_sd"].sel(parameter=parameter.id).values * (parameter.upper - parameter.lower))


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_uncertainty_of_the_stock_is_that_of_the_file(page: Page, maps: xr.Dataset, depth: str) -> None:
    after(page, look(page, view="uncertainty", depth=depth))
    assert same(page, maps["soc_sd"].sel(depth=depth).values)
    assert heading(page) == f"Soil organic carbon, {DEPTHS[depth]}: spread (SD) of the ensemble [kg C m⁻²]"
    low, high, _ = colours(page)
    assert low == 0.0
    assert high >= np.median(maps["soc_sd"].sel(depth=depth))


@pytest.mark.parametrize("name", [name for name in mechanisms.UNITS if name != "carbon_input"])
def test_the_uncertainty_of_a_mechanism_is_that_of_the_file(page: Page, maps: xr.Dataset, name: str) -> None:
    after(page, look(page, variable=name, view="uncertainty"))
    assert same(page, maps["mechanism_sd"].sel(mechanism=name).values)


def test_what_all_members_share_has_no_uncertainty_and_says_so(page: Page) -> None:
    after(page, look(page, variable="carbon_input", view="uncertainty"))
    assert same(page, page.engine.baseline.mechanism["carbon_input"])
    assert page.map.chooser.view.value == "Baseline"
    assert "all members of the ensemble share this" in page.map.first.title.object


def test_the_pointer_reads_the_spread_in_per_cent_of_the_baseline_as_well(page: Page, maps: xr.Dataset) -> None:
    after(page, look(page, view="uncertainty"))
    expected = 100 * maps["soc_sd"].sel(depth="1m").values / page.engine.baseline.soc[1]
    assert np.allclose(page.map.first.globe.pointed.data["relative"][0], expected, rtol=1e-5)
    after(page, look(page, view="change"))
    assert len(page.map.first.globe.pointed.data["relative"][0]) == 0


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_headline_has_the_spread_of_the_members(page: Page, maps: xr.Dataset, depth: str) -> None:
    after(page, look(page, depth=depth))
    members = maps["global_stock"].sel(depth=depth).values
    i = list(DEPTHS).index(depth)
    expected = words.with_spread(page.engine.baseline.total[i], members.std(ddof=1))
    assert f"hold {expected} Pg C" in page.headline.sentence.text
    assert expected.split(" ", 1)[1] in page.headline.number.object
    assert f"<td>{expected}</td>" in page.stocks.table.object
    after(page, slide(page, "cue", 1.0))
    assert f"baseline {expected}" in page.headline.number.object


def test_the_answer_of_the_members_to_one_percent_stands_beside_the_published(page: Page, maps: xr.Dataset) -> None:
    text = page.response.text.object
    assert "76 ± 3 Pg C" in text
    assert f"Mean ± SD of its {maps.sizes['member']} members" in text
    for depth in DEPTHS:
        answers = maps["one_percent"].sel(depth=depth).values
        assert words.with_spread(answers.mean(), answers.std(ddof=1)) in text


@pytest.mark.parametrize("variable", ["q10", "profile_count", "dissimilarity"])
def test_what_no_scenario_changes_is_shown_once_and_says_why(page: Page, variable: str) -> None:
    after(page, slide(page, "cue", 3.0), look(page, variable=variable))
    refused = {VIEWS[view] for view in SCENARIO_VIEWS} | ({"Uncertainty"} if MAPS[variable].group == EVIDENCE else set())
    assert set(page.map.chooser.view.refused) == refused
    assert "No scenario changes " in page.map.first.title.object
    assert (page.map.chooser.view.value, set(page.map.chooser.depth.refused)) == ("Baseline", set(DEPTHS.values()))
    shown = page.map.first.globe.source.data["cells"][0]
    after(page, slide(page, "cue", 4.0))
    assert page.map.first.globe.source.data["cells"][0] is shown  # nothing is sent again
    after(page, look(page, variable="soc"))
    assert page.map.chooser.view.value == "Change"  # as it was


def test_the_spread_is_not_sent_again_when_a_slider_moves(page: Page) -> None:
    after(page, look(page, view="uncertainty"))
    shown = page.map.first.globe.source.data["cells"][0]
    after(page, slide(page, "cue", 2.0))
    assert page.map.first.globe.source.data["cells"][0] is shown


@pytest.mark.parametrize("pressed", ["Change", "Scenario", "nothing", None, 3, ["Change"], {}, np.array([1.0, 2.0])], ids=repr)
def test_a_button_that_cannot_be_chosen_changes_nothing(page: Page, pressed: object) -> None:
    after(page, look(page, variable="q10"))
    before = page.state.choice
    after(page, lambda: page.map.chooser.view.param.update(value=pressed))
    assert page.state.choice is before
    assert page.map.chooser.view.value == "Baseline"


def test_buttons_choose_what_is_written_on_them(page: Page) -> None:
    after(
        page,
        lambda: page.map.chooser.view.param.update(value="Uncertainty"),
        lambda: page.map.chooser.depth.param.update(value="0–2 m"),
    )
    assert (page.state.choice.view, page.state.choice.depth) == ("uncertainty", "2m")


def test_profiles_are_counted_in_blocks() -> None:
    latitude = np.array([0.25, 2.25, 2.75, 0.25])
    land = LandGrid(latitude, np.array([0.25, 2.25, 0.25, -0.25]), np.ones(4))
    assert profiles_in_blocks(land, np.array([2.0, 3.0, 0.0, 1.0])).tolist() == pytest.approx([5, 5, np.nan, 1], nan_ok=True)


def test_the_evidence_can_be_mapped(page: Page, maps: xr.Dataset) -> None:
    after(page, look(page, variable="dissimilarity"))
    assert same(page, maps["dissimilarity"].values)
    after(page, look(page, variable="profile_count"))
    assert same(page, profiles_in_blocks(page.engine.model.land, maps["profile_count"].values))
    assert "land without training profiles" in page.map.first.bar.object


def test_land_unlike_any_training_site_is_hatched_until_a_visitor_takes_it_away(page: Page, maps: xr.Dataset) -> None:
    hatching = page.map.first.globe.hatching
    assert hatching is not None
    marked = np.asarray(hatching.data_source.data["marked"][0]).astype(bool)
    assert np.array_equal(marked[:-1], maps["dissimilarity"].values > EDGE)
    assert not marked[-1]  # the sea
    assert 0 < marked.sum() < len(marked)
    page.map.hatch.value = False
    assert not hatching.visible
    page.map.hatch.value = True
    assert hatching.visible


def test_a_place_says_what_it_rests_on(page: Page, maps: xr.Dataset) -> None:
    land = page.engine.model.land
    for cell in (int(maps["dissimilarity"].values.argmax()), int(maps["profile_count"].values.argmax())):
        after(page, lambda cell=cell: page.state.visit(float(land.latitude[cell]), float(land.longitude[cell])))
        text = page.profile.text.object
        stock = words.with_spread(page.engine.baseline.soc[1, cell], float(maps["soc_sd"].sel(depth="1m")[cell]))
        assert f"0–1 m: {stock} kg C m⁻²" in text
        count = int(maps["profile_count"][cell])
        assert f"Trained on {'no' if count == 0 else count} profile{'s' if count > 1 else ''} in this cell" in text
        assert ("Unlike any training site" in text) == (maps["dissimilarity"].values[cell] > EDGE)


def test_the_page_says_where_its_parameters_come_from(page: Page, plain: Page) -> None:
    def parameters_said(one: Page) -> str:
        return " ".join(
            pane.object for pane in one.layout().main[0].select(lambda part: "Parameters:" in str(getattr(part, "object", "")))
        )

    assert "Made up." in parameters_said(page)
    assert "Not retrieved from data here" in parameters_said(plain)
    assert "parameters are not retrieved" not in page.stocks.table.object
    assert "parameters are not retrieved from profiles and it knows no bedrock" in plain.stocks.table.object


def test_without_retrieved_maps_a_parameter_is_the_same_everywhere_and_says_so(plain: Page) -> None:
    after(plain, look(plain, variable="tau4s3"))
    assert heading(plain) == "Turnover time of passive soil carbon τ_S3: the same everywhere, not retrieved [yr]"
    values = plain.map.first.globe.source.data["cells"][0][:-1]
    assert np.allclose(values, parameters.to_physical(parameters.PRODA_MEAN)[parameters.INDEX["tau4s3"]])
    assert colours(plain)[:2] == (200.0, 1000.0)  # all that it may be


def test_without_retrieved_maps_there_is_neither_spread_nor_hatching_and_the_page_says_why(plain: Page) -> None:
    assert set(plain.map.chooser.view.refused) == {"Uncertainty"}
    after(plain, look(plain, view="uncertainty"))
    assert plain.map.chooser.view.value == "Baseline"
    assert same(plain, plain.engine.baseline.soc[1])
    assert "No uncertainty without the ensemble of retrieved parameters" in plain.map.first.title.object
    assert "±" not in plain.headline.number.object + plain.headline.sentence.text + plain.stocks.table.object
    assert plain.map.first.globe.hatching is None
    assert plain.map.chooser.variable.disabled_options == [
        layer.label for layer in LAYERS if layer.spread or layer.group == EVIDENCE
    ]


def test_a_map_that_is_missing_is_empty_rather_than_an_error(plain: Page) -> None:
    after(plain, look(plain, variable="dissimilarity"))
    assert np.isnan(picture(plain)).all()
    assert "Where the profiles are is not known" in plain.map.first.title.object


def test_every_map_has_values_in_every_view(informed: Engine) -> None:
    for name in MAPS:
        for view in VIEWS:
            values = informed.map_values(informed.answer(Choice(Scenario(cue=0.05), name, "1m", view)))
            # there may be no profile in a block, and no per cent of nothing
            assert np.isfinite(values).all() or name == "profile_count" or view == "percent"
            assert np.isfinite(values).any()
