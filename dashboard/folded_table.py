"""The numbers of a figure as a table that is folded away until one asks for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import panel as pn
import param

HERE = Path(__file__).parent


class FoldedTable(pn.custom.JSComponent):
    """A table below a line to open it."""

    summary = param.String(doc="The line to open it.")
    head = param.List(default=[], doc="Names of the columns.")
    rows = param.List(default=[], doc="Texts of each row, its name first.")

    _esm = HERE / "folded_table.js"
    _stylesheets: ClassVar[list[Any]] = [(HERE / "folded_table.css").read_text()]
    _debounce = 0
