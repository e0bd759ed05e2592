"""A row of buttons of which one is chosen; one that cannot be chosen says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import panel as pn
import param

HERE = Path(__file__).parent


class Buttons(pn.custom.JSComponent):
    """Choose one of a few."""

    label = param.String(doc="What is chosen; said to those who do not see the buttons.")
    options = param.List(doc="The names on the buttons.")
    refused = param.Dict(default={}, doc="Why one cannot be chosen, by name; the others can.")
    value = param.Parameter(default="", doc="The chosen name, or whatever else a browser sends.")

    _esm = HERE / "buttons.js"
    _stylesheets: ClassVar[list[Any]] = [(HERE / "buttons.css").read_text()]
    _debounce = 0
    _priority_changes: ClassVar[list[str]] = ["value", "data.value"]
