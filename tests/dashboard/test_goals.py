"""What a goal takes is found one mechanism after the other, when somebody looks, and told as it is."""

from __future__ import annotations

import asyncio

import pytest

from dashboard.app import Page
from dashboard.catalogue import CONTROLS
from dashboard.engine import Engine
from dashboard.goals import WHEN, YEARS, Goal
from dashboard.pace import OvertakenError, never
from dashboard.views import goals
from dashboard.views.goals import PETAGRAMS, SHARES, TROUBLE
from proda_core.scenario import Scenario
from proda_core.simulation import targets
from proda_core.simulation.targets import IN_THE_END, Need
from tests.dashboard.visit import after, slide

TENTH = Goal(0.1, None, "1m")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "POINTS", 1)
    monkeypatch.setattr(targets, "STEPS", 2)


def looked_at(page: Page) -> None:
    """Somebody looks at the card until everything is found."""

    async def live() -> None:
        page.goals.sight.near = True
        await page.needs.settled()

    asyncio.run(live())


def test_needs_come_one_by_one_and_are_kept(fresh: Engine) -> None:
    found = [fresh.goals.findings(TENTH, never) for _ in range(len(WHEN) * len(CONTROLS))]
    assert [len(each.needs) for each in found] == list(range(1, len(found) + 1))
    assert found[-1].complete
    assert not found[-2].complete
    assert found[-1].gain == pytest.approx(0.1 * fresh.baseline.total[1])
    assert fresh.goals.findings(TENTH, never).needs == found[-1].needs


def test_work_that_is_overtaken_stops(fresh: Engine) -> None:
    with pytest.raises(OvertakenError):
        fresh.goals.findings(TENTH, lambda: True)
    assert not fresh._turn.locked()


def test_nothing_is_found_out_of_sight(engine: Engine) -> None:
    page = Page(engine)
    after(page, slide(page, "cue", 1.0))
    assert page.needs.runs == 0
    assert {cell["text"] for row in page.goals.table.rows for cell in row["cells"]} == {"…"}


def test_the_card_holds_an_answer_for_every_mechanism(engine: Engine) -> None:
    page = Page(engine)
    looked_at(page)
    rows = page.goals.table.rows
    assert [row["label"] for row in rows] == [control.label for control in CONTROLS.values()]
    assert all(cell["text"] != "…" for row in rows for cell in row["cells"])
    assert rows[1]["cells"][0]["text"] == "+10 %"
    gain = 0.1 * engine.baseline.total[1]
    assert page.goals.table.caption == f"+{gain:.3g} Pg C in the top metre, by one mechanism alone:"


def test_a_button_puts_the_slider_where_the_goal_is_reached(engine: Engine) -> None:
    page = Page(engine)
    after(page, slide(page, "warming", 1.0))
    looked_at(page)
    after(page, lambda: page.goals.table.param.update(pressed={"name": "carbon_input", "number": 1}))
    assert page.state.choice.scenario == Scenario(carbon_input=0.1)
    assert page.sliders.sliders["carbon_input"].value == pytest.approx(10.0)
    after(page, page.state.undo)
    assert page.state.choice.scenario == Scenario(warming=1.0)


@pytest.mark.parametrize(
    "pressed", [None, 7, "cue", {}, {"name": "nothing"}, {"name": ["cue"]}, {"name": "input_allocation"}], ids=repr
)
def test_what_cannot_be_set_is_not_set(engine: Engine, pressed: object) -> None:
    page = Page(engine)
    looked_at(page)
    needs = page.goals._findings.needs if page.goals._findings else {}
    if isinstance(pressed, dict) and pressed.get("name") == "input_allocation":
        assert needs[IN_THE_END, "input_allocation"].change is None
    after(page, lambda: page.goals.table.param.update(pressed=pressed))
    assert page.state.choice.scenario.is_baseline


def test_the_goal_follows_the_depth_and_the_choice(engine: Engine) -> None:
    page = Page(engine)
    after(page, lambda: page.state.show(depth="full"))
    assert page.goals.goal == Goal(0.1, None, "full")
    page.goals.kind.value = list(SHARES)[1]
    assert page.goals.goal == Goal(pytest.approx(0.12), None, "full")
    page.goals.kind.value = PETAGRAMS
    assert page.goals.amount.visible
    assert page.goals.goal == Goal(None, 100.0, "full")


@pytest.mark.parametrize("typed", ["", "0", "x", "nan", "inf", "1e9", "1" * 400, "<b>"])
def test_an_amount_that_is_none_is_answered_with_the_range(engine: Engine, typed: str) -> None:
    page = Page(engine)
    page.goals.kind.value = PETAGRAMS
    page.goals.amount.value = typed
    assert page.goals.goal is None
    assert "Expected a number of Pg C other than zero, at most 1,000" in page.goals.text.object
    assert page.goals.table.rows == []
    page.goals.amount.value = "−5,5"
    assert page.goals.goal == Goal(None, -5.5, "1m")


def test_findings_of_another_goal_are_not_shown(engine: Engine) -> None:
    page = Page(engine)
    page.goals.draw(engine.goals.findings(Goal(0.2, None, "1m"), never))
    assert {cell["text"] for row in page.goals.table.rows for cell in row["cells"]} == {"…"}


def test_trouble_is_said_and_the_card_goes_on(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page(engine)

    def broken(*_: object, **__: object) -> None:
        raise ArithmeticError("<b>secret</b>")

    page.goals.kind.value = PETAGRAMS
    page.goals.amount.value = "3.21"
    with monkeypatch.context() as patch:
        patch.setattr(targets, "need", broken)
        looked_at(page)
    assert TROUBLE in page.goals.text.object
    assert "secret" not in page.goals.text.object

    async def go_on() -> None:
        page.goals.amount.value = "3.22"
        await page.needs.settled()

    asyncio.run(go_on())
    assert TROUBLE not in page.goals.text.object


def test_what_is_out_of_range_says_what_would_be_most() -> None:
    rows = goals.row("cue", {(IN_THE_END, "cue"): Need("cue", None, 54.2, 0.2), (YEARS, "cue"): Need("cue", None, 0.0, 0.0)})
    assert [cell["text"] for cell in rows["cells"]] == [
        "never: at most +54 Pg C, at +20 %",
        "never: every change goes the other way",
    ]
    assert rows["sets"] == []
