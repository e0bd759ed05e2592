"""A page is changed no faster than it is drawn, and who waits for a drawing is never left waiting."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest
from bokeh.document import Document

from dashboard import screen
from dashboard.screen import Screen
from dashboard.views.headline import LiveText


@pytest.fixture
def echo() -> LiveText:
    return LiveText()


@pytest.fixture
def seen(echo: LiveText) -> Screen:
    """A screen of a page whose browser is played by the test."""
    return Screen(Document(), echo)


def test_a_change_is_done_when_the_browser_has_drawn_it(seen: Screen, echo: LiveText) -> None:
    made: list[str] = []

    async def watch() -> None:
        task = asyncio.create_task(seen.change(lambda: made.append("one")))
        await asyncio.sleep(0.02)
        assert (made, echo.turn, task.done()) == (["one"], 1, False)
        echo.seen = 1
        await asyncio.wait_for(task, 0.1)

    asyncio.run(watch())


def test_a_browser_that_draws_nothing_is_not_waited_for_long(
    seen: Screen, echo: LiveText, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "PATIENCE", 0.05)

    async def hidden() -> None:
        for _ in range(2):
            await asyncio.wait_for(seen.change(lambda: None), 1.0)

    asyncio.run(hidden())
    assert echo.turn == 2


def test_two_that_wait_are_both_told(seen: Screen, echo: LiveText) -> None:
    async def both() -> None:
        tasks = [asyncio.create_task(seen.change(lambda: None)) for _ in range(2)]
        await asyncio.sleep(0.01)
        echo.seen = echo.turn
        await asyncio.wait_for(asyncio.gather(*tasks), 0.1)

    asyncio.run(both())


@pytest.mark.parametrize("document", [Document, lambda: None])
def test_what_goes_wrong_in_a_change_is_told(echo: LiveText, document: Callable[[], Document | None]) -> None:
    def broken() -> None:
        raise ArithmeticError("broken")

    with pytest.raises(ArithmeticError, match="broken"):
        asyncio.run(Screen(document(), echo).change(broken))


def test_who_has_left_is_not_waited_for(seen: Screen, echo: LiveText) -> None:
    made: list[str] = []

    async def leave() -> None:
        task = asyncio.create_task(seen.change(lambda: None))
        await asyncio.sleep(0.01)
        seen.close()
        await asyncio.wait_for(task, 0.1)
        await asyncio.wait_for(seen.change(lambda: made.append("late")), 0.1)

    asyncio.run(leave())
    assert (made, echo.turn) == ([], 1)


def test_without_a_browser_nothing_waits(echo: LiveText) -> None:
    made: list[int] = []
    start = time.perf_counter()
    asyncio.run(Screen(None, echo).change(lambda: made.append(1)))
    assert made == [1]
    assert time.perf_counter() - start < screen.PATIENCE / 2


@pytest.mark.parametrize("value", [None, "1", float("nan"), [], 10**30])
def test_any_word_from_a_browser_is_survived(seen: Screen, echo: LiveText, value: object) -> None:
    async def told() -> None:
        task = asyncio.create_task(seen.change(lambda: None))
        await asyncio.sleep(0.01)
        echo.seen = value
        await asyncio.wait_for(task, 0.1)

    asyncio.run(told())
