"""Every diagram of the page can be taken away: drawn for print from what it shows, with its words, its legend and its source."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from typing import Any

import numpy as np
import panel as pn
import pytest
from bokeh.plotting import figure
from PIL import Image

from dashboard import app, diagrams, ink, own_plots, paper, plate, plots, press, printed, theme, traced
from dashboard.app import Page
from dashboard.choice import Choice, Look
from dashboard.drawn import Drawn
from dashboard.dress import dress
from dashboard.engine import Engine
from dashboard.language import speaking
from dashboard.paper import Kind
from dashboard.plate import Plate
from proda_core import parameters
from proda_core.scenario import Scenario
from tests.dashboard.visit import after, slide, waited

ADDRESS = "http://localhost:5006/?v=1&cue=5"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def page(informed: Engine) -> Iterator[Page]:
    """A page that has drawn all its diagrams, of a scenario and two places."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "REST", 0.02)
        yield drawn_out(informed)


def drawn_out(engine: Engine) -> Page:
    made, land = Page(engine), engine.model.land
    here, there = ((float(land.latitude[i]), float(land.longitude[i])) for i in (7, 90))
    made.layout()
    made.mechanisms.open()
    made.evidence.open()
    after(made, slide(made, "cue", 2.0), made.state.pin, slide(made, "cue", 5.0), lambda: made.curves.ask("cue"))
    after(made, lambda: made.state.visit(*here), lambda: made.state.visit_beside(*there))
    waited(made, slide(made, "warming", 1.0))
    return made


def test_x(page):
    for title, d in page.press.drawn().items():
        for kind in ("png", "svg"):
            o = page.press.order(title, kind, ADDRESS, 1)
            p = press.run(o)
            assert p.content
            print(title, p.name, len(p.content))
