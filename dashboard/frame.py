"""What holds the page, and what stands there before the scripts have come: the first sentence and a picture of the first map."""

from __future__ import annotations

import base64
import io
import json
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import panel_material_ui as pmui
from bokeh.document import Document
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader, Template
from panel_material_ui.base import BASE_TEMPLATE
from PIL import Image, ImageColor

from dashboard import language, legend, plots, projection, theme
from dashboard.dress import Dress, dress
from dashboard.engine import Answer, Engine
from dashboard.language import mark, tr

HERE = Path(__file__).parent
COARSER = 2
"""Pixels of the page's map for each of the picture's, along each side."""

COLOURS = 255
WAIT = mark("The page is getting ready …")
TROUBLES = {
    "resources": mark("The page's scripts have not come. Reload the page to try again."),
    "connection": mark("The connection to the server is lost. Reload the page to go on."),
}


class Frame(pmui.Page):
    """What holds the page; its title is in the visitor's language, whatever the server calls all pages."""

    def __init__(self, sentence: str, engine: Engine, answer: Answer, **params: Any) -> None:
        title = legend.lowered(escape(dress(engine, answer).title))
        self._first = {"sentence": sentence, "map": picture(engine, answer), "caption": title, "wait": tr(WAIT)}
        super().__init__(template=_template(), **params)

    def server_doc(self, doc: Document | None = None, title: str | None = None, location: Any = True) -> Document:
        """The document of a visitor."""
        made = super().server_doc(doc, self.title, location)
        texts = json.dumps({name: tr(text) for name, text in TROUBLES.items()}).replace("<", "\\u003c")
        code = {"style": _read("frame.css"), "script": _read("frame.js").replace("TEXTS", texts, 1)}
        held = {**self._first, **code, "module": self._render_esm(server=True)}
        made.template_variables.update(frame=held, language=language.TAGS[language.spoken()])
        return made


def picture(engine: Engine, answer: Answer) -> str:
    """The map of an answer as SVG: its values in the colours of the page, and the edge of the globe.

    Args:
        engine: the model.
        answer: what is shown.

    Returns:
        an ``svg`` element that scales.
    """
    on = projection.BY_NAME[answer.choice.projection]
    values = engine.pixels_on(on.name).frame(engine.map_values(answer))[::-COARSER, ::COARSER]
    image = base64.b64encode(_coloured(values, dress(engine, answer))).decode()
    height, width = values.shape
    (west, east), (south, north) = on.x_limits, on.y_limits
    x, y = projection.edge(on=on).T
    points = zip(width * (x - west) / (east - west), height * (north - y) / (north - south), strict=True)
    edge = " ".join(f"{across:.1f},{down:.1f}" for across, down in points)
    return (
        f'<svg viewBox="-1 -1 {width + 2} {height + 2}" aria-hidden="true">'
        f'<polygon points="{edge}" fill="{theme.OCEAN}" stroke="{theme.GREY}"/>'
        f'<image href="data:image/png;base64,{image}" width="{width}" height="{height}"/></svg>'
    )


def _coloured(values: np.ndarray, worn: Dress) -> bytes:
    """Values as a PNG, clear where there are none."""
    scaled, (low, high) = values, worn.limits
    if worn.logarithmic:
        scaled, low, high = np.log(np.maximum(values, low)), np.log(low), np.log(high)
    share = np.clip((scaled - low) / (high - low), 0.0, 1.0)
    index = np.where(np.isnan(share), 0, 1 + np.rint(share * (COLOURS - 1)))
    image = Image.fromarray(index.astype(np.uint8), "P")
    colours = ("#000000", *plots.colours(worn.colours, COLOURS))
    image.putpalette([part for colour in colours for part in ImageColor.getrgb(colour)])
    held = io.BytesIO()
    image.save(held, "PNG", transparency=0)
    return held.getvalue()


@cache
def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


@cache
def _template() -> Template:
    """The page around the page: Panel Material UI's, in the visitor's language, with the first picture, and scripts after it."""
    loader = BASE_TEMPLATE.environment.loader
    held, english = loader.get_source(BASE_TEMPLATE.environment, BASE_TEMPLATE.name)[0], '<html lang="en"'
    if english not in held:
        raise RuntimeError(f"expected the page's template to hold {english}, so that its language can be named")
    base = DictLoader({"base.html": held.replace(english, '<html lang="{{ language }}"')})
    around = BASE_TEMPLATE.environment.overlay(loader=ChoiceLoader([base, FileSystemLoader(HERE), loader]))
    made: Template = around.get_template("frame.html")
    return made
