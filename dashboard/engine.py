"""What follows from a choice: one read-only model for all visitors, and the newest choice of each always wins."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from functools import cache, partial
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import torch

from dashboard import efficiency, ensemble, places, projection
from dashboard.catalogue import CONTROLS, GAINS
from dashboard.choice import Choice, Pinned
from dashboard.fields import DEPTH_INDEX, Fields
from dashboard.gains import Gains
from dashboard.goals import Goals
from dashboard.kept import Kept
from dashboard.language import later, mark
from dashboard.pace import OvertakenError, Pace
from dashboard.place import Budget, Setting, Settings, budget
from dashboard.places import Gazetteer, Place
from proda_core import __version__, mechanisms
from proda_core.constants import GRAMS_PER_KILOGRAM
from proda_core.grid import LAYERS, SOIL_POOLS, STOCK_DEPTHS
from proda_core.learning import evidence
from proda_core.learning.evidence import Evidence, EvidenceError
from proda_core.process import kernel
from proda_core.scenario import Scenario
from proda_core.scenarios import Experiment, Region
from proda_core.sensitivity import Findings, FindingsError, findings
from proda_core.simulation import Given, GlobalModel, Outcome, World, load_world
from proda_core.simulation.globe import chunks
from proda_core.store import data_directory

log = logging.getLogger(__name__)

FloatArray = npt.NDArray[np.float64]
Wish = TypeVar("Wish")
Answered = TypeVar("Answered")

KEPT_OUTCOMES = 40
"""Outcomes that are kept, some 2.5 MB each."""

CURVE_POINTS = 13

FORCED_CHUNK = 4096
"""Cells under a visitor's forcing that are worked on in one turn at the model."""

YIELD = 0.002
"""Pause before a piece of work that can wait [s]: a lock that is taken again at once is not had by those who wait for it."""


class Support(NamedTuple):
    """What the baseline of a place rests on.

    Attributes:
        spread: standard deviation of its stocks across the ensemble [kg m-2] (depth,).
        profiles: training profiles in its cell.
        around: training profiles in its block of ``fields.BLOCK`` degrees.
        dissimilarity: how unlike the training sites it is; beyond ``ensemble.EDGE`` it is unlike any of them [1].
    """

    spread: FloatArray
    profiles: int
    around: int
    dissimilarity: float


@dataclass(frozen=True)
class Profile:
    """The soil at one place.

    Attributes:
        latitude: of the cell [degrees north].
        longitude: of the cell [degrees east].
        on_land: whether the place lies in that cell, rather than off the model's land.
        baseline: soil organic carbon with depth [kg m-3] (20,).
        scenario: the same under the scenario [kg m-3] (20,).
        stock: stocks above each depth, baseline and scenario [kg m-2] (2, depth).
        budgets: its carbon budget, baseline and scenario.
        setting: what the place is like, whatever the scenario.
        mechanism_sd: spread of each mechanism of the baseline, where that is known.
        support: what the baseline rests on there, where that is known.
    """

    latitude: float
    longitude: float
    on_land: bool
    baseline: FloatArray
    scenario: FloatArray
    stock: FloatArray
    budgets: tuple[Budget, Budget]
    setting: Setting
    mechanism_sd: dict[str, float]
    support: Support | None = None

    @property
    def pools(self) -> FloatArray:
        """Every pool with depth, baseline and scenario [kg m-3] (2, 7, 20)."""
        return np.stack([each.pools for each in self.budgets])


@dataclass(frozen=True)
class Part:
    """A part of the land.

    Attributes:
        inside: whether each cell lies in it (cell,); nowhere, where the model has no land there.
        area: its land area [m2].
        baseline: its stock above each depth [Pg] (depth,).
        stock: the same under the scenario [Pg] (depth,).
    """

    inside: npt.NDArray[np.bool_]
    area: float
    baseline: FloatArray
    stock: FloatArray


class Rival(NamedTuple):
    """Scenario A, with which the present one is compared.

    Attributes:
        pinned: what it is.
        cue: its global bulk CUE [1].
        stock: its stocks above each depth, of what the stocks of the answer are of [Pg] (depth,).
        total: the same of the globe [Pg] (depth,).
    """

    pinned: Pinned
    cue: float
    stock: FloatArray
    total: FloatArray


@dataclass(frozen=True)
class Answer:
    """What follows from a choice.

    Attributes:
        choice: the choice.
        outcome: the globe under its scenario.
        baseline: the unperturbed globe.
        profile: the soil at the chosen place, if there is one.
        part: the chosen part of the land, if there is one.
        held: part of the land that the change applies to on which limits keep a change from being made in full [1], by the name
            of the change, see ``scenario.held_back``.
        rival: scenario A, if one is pinned.
        beside: the soil at the place to compare with, if there is one.
    """

    choice: Choice
    outcome: Outcome
    baseline: Outcome
    profile: Profile | None = None
    part: Part | None = None
    held: Mapping[str, float] = field(default_factory=dict)
    rival: Rival | None = None
    beside: Profile | None = None

    @property
    def stocks(self) -> tuple[FloatArray, FloatArray]:
        """Stocks of the chosen part, or of all land, above each depth, baseline and scenario [Pg] (depth,)."""
        if self.part is not None:
            return self.part.baseline, self.part.stock
        return self.baseline.total, self.outcome.total

    @property
    def second(self) -> Answer:
        """The same, as the other map of a comparison shows it."""
        return replace(self, choice=self.choice.but(**self.choice.second._asdict()))

    @property
    def depth(self) -> int:
        """Position of the chosen depth in ``grid.STOCK_DEPTHS``."""
        return DEPTH_INDEX[self.choice.depth]


class Curve(NamedTuple):
    """How the global stock answers to one slider.

    Attributes:
        name: key of ``catalogue.CONTROLS``.
        values: slider values [unit of the slider] (point,).
        totals: stocks [Pg] (point, depth).
    """

    name: str
    values: FloatArray
    totals: FloatArray


class Engine:
    """The model, the map and the evidence that all visitors share.

    Args:
        world: what the model runs on.
        tested: how well it does against profiles, if that is known.
        untested: why that is not known, a sentence.
        findings: what controls the carbon, if that was worked out for these maps.
        unfound: why that is not known, a sentence.
        towns: places to find by name, as ``places.read`` gives them.
        unnamed: why there are none, a sentence.
    """

    def __init__(
        self,
        world: World,
        tested: Evidence | None = None,
        untested: str = "",
        findings: Findings | None = None,
        unfound: str = "",
        towns: Sequence[tuple[Place, tuple[str, ...]]] = (),
        unnamed: str = "",
    ) -> None:
        self.model = GlobalModel(world)
        self.baseline = self.model.baseline
        self.evidence, self.untested = tested, untested
        self.findings, self.unfound = findings, unfound
        self.efficiency = efficiency.of_globe(self.baseline, world)
        self.notices = (*world.notices, *filter(None, (untested, unfound, unnamed)))
        self.ensemble = None if world.retrieved is None else ensemble.from_dataset(world.retrieved)
        gains = Gains(self.model, self._gently).above
        self.fields = Fields(world.land, self.baseline, world.parameters.numpy(), self.ensemble, gains)
        self.version = f"{__version__}-{_fingerprint(world)}"
        self.has_bedrock = bool((world.forcing.bedrock_layer < LAYERS).any())
        self.pixels = projection.build(world.land)
        self._surroundings = Settings(world)
        self._settings: Kept[tuple[int, tuple[float, float]], Setting] = Kept(KEPT_OUTCOMES)
        self.places = Gazetteer(towns, world.land, world.regions.get("country"))
        self._outcomes: Kept[tuple[Scenario | Experiment | str, ...], Outcome] = Kept(KEPT_OUTCOMES)
        self._held: Kept[Scenario | Experiment, Mapping[str, float]] = Kept(KEPT_OUTCOMES)
        self._pixels = {projection.EQUAL_EARTH.name: self.pixels}
        self._building = threading.Lock()
        self._parts: Kept[Region, npt.NDArray[np.bool_]] = Kept(KEPT_OUTCOMES)
        self._curves: Kept[tuple[str, int], Curve] = Kept(64)
        self._one_percent: FloatArray | None = None
        self.pace, self.goals = Pace(self.model, self._gently), Goals(self.model, self._gently)
        # one solve already keeps every core busy; several at once would only make each of them late
        self._turn = threading.Lock()

    def outcome(self, change: Scenario | Experiment, *variables: str) -> Outcome:
        """The globe under a change, with what the maps of ``variables`` need."""
        if isinstance(change, Scenario) and change.is_baseline:
            return self.baseline
        names = tuple(name for name in mechanisms.UNITS if name in variables)
        key = (change, *names)
        kept = self._outcomes.get(key)
        if kept is not None:
            return kept
        with self._turn:
            # somebody else may have asked for the same while we waited
            kept = self._outcomes.get(key)
            if kept is not None:
                return kept
            return self._outcomes.put(key, self.model.respond(change, names))

    def answer(self, choice: Choice) -> Answer:
        """Everything that follows from a choice."""
        looks = (choice.look, choice.second) if choice.compare else (choice.look,)
        for look in looks:
            if look.variable in GAINS:
                self.fields.gains(look.depth)  # here, off the event loop
        self.pixels_on(choice.projection)
        if choice.within and choice.region is not None and not self.inside(choice.region).any():
            choice = choice.but(within=False)  # nowhere to change anything
        outcome = self.outcome(choice.change, *(look.variable for look in looks))
        soils = (self.profile(at, choice.change, outcome) if at else None for at in (choice.place, choice.second_place))
        profile, beside = soils
        part, held, rival = self._part(choice.region, outcome), self.held(choice.change), self._rival(choice)
        return Answer(choice, outcome, self.baseline, profile, part, held, rival, beside)

    def held(self, change: Scenario | Experiment) -> Mapping[str, float]:
        """Part of the land that a change applies to on which limits keep a change from being made in full [1], by its name."""
        known = self._held.get(change)
        return self._held.put(change, self.model.held_back(change)) if known is None else known

    def _rival(self, choice: Choice) -> Rival | None:
        pinned = choice.pinned
        if pinned is None:
            return None
        if pinned.region is not None and not self.inside(pinned.region).any():
            pinned = Pinned(pinned.scenario)  # as for the present one: nowhere to change anything
        outcome = self.outcome(pinned.change)
        stock = outcome.total
        if choice.region is not None:
            stock = self.model.global_stock(np.where(self.inside(choice.region), outcome.soc, 0.0))
        return Rival(pinned, outcome.cue, stock, outcome.total)

    def pixels_on(self, name: str) -> projection.Pixels:
        """The pixels of a map in a projection, built once for all visitors.

        Args:
            name: key of ``catalogue.PROJECTIONS``.
        """
        with self._building:
            if name not in self._pixels:
                self._pixels[name] = projection.build(self.model.land, on=projection.BY_NAME[name])
            return self._pixels[name]

    def inside(self, region: Region) -> npt.NDArray[np.bool_]:
        """Which cells lie in a region (cell,); none, where the model has no land there."""
        known = self._parts.get(region)
        if known is not None:
            return known
        try:
            found = region.covers(self.model.land, self.model.regions)
        except ValueError:
            found = np.zeros(len(self.model), dtype=np.bool_)
        return self._parts.put(region, found)

    def _part(self, region: Region | None, outcome: Outcome) -> Part | None:
        if region is None:
            return None
        inside = self.inside(region)
        stocks = [self.model.global_stock(np.where(inside, part.soc, 0.0)) for part in (self.baseline, outcome)]
        return Part(inside, float(self.model.land.area[inside].sum()), *stocks)

    def profile(self, place: tuple[float, float], change: Scenario | Experiment, outcome: Outcome) -> Profile:
        """The soil at the land cell nearest to a place (latitude, longitude)."""
        land = self.model.land
        cell = land.nearest(*place)
        latitude, longitude = float(land.latitude[cell]), float(land.longitude[cell])
        half = 0.5001 * land.size
        east = (place[1] - longitude + 180.0) % 360.0 - 180.0
        with self._turn:
            baseline, scenario = (budget(self.model.terms(slice(cell, cell + 1), each)) for each in (Scenario(), change))
        columns = [each.pools[SOIL_POOLS].sum(axis=0) for each in (baseline, scenario)]
        stock = np.stack([self.baseline.soc[:, cell], outcome.soc[:, cell]])
        on_land = abs(place[0] - latitude) <= half and abs(east) <= half
        spread = {} if self.ensemble is None else {name: float(sd[cell]) for name, sd in self.ensemble.mechanism_sd.items()}
        return Profile(
            latitude, longitude, on_land, columns[0], columns[1], stock, (baseline, scenario), self._setting(cell, place), spread,
            self._support(cell),
        )  # fmt: skip

    def _setting(self, cell: int, place: tuple[float, float]) -> Setting:
        known = self._settings.get((cell, place))
        if known is not None:
            return known
        town = self.places.near(*place)
        return self._settings.put(
            (cell, place), self._surroundings.at(cell, "" if town is None else town.title, self.places.country(cell))
        )

    def columns(self, cells: npt.NDArray[np.int64], change: Scenario | Experiment) -> FloatArray:
        """Soil organic carbon with depth in some of the cells [kg m-3] (cell, 20)."""
        with self._gently():
            found: FloatArray = self.model.pools(cells, change)[:, SOIL_POOLS].sum(axis=1) / GRAMS_PER_KILOGRAM
        return found

    def under(self, given: Given, change: Scenario | Experiment) -> FloatArray:
        """Soil organic carbon above each depth in the cells that a file of forcing covers [kg m-2] (depth, cell).

        Memory is bounded by a chunk of cells, and visitors who wait for the model go first after each.
        """
        found = np.empty((len(STOCK_DEPTHS), len(given.cells)))
        for rows in chunks(len(given.cells), FORCED_CHUNK):
            here = change
            if isinstance(change, Experiment) and change.region is not None:
                here = change if self.inside(change.region)[given.cells[rows]].any() else Scenario()
            with self._gently():
                found[:, rows] = self.model.under(given, rows).respond(here).soc
        return found

    def _support(self, cell: int) -> Support | None:
        known = self.ensemble
        if known is None:
            return None
        around = np.nan_to_num(self.fields.profiles[cell])
        return Support(known.soc_sd[:, cell], int(known.profiles[cell]), int(around), float(known.dissimilarity[cell]))

    def response(self, name: str, points: int = CURVE_POINTS) -> Curve:
        """Global stocks as one slider runs through its range, the others at the baseline.

        Args:
            name: key of ``catalogue.CONTROLS``.
            points: number of values; the range's ends and zero are among them.

        Returns:
            the curve.
        """
        kept = self._curves.get((name, points))
        if kept is not None:
            return kept
        control = CONTROLS[name]
        values = np.unique(np.append(np.linspace(*control.limits, points), 0.0))
        totals = np.stack([self._total(Scenario().with_change(name, float(value) / control.scale)) for value in values])
        return self._curves.put((name, points), Curve(name, values, totals))

    def _total(self, scenario: Scenario) -> FloatArray:
        """Global stocks alone; not kept, so that a curve does not push out what visitors look at.

        One turn each: a visitor who moves a slider meanwhile waits for one point of the curve at most.
        """
        with self._gently():
            return self.model.respond(scenario).total

    @contextmanager
    def _gently(self) -> Iterator[None]:
        """A turn at the model that lets those who wait go first."""
        time.sleep(YIELD)
        with self._turn:
            yield

    def one_percent(self) -> FloatArray:
        """Our own answer to +1 % CUE at each depth [Pg] (depth,)."""
        if self._one_percent is None:
            self._one_percent = self._total(Scenario(cue=0.01)) - self.baseline.total
        return self._one_percent

    def view(self, choice: Choice) -> str:
        """The view that is shown for a choice: that which it wishes for, or the baseline where that is refused."""
        return self.fields.view(choice.variable, choice.view)

    def map_values(self, answer: Answer) -> FloatArray:
        """The cell values that a choice puts on the map (cell,)."""
        choice = answer.choice
        return self.fields.values(choice.variable, self.view(choice), choice.depth, answer.outcome)

    def colour_limits(self, choice: Choice) -> tuple[float, float]:
        """Ends of the colour scale; they stand still while sliders move."""
        return self.fields.limits(choice.variable, choice.depth, self.view(choice))

    def fitted_limits(self, answer: Answer) -> tuple[float, float]:
        """Ends of a colour scale for changes that fits this very answer."""
        return self.fields.fitted(self.map_values(answer), self.colour_limits(answer.choice))


async def at_once(call: Callable[[], None]) -> None:
    """Make a change that nobody waits to see."""
    call()


async def nowhere(_: Callable[[], None]) -> None:
    """Make no change."""


class LatestWins(Generic[Wish, Answered]):
    """Answers one visitor's wishes off the event loop; a wish overtaken by a newer one before its turn is never worked on.

    Args:
        work: wish -> answer, called in a thread.
        show: called with each answer.
        fail: called with the error when ``work`` or ``show`` raises; later wishes are answered all the same.
        deliver: makes a change where the visitor's page may be changed, and returns when there is room for the next; by then
            wishes may have been overtaken.
        rest: how long there must be no newer wish before one is worked on [s].
        pool: threads to work in; by default those of the event loop.
    """

    def __init__(
        self,
        work: Callable[[Wish], Answered],
        show: Callable[[Answered], None],
        fail: Callable[[Exception], None],
        deliver: Callable[[Callable[[], None]], Awaitable[None]] = at_once,
        rest: float = 0.0,
        pool: Executor | None = None,
    ) -> None:
        self._rest, self._pool = rest, pool
        self._work, self._show, self._fail, self._deliver = work, show, fail, deliver
        self._wish: Wish | None = None
        self._generation = 0
        self._task: asyncio.Task[None] | None = None
        self.runs = 0

    def ask(self, wish: Wish) -> None:
        """Wish for something; must be called in the event loop."""
        self._wish = wish
        self._generation += 1
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._drain())

    def overtaken(self, wish: Wish) -> bool:
        """Whether something else is wished for by now, or nothing."""
        return self._wish != wish

    def drop(self) -> None:
        """Forget what is still to do; what is being worked on is overtaken."""
        self._wish = None
        self._generation += 1

    def close(self) -> None:
        """Forget what is still to do, for good."""
        self._wish = None
        self._deliver = nowhere

    async def settled(self) -> None:
        """Wait until the newest wish is answered."""
        while self._task is not None and not self._task.done():
            await asyncio.wait([self._task])

    async def _drain(self) -> None:
        done = -1
        while done != self._generation and self._wish is not None:
            done, wish = self._generation, self._wish
            if self._rest:
                await asyncio.sleep(self._rest)
                if done != self._generation:
                    continue
            self.runs += 1
            try:
                answer = await asyncio.get_running_loop().run_in_executor(self._pool, self._work, wish)
                await self._deliver(partial(self._show, answer))
            except OvertakenError:
                continue
            except Exception as error:
                log.exception("no answer to %r", wish)
                if not self.overtaken(wish):  # what is wished for by now has not failed
                    await self._deliver(partial(self._fail, error))


def _fingerprint(world: World) -> str:
    """A few characters that change with parameters or forcing."""
    found = hashlib.sha256()
    for values in (world.parameters, *(getattr(world.forcing, each.name) for each in fields(world.forcing))):
        found.update(values.numpy().astype(np.float32).tobytes())
    return found.hexdigest()[:6]


@cache
def shared() -> Engine:
    """The engine of this process, made once: the embedded world, the compiled kernel, the baseline."""
    # the kernel brings threads of its own; PyTorch's wait for one another after each small step, which on a busy machine
    # (a browser beside the server) costs several times what they save
    torch.set_num_threads(1)
    kernel.warm_up()
    world = load_world()
    engine = Engine(replace(world, forcing=world.forcing.compact()), *_evidence(), *_findings(), *_towns())
    if set(engine.baseline.mechanism) != set(mechanisms.UNITS):
        raise RuntimeError("expected a baseline with every mechanism")
    engine.one_percent()
    return engine


def _evidence() -> tuple[Evidence | None, str]:
    """The evidence, or what is wrong with it; the page lives without."""
    try:
        return evidence.read(), ""
    except (EvidenceError, OSError) as error:
        return None, _missing(mark("How good the maps are cannot be shown: {why}."), error)


def _findings() -> tuple[Findings | None, str]:
    """What controls the carbon, or what is wrong with it; the page lives without."""
    try:
        return findings.read(), ""
    except (FindingsError, OSError) as error:
        return None, _missing(mark("Which mechanism matters cannot be shown: {why}."), error)


def _towns() -> tuple[Sequence[tuple[Place, tuple[str, ...]]], str]:
    """Places by name, or what is wrong with them; the page lives with coordinates and countries."""
    try:
        return places.read(data_directory() / places.FILE), ""
    except ValueError as error:
        return (), _missing(mark("The names of towns cannot be shown: {why}."), error)


def _missing(what: str, error: Exception) -> str:
    """Why something cannot be shown, a sentence with a place for the reason."""
    where = f"{evidence.default_path().parent}{os.sep}"  # a visitor need not know where we live
    said = later(what, why=str(error).replace(where, ""))
    log.warning("%s", said)
    return said
