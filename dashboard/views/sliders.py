"""The sliders: one for each mechanism, and warming."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import panel as pn
import panel_material_ui as pmui
import param

from dashboard import theme, words
from dashboard.catalogue import CONTROLS, Control
from dashboard.state import State
from proda_core.scenario import finite

HERE = Path(__file__).parent


class Slider(pn.custom.JSComponent):
    """A slider that is filled from zero outwards, with a field to type in, a help text and a way back."""

    label = param.String(doc="Its name.")
    short = param.String(doc="How the fields beside it are called.")
    unit = param.String(doc="Unit of the value.")
    start = param.Number(doc="Lower end.")
    end = param.Number(doc="Upper end.")
    step = param.Number(default=1.0, doc="What an arrow key moves.")
    fine = param.Number(default=0.1, doc="What a typed value is rounded to.")
    about = param.List(doc="Pairs of term and text.")
    value = param.Parameter(default=0.0, doc="Whatever the browser sends; the state decides what it is worth.")

    _esm = HERE / "sliders.js"
    _stylesheets: ClassVar[list[Any]] = [(HERE / "sliders.css").read_text()]
    # answer at once: the model is asked for the newest value only, so there is nothing to wait for
    _debounce = 0
    _priority_changes: ClassVar[list[str]] = ["value", "data.value"]


def _about(control: Control) -> list[tuple[str, str]]:
    lower, upper = (words.plain(limit) for limit in control.limits)
    unit = "relative change [%]" if control.unit == "%" else f"temperature difference [{control.unit}]"
    return [
        ("Meaning", control.meaning),
        ("Equation", control.equation),
        ("Unit and range", f"{unit}, {lower} to {upper} {control.unit}; 0 is the baseline"),
        ("Source", control.source),
    ]


class Sliders:
    """The column of sliders."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.sliders = {name: self._slider(control) for name, control in CONTROLS.items()}
        reset = pmui.Button(label="Reset all", icon="restart_alt", variant="outlined", size="small", margin=0)
        reset.on_click(lambda _: state.reset())
        self.reset = reset
        intro = pn.pane.HTML(
            "<h2>What if …</h2><p class=quiet>Change a mechanism; every soil column of the globe is solved again.</p>",
            stylesheets=[theme.TEXT], margin=(0, 0, 4, 0), sizing_mode="stretch_width",
        )  # fmt: skip
        self.panel = pn.Column(intro, *self.sliders.values(), reset, sizing_mode="stretch_width", margin=(12, 18))
        state.param.watch(self._follow, "choice")

    def _slider(self, control: Control) -> Slider:
        lower, upper = control.limits
        step = 0.5 if control.name == "warming" else 1.0
        slider = Slider(
            label=control.label, short=control.short, unit=control.unit, start=lower, end=upper, step=step,
            about=_about(control), value=self._state.change(control.name), sizing_mode="stretch_width", margin=(0, 0, 7, 0),
        )  # fmt: skip
        slider.param.watch(lambda event: self._move(control.name, event.new), "value")
        return slider

    def _move(self, name: str, value: Any) -> None:
        self._state.set_change(name, value)
        self._sync(name)

    def _follow(self, event: Any) -> None:
        """Show what the state made of it, on the sliders it moved: another may just be on its way from the browser."""
        for name in self.sliders:
            if getattr(event.old.scenario, name) != getattr(event.new.scenario, name):
                self._sync(name)

    def _sync(self, name: str) -> None:
        value, slider = self._state.change(name), self.sliders[name]
        if finite(slider.value) != value:
            slider.value = value
