"""What one map shows: its variable, its depth and its view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from dashboard import layers
from dashboard.buttons import Buttons
from dashboard.catalogue import DEPTHS, MAPS, VIEWS
from dashboard.choice import Look
from dashboard.engine import Engine
from dashboard.language import tr
from dashboard.layers import LAYERS

Choose = Callable[..., None]


class Chooser:
    """A menu and two rows of buttons.

    Args:
        engine: the model, which knows what can be shown.
        names: of the menu and of the two rows, to those who see them and to those who do not.
        first: what is shown at first.
        choose: called with ``variable``, ``depth`` or ``view`` when one is chosen.
    """

    def __init__(self, engine: Engine, names: tuple[str, str, str], first: Look, choose: Choose) -> None:
        self._engine, self._choose, self._look = engine, choose, first
        self._depths, self._views = ({tr(label): name for name, label in table.items()} for table in (DEPTHS, VIEWS))
        self._layers = {layer.label: layer for layer in LAYERS}
        groups: dict[str, list[str]] = {}
        for label, layer in self._layers.items():
            groups.setdefault(tr(layer.group), []).append(label)
        refusal = engine.fields.refusal
        refused = [
            label
            for label, layer in self._layers.items()
            if refusal(layer.variable, "uncertainty" if layer.spread else "baseline")
        ]
        self.variable = pmui.Select(
            label=names[0], groups=groups, value="", disabled_options=refused, searchable=True, size="small",
            width=270,
            margin=(4, 14, 8, 0),
        )  # fmt: skip
        self.depth = Buttons(label=names[1], options=list(self._depths), value="", margin=(4, 14, 8, 0))
        self.view = Buttons(label=names[2], options=list(self._views), value="", margin=(4, 0, 8, 0))
        self.variable.param.watch(lambda event: self._pick(event.new), "value")
        self.depth.param.watch(lambda event: self._press("depth", self.depth, self._depths, event.new), "value")
        self.view.param.watch(lambda event: self._press("view", self.view, self._views, event.new), "value")
        self.panel = pn.FlexBox(self.variable, self.depth, self.view, align_items="center", sizing_mode="stretch_width")
        self.follow(first)

    def _pick(self, label: Any) -> None:
        """Take what a browser sent for the menu, if it is a layer that can be shown."""
        shown = self._shown()
        layer = self._layers.get(label) if isinstance(label, str) else None
        if layer is None or label in self.variable.disabled_options:
            self.variable.value = layers.of(shown).label
        elif not layer.shows(shown):
            self.variable.param.update(dropdown_open=False, filter_str="")
            self._choose(**layer.choice(shown))

    def _press(self, what: str, buttons: Buttons, names: dict[str, str], pressed: Any) -> None:
        """Take what a browser sent for a row of buttons, if it is one that can be chosen."""
        shown = getattr(self._shown(), what)
        if not isinstance(pressed, str) or pressed not in names or pressed in buttons.refused:
            buttons.value = next(label for label, name in names.items() if name == shown)
        elif names[pressed] != shown:
            self._choose(**{what: names[pressed]})

    def _shown(self) -> Look:
        """What is shown: the view that was wished for may be refused."""
        return self._look._replace(view=self._engine.fields.view(self._look.variable, self._look.view))

    def follow(self, look: Look) -> None:
        """Show what is chosen, and what can be."""
        self._look = look
        variable, refusal = MAPS[look.variable], self._engine.fields.refusal
        self.view.refused = {label: reason for label, key in self._views.items() if (reason := refusal(variable.name, key))}
        self.depth.refused = {} if variable.has_depth else dict.fromkeys(self._depths, tr("Only a stock has a depth."))
        shown = self._shown()
        self.depth.value, self.view.value = tr(DEPTHS[shown.depth]), tr(VIEWS[shown.view])
        label = layers.of(shown).label
        if label not in self.variable.disabled_options:
            self.variable.value = label
