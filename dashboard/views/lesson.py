"""Lessons: a panel beside the page that leads from step to step, asks, and shows what the model says beside the answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import panel as pn
import param

from dashboard.choice import Choice, Guide
from dashboard.language import ENGLISH, mark, spoken, tr
from dashboard.lessons import Lesson, Question, Step, filled, lessons, step_of
from dashboard.opener import ICONS, Opener
from dashboard.quantities import KINDS, PUBLISHED, Number, Quantity
from dashboard.state import State
from proda_core.scenario import finite

HERE = Path(__file__).parent
ROOM = """
@media (min-width: 1200px) { :host(.taught) { padding-right: 414px; } }
@media (max-width: 1199px) { :host(.taught) { padding-bottom: 46vh; } }
"""
"""Room that the page leaves for the panel while it is open."""

TROUBLE = mark("The numbers of this step could not be computed. Go on, or open the lesson again.")

Told = tuple[Step, dict[str, Number]]


class Waiting:
    """A number that is being computed."""

    def __format__(self, form: str) -> str:
        return "…"


class Dock(pn.custom.JSComponent):
    """The panel; what it shows is made on the server, so that no answer is in the browser before it was asked for."""

    shown = param.Dict(default={}, doc="What it shows; nothing where it is closed.")
    said = param.Dict(default={}, doc="Texts of its buttons.")
    asked = param.Parameter(default=None, doc="What the browser asks for, and a number that makes each wish another.")

    _esm = HERE / "lesson.js"
    _stylesheets: ClassVar[list[Any]] = [(HERE / "lesson.css").read_text()]
    _debounce = 0
    _priority_changes: ClassVar[list[str]] = ["asked", "data.asked"]


class Lessons(param.Parameterized):
    """The lessons of one visitor; ``step`` is what numbers are wanted for."""

    step = param.ClassSelector(class_=Step, default=None, allow_None=True)

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state
        self._listing, self._failed = False, False
        self._answers: dict[tuple[str, int], float] = {}
        self._told: Told | None = None
        self.opener = Opener(label=tr("Lessons"), about=tr("Guided lessons: predict, then reveal"), path=ICONS["lessons"])
        self.dock = Dock(said=_said(), margin=0)
        self.panel = self.dock
        self.opener.param.watch(lambda _: self._open(), "pressed")
        self.dock.param.watch(lambda event: self._do(event.new), "asked")
        state.param.watch(lambda event: self._follow(event.old.guide, event.new.guide), "choice")
        self._follow(None, state.choice.guide)

    @property
    def is_open(self) -> bool:
        """Whether the panel is there."""
        return bool(self.dock.shown)

    def tell(self, told: Told) -> None:
        """Put in the numbers of a step, if it is still the one that is shown."""
        if told[0] == self.step:
            self._told, self._failed = told, False
            self._show()

    def fail(self, _: Exception) -> None:
        """Say that the numbers cannot be had."""
        self._failed = True
        self._show()

    def _open(self) -> None:
        """Show the list of lessons, or end what is open."""
        if self.is_open:
            self._close()
        else:
            self._listing = True
            self._show()

    def _close(self) -> None:
        self._listing = False
        if self.step is not None:
            self._state.leave()
        self._show()

    def _do(self, asked: Any) -> None:
        """Do what a browser asked for, if it is something that can be done."""
        what = asked.get("what") if isinstance(asked, dict) else None
        guide = self._state.choice.guide
        if what == "close":
            self._close()
        elif what == "start" and isinstance(asked.get("name"), str) and asked["name"] in lessons():
            name = asked["name"]
            self._answers = {key: value for key, value in self._answers.items() if key[0] != name}
            self._go(Guide("lesson", name, 1))
        elif guide is not None and self.step is not None:
            if what in ("next", "back"):
                self._go(guide._replace(step=guide.step + (1 if what == "next" else -1)))
            elif what == "answer":
                self._answer(guide, asked.get("value"))

    def _go(self, guide: Guide) -> None:
        step = step_of(guide) if guide.step > 0 else None
        if step is not None:
            self._state.go_to(guide, self._page(guide, step))

    def _page(self, guide: Guide, step: Step) -> Choice:
        """The page of a step: that of the answer, once there was one."""
        answered = (guide.name, guide.step) in self._answers
        return step.question.reveal if answered and step.question is not None and step.question.reveal is not None else step.page

    def _answer(self, guide: Guide, value: Any) -> None:
        """Take an answer, once, and reveal."""
        question, number = (None if self.step is None else self.step.question), finite(value)
        if question is None or number is None or (guide.name, guide.step) in self._answers:
            return
        low, high = question.between if question.predict else (0.0, len(question.options) - 1.0)
        if not low <= number <= high or (question.options and number != int(number)):
            return
        self._answers[guide.name, guide.step] = number
        if question.reveal is not None:
            self._state.go_to(guide, question.reveal)
        self._show()

    def _follow(self, before: Guide | None, guide: Guide | None) -> None:
        """Show the step that is chosen."""
        if before == guide:
            return
        step = step_of(guide)
        if step is not None or (before is not None and before.kind == "lesson"):
            self._listing = False
        if step != self.step:
            self._told, self._failed = None, False
            self.step = step
        self._show()

    def _show(self) -> None:
        guide, step = self._state.choice.guide, self.step
        if guide is not None and step is not None:
            self.dock.shown = self._of_step(guide, step, lessons()[guide.name])
        elif self._listing and guide is None:
            self.dock.shown = {
                "list": [_of_lesson(lesson) for lesson in lessons().values()],
                "title": tr("Guided lessons"),
                "teacher": tr("For teachers: goals, answers, what to discuss"),
                "address": "teacher" if spoken() == ENGLISH else f"teacher?lang={spoken()}",
            }
        else:
            self.dock.shown = {}

    def _of_step(self, guide: Guide, step: Step, lesson: Lesson) -> dict[str, Any]:
        known = self._told[1] if self._told is not None and self._told[0] == step else None
        numbers: Mapping[str, Any] = dict.fromkeys(step.numbers, Waiting()) if known is None else known
        return {
            "lesson": str(lesson.title),
            "at": guide.step,
            "of": len(lesson.steps),
            "progress": tr("Step {step} of {steps}", step=guide.step, steps=len(lesson.steps)),
            "title": str(step.title),
            "text": filled(step.text, numbers).split("\n\n"),
            "card": step.card,
            "sources": [_source(text) for text in step.sources],
            "trouble": tr(TROUBLE) if self._failed else "",
            "question": None if step.question is None else self._of_question(guide, step.question, step, known),
        }

    def _of_question(self, guide: Guide, question: Question, step: Step, known: dict[str, Number] | None) -> dict[str, Any]:
        answer = self._answers.get((guide.name, guide.step))
        made: dict[str, Any] = {
            "ask": str(question.ask),
            "options": [str(option.text) for option in question.options],
            "answer": answer,
            "waits": answer is not None and known is None,
        }
        if question.predict:
            made |= _range(question, step.numbers[question.predict])
        if answer is not None and known is not None:
            made["revealed"] = revealed(question, answer, known)
        return made


def revealed(question: Question, answer: float, numbers: dict[str, Number]) -> dict[str, Any]:
    """What is shown with the answer: how it was, rows of numbers, and the explanation."""
    explain = filled(question.explain, numbers).split("\n\n")
    if question.options:
        right = question.right(numbers)
        verdict = tr("The data at hand do not tell.") if right is None else tr("Right.") if right == answer else tr("Not quite.")
        return {"verdict": verdict, "right": right, "rows": [], "text": explain}
    number = numbers[question.predict]
    rows = [
        [tr("Your prediction"), f"{number._replace(value=answer)}", ""],
        [tr("This model, computed now"), f"{number}", ""],
    ]
    if question.published:
        known = PUBLISHED[question.published]
        rows.append([tr("Published"), f"{Number(0.0, KINDS['published'], known)}", known.source])
    return {"verdict": "", "right": None, "rows": rows, "text": explain}


def _range(question: Question, quantity: Quantity) -> dict[str, Any]:
    """What may be predicted, in steps that fit the range."""
    low, high = question.between
    unit = KINDS[quantity.kind].unit
    return {"low": low, "high": high, "step": 1 if high - low <= 500 else 5 if high - low <= 5000 else 100, "unit": unit}


def _of_lesson(lesson: Lesson) -> dict[str, Any]:
    return {
        "name": lesson.name,
        "title": str(lesson.title),
        "about": tr("{minutes} minutes, {steps} steps", minutes=f"{lesson.minutes:g}", steps=len(lesson.steps)),
        "audience": str(lesson.audience),
    }


def _source(text: str) -> dict[str, str]:
    """A source, with the address of its doi."""
    _, _, doi = text.partition("doi:")
    return {"text": text, "href": f"https://doi.org/{doi}" if doi else ""}


def _said() -> dict[str, str]:
    return {
        "panel": tr("Lesson"),
        "close": tr("End the lesson"),
        "closeList": tr("Close"),
        "back": tr("Back"),
        "next": tr("Next"),
        "end": tr("End"),
        "reveal": tr("Reveal"),
        "check": tr("Check"),
        "prediction": tr("Your prediction"),
        "waits": tr("Being computed …"),
        "right": tr("right"),
        "yours": tr("your answer"),
        "sources": tr("Sources"),
        "keys": tr("Arrow keys go back and on, Escape ends."),
    }
