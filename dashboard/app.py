"""The page: its parts, where they lie, and how an answer reaches them."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from functools import partial
from typing import Any

import panel as pn
import panel_material_ui as pmui
from panel.util import edit_readonly

from dashboard import downloads, engine, guides, language, link, press, theme, visitors, words
from dashboard.bringing import Bringing
from dashboard.choice import Choice
from dashboard.engine import Answer, Curve, Engine, LatestWins
from dashboard.frame import Frame
from dashboard.goals import Findings, Goal
from dashboard.language import as_written, mark, tr
from dashboard.lessons import CARDS, Step
from dashboard.own import Comparison
from dashboard.own_forcing import Comparison as Under
from dashboard.pace import Journey, Way
from dashboard.press import Press
from dashboard.quantities import reckoner
from dashboard.screen import Screen
from dashboard.state import State
from dashboard.views import lesson
from dashboard.views.compare import Compare
from dashboard.views.evidence import Evidence
from dashboard.views.goals import Goals
from dashboard.views.headline import Headline
from dashboard.views.map import Map
from dashboard.views.mechanisms import Mechanisms
from dashboard.views.notices import Notices
from dashboard.views.own import Own
from dashboard.views.own_forcing import OwnForcing
from dashboard.views.pace import Pace
from dashboard.views.place import Place
from dashboard.views.present import Present
from dashboard.views.profile import Profile
from dashboard.views.response import Response
from dashboard.views.sliders import Sliders
from dashboard.views.stocks import Stocks
from dashboard.views.tools import Tools
from dashboard.views.where import Where

TITLE = mark("PRODA Explorer")
TROUBLE = mark("The model could not answer this choice; the page still works. Move a slider, or reset all, to go on.")
FORCING = mark("Climate and soil forcing are derived from ERA5 (monthly climatology 2000–2025), not from a CLM5 run.")
REST = 0.6
"""How long sliders must stand still before their way to the new balance is computed [s]."""

METHOD = mark("CLM5 soil carbon model, 7 pools × 20 layers, half a degree, solved for its steady state at every move.")


LOOK_BACK = 1.3
"""How long a replay shows what was there before [s]."""


UPPER = 2
"""Columns of the page that are there from the start."""

WIDE, NARROW = 340, 272
"""Width of the column of sliders on a projector and on a tablet [px]."""


class Page:
    """One visitor's page.

    Args:
        shared: the model.
        opened: what a link said, if the visitor followed one.
    """

    def __init__(self, shared: Engine, opened: link.Opened | None = None) -> None:
        first = opened or link.Opened(Choice())
        self.state = State(first.choice, first.framing)
        self.engine = shared
        self.headline, self.stocks = Headline(shared), Stocks(shared)
        self.map = Map(self.state, shared)
        self.profile = Profile(self.state, shared)
        self.response = Response(self.state, shared)
        self.place, self.pace, self.goals = Place(self.state, shared), Pace(), Goals(self.state)
        self.mechanisms = Mechanisms(self.state, shared)
        self.compare, self.where = Compare(self.state), Where(self.state, shared)
        self.sliders = Sliders(self.state, shared, self.compare.pin)
        self.map.drawing(self.where.draw)
        self.bringing = Bringing(shared)
        self.forced = OwnForcing(shared, self.bringing)
        self.own = Own(shared, self.bringing, (self.forced.offer, self.forced.body))
        self.map.points(self.own.points.source, self.own.points.mapper)
        self.map.cells(self.forced.cells.source, self.forced.cells.mapper)
        self.notices, self.evidence = Notices((*shared.notices, *filter(None, [first.notice]))), Evidence(self.state, shared)
        self.lessons, self.present = lesson.Lessons(self.state), Present(self.state, self.headline.sentence)
        self._replay: asyncio.Task[None] | None = None
        self._completion: asyncio.Task[None] | None = None
        self._frame: Frame | None = None
        self._shown: Choice | None = None
        self.lower = (self.place, self.pace, self.goals, self.mechanisms, self.evidence, self.own)
        self.views = (self.headline, self.map, self.stocks, self.compare, self.profile, self.response, *self.lower)
        self.press = Press(shared, (self.profile, self.response, self.place, self.pace, self.mechanisms, self.evidence, self.own))
        self.tools = Tools(self.state, shared, self.replay, self.press, lambda order: self.prints.ask(order), first.language)
        self._main = pn.Column()
        self.screen = Screen(pn.state.curdoc, self.headline.sentence)
        self.answers: LatestWins[Choice, Answer] = LatestWins(shared.answer, self.show, self.fail, self.screen.change)
        self.curves: LatestWins[str, Curve] = LatestWins(shared.response, self.response.draw, self.fail, self.screen.change)
        self.ways: LatestWins[Journey, Way] = LatestWins(
            self._way, self.pace.draw, self.pace.fail, self.screen.change, REST, shared.pace.queue
        )
        self.needs: LatestWins[Goal, Findings] = LatestWins(
            self._find, self._found, self.goals.fail, self.screen.change, pool=shared.goals.queue
        )
        self.taught: LatestWins[Step, lesson.Told] = LatestWins(
            lambda step: (step, reckoner(shared).numbers(step.numbers)), self.lessons.tell, self.lessons.fail, self.screen.change
        )
        self.owned: LatestWins[Any, Comparison | None] = LatestWins(
            self.own.compare, self.own.draw, self.fail, self.screen.change
        )
        self.prints: LatestWins[press.Order, press.Print] = LatestWins(
            press.run, self.tools.hand, self.tools.fail, self.screen.change, pool=downloads.QUEUE
        )
        self.own.param.watch(lambda event: self.owned.ask(event.new), "wish")
        self.under: LatestWins[Any, Under | None] = LatestWins(
            self.forced.compare, self.forced.draw, self.forced.fail, self.screen.change
        )
        self.forced.param.watch(lambda event: self.under.ask(event.new), "wish")
        self._first = shared.answer(self.state.choice)
        self.show(self._first)
        self.state.param.watch(lambda event: self.answers.ask(event.new), "choice")
        self.state.param.watch(lambda _: self._wonder(), "choice")
        self.pace.sight.param.watch(lambda _: self._wonder(), "near")
        self.goals.param.watch(lambda _: self._seek(), "goal")
        self.goals.sight.param.watch(lambda _: self._seek(), "near")
        self.state.param.watch(lambda event: self.curves.ask(event.new), "mechanism")
        self.lessons.param.watch(lambda _: self._teach(), "step")
        self.present.stage.param.watch(lambda _: self._unfold(), "shown")

    def show(self, answer: Answer) -> None:
        """Put an answer on the page."""
        shown, self._shown = self._shown, answer.choice
        same = shown is not None and shown.but(scenario=answer.choice.scenario) == answer.choice
        document = pn.state.curdoc
        # where more changes than numbers Bokeh would look for new models after each change of a part; once is enough
        with nullcontext() if same or document is None else document.models.freeze():
            for view in (*self.views, self.sliders, self.forced, self.press):
                view.show(answer)
            self.tools.settle()

    def fail(self, _: Exception) -> None:
        """Say that there is no answer; what was shown stays."""
        self.headline.fail(tr(TROUBLE))
        self.tools.settle()

    def _wonder(self) -> None:
        """Ask how long the change takes, where there is one and somebody looks."""
        choice = self.state.choice
        journey = Journey(choice.change, choice.place)
        if choice.scenario.is_baseline or (self.pace.sight.near is not True and self.ways.overtaken(journey)):
            self.ways.drop()
        elif self.ways.overtaken(journey):
            self.pace.begin()
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

    def _teach(self) -> None:
        """Ask for the numbers of the step of a lesson."""
        if self.lessons.step is None:
            self.taught.drop()
        else:
            self.taught.ask(self.lessons.step)

    def _unfold(self) -> None:
        """Make the diagrams of what is presented: nobody scrolls to it."""
        for card, parts in (("shares", self.mechanisms), ("mechanisms", self.mechanisms), ("evidence", self.evidence)):
            if self.present.card == card:
                parts.open()

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
        """What can wait until the page is there, and what a visitor chose before it could answer."""
        self.state.go()
        self.tools.bar.ready = True
        self._teach()
        self._completion = asyncio.get_running_loop().create_task(self._complete())

    async def _complete(self) -> None:
        """Draw what is beside the map, and add the lower parts of the page, one after the other: answers go first."""
        await self.answers.settled()
        self.curves.ask(self.state.mechanism)
        await self.curves.settled()
        for place, panel in enumerate([card.panel for card in self.lower], start=UPPER):
            await self.answers.settled()
            await self.screen.change(partial(self._main.insert, place, panel))
        self._unfold()

    def close(self) -> None:
        """The visitor has gone."""
        self.answers.close()
        self.curves.close()
        self.ways.close()
        self.needs.close()
        self.taught.close()
        self.owned.close()
        self.prints.close()
        self.under.close()
        self.bringing.close()
        self.own.close()
        self.forced.close()
        self.screen.close()

    def layout(self) -> pmui.Page:
        """Where everything lies; the lower parts come once the page is there."""
        source = as_written(self.engine.model.parameter_source)
        said = words.sentences(tr(METHOD), tr(FORCING), tr("<b>Parameters:</b> {source}", source=source))
        about = pn.pane.HTML(
            f"<p class=quiet>{said}</p>",
            stylesheets=[theme.TEXT], sizing_mode="stretch_width", margin=(0, 4),
        )  # fmt: skip
        wide = {"sizing_mode": "stretch_width", "margin": 0}
        for view in (*self.views, self.notices):
            view.panel.param.update(**wide)
        globe = pn.Column(self.headline.panel, self.notices.panel, self.map.panel, about, stylesheets=[theme.COLUMN], **wide)
        self.response.panel.css_classes = ["tall"]
        side = pn.Column(
            self.stocks.panel, self.compare.panel, self.response.panel, self.profile.panel, stylesheets=[theme.SIDE], **wide
        )
        over = (self.lessons.panel, self.present.panel)
        self._main = main = pn.Column(globe, side, *over, stylesheets=[theme.PAGE, lesson.ROOM], **wide)
        self._name_cards()
        self.lessons.dock.param.watch(lambda _: self._make_room(main), "shown")
        self._make_room(main)
        shown = Frame(
            self.headline.sentence.text, self.engine, self._first, title=tr(TITLE), main=[main],
            header=[pn.Row(pn.HSpacer(), self.lessons.opener, self.present.opener, self.tools.panel)],
            sidebar=[self.sliders.panel, self.where.panel], sidebar_width=WIDE, sidebar_resizable=False,
            theme_config=theme.THEME, meta_description=tr(METHOD),
        )  # fmt: skip
        self._frame = shown
        self.tools.bar.param.watch(lambda _: self._fit_frame(), "narrow")
        with edit_readonly(shown):
            shown.busy = False  # else every visitor's browser is told, twice, of every move of any visitor
        return shown

    def _fit_frame(self) -> None:
        """Leave more of a narrow window to the map."""
        if self._frame is not None:
            self._frame.sidebar_width = NARROW if self.tools.bar.narrow is True else WIDE

    def _name_cards(self) -> None:
        """Give each part of the page the name by which lessons, presentations and tests find it."""
        panels = {name: getattr(self, name).panel for name in (*CARDS, "own")}
        if self.engine.findings is not None:
            panels["shares"] = self.mechanisms.shares.panels[0]
        for name, panel in panels.items():
            panel.css_classes = [*panel.css_classes, f"card-{name}"]

    def _make_room(self, main: pn.Column) -> None:
        main.css_classes = ["taught"] if self.lessons.is_open else []


def page() -> pmui.Page:
    """A page for a new visitor, in the language of the link, or else of the browser."""
    shared, document = engine.shared(), pn.state.curdoc
    arguments = pn.state.session_args
    spoken = link.language(arguments) or language.preferred(str(pn.state.headers.get("Accept-Language", "")))
    if document is not None:
        visitors.speak(document, spoken)
    with language.speaking(spoken):
        visitor = Page(shared, guides.resolved(link.open_link(arguments, shared.version)))
        if document is not None:
            # until the browser says that it is ready, maybe a second after it shows the page, Panel drops what changes
            visitor.state.wait()
            pn.state.onload(partial(visitor.started))
            pn.state.on_session_destroyed(lambda _: visitor.close())
        return visitor.layout()


if pn.state.served:
    page().servable()
