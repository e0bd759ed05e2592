"""The answer in a sentence, and the global stock as one big number."""

from __future__ import annotations

from typing import ClassVar

import panel as pn
import param

from dashboard import theme, words
from dashboard.catalogue import DEPTH_WORDS
from dashboard.engine import Answer, Engine
from dashboard.language import tr

STYLE = """
:host { display: block; width: 100%; color: var(--panel-on-surface-color); }
p { margin: 0; font: 400 22px/1.35 Roboto, Helvetica, Arial, sans-serif; text-wrap: pretty; }
.whole { white-space: nowrap; }
@media (max-width: 1499px) { p { font-size: 19px; } }
"""


class LiveText(pn.custom.JSComponent):
    """A sentence in a live region: the element stays, its text changes, so that a screen reader says it; never HTML.

    It also tells when the browser has drawn what was sent with it.
    """

    text = param.String()
    turn = param.Integer(default=0, doc="Number of the change that was sent last.")
    seen = param.Parameter(default=0, doc="Number of the last change that was drawn, as the browser says.")

    # said at once: the next change waits for it
    _debounce = 0
    _priority_changes: ClassVar[list[str]] = ["seen", "data.seen"]

    _esm = """
    export function render({model}) {
      const sentence = document.createElement("p")
      sentence.id = "headline"
      sentence.setAttribute("role", "status")
      sentence.setAttribute("aria-live", "polite")
      const whole = (text) => {
        const span = document.createElement("span")
        span.className = "whole"
        span.textContent = text
        return span
      }
      const show = () => {  // a number and its unit stay on one line
        const parts = model.text.split(/(\\([^)]*\\)|（[^）]*）|(?:\\S+ ± )?\\S+ (?:%|Pg C))/)
        sentence.replaceChildren(...parts.map((part, i) => i % 2 ? whole(part) : part))
      }
      model.on("text", show)
      model.on("turn", () => {  // an animation frame begins when the one before, with all that was sent, is drawn
        const turn = model.turn
        requestAnimationFrame(() => requestAnimationFrame(() => { model.seen = turn }))
      })
      show()
      return sentence
    }
    """
    _stylesheets: ClassVar[list[str]] = [STYLE]


BIG = """
.big { font-size: 46px; font-weight: 700; line-height: 1; letter-spacing: -.5px; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
.big small { font-size: 20px; font-weight: 400; letter-spacing: 0; }
.change { font-size: 19px; font-weight: 700; margin-top: 5px; white-space: nowrap; }
"""


STEADY = """
:host { align-items: center; min-height: 124px; }  /* room for a longer sentence, so that the map below stands still */
@media (max-width: 1499px) { :host { min-height: 134px; } }
@media (max-width: 899px) { :host { flex-wrap: wrap; } :host > :last-child { flex: 1 1 100% !important; } }
"""


class Headline:
    """The head of the page."""

    def __init__(self, engine: Engine) -> None:
        self._ensemble = engine.ensemble
        self.sentence = LiveText(sizing_mode="stretch_width", margin=0)
        self.number = pn.pane.HTML("", stylesheets=[theme.TEXT, BIG], margin=(0, 20, 0, 0), width=250)
        self.panel = pn.Row(self.number, self.sentence, align="center", stylesheets=[theme.CARD, STEADY])

    def show(self, answer: Answer) -> None:
        """Say what an answer means."""
        choice, depth = answer.choice, answer.depth
        before, stock = (float(stocks[depth]) for stocks in answer.stocks)
        whole = answer.part is None  # the members are not kept by region
        spread = float(self._ensemble.total_sd[depth]) if self._ensemble is not None and whole else None
        cue = answer.outcome.cue, answer.baseline.cue
        self.sentence.text = words.headline(
            choice.scenario, choice.depth, stock, before, *cue, spread, choice.region, choice.within
        )
        shown, where = words.number(stock), tr(DEPTH_WORDS[choice.depth])
        known = words.number(before) if spread is None else words.with_spread(before, spread)
        if choice.scenario.is_baseline:
            shown, _, around = known.partition(" ")
            if self._ensemble is None or spread is None:
                said = tr("{where}, baseline", where=where)
            else:
                said = tr("{where}, baseline; ± SD of {count} members", where=where, count=self._ensemble.members)
            change = f"<p class=quiet>{said}</p>"
        else:
            around = ""
            moved = f"{words.signed(stock - before)} Pg C ({words.signed(words.percent(stock, before))} %)"
            said = tr("{where}; baseline {stock}", where=where, stock=known)
            change = f"<div class='change more'>{moved}</div><p class=quiet>{said}</p>"
        self.number.object = f"<div class=big>{shown} <small>{around} Pg C</small></div>{change}"

    def fail(self, message: str) -> None:
        """Say that there is no answer."""
        self.sentence.text = message
