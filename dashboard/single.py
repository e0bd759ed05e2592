"""One of a visitor's profiles fitted while they look: a process of its own samples, and the posterior appears as it grows."""

from __future__ import annotations

import time
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from dashboard import aside, own, words
from dashboard.drawn import Drawn, words_of
from dashboard.engine import Engine
from dashboard.jobs import Job, Told
from dashboard.language import tr
from dashboard.own import Profiles
from dashboard.own_plots import LEARNT, Bars, Fitted
from dashboard.pane import drawn_in, framed, html, room
from proda_core import parameters
from proda_core.constants import GRAMS_PER_KILOGRAM
from proda_core.scenario import Scenario

LISTED = 300
"""Profiles in the list; others are chosen on the map."""

CHAINS = 4
TALL = 470
"""Of the bars [px]."""


class Single:
    """The choice of a profile, its fit, and what the fit tells.

    Args:
        engine: the model.
        later: makes a change of the page from a thread.
    """

    def __init__(self, engine: Engine, later: Callable[[Callable[[], None]], None]) -> None:
        self._engine, self._later = engine, later
        self._profiles: Profiles | None = None
        self._positions: dict[str, int] = {}
        self.job: Job | None = None
        self._began = 0.0
        self.profile = pmui.Select(label=tr("Profile"), options=[], size="small", width=240, margin=(6, 12, 4, 0))
        self.go = pmui.Button(label=tr("Fit this profile"), variant="outlined", size="small", margin=(12, 8, 4, 0))
        self.stop = pmui.Button(label=tr("Cancel"), variant="text", size="small", margin=(12, 0, 4, 0), visible=False)
        self.go.on_click(lambda _: self.start())
        self.stop.on_click(lambda _: self.cancel())
        self.said, self.table = html(""), html("")
        self.rooms = (room(), room(TALL))
        self._plots: tuple[Fitted, Bars] | None = None
        self._fitted = ""
        self.panels = (
            pn.Column(
                html(f"<h3>{tr('Fit one profile')}</h3>"), pn.FlexBox(self.profile, self.go, self.stop), self.said, self.rooms[0],
                margin=0,
            ),
            pn.Column(html(f"<h3>{tr('What it tells about the parameters')}</h3>"), self.rooms[1], self.table, margin=0),
        )  # fmt: skip

    def drawn(self) -> list[Drawn]:
        """The fitted profile and its parameters, where one was fitted."""
        of = tr("{what}: {shown}.", what=tr("Profile"), shown=self._fitted)
        titles = tr("Fit one profile"), tr("What it tells about the parameters")
        said = words_of(_key()), words_of(self.table.object.split("<details>")[0])
        return [
            Drawn(title, shown, said=words.sentences(of, text))
            for title, text, place in zip(titles, said, self.rooms, strict=True)
            for shown in drawn_in(place)
        ]

    def hold(self, profiles: Profiles | None) -> None:
        """Offer the profiles; a fit that runs is of no use any more."""
        self.cancel()
        self._profiles = profiles
        names = [] if profiles is None else [str(name) for name in profiles.table["profile_id"].values]
        self._positions = {name: i for i, name in enumerate(names)}
        listed = names[:LISTED]
        self.profile.param.update(options=listed, value=listed[0] if listed else None)
        more = tr("The first {count} are listed; click the map near another to choose it.", count=LISTED)
        self.said.object = f"<p class=quiet>{more}</p>" if len(names) > LISTED else ""
        self.table.object = ""
        for place in self.rooms:
            place.visible = False

    def choose(self, latitude: float, longitude: float) -> None:
        """Choose the profile nearest to a place, if one lies in the same cell."""
        if self._profiles is None:
            return
        near = np.flatnonzero(self._profiles.cells == self._engine.model.land.nearest(latitude, longitude))
        if not len(near):
            return
        table = self._profiles.table
        away = np.hypot(table["latitude"].values[near] - latitude, table["longitude"].values[near] - longitude)
        name = str(table["profile_id"].values[near[away.argmin()]])
        if name not in self.profile.options:
            self.profile.options = [*self.profile.options, name]
        self.profile.value = name

    def start(self) -> None:
        """Fit the chosen profile."""
        profiles, position = self._profiles, self._positions.get(str(self.profile.value))
        if profiles is None or position is None or self.job is not None:
            return
        folder, _ = own.room("", self._engine.model.land)
        one = profiles.one(position)
        aside.put(one, Path(folder.name) / aside.TABLE)
        self._fitted = str(self.profile.value)
        self._show_plots()
        assert self._plots is not None  # noqa: S101 they were just made
        fitted, bars = self._plots
        observed, top, bottom = (one[name].values for name in ("soc_density", "layer_top", "layer_bottom"))
        fitted.begin(observed / GRAMS_PER_KILOGRAM, top, bottom)
        bars.clear()
        self.table.object = ""
        self._busy(True)
        self._say(tr("Waiting: one fit at a time for all visitors."))
        cell = int(profiles.cells[position])
        jobs: list[Job] = []

        def tell(told: Told) -> None:
            column = self._engine.columns(np.array([cell]), Scenario())[0] if told.get("step") == "start" else None
            self._later(lambda: self._told(jobs[0], told, column))

        self.job = Job("fit", folder, tell)
        jobs.append(self.job)

    def cancel(self) -> None:
        """Stop a fit that runs."""
        if self.job is not None:
            self.job.cancel()
            self.job = None
            self._busy(False)
            self._say(tr("Cancelled."))

    def _busy(self, busy: bool) -> None:
        self.go.disabled = busy
        self.stop.visible = busy

    def _say(self, text: str) -> None:
        self.said.object = f"<p aria-live=polite>{escape(text)}</p>"

    def _show_plots(self) -> None:
        """Make the figures, once."""
        if self._plots is None:
            self._plots = Fitted(), Bars(list(parameters.IDS))
            for place, shown, height in zip(self.rooms, (made.figure for made in self._plots), (300, TALL), strict=True):
                place.objects = [framed(shown, height)]
        for place in self.rooms:
            place.visible = True

    def _told(self, job: Job, told: Told, column: Any) -> None:
        """Follow what the process tells."""
        if job is not self.job or self._plots is None:
            return
        if column is not None:
            self._began = time.monotonic()
            self._plots[0].predicted(column)
            self._say(tr("Starting."))
        elif told.get("step") == "warm-up":
            self._say(tr("Warming up: 180 steps of each chain, to find where the posterior is."))
        elif "draws" in told:
            self._look(told)
        elif "error" in told:
            self._say(tr("The fit failed: {reason}. Choose another profile to go on.", reason=str(told["error"])))
        if "error" in told or "done" in told:
            self.job = None
            self._busy(False)

    def _look(self, told: Told) -> None:
        assert self._plots is not None  # noqa: S101 asked before
        fitted, bars = self._plots
        fitted.draw(np.array(told["soc"]) / GRAMS_PER_KILOGRAM)
        quantiles, shrinkage = np.array(told["quantiles"]), np.array(told["shrinkage"])
        bars.draw(quantiles, shrinkage)
        self.said.object = f"<p aria-live=polite>{escape(progress(told, time.monotonic() - self._began))}</p>{_key()}"
        self.table.object = learnt(quantiles, shrinkage)


def progress(told: Told, seconds: float) -> str:
    """How far the chains are, and whether they have converged."""
    r_hat = "–" if told["r_hat"] is None else f"{told['r_hat']:.3f}"
    effective = "–" if told["effective"] is None else f"{told['effective']:.0f}"
    text = tr(
        "Converged after {seconds} s: {draws} draws of each of {chains} chains, R-hat {r_hat}, effective sample size {effective}."
    )
    if not told["converged"]:
        text = tr(
            "Not converged after {seconds} s: {draws} draws of each of {chains} chains, R-hat {r_hat} (aim: below {limit}), "
            "effective sample size {effective} (aim: {enough} or more)."
        )
    limit, enough = told["limits"]
    return text.format(
        seconds=f"{seconds:.0f}", draws=told["draws"], chains=CHAINS, r_hat=r_hat, effective=effective, limit=f"{limit:g}",
        enough=f"{enough:.0f}",
    )  # fmt: skip


def _key() -> str:
    key = tr("Orange: observed layers. Blue: fitted, median with 50 and 90 % bands of the model, without the error of data. "
             "Dashed: what the map says in this cell.")  # fmt: skip
    return f"<p class=quiet>{key}</p>"


def learnt(quantiles: np.ndarray[Any, Any], shrinkage: np.ndarray[Any, Any]) -> str:
    """What the profile tells about each parameter, as HTML.

    Args:
        quantiles: 5, 25, 50, 75 and 95 % within the prior [1] (21, 5).
        shrinkage: 1 - standard deviation over that of the prior [1] (21,).
    """
    marked = [row.id for row, value in zip(parameters.PARAMETERS, shrinkage, strict=True) if value >= LEARNT]
    names = ", ".join(marked) or tr("none")
    said = tr(
        "One profile tells about few parameters: {count} of {all} have a standard deviation smaller than the prior's by {share} "
        "% or more (orange): {names}. The others are about as unknown as before.",
        count=len(marked), all=len(parameters.PARAMETERS), share=f"{100 * LEARNT:.0f}", names=names,
    )  # fmt: skip
    key = tr("Thick bars: 50 %, thin: 90 % of the posterior; pale: 90 % of the prior.")
    head = "".join(
        f"<th scope=col>{text}</th>" for text in (tr("Parameter"), tr("Median"), tr("5 to 95 %"), tr("Unit"), tr("Narrowed by"))
    )
    rows = "".join(
        _row(row, row.lower + (row.upper - row.lower) * place, float(value))
        for row, place, value in zip(parameters.PARAMETERS, quantiles, shrinkage, strict=True)
    )
    title = tr("The parameters as a table")
    return (
        f"<p>{escape(said)}</p><p class=quiet>{key}</p><details><summary>{title}</summary><div class=scroll><table>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></details>"
    )


def _row(row: parameters.Parameter, values: np.ndarray[Any, Any], shrinkage: float) -> str:
    low, middle, high = (words.number(float(values[i])) for i in (0, 2, 4))
    told = " class=shown" if shrinkage >= LEARNT else ""
    unit = "–" if row.unit == "1" else escape(row.unit)
    narrowed = f"{100 * shrinkage:.0f} %".replace("-", words.MINUS)
    return (
        f"<tr{told}><th scope=row>{escape(row.id)}<small>{escape(row.meaning)}</small></th><td>{middle}</td>"
        f"<td>{low} … {high}</td><td>{unit}</td><td>{narrowed}</td></tr>"
    )
