"""The sliders: one for each mechanism, and warming; for experts one for each parameter below."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import panel as pn
import panel_material_ui as pmui
import param

from dashboard import caution, expert, theme, words
from dashboard.buttons import Buttons
from dashboard.catalogue import CONTROLS, Control
from dashboard.choice import MODES
from dashboard.engine import Answer, Engine
from dashboard.expert import EXPERT, GROUPS, SLIDERS
from dashboard.language import mark, tr
from dashboard.state import State
from proda_core.parameters import INDEX, PARAMETERS
from proda_core.scenario import finite

HERE = Path(__file__).parent

KEYS = mark(
    "Arrow keys move by {step} {unit}, with Shift or Page Up and Page Down by {coarse} {unit}, with Alt by {fine} {unit}; Home "
    "and End go to the ends. Numbers can be typed."
)
COARSE = 5
"""Steps that a coarse key moves, as in ``sliders.js``."""

DRAWER = mark(
    "Each changes one parameter of the model in every place, relative to its map. In every place the value stays within its "
    "range. Mechanisms are changed after the parameters."
)


class Slider(pn.custom.JSComponent):
    """A slider that is filled from zero outwards, with a field to type in, a help text and a way back."""

    label = param.String(doc="Its name; an index follows an underscore.")
    short = param.String(doc="How the fields beside it are called.")
    unit = param.String(doc="Unit of the value.")
    start = param.Number(doc="Lower end.")
    end = param.Number(doc="Upper end.")
    step = param.Number(default=1.0, doc="What an arrow key moves.")
    fine = param.Number(default=0.1, doc="What a typed value is rounded to, and what an arrow key moves with Alt.")
    compact = param.Boolean(default=False, doc="Whether the name has a line of its own, and the field stands beside the slider.")
    texts = param.Dict(doc="Texts that the browser shows or says, by name.")
    sub = param.String(doc="A line below its name.")
    about = param.List(doc="Pairs of term and text.")
    note = param.String(doc="What to be careful about.")
    value = param.Parameter(default=0.0, doc="Whatever the browser sends; the state decides what it is worth.")

    _esm = HERE / "sliders.js"
    _stylesheets: ClassVar[list[Any]] = [(HERE / "sliders.css").read_text()]
    # answer at once: the model is asked for the newest value only, so there is nothing to wait for
    _debounce = 0
    _priority_changes: ClassVar[list[str]] = ["value", "data.value"]


class Sliders:
    """The column of sliders.

    Args:
        state: what the visitor chose.
        engine: the model, for how far published work goes.
        *beside: what stands beside the button that resets all.
    """

    def __init__(self, state: State, engine: Engine, *beside: pmui.Button) -> None:
        self._state = state
        self._ranges = caution.published(engine.findings)
        self._latest: Answer | None = None
        self.sliders = {name: self._slider(control) for name, control in CONTROLS.items()}
        self._modes = {tr(label): mode for mode, label in MODES.items()}
        self.mode = Buttons(label=tr("How the page speaks"), options=list(self._modes), margin=(0, 0, 12, 0))
        self.mode.param.watch(lambda event: self._speak(event.new), "value")
        reset = pmui.Button(label=tr("Reset all"), icon="restart_alt", variant="outlined", size="small", margin=0)
        reset.on_click(lambda _: state.reset())
        self.reset = reset
        intro = pn.pane.HTML(
            f"<h2>{tr('What if …')}</h2>"
            f"<p class=quiet>{tr('Change a mechanism; every soil column of the globe is solved again.')}</p>",
            stylesheets=[theme.TEXT], margin=(0, 0, 8, 0), sizing_mode="stretch_width",
        )  # fmt: skip
        self.unseen = pn.pane.HTML(
            f"<p class=quiet>{tr('Parameters are changed as well: see Expert.')}</p>",
            stylesheets=[theme.TEXT], margin=(8, 0, 0, 0), sizing_mode="stretch_width", visible=False,
        )  # fmt: skip
        self.drawer = pn.Column(sizing_mode="stretch_width", margin=0, visible=False)
        buttons = pn.FlexBox(reset, *beside, gap="8px", sizing_mode="stretch_width", margin=0)
        self.panel = pn.Column(
            intro,
            self.mode,
            *self.sliders.values(),
            buttons,
            self.unseen,
            self.drawer,
            sizing_mode="stretch_width",
            margin=(12, 18),
        )
        self._told = ""
        self._tell()
        state.param.watch(self._follow, "choice")

    def show(self, answer: Answer) -> None:
        """Say what to be careful about where the sliders stand."""
        self._latest = answer
        self.unseen.visible = bool(answer.choice.scenario.parameters) and answer.choice.mode != "expert"
        for name in self.sliders:
            self._warn(name)

    def _slider(self, control: Control) -> Slider:
        lower, upper = control.limits
        step = 0.5 if control.name == "warming" else 1.0
        slider = Slider(
            label=_label(control), short=tr(control.short), unit=control.unit, start=lower, end=upper, step=step,
            compact=control.name in EXPERT, texts=_texts(control), value=self._state.change(control.name),
            sizing_mode="stretch_width", margin=(0, 0, 7, 0),
        )  # fmt: skip
        slider.param.watch(lambda event: self._move(control.name, event.new), "value")
        return slider

    def _speak(self, label: Any) -> None:
        mode = self._modes.get(label) if isinstance(label, str) else None
        if mode is not None and mode != self._state.choice.mode:
            self._state.speak(mode)
        self._tell()

    def _tell(self) -> None:
        """Speak as was chosen; the drawer is made when somebody first opens it."""
        mode = self._state.choice.mode
        self.mode.value = next(label for label, known in self._modes.items() if known == mode)
        if self._told == mode:
            return
        self._told = mode
        if mode == "expert" and not self.drawer.objects:
            self._fill()
        self.drawer.visible = mode == "expert"
        for name, slider in self.sliders.items():
            spoken = "expert" if name in EXPERT else mode
            slider.param.update(sub=_sub(SLIDERS[name], mode), about=self._about(SLIDERS[name], spoken))

    def _fill(self) -> None:
        """Put the sliders of the parameters into the drawer, by mechanism."""
        made = {name: self._slider(control) for name, control in EXPERT.items()}
        self.sliders |= made
        groups = [
            (f"{tr(CONTROLS[mechanism].label)} ({len(ids)})", pn.Column(*(made[id_] for id_ in ids), sizing_mode="stretch_width"))
            for mechanism, ids in GROUPS.items()
        ]
        said = f"<h2>{tr('The 21 parameters')}</h2><p class=quiet>{tr(DRAWER)}</p>"
        moved = [i for i, ids in enumerate(GROUPS.values()) if any(self._state.change(id_) for id_ in ids)]
        self.drawer.objects = [
            pn.pane.HTML(said, stylesheets=[theme.TEXT], margin=(16, 0, 8, 0), sizing_mode="stretch_width"),
            pmui.Accordion(
                *groups,
                active=moved,
                title_variant="subtitle2",
                disable_gutters=True,
                elevation=0,
                variant="outlined",
                sizing_mode="stretch_width",
                margin=0,
            ),
        ]
        for name in made:
            self._warn(name)

    def _about(self, control: Control, mode: str) -> list[tuple[str, str]]:
        lower, upper = (words.plain(limit) for limit in control.limits)
        step, fine = ("0.5", "0.1") if control.name == "warming" else ("1", "0.1")
        keys = tr(KEYS, step=step, coarse=words.plain(COARSE * float(step)), fine=fine, unit=control.unit)
        last = [(tr("Source"), control.source), (tr("Keys"), keys)]
        if mode == "plain":
            span = tr("{low} to {high} {unit}; 0 is the world as it is", low=lower, high=upper, unit=control.unit)
            return [(tr("Meaning"), tr(control.plainly)), (tr("Range"), span), *last]
        found = [(tr("Meaning"), tr(control.meaning)), (tr("Equation"), tr(control.equation))]
        spans = {
            "%": tr("relative change [%], {low} to {high} %; 0 is the baseline", low=lower, high=upper),
            "°C": tr("temperature difference [°C], {low} to {high} °C; 0 is the baseline", low=lower, high=upper),
        }
        found.append((tr("Unit and range"), spans[control.unit]))
        if control.name in EXPERT:
            note = PARAMETERS[INDEX[control.name]].note
            found.append((tr("Range of the parameter"), " ".join(filter(None, [f"{expert.bounds(control.name)}.", tr(note)]))))
        if control.name in self._ranges:
            low, high = (words.signed(end, 2) for end in self._ranges[control.name])
            found.append((tr("Published curve"), tr("runs from {low} to {high} %", low=low, high=high)))
        return [*found, *last]

    def _warn(self, name: str) -> None:
        """What to be careful about of one slider."""
        answer, slider = self._latest, self.sliders[name]
        if answer is None:
            return
        value = answer.choice.scenario.value(name) * SLIDERS[name].scale
        said = caution.of(name, value, answer.choice.depth, answer.held, self._ranges) if value else ""
        if slider.note != said:
            slider.note = said

    def _move(self, name: str, value: Any) -> None:
        self._state.set_change(name, value)
        self._sync(name)

    def _follow(self, event: Any) -> None:
        """Show what the state made of it, on the sliders it moved: another may just be on its way from the browser."""
        if event.new.mode != self._told:
            self._tell()
        for name in self.sliders:
            if event.old.scenario.value(name) != event.new.scenario.value(name):
                self._sync(name)

    def _sync(self, name: str) -> None:
        value, slider = self._state.change(name), self.sliders[name]
        if finite(slider.value) != value:
            slider.value = value


def _label(control: Control) -> str:
    """The name of a slider; that of a parameter ends in its symbol."""
    if control.name not in EXPERT:
        return tr(control.label)
    meaning = tr(control.meaning)
    return f"{meaning[:1].upper()}{meaning[1:]} {control.short}"


def _sub(control: Control, mode: str) -> str:
    """The line below a name."""
    if control.name in EXPERT:
        return ""
    return tr(control.equation) if mode == "expert" else tr(control.plain)


def _texts(control: Control) -> dict[str, str]:
    """What the browser shows or says; ``{typed}`` stands for what was typed."""
    short, unit = tr(control.short), control.unit
    low, high = (words.signed(limit, 3 if abs(limit) >= 100 else 2 if abs(limit) >= 10 else 1) for limit in control.limits)
    why, typed = caution.at_the_end(control.name), "{typed}"
    beyond = tr("{typed} is beyond this slider, which goes from {low} to {high} {unit}. {why}",
                typed=typed, low=low, high=high, unit=unit, why=why)  # fmt: skip
    return {
        "set": tr("Set {name} in {unit}", name=short, unit=unit),
        "about": tr("About {name}", name=short),
        "reset": tr("Reset {name}", name=short),
        "reset_title": tr("Reset {name} to the baseline", name=short),
        "beyond": beyond,
        "no_number": tr("Expected a number such as 2.5, got “{typed}”; nothing was changed.", typed=typed),
    }
