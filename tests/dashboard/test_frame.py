"""Before its scripts have come, a page already shows what it will show first."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from bokeh.core.templates import MACROS
from PIL import Image, ImageColor

from dashboard import frame, plots
from dashboard.app import Page
from dashboard.choice import Choice
from dashboard.dress import dress
from dashboard.engine import Engine
from dashboard.language import speaking
from proda_core.scenario import Scenario

CHOICES = {
    "baseline": Choice(),
    "change": Choice(scenario=Scenario(cue=1.05), view="change"),
    "longitude and latitude": Choice(projection="lonlat", variable="cue"),
    "logarithmic": Choice(variable="residence_time"),
}


def pixels(drawn: str) -> np.ndarray:
    """Colours of the picture in an SVG, with their opacity, south to north (row, column, 4)."""
    (held,) = re.findall(r'href="data:image/png;base64,([^"]+)"', drawn)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(held))).convert("RGBA"))[::-1]


def html(page: Page) -> str:
    """What the server sends at first."""
    held = page.layout().server_doc()
    scripts = "<script src=bokeh.js></script>"
    return str(
        held.template.render(
            **held.template_variables, macros=MACROS, title=held.title, docs=[], plot_script="", bokeh_js=scripts
        )
    )


@pytest.mark.parametrize("name", CHOICES)
def test_the_first_picture_shows_the_values_of_the_map_in_its_colours(engine: Engine, name: str) -> None:
    answer = engine.answer(CHOICES[name])
    worn, drawn = dress(engine, answer), pixels(frame.picture(engine, answer))
    values = engine.pixels_on(answer.choice.projection).frame(engine.map_values(answer))
    values = values[(len(values) - 1) % frame.COARSER :: frame.COARSER, :: frame.COARSER]
    assert np.array_equal(drawn[..., 3] > 0, ~np.isnan(values))
    forward = np.log if worn.logarithmic else np.asarray
    low, high = forward(worn.limits[0]), forward(worn.limits[1])
    share = np.clip((forward(np.maximum(values, worn.limits[0])) - low) / (high - low), 0, 1)
    scale = np.array([ImageColor.getrgb(colour) for colour in plots.colours(worn.colours, 1001)])
    seen = ~np.isnan(values)
    expected = scale[np.rint(1000 * share[seen]).astype(int)]
    assert np.max(np.abs(drawn[seen][:, :3].astype(int) - expected)) <= 6  # of 255, for a scale of fewer colours


def test_the_page_around_the_page_is_in_the_visitors_language(engine: Engine) -> None:
    for language, tag, wait in (("en", "en", "The page is getting ready"), ("zh", "zh-CN", "页面正在准备")):
        with speaking(language):
            page = Page(engine)
            made = html(page)
        assert f'<html lang="{tag}"' in made
        assert wait in made
        assert page.headline.sentence.text in made


def test_scripts_come_after_what_is_seen_first(engine: Engine) -> None:
    made = html(Page(engine))
    assert made.index("<svg") < made.index("<script src=bokeh.js></script>") < made.index("is_idle")
