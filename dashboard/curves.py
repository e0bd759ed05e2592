"""How the stock answers to each mechanism, with a mark where its slider stands."""

from __future__ import annotations

from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from dashboard import diagrams, plots, theme, verdict, words
from dashboard.catalogue import DEPTHS
from dashboard.diagrams import FloatArray
from dashboard.drawn import Drawn, Sign, words_of
from dashboard.engine import Answer
from dashboard.language import tr
from dashboard.pane import drawn_in, framed, html, room
from proda_core.scenario import Scenario
from proda_core.sensitivity import MECHANISMS, RECIPES, STEPS, Findings


class Curves:
    """How the stock answers to each mechanism."""

    def __init__(self, found: Findings, cells: int) -> None:
        self._found, self._cells = found, cells
        self._depth, self._scenario = "", Scenario()
        self._figure: Any = None
        labels = {tr(label): name for name, label in verdict.RECIPE_LABELS.items()}
        self.recipe = pmui.Select(label=tr("Changed"), options=list(labels), size="small", width=220, margin=(6, 0, 4, 0))
        self.recipe.param.watch(lambda event: self._choose(labels[event.new]), "value")
        self._recipe = "published"
        self.room, self.text = room(), html("")
        self.title = tr("Change a mechanism everywhere")
        self.panels = (pn.Column(html(f"<h3>{self.title}</h3>"), self.recipe, self.room, self.text, margin=0),)

    def show(self, answer: Answer) -> None:
        """Follow the depth, and mark where the sliders stand."""
        if answer.choice.depth != self._depth:
            self._depth = answer.choice.depth
            self._update()
        if answer.choice.scenario != self._scenario:
            self._scenario = answer.choice.scenario
            self._mark()

    def draw(self) -> None:
        """Make the diagram."""
        if self._figure is None:
            self._figure = plots.style(plots.rendered(diagrams.responses(MECHANISMS)))
            self._lines = plots.sources(self._figure, "MultiLine")[1]
            self._bands = plots.sources(self._figure, "MultiPolygons")[0]
            self._tips, self._here = plots.sources(self._figure, "Scatter")
            self._place()
            self.room.objects = [framed(self._figure)]

    def drawn(self) -> list[Drawn]:
        """The curves, once they are made."""
        chosen = [(tr("Changed"), self.recipe.value), (tr("Depth"), tr(DEPTHS.get(self._depth, "")))]
        said = [tr("{what}: {shown}.", what=what, shown=shown) for what, shown in chosen]
        here = Sign(tr("Where a slider stands"), theme.ACCENT, "circle")
        signs = (*verdict.signs(MECHANISMS), *([here] if self._figure is not None and len(self._here.data["change"]) else []))
        told = words.sentences(*said, words_of(_key()))
        return [Drawn(self.title, shown, signs, told) for shown in drawn_in(self.room)]

    def _choose(self, recipe: str) -> None:
        self._recipe = recipe
        self._update()

    def _update(self) -> None:
        said = verdict.response(self._found, self._recipe, self._depth, self._cells)
        table = verdict.response_table(self._found, self._recipe, self._depth)
        self.text.object = f"<p class=quiet>{_key()}</p><div class=long>{said}</div>{table}"
        if self._figure is not None:
            self._place()

    def _curves(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Change made, mean change of the stock and its spread [%], each (mechanism, step)."""
        r, d = RECIPES.index(self._recipe), list(DEPTHS).index(self._depth)
        stock = self._found.stock[r, ..., d]
        answer = 100 * (stock / stock[..., [int(np.argmin(np.abs(STEPS)))]] - 1)
        return 100 * self._found.realised[r].mean(axis=0), answer.mean(axis=0), answer.std(axis=0, ddof=1)

    def _place(self) -> None:
        """Put the curves of this recipe and depth in the diagram."""
        x, y, sd = self._curves()
        self._lines.data = {**self._lines.data, "xs": list(x), "ys": list(y)}
        around = [[[np.concatenate([row, row[::-1]])]] for row in x]
        edge = [[[np.concatenate([low, high[::-1]])]] for low, high in zip(y - sd, y + sd, strict=True)]
        self._bands.data = {**self._bands.data, "xs": around, "ys": edge}
        ends = {"change": np.concatenate([x[:, 0], x[:, -1]]), "stock": np.concatenate([y[:, 0], y[:, -1]])}
        self._tips.data = {**self._tips.data, **ends}
        doubtful = verdict.unsound(self._found, RECIPES.index(self._recipe), self._cells)
        sound = [i for i in range(len(MECHANISMS)) if i not in doubtful] or list(range(len(MECHANISMS)))
        most, far = 1.08 * float(np.abs(y[sound]).max()), 1.08 * float(np.abs(x).max())
        self._figure.y_range.update(start=-most, end=most)
        self._figure.x_range.update(start=-far, end=far)
        self._mark()

    def _mark(self) -> None:
        """Mark each changed mechanism on its curve, at the change that its slider makes; beyond the curve there is no mark."""
        if self._figure is None:
            return
        x, y, _ = self._curves()
        made = 100 * self._found.realised[RECIPES.index("realised")].mean(axis=0)
        marks = []
        for i, name in enumerate(MECHANISMS):
            asked = float(getattr(self._scenario, name))
            if asked and STEPS[0] <= asked <= STEPS[-1]:
                change = float(np.interp(asked, STEPS, made[i]))
                order = np.argsort(x[i])
                if x[i].min() <= change <= x[i].max():
                    marks.append((change, float(np.interp(change, x[i][order], y[i][order]))))
        self._here.data = {"change": [mark[0] for mark in marks], "stock": [mark[1] for mark in marks]}


def _key() -> str:
    return tr("Lines: mean of the members; bands: ± SD. <span class=more>Orange: where a slider stands.</span>")
