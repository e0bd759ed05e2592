"""What a visitor sees while the page is on its way, and when it does not come."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server
from tests.browser.visitor import BASELINE


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window in which nothing is open yet."""
    with browser.new_context(viewport={"width": 1400, "height": 900}) as context:
        yield context.new_page()


def without_scripts(page: Page, server: Server) -> None:
    """Open the page on a line that lets no script through."""
    page.route("**/*.js*", lambda route: route.abort())
    page.goto(server.address)


def test_sentence_and_map_stand_before_the_scripts_have_come(page: Page, server: Server) -> None:
    without_scripts(page, server)
    expect(page.get_by_text(BASELINE)).to_be_visible()
    picture = page.locator("#loader image")
    expect(picture).to_be_visible()
    size = picture.evaluate(
        "async (image) => { const i = new Image(); i.src = image.href.baseVal; await i.decode(); return i.width }"
    )
    assert size >= 500
    expect(page.get_by_text("The page is getting ready")).to_be_visible()


def test_scripts_that_do_not_come_are_said_and_the_picture_stays(page: Page, server: Server) -> None:
    page.clock.install()
    without_scripts(page, server)
    page.clock.fast_forward(31_000)
    expect(page.get_by_role("alert")).to_have_text("The page's scripts have not come. Reload the page to try again.")
    expect(page.get_by_text(BASELINE)).to_be_visible()


def test_a_connection_that_fails_is_said(page: Page, server: Server) -> None:
    page.route_web_socket("**/ws", lambda socket: socket.close(code=1011))
    page.goto(server.address)
    expect(page.get_by_role("alert")).to_have_text("The connection to the server is lost. Reload the page to go on.")


def test_the_picture_makes_room_for_the_page(page: Page, server: Server) -> None:
    page.goto(server.address)
    expect(page.get_by_role("status")).to_have_text(BASELINE)
    expect(page.locator("#loader")).to_be_hidden()
    expect(page.get_by_text(BASELINE)).to_have_count(1)  # a screen reader finds the sentence once
