"""The teacher's page, ``/teacher``: lessons with goals, time, questions, computed answers and what to discuss, for print."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from html import escape
from urllib.parse import urlencode

from tornado.web import RequestHandler

from dashboard import link
from dashboard.engine import Engine, shared
from dashboard.language import ENGLISH, LANGUAGES, speaking, tr
from dashboard.lessons import Lesson, Question, Step, filled, lessons
from dashboard.presentations import presentations
from dashboard.quantities import KINDS, PUBLISHED, Number, reckoner
from dashboard.reading import Text

_QUEUE = ThreadPoolExecutor(1, "teacher")
"""One page at a time, and not in the threads that answer slider moves."""

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 Roboto, Helvetica, Arial, sans-serif; max-width: 46rem; margin: 0 auto; padding: 1.5rem; color: #22323b;
  background: #fff; overflow-wrap: anywhere; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; } h2 { font-size: 1.5rem; line-height: 1.25; margin: 3rem 0 .3rem; }
h3 { font-size: 1.1rem; margin: 1.6rem 0 .3rem; } p { margin: .4rem 0; }
a { color: #1f5f86; } :focus-visible { outline: 3px solid #c2571a; outline-offset: 2px; }
.quiet { color: color-mix(in srgb, currentColor 80%, transparent); font-size: .92rem; } li { margin: .2rem 0; }
.question { border-left: 4px solid #c2571a; padding: .1rem 0 .1rem 1rem; margin: .6rem 0; }
.right { font-weight: 700; }
@media (prefers-color-scheme: dark) { body { color: #e8edef; background: #141b1f; } a { color: #8fbdd3; } }
@media print { body { max-width: none; padding: 0; font-size: 11pt; color: #000; background: #fff; } nav { display: none; }
  h2 { break-before: page; } h2:first-of-type { break-before: auto; } h3 { break-after: avoid; }
  .question { break-inside: avoid; } }
"""


class Teacher(RequestHandler):
    """Answers with the teacher's page, in the language of ``?lang=``."""

    async def get(self) -> None:
        """Answer."""
        language = self.get_query_argument("lang", ENGLISH)
        known = language if language in LANGUAGES else ENGLISH
        content = await asyncio.get_running_loop().run_in_executor(_QUEUE, lambda: page(shared(), known))
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.write(content)


@lru_cache(maxsize=4)
def page(engine: Engine, language: str) -> str:
    """The page as HTML.

    Args:
        engine: the model that computes the answers.
        language: key of ``language.LANGUAGES``.
    """
    with speaking(language):
        title = tr("PRODA Explorer for teachers")
        others = " · ".join(
            f'<a href="teacher?lang={code}" lang="{code}" hreflang="{code}">{name}</a>' for code, name in LANGUAGES.items()
        )
        intro = tr(
            "{count} lessons, each of them a panel beside the page. Every answer below is computed by the model that this server "
            "runs (version {version}), as it will be in class; nothing needs the internet. The links open a step.",
            count=len(lessons()),
            version=engine.version,
        )
        contents = "".join(f'<li><a href="#{lesson.name}">{_escaped(lesson.title)}</a></li>' for lesson in lessons().values())
        shown = "".join(f"<li>{_open(tr('Present'), 'present', each.name, language)}: {_escaped(each.title)}</li>"
                        for each in presentations().values())  # fmt: skip
        body = "".join(_lesson(lesson, engine, language) for lesson in lessons().values())
        return (
            f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
            f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head><body>'
            f'<nav aria-label="{escape(tr("Language"))}">{others}</nav><main><h1>{escape(title)}</h1><p>{escape(intro)}</p>'
            f"<ol>{contents}</ol><p>{escape(tr('To show in a hall, with large type and notes:'))}</p><ul>{shown}</ul>"
            f"{body}</main>"
            "</body></html>"
        )


def _lesson(lesson: Lesson, engine: Engine, language: str) -> str:
    goals = "".join(f"<li>{_escaped(goal)}</li>" for goal in lesson.goals)
    steps = "".join(_step(lesson, i, step, engine, language) for i, step in enumerate(lesson.steps, start=1))
    time = tr("{minutes} minutes, {steps} steps", minutes=f"{lesson.minutes:g}", steps=len(lesson.steps))
    return (
        f'<h2 id="{lesson.name}">{_escaped(lesson.title)}</h2><p class="quiet">{_escaped(lesson.audience)} {escape(time)}. '
        f"{_open(tr('Open the lesson'), 'lesson', lesson.name, language)}</p>"
        f"<p><b>{escape(tr('Goals'))}</b></p><ul>{goals}</ul>{steps}"
    )


def _step(lesson: Lesson, i: int, step: Step, engine: Engine, language: str) -> str:
    numbers = reckoner(engine).numbers(step.numbers)
    opened = _open(tr("Open this step"), "lesson", f"{lesson.name}.{i}", language)
    asked = "" if step.question is None else _question(step.question, numbers)
    cited = f'<p class="quiet">{escape(tr("Sources"))}: {escape("; ".join(step.sources))}</p>' if step.sources else ""
    told = _paragraphs(filled(step.text, numbers))
    return f'<h3>{i}. {_escaped(step.title)}</h3>{told}{asked}{cited}<p class="quiet">{opened}</p>'


def _question(question: Question, numbers: dict[str, Number]) -> str:
    if question.options:
        right = question.right(numbers)
        items = [
            f'<li class="right">{_escaped(option.text)} ✓</li>' if i == right else f"<li>{_escaped(option.text)}</li>"
            for i, option in enumerate(question.options)
        ]
        answer = f"<ul>{''.join(items)}</ul>"
    else:
        answer = f'<p class="right">{escape(tr("Answer of this model: {number}", number=f"{numbers[question.predict]}"))}</p>'
        if question.published:
            known = PUBLISHED[question.published]
            text = tr("Published: {number} ({source})", number=f"{Number(0.0, KINDS['published'], known)}", source=known.source)
            answer += f"<p>{escape(text)}</p>"
    return (
        f'<div class="question"><p><b>{_escaped(question.ask)}</b></p>{answer}{_paragraphs(filled(question.explain, numbers))}'
        f"<p><b>{escape(tr('To discuss:'))}</b> {escape(filled(question.discuss, numbers))}</p></div>"
    )


def _open(text: str, kind: str, name: str, language: str) -> str:
    """A link that opens a step in the language of the page."""
    query = {"v": link.VERSION, kind: name, **({} if language == ENGLISH else {"lang": language})}
    return f'<a href="./?{escape(urlencode(query))}">{escape(text)}</a>'


def _escaped(text: Text) -> str:
    return escape(str(text))


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n"))
