"""Where: the part of the land whose stocks are told, and whether changes apply there only."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import panel as pn
import panel_material_ui as pmui

from dashboard import theme, words
from dashboard.engine import Answer, Engine
from dashboard.language import mark, tr
from dashboard.state import State
from proda_core.regions import BAND_EDGES
from proda_core.scenarios import Region

ALL = mark("All land")
DRAWN = mark("The box on the map")
BANDS, ZONES, COUNTRIES = mark("Latitudes"), mark("Köppen climate zones"), mark("Countries and territories")


class Where:
    """The choice of a region."""

    def __init__(self, state: State, engine: Engine) -> None:
        self._state = state
        known = regions(engine)
        self._all, self._drawn = tr(ALL), tr(DRAWN)
        groups: dict[str, list[str]] = {tr("Land"): [self._all, self._drawn]}
        for group, label in known:
            groups.setdefault(tr(group), []).append(label)
        self._by_label = {label: region for (_, label), region in known.items()}
        self.region = pmui.Select(
            label=tr("Stocks of"), groups=groups, value=self._all, searchable=True, size="small", sizing_mode="stretch_width",
            margin=(8, 0, 0, 0),
        )  # fmt: skip
        self.within = pmui.Checkbox(label=tr("Change only here"), value=False, size="small", margin=0, disabled=True)
        self.draw = pmui.Button(label=tr("Draw a box"), variant="text", size="small", margin=0)
        self.panel = pn.Column(
            pn.pane.HTML(f"<h2>{tr('Where')}</h2>", stylesheets=[theme.TEXT], margin=0), self.region,
            pn.Row(self.within, pn.HSpacer(), self.draw, sizing_mode="stretch_width", margin=0),
            sizing_mode="stretch_width", margin=(14, 18),
        )  # fmt: skip
        self.region.param.watch(self._choose, "value")
        self.within.param.watch(lambda event: state.look_at(state.choice.region, event.new is True), "value")
        state.param.watch(lambda _: self._follow(), "choice")
        self._follow()

    def _choose(self, event: Any) -> None:
        label, region = event.new, self._state.choice.region
        if label == self._label(region):
            return
        if label == self._all or label in self._by_label:
            self._state.look_at(self._by_label.get(label))
        else:
            self.region.value = self._label(region)

    def _label(self, region: Region | None) -> str:
        if region is None:
            return self._all
        return next((label for label, known in self._by_label.items() if known == region), self._drawn)

    def _follow(self) -> None:
        choice = self._state.choice
        self.region.value = self._label(choice.region)
        self.within.param.update(disabled=choice.region is None, value=choice.within)

    def show(self, _: Answer) -> None:
        """Nothing to show: it follows what is chosen."""


def regions(engine: Engine) -> dict[tuple[str, str], Region]:
    """Regions that have land in the model, by group and label."""
    found = {}
    for south, north in pairwise(BAND_EDGES):
        band = Region(latitude=(south, north))
        found[BANDS, words.region(band)] = band
    known = engine.model.regions
    for zone in known["koppen"].names if "koppen" in known else ():
        found[ZONES, tr("{zone}: {climate}", zone=zone, climate=words.climate(zone))] = Region(koppen=(zone,))
    for country in known["country"].names if "country" in known else ():
        found[COUNTRIES, tr(country)] = Region(country=(country,))
    return {key: region for key, region in found.items() if engine.inside(region).any()}
