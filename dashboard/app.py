"""The page: its parts, where they lie, and how an answer reaches them."""

from __future__ import annotations

import asyncio
from functools import partial
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui
from panel.util import edit_readonly

from dashboard import engine, link, theme
from dashboard.choice import Choice
from dashboard.engine import Answer, Curve, Engine, LatestWins
from dashboard.goals import Findings, Goal
from dashboard.own import Comparison
from dashboard.pace import Journey, Way
from dashboard.screen import Screen
from dashboard.state import State
from dashboard.views.evidence import Evidence
from dashboard.views.goals import Goals
from dashboard.views.headline import Headline
from dashboard.views.map import Map
from dashboard.views.mechanisms import Mechanisms
from dashboard.views.notices import Notices
from dashboard.views.own import Own
from dashboard.views.pace import Pace
from dashboard.views.profile import Profile
from dashboard.views.response import Response
from dashboard.views.sliders import Sliders
from dashboard.views.stocks import Stocks
from dashboard.views.tools import Tools
from dashboard.views.where import Where

TITLE = "PRODA Explorer"
TROUBLE = "The model could not answer this choice; the page still works. Move a slider, or reset all, to go on."
FORCING = "Climate and soil forcing are derived from ERA5 (monthly climatology 2000–2025), not from a CLM5 run."
REST = 0.6
"""How long sliders must stand still before their way to the new balance is computed [s]."""

METHOD = "CLM5 soil carbon model, 7 pools × 20 layers, half a degree, solved for its steady state at every move."


LOOK_BACK = 1.3
"""How long a replay shows what was there before [s]."""


class Page:
    """One visitor's page.

    Args:
        shared: the model.
        opened: what a link said, if the visitor followed one.
    """

    def __init__(self, shared: Engine, opened: link.Opened | None = None) -> None:
        first = opened or link.Opened(Choice())
        self.state = State(first.choice)
        self.engine = shared
        self.headline, self.stocks = Headline(shared), Stocks(shared)
        self.map = Map(self.state, shared)
        self.profile = Profile(self.state)
        self.response = Response(self.state, shared)
        self.pace, self.goals = Pace(), Goals(self.state)
        self.mechanisms = Mechanisms(self.state, shared)
        self.sliders, self.where = Sliders(self.state), Where(self.state, shared)
        self.map.drawing(self.where.draw)
        self.own = Own(self.state, shared)
        self.map.points(self.own.points, self.own.mapper)
        self.notices, self.evidence = Notices((*shared.notices, *filter(None, [first.notice]))), Evidence(self.state, shared)
        self.tools = Tools(self.state, shared, self.replay)
        self._replay: asyncio.Task[None] | None = None
        cards = (self.pace, self.goals, self.mechanisms, self.own)
        self.views = (self.headline, self.map, self.stocks, self.profile, self.response, *cards)
        self.screen = Screen(pn.state.curdoc, self.headline.sentence)
        self.answers: LatestWins[Choice, Answer] = LatestWins(shared.answer, self.show, self.fail, self.screen.change)
        self.curves: LatestWins[str, Curve] = LatestWins(shared.response, self.response.draw, self.fail, self.screen.change)
        self.ways: LatestWins[Journey, Way] = LatestWins(
            self._way, self.pace.draw, self.pace.fail, self.screen.change, REST, shared.pace.queue
        )
        self.needs: LatestWins[Goal, Findings] = LatestWins(
            self._find, self._found, self.goals.fail, self.screen.change, pool=shared.goals.queue
        )
        self.owned: LatestWins[Any, Comparison | None] = LatestWins(
            self.own.compare, self.own.draw, self.fail, self.screen.change
        )
        self.own.param.watch(lambda event: self.owned.ask(event.new), "wish")
        self.show(shared.answer(self.state.choice))
        self.state.param.watch(lambda event: self.answers.ask(event.new), "choice")
        self.state.param.watch(lambda _: self._wonder(), "choice")
        self.pace.sight.param.watch(lambda _: self._wonder(), "near")
        self.goals.param.watch(lambda _: self._seek(), "goal")
        self.goals.sight.param.watch(lambda _: self._seek(), "near")
        self.state.param.watch(lambda event: self.curves.ask(event.new), "mechanism")

    def show(self, answer: Answer) -> None:
        """Put an answer on the page."""
        for view in self.views:
            view.show(answer)

    def fail(self, _: Exception) -> None:
        """Say that there is no answer; what was shown stays."""
        self.headline.fail(TROUBLE)

    def _wonder(self) -> None:
        """Ask how long the change takes, where there is one and somebody looks."""
        choice = self.state.choice
        journey = Journey(choice.change, choice.place)
        if choice.scenario.is_baseline or (self.pace.sight.near is not True and self.ways.overtaken(journey)):
            self.ways.drop()
        elif self.ways.overtaken(journey):
            self.ways.ask(journey)

    def _way(self, journey: Journey) -> Way:
        return self.engine.pace.way(journey, lambda: self.ways.overtaken(journey))

    def _seek(self) -> None:
        """Ask what the goal takes, where somebody looks."""
        goal = self.goals.goal
        if goal is None or self.goals.sight.near is not True:
            self.needs.drop()
        elif self.needs.overtaken(goal):
            self.needs.ask(goal)

    def _find(self, goal: Goal) -> Findings:
        return self.engine.goals.findings(goal, lambda: self.needs.overtaken(goal))

    def _found(self, findings: Findings) -> None:
        """Show what is known, and ask for what is not."""
        self.goals.draw(findings)
        if not findings.complete and not self.needs.overtaken(findings.goal):
            self.needs.ask(findings.goal)

    def replay(self) -> None:
        """Show the last change of the sliders once more."""
        if self._replay is None or self._replay.done():
            self._replay = asyncio.get_running_loop().create_task(self._replayed())

    async def _replayed(self) -> None:
        if not self.state.look_back():
            return
        shown = self.state.choice
        await self.answers.settled()
        await asyncio.sleep(LOOK_BACK)
        if self.state.choice is shown:  # nothing was chosen meanwhile
            await self.screen.change(self.state.look_again)

    def started(self) -> None:
        """What can wait until the page is there."""
        self.pace.sight.ready = self.goals.sight.ready = True
        self.curves.ask(self.state.mechanism)
        self.mechanisms.started()
        self.evidence.started()

    def close(self) -> None:
        """The visitor has gone."""
        self.answers.close()
        self.curves.close()
        self.ways.close()
        self.needs.close()
        self.owned.close()
        self.own.close()
        self.screen.close()

    def layout(self) -> pmui.Page:
        """Where everything lies."""
        about = pn.pane.HTML(
            f"<p class=quiet>{METHOD} {FORCING} <b>Parameters:</b> {escape(self.engine.model.parameter_source)}</p>",
            stylesheets=[theme.TEXT], sizing_mode="stretch_width", margin=(0, 4),
        )  # fmt: skip
        wide = {"sizing_mode": "stretch_width", "margin": 0}
        for view in (*self.views, self.notices, self.evidence):
            view.panel.param.update(**wide)
        globe = pn.Column(self.headline.panel, self.notices.panel, self.map.panel, about, stylesheets=[theme.COLUMN], **wide)
        self.response.panel.css_classes = ["tall"]
        side = pn.Column(self.stocks.panel, self.response.panel, self.profile.panel, stylesheets=[theme.SIDE], **wide)
        cards = (self.pace.panel, self.goals.panel, self.mechanisms.panel, self.evidence.panel, self.own.panel)
        main = pn.Column(globe, side, *cards, stylesheets=[theme.PAGE], **wide)
        shown = pmui.Page(
            title=TITLE, main=[main], header=[pn.Row(pn.HSpacer(), self.tools.panel)],
            sidebar=[self.sliders.panel, self.where.panel], sidebar_width=340, sidebar_resizable=False,
            theme_config=theme.THEME, meta_description=METHOD,
        )  # fmt: skip
        with edit_readonly(shown):
            shown.busy = False  # else every visitor's browser is told, twice, of every move of any visitor
        return shown


def page() -> pmui.Page:
    """A page for a new visitor."""
    shared = engine.shared()
    visitor = Page(shared, link.open_link(pn.state.session_args, shared.version))
    if pn.state.curdoc is not None:
        pn.state.onload(partial(visitor.started))
        pn.state.on_session_destroyed(lambda _: visitor.close())
    return visitor.layout()


if pn.state.served:
    page().servable(title=TITLE)
