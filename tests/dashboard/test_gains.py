"""Maps of sensitivity: where one more per cent of a mechanism matters most, and that the sliders agree."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard.catalogue import DEPTHS, GAINS, MAPS, VIEWS
from dashboard.choice import Choice
from dashboard.engine import Engine
from proda_core.scenario import Scenario


def _values(engine: Engine, variable: str, depth: str = "1m") -> np.ndarray:
    return np.asarray(engine.map_values(engine.answer(Choice(variable=variable, depth=depth))))


@pytest.mark.parametrize("variable", GAINS)
def test_a_small_move_of_the_slider_brings_what_the_map_adds_up_to(engine: Engine, variable: str) -> None:
    total = float(engine.model.global_stock(_values(engine, variable)))
    up, down = (engine.model.respond(Scenario().with_change(GAINS[variable], step)).total[1] for step in (1e-4, -1e-4))
    assert total == pytest.approx((up - down) / 2e-2, rel=2e-3)


def test_more_input_brings_as_many_per_cent_more_carbon_everywhere(engine: Engine) -> None:
    np.testing.assert_allclose(_values(engine, "gain_carbon_input"), engine.baseline.soc[1] / 100, rtol=1e-9)


def test_every_depth_has_a_map_of_its_own(engine: Engine) -> None:
    found = [float(engine.model.global_stock(_values(engine, "gain_cue", depth))) for depth in DEPTHS]
    assert sorted(found) == found
    assert found[0] > 0


def test_it_is_that_of_the_baseline_and_says_so(engine: Engine) -> None:
    for view in set(VIEWS) - {"baseline"}:
        assert "baseline" in engine.fields.refusal("gain_cue", view)
        assert engine.view(Choice(variable="gain_cue", view=view)) == "baseline"


def test_colours_are_even_about_zero_where_a_mechanism_may_take_carbon(engine: Engine) -> None:
    for variable in GAINS:
        _values(engine, variable)
        low, high = engine.colour_limits(Choice(variable=variable, depth="1m"))
        assert low == (-high if MAPS[variable].colours == "vik" else 0.0)
