"""The global stock above each depth, as a table: what the map shows, for those who do not see it."""

from __future__ import annotations

import panel as pn

from dashboard import theme, words
from dashboard.catalogue import DEPTHS
from dashboard.engine import Answer


class Stocks:
    """The table of stocks."""

    def __init__(self) -> None:
        self.table = pn.pane.HTML("", stylesheets=[theme.TEXT], sizing_mode="stretch_width", margin=0)
        self.panel = pn.Column(self.table, stylesheets=[theme.CARD])

    def show(self, answer: Answer) -> None:
        """Show the stocks of an answer."""
        rows = []
        for i, (key, label) in enumerate(DEPTHS.items()):
            before, after = float(answer.baseline.total[i]), float(answer.outcome.total[i])
            moved = [words.signed(after - before), words.signed(words.percent(after, before)) + " %"]
            cells = [words.number(before), words.number(after), *moved]
            shown = " class=shown" if key == answer.choice.depth else ""
            rows.append(f"<tr{shown}><th scope=row>{label}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
        head = "".join(f"<th scope=col>{name}</th>" for name in ("Depth", "Baseline", "Scenario", "Change", "%"))
        self.table.object = (
            f"<table><caption>World soil carbon [Pg C]</caption><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        )
