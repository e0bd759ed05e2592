"""The seven sliders have the names that the page promises and the ranges of the model."""

import pytest

from dashboard.catalogue import CONTROLS, DEPTH_WORDS, DEPTHS, GAINS, GROUPS, MAPS
from proda_core import mechanisms
from proda_core.grid import STOCK_DEPTHS
from proda_core.parameters import IDS, PARAMETERS, Parameter
from proda_core.scenario import LIMITS

LABELS = {
    "cue": "Microbial CUE",
    "carbon_input": "Plant carbon input",
    "input_allocation": "Input allocation",
    "baseline_decomposition": "Baseline decomposition",
    "environmental_modifier": "Environmental modifiers",
    "vertical_transport": "Vertical transport",
    "warming": "Warming",
}


def test_every_slider_has_its_exact_name() -> None:
    assert {name: control.label for name, control in CONTROLS.items()} == LABELS


def test_sliders_stand_in_the_order_of_the_scenario() -> None:
    assert list(CONTROLS) == list(LIMITS)


@pytest.mark.parametrize("name", LIMITS)
def test_limits_are_those_of_the_scenario(name: str) -> None:
    control = CONTROLS[name]
    assert control.limits == pytest.approx([limit * control.scale for limit in LIMITS[name]])
    assert control.limits[0] < 0 < control.limits[1]
    assert control.unit == ("°C" if name == "warming" else "%")
    assert control.scale == (1.0 if name == "warming" else 100.0)


@pytest.mark.parametrize("name", LIMITS)
def test_every_slider_says_what_it_means_and_where_that_comes_from(name: str) -> None:
    control = CONTROLS[name]
    assert all((control.short, control.noun, control.meaning, control.equation, control.source))


def test_names_of_sliders_and_of_the_fields_beside_them_differ() -> None:
    names = [text for control in CONTROLS.values() for text in (control.label, control.short)]
    assert len(set(names)) == len(names)


def test_there_is_a_map_for_the_stock_every_mechanism_every_parameter_and_the_evidence() -> None:
    assert next(iter(MAPS)) == "soc"
    groups = {group: [name for name, variable in MAPS.items() if variable.group == group] for group in GROUPS}
    evidence = ["profile_count", "dissimilarity"]
    assert list(groups.values()) == [["soc"], list(mechanisms.UNITS), list(GAINS), list(IDS), evidence]
    assert [name for name, variable in MAPS.items() if variable.has_depth] == ["soc", *GAINS]
    assert [name for name, variable in MAPS.items() if variable.follows_scenarios] == ["soc", *mechanisms.UNITS]


def test_maps_stand_in_the_order_of_their_groups() -> None:
    order = [GROUPS.index(variable.group) for variable in MAPS.values()]
    assert order == sorted(order)


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda parameter: parameter.id)
def test_every_parameter_is_explained_with_its_unit_and_range(parameter: Parameter) -> None:
    row = MAPS[parameter.id]
    assert row.label.lower().startswith(parameter.meaning.lower())
    assert row.unit == parameter.unit.replace("m2", "m²").replace("yr-1", "yr⁻¹")
    for value in (parameter.lower, parameter.upper, parameter.clm5_default):
        assert any(float(word.rstrip(".;,")) == value for word in row.about.split() if word[0].isdigit())
    assert row.colours == "batlow"


def test_no_two_maps_are_called_the_same() -> None:
    assert len({variable.label for variable in MAPS.values()}) == len(MAPS)


def test_depths_are_those_of_the_stocks() -> None:
    assert list(DEPTHS) == list(DEPTH_WORDS) == list(STOCK_DEPTHS)
