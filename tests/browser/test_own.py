"""A visitor brings profiles or forcing: they are read, and seen beside the model."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.visitor import Visitor

HEAD = "profile_id,latitude,longitude,layer_top,layer_bottom,soc_density"


def test_a_file_is_brought_and_compared(visitor: Visitor, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    rows = [f"p{i},{40 + i},10,{top},{top + 0.2},{20000 - 20000 * top:.0f}" for i in range(6) for top in (0.0, 0.2, 0.4)]
    file.write_text("\n".join([HEAD, *rows, "lost,0,0,0,0.1,9000"]))
    page = visitor.page
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text(re.compile(r"mine\.csv: \d profiles with \d+ layers"))).to_be_visible(timeout=60_000)
    expect(page.get_by_text("impossible coordinates")).to_be_visible()
    expect(page.get_by_text("Modelled against observed carbon density")).to_be_visible()
    file.write_text("a,b\n1,2\n")
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("The file could not be used")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Modelled against observed carbon density")).to_be_visible()


def test_example_forcing_is_taken_followed_and_removed(visitor: Visitor) -> None:
    page = visitor.page
    drawn = """() => proda.figure().renderers.filter((m) => m.glyph?.type === "Image" && m.visible)
        .filter((m) => (m.data_source.data.marked ?? [[]])[0] instanceof Float32Array
          && m.data_source.data.marked[0].some((value) => value < 0)).length"""
    assert page.evaluate(drawn) == 0
    picture = visitor.picture()
    page.get_by_role("button", name="Try example forcing").click()
    expect(page.get_by_text("Made up: this page's own forcing")).to_be_visible(timeout=60_000)
    table = page.get_by_role("table").filter(has_text="cells that your forcing covers")
    expect(table).to_be_visible(timeout=60_000)
    expect(table).not_to_contain_text("scenario")
    page.wait_for_function(drawn)
    visitor.expect_other_picture(picture)
    visitor.press("ArrowRight")
    expect(table).to_contain_text("scenario")
    before = table.text_content() or ""
    visitor.press("ArrowRight")
    expect(table).not_to_have_text(before)
    page.get_by_role("button", name="Remove my forcing").click()
    expect(table).to_be_hidden()
    page.wait_for_function(f"!({drawn})()")
