"""The teacher's page tells every lesson with its answers, in both languages, and its links open the steps."""

from __future__ import annotations

import asyncio
import re
from html import unescape
from urllib.parse import parse_qs

import pytest
from tornado.httpclient import AsyncHTTPClient
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application

from dashboard import guides, link, teacher
from dashboard.engine import Engine
from dashboard.language import LANGUAGES, speaking
from dashboard.lessons import lessons
from dashboard.quantities import reckoner


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_lesson_is_told_with_its_answers(informed: Engine, language: str) -> None:
    page = unescape(teacher.page(informed, language))
    assert f'<html lang="{language}">' in page
    with speaking(language):
        for lesson in lessons().values():
            for text in (lesson.title, lesson.audience, *lesson.goals):
                assert str(text) in page
            for step in lesson.steps:
                assert str(step.title) in page
                if step.question is None:
                    continue
                assert str(step.question.discuss) in page
                numbers = reckoner(informed).numbers(step.numbers)
                if step.question.predict:
                    assert f"{numbers[step.question.predict]}" in page
    assert not re.search("{[a-z]", page.split("</style>")[1])


def test_links_open_each_step(informed: Engine) -> None:
    page = unescape(teacher.page(informed, "zh"))
    queries = re.findall(r'href="\./\?([^"]+)"', page)
    opened = set()
    for query in queries:
        given = parse_qs(query)
        assert given["lang"] == ["zh"]
        found = guides.resolved(link.open_link({key: [value.encode() for value in values] for key, values in given.items()}, "m"))
        assert not found.notice
        assert found.choice.guide is not None
        opened.add(found.choice.guide)
    assert {(lesson.name, i) for lesson in lessons().values() for i in range(1, len(lesson.steps) + 1)} < {
        (guide.name, guide.step) for guide in opened
    }


def test_nothing_comes_from_elsewhere(informed: Engine) -> None:
    page = teacher.page(informed, "en")
    assert "http" not in page
    assert "<script" not in page
    assert "src=" not in page


@pytest.mark.parametrize(("query", "language"), [("", "en"), ("?lang=zh", "zh"), ("?lang=<b>", "en")])
def test_the_server_answers_in_the_language_asked_for(
    informed: Engine, monkeypatch: pytest.MonkeyPatch, query: str, language: str
) -> None:
    monkeypatch.setattr(teacher, "shared", lambda: informed)

    async def ask() -> str:
        socket, port = bind_unused_port()
        server = HTTPServer(Application([(r"/teacher", teacher.Teacher)]))
        server.add_socket(socket)
        try:
            answer = await AsyncHTTPClient().fetch(f"http://127.0.0.1:{port}/teacher{query}", request_timeout=60)
        finally:
            server.stop()
        return answer.body.decode()

    assert f'<html lang="{language}">' in asyncio.run(ask())
