"""A and B: a pinned scenario beside the present one."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import panel as pn
import panel_material_ui as pmui

from dashboard import theme, words
from dashboard.catalogue import DEPTHS
from dashboard.choice import Pinned
from dashboard.engine import Answer, Rival
from dashboard.language import tr
from dashboard.state import State

LETTERS = f"""
.a {{ color: {theme.RIVAL_TEXT}; }}
.which {{ margin: 4px 0; }}
.which b {{ font-size: 15px; }}
table {{ margin-top: 8px; }}
"""


class Compare:
    """The card, there as long as a scenario is pinned, and the button that pins one.

    Args:
        state: what the visitor chose.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self.pin = _button(tr("Pin as A"), "push_pin")
        self.pin.on_click(lambda _: state.pin())
        self.swap = _button(tr("Swap A and B"), "swap_horiz")
        self.swap.on_click(lambda _: state.swap())
        self.back = _button(tr("Back to A"), "undo")
        self.back.on_click(lambda _: state.back_to_pinned())
        self.unpin = _button(tr("Unpin"), "close")
        self.unpin.on_click(lambda _: state.unpin())
        self.table = pn.pane.HTML("", stylesheets=[theme.TEXT, LETTERS], sizing_mode="stretch_width", margin=0)
        buttons = pn.FlexBox(self.swap, self.back, self.unpin, gap="8px", margin=(10, 0, 0, 0), sizing_mode="stretch_width")
        self.panel = pn.Column(self.table, buttons, stylesheets=[theme.CARD], visible=False)

    def show(self, answer: Answer) -> None:
        """Show A beside what is there now."""
        present, rival = answer.choice.present, answer.rival
        self.pin.disabled = present.scenario.is_baseline or present == answer.choice.pinned
        self.panel.visible = rival is not None
        if rival is None:
            return
        same = present == rival.pinned
        self.swap.disabled = present.scenario.is_baseline or same
        self.back.disabled = same
        self.table.object = _table(answer, rival)


def _button(label: str, icon: str) -> pmui.Button:
    return pmui.Button(label=label, icon=icon, variant="outlined", size="small", margin=0)


def _table(answer: Answer, rival: Rival) -> str:
    """Both scenarios in words, and their stocks and bulk CUE as a table; HTML."""
    region = answer.choice.region
    title = tr("A and B: world soil carbon [Pg C]")
    if region is not None:
        title = tr("A and B: soil carbon {where} [Pg C]", where=words.within(region))
    rows = []
    for i, (key, label) in enumerate(DEPTHS.items()):
        a, b = float(rival.stock[i]), float(answer.stocks[1][i])
        cells = words.number(a, 4), words.number(b, 4), words.signed(b - a), words.signed(words.percent(b, a))
        rows.append(_row(tr(label), cells, shown=key == answer.choice.depth))
    a, b = 100 * rival.cue, 100 * answer.outcome.cue
    cells = words.number(a), words.number(b), words.signed(b - a, 2), words.signed(words.percent(b, a), 2)
    rows.append(_row(tr("Bulk CUE of all land [%]"), cells))
    head = "".join(f"<th scope=col>{name}</th>" for name in ("", "<span class=a>A</span>", "B", "B − A", "%"))
    return (
        f"<h2>{escape(title)}</h2>"
        f"<p class=which><b class=a>A</b> {escape(described(rival.pinned))}</p>"
        f"<p class=which><b class=more>B</b> {escape(described(answer.choice.present))}</p>"
        f"<table aria-label='{escape(title, quote=True)}'><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _row(label: str, cells: Iterable[str], shown: bool = False) -> str:
    inside = "".join(f"<td>{cell}</td>" for cell in cells)
    return f"<tr{' class=shown' if shown else ''}><th scope=row>{escape(label)}</th>{inside}</tr>"


def described(which: Pinned) -> str:
    """A scenario in words.

    >>> from proda_core.scenario import Scenario
    >>> described(Pinned(Scenario(cue=0.01))), described(Pinned(Scenario()))
    ('a 1 % rise in microbial CUE, everywhere', 'the baseline')
    """
    if which.scenario.is_baseline:
        return tr("the baseline")
    changes = words.listed(words.moves(which.scenario))
    if which.region is None:
        return tr("{changes}, everywhere", changes=changes)
    return tr("{changes}, {where} only", changes=changes, where=words.within(which.region))
