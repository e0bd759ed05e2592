"""Guided lessons: files that set the page step by step, tell something, and ask; every answer is computed from the model.

A lesson is a file ``lessons/name.yaml``::

    order: 3                                  # among the lessons
    minutes: 15
    title: {en: ..., zh: ...}
    audience: {en: ..., zh: ...}
    goals: [{en: ..., zh: ...}, ...]
    steps:
      - title: {en: ..., zh: ...}
        page: view=baseline&depth=full        # as in a link, without version
        card: map                             # what to bring into sight, a key of CARDS
        numbers: {gain: change of cue=1}      # quantities by name, see quantities.py
        text: {en: ..., zh: ...}              # may hold {gain}
        question:                             # if there is one
          ask: {en: ..., zh: ...}
          predict: gain                       # a number to guess, or options, see below
          between: [0, 300]
          published: cue                      # what was published, beside it
          reveal: cue=1&view=change           # the page when the answer is shown
          explain: {en: ..., zh: ...}
          discuss: {en: ..., zh: ...}         # for the teacher
        holds: {gain: [0, 300]}               # what the texts rely on; tests see to it
        sources: ["Tao et al. 2023, doi:10.1038/s41586-023-06042-3"]

Options are right where the number that ``by`` names lies within their ``within``, or where their own ``number`` is the ``best``:
``largest``, ``smallest`` or ``nearest`` to zero.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from string import Formatter

from dashboard import link, quantities
from dashboard.choice import Choice, Guide
from dashboard.quantities import Number, Quantity
from dashboard.reading import Entry, GuideFileError, Text, load

FOLDER = Path(__file__).parent / "lessons"
CARDS = ("headline", "map", "stocks", "profile", "response", "pace", "goals", "mechanisms", "evidence")
"""Parts of the page that a step may bring into sight."""

BEST = ("largest", "smallest", "nearest")
SOURCE = re.compile(r".+ \d{4}, (doi:10\.\d{4,}/\S+|ISMC\d{4}-\d+)")


@dataclass(frozen=True)
class Option:
    """A possible answer.

    Attributes:
        text: what it says.
        number: name of its own number, where options are compared.
        within: where the number that is asked for must lie, where it is right by that.
    """

    text: Text
    number: str = ""
    within: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Question:
    """A question.

    Attributes:
        ask: the question.
        explain: what is said with the answer.
        discuss: what a teacher may discuss.
        predict: name of the number to guess; none where there are options.
        between: what may be guessed [unit of the number].
        options: possible answers.
        by: name of the number that tells which is right.
        best: which of the options' numbers is right.
        published: name of a published number beside the answer.
        reveal: the page when the answer is shown.
    """

    ask: Text
    explain: Text
    discuss: Text
    predict: str = ""
    between: tuple[float, float] = (0.0, 0.0)
    options: tuple[Option, ...] = ()
    by: str = ""
    best: str = ""
    published: str = ""
    reveal: Choice | None = None

    def right(self, numbers: Mapping[str, Number]) -> int | None:
        """Position of the right option; none where the data at hand do not tell."""
        if self.by:
            value = numbers[self.by].value
            inside = [i for i, o in enumerate(self.options) if value is not None and o.within[0] <= value < o.within[1]]
            return inside[0] if inside else None
        values = [numbers[option.number].value for option in self.options]
        known = [value for value in values if value is not None]
        if not known or len(known) < len(values):
            return None
        if self.best == "nearest":
            return values.index(min(known, key=abs))
        return values.index(max(known) if self.best == "largest" else min(known))


@dataclass(frozen=True)
class Step:
    """A step of a lesson.

    Attributes:
        title: in a few words.
        text: what it tells; paragraphs are parted by an empty line.
        page: what the page shows.
        card: what to bring into sight.
        numbers: quantities by the names that texts use.
        question: if it asks one.
        holds: where numbers must lie for the texts to be true.
        sources: literature.
    """

    title: Text
    text: Text
    page: Choice
    card: str
    numbers: dict[str, Quantity]
    question: Question | None
    holds: dict[str, tuple[float, float]]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Lesson:
    """A lesson.

    Attributes:
        name: short name, that of the file.
        order: place among the lessons.
        title: in a few words.
        audience: who it is for.
        minutes: how long it takes.
        goals: what one can do afterwards.
        steps: its steps.
    """

    name: str
    order: float
    title: Text
    audience: Text
    minutes: float
    goals: tuple[Text, ...]
    steps: tuple[Step, ...]


def filled(text: Text, numbers: Mapping[str, Number]) -> str:
    """A text in the language that is spoken, its numbers put in."""
    return str(text).format(**numbers)


@cache
def lessons() -> dict[str, Lesson]:
    """The lessons by name, in their order.

    Raises:
        GuideFileError: a file is unsound.
    """
    found = sorted((read(path) for path in FOLDER.glob("*.yaml")), key=lambda lesson: lesson.order)
    return {lesson.name: lesson for lesson in found}


def step_of(guide: Guide | None) -> Step | None:
    """The step that a guide names, if it is one of a lesson."""
    lesson = lessons().get(guide.name) if guide is not None and guide.kind == "lesson" else None
    return lesson.steps[guide.step - 1] if guide is not None and lesson is not None and guide.step <= len(lesson.steps) else None


def read(path: Path) -> Lesson:
    """The lesson of a file.

    Raises:
        GuideFileError: it is unsound.
    """
    parts = load(path).table(("order", "minutes", "title", "audience", "goals", "steps"))
    return Lesson(
        path.stem,
        parts["order"].number(0, 1000),
        parts["title"].text(),
        parts["audience"].text(),
        parts["minutes"].number(1, 120),
        tuple(goal.text() for goal in parts["goals"].items(1, 6)),
        tuple(map(_step, parts["steps"].items(2, 9))),
    )


def _step(entry: Entry) -> Step:
    parts = entry.table(("title", "page", "card", "text"), ("numbers", "question", "holds", "sources"))
    page = page_of(parts["page"])
    named = parts["numbers"].named() if "numbers" in parts else {}
    numbers = {name: _quantity(part, page) for name, part in named.items()}
    question = _question(parts["question"], numbers) if "question" in parts else None
    hidden = set() if question is None else {question.predict, question.by, *(option.number for option in question.options)}
    text = _fits(parts["text"], {name: numbers[name] for name in numbers if name not in hidden})
    held = parts["holds"].named() if "holds" in parts else {}
    holds = {_known(part, name, numbers): _pair(part) for name, part in held.items()}
    sources = tuple(map(_source, parts["sources"].items(1, 5))) if "sources" in parts else ()
    return Step(parts["title"].text(), text, page, parts["card"].one_of(CARDS), numbers, question, holds, sources)


def _question(entry: Entry, numbers: Mapping[str, Quantity]) -> Question:
    either = ("predict", "between", "options", "by", "best")
    parts = entry.table(("ask", "explain", "discuss"), (*either, "published", "reveal"))
    asked = Question(
        _fits(parts["ask"], {}),
        _fits(parts["explain"], numbers),
        _fits(parts["discuss"], numbers),
        published=parts["published"].one_of(quantities.PUBLISHED) if "published" in parts else "",
        reveal=page_of(parts["reveal"]) if "reveal" in parts else None,
    )
    given = {key for key in either if key in parts}
    if given == {"predict", "between"}:
        return replace(asked, predict=_name(parts["predict"], numbers), between=_pair(parts["between"]))
    if given == {"options", "by"}:
        options = [option.table(("text", "within")) for option in parts["options"].items(2, 5)]
        made = tuple(Option(_fits(option["text"], {}), within=_pair(option["within"])) for option in options)
        return replace(asked, options=made, by=_name(parts["by"], numbers))
    if given == {"options", "best"}:
        options = [option.table(("text", "number")) for option in parts["options"].items(2, 5)]
        made = tuple(Option(_fits(option["text"], {}), _name(option["number"], numbers)) for option in options)
        return replace(asked, options=made, best=parts["best"].one_of(BEST))
    got = ", ".join(sorted(given)) or "none"
    raise GuideFileError(f"{entry.where}: expected predict and between, options and by, or options and best; got {got}")


def _name(entry: Entry, numbers: Mapping[str, Quantity]) -> str:
    return _known(entry, entry.words(), numbers)


def page_of(entry: Entry) -> Choice:
    """The page that an entry sets."""
    try:
        return link.page(entry.words())
    except ValueError as error:
        raise GuideFileError(f"{entry.where}: {error}") from error


def _quantity(entry: Entry, page: Choice) -> Quantity:
    try:
        return quantities.parse(entry.words(), page)
    except ValueError as error:
        raise GuideFileError(f"{entry.where}: {error}") from error


def _known(entry: Entry, name: str, numbers: Mapping[str, Quantity]) -> str:
    if name not in numbers:
        raise GuideFileError(f"{entry.where}: expected one of the step's numbers, {', '.join(numbers) or 'none'}; got {name}")
    return name


def _fits(entry: Entry, numbers: Mapping[str, Quantity]) -> Text:
    """A text whose placeholders are numbers that may stand there."""
    text = entry.text()
    for told in text.told:
        try:
            used = {name: form or "" for _, name, form, _ in Formatter().parse(told) if name is not None}
        except ValueError as error:
            raise GuideFileError(f"{entry.where}: expected braces in pairs, got {error}") from error
        for name, form in used.items():
            if name not in numbers:
                entry.refuse(
                    f"placeholders among {', '.join(numbers) or 'none'} and not {{{name}}}", "an answer is not told before"
                )
            if form not in ("", "size", "bare"):
                entry.refuse(f"size or bare behind the colon of {{{name}}}", "or leave the colon out")
    return text


def _pair(entry: Entry) -> tuple[float, float]:
    low, high = (end.number(-1e6, 1e6) for end in entry.items(2, 2))
    if not low < high:
        entry.refuse("a lower and an upper end", "put the lower first")
    return low, high


def _source(entry: Entry) -> str:
    source = entry.words()
    if not SOURCE.fullmatch(source):
        entry.refuse("authors, a year and a doi", "such as: Tao et al. 2023, doi:10.1038/s41586-023-06042-3")
    return source
