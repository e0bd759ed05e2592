"""The global stock above each depth, as a table: what the map shows, for those who do not see it."""

from __future__ import annotations

import panel as pn

from dashboard import theme, words
from dashboard.catalogue import DEPTHS
from dashboard.engine import Answer, FloatArray
from proda_core.published import STOCKS


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
            f"<table><caption>World soil carbon [Pg C]</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{''.join(rows)}</tbody></table>"
            f"<p class=quiet style='margin-top:8px'>{_published(answer.baseline.total)}</p>"
        )


def _published(baseline: FloatArray) -> str:
    """Published ranges, and how the baseline [Pg] (depth,) compares with them."""
    ranges, more = [], []
    for (key, label), stock in zip(DEPTHS.items(), baseline, strict=True):
        found = STOCKS[key]
        text = f"about {found.low:,.0f}" if found.low == found.high else f"{found.low:,.0f}–{found.high:,.0f}"
        ranges.append(f"{text} ({label.lower()})")
        more.append(stock > found.high)
    cause = "its parameters are not retrieved from profiles, and it knows no bedrock"
    verdict = f" This model holds more at every depth: {cause}." if all(more) else f" This model differs: {cause}."
    return f"<b>Published:</b> {', '.join(ranges)}; Batjes 1996, Jobbágy &amp; Jackson 2000, Köchy et al. 2015.{verdict}"
