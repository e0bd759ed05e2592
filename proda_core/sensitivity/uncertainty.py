"""How sure is the answer to +1 % carbon use efficiency: a budget of variances, source by source.

The published figure, 76 +- 3 Pg, carries the spread of resampled networks alone.  Here beside it

- ``learning``: spread of the ensemble, whose members learned from resampled blocks of profiles with other initial weights;
- ``assimilation``: what the posteriors of sites leave open.  Draws of every site's parameters answer to +1 % at their site, and
  the answers are scaled to the stock of the site's zone.  Whether errors of neighbouring sites go together is not known, so there
  are two figures: errors independent from site to site, which average out, and errors that all go the same way, which do not.
  Observation error is inside, since the error model of assimilation holds it;
- ``forcing``: other forcing, one change at a time, with the parameters as retrieved for the present one, and with parameters
  learned again under it, which make up for a part (see ``relearning``);
- ``observation error`` by itself: parameters learned again from profiles with other errors.

The size of a change of forcing is a judgement: half the difference that it makes stands for a standard deviation, and a change
twice as large would count four times as much.  Variances are added as if the sources were independent.  Where parameters were
learned again, these figures are added and those of held parameters and of site posteriors, which hold errors of observation as
well, are only shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
import xarray as xr
from scipy import stats

from proda_core import mechanisms, published
from proda_core.constants import GRAMS_PER_KILOGRAM
from proda_core.grid import STOCK_DEPTHS
from proda_core.process.column import Forcing
from proda_core.regions import Regions
from proda_core.scenario import Scenario, apply
from proda_core.sensitivity.columns import Columns
from proda_core.sensitivity.recipes import clip
from proda_core.simulation import ONE_PERCENT, GlobalModel, World

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

DRAWS = 40
"""Draws of each site's posterior."""


@dataclass(frozen=True)
class Spread:
    """What site posteriors leave open of a global response.

    Attributes:
        response: mean response [Pg].
        independent: standard deviation if sites err independently [Pg].
        together: standard deviation if all sites err the same way [Pg].
    """

    response: float
    independent: float
    together: float


def _warmer(by: float) -> Callable[[Forcing], Forcing]:
    return lambda forcing: replace(forcing, soil_temperature=forcing.soil_temperature + by)


def _wetter(factor: float) -> Callable[[Forcing], Forcing]:
    return lambda forcing: replace(forcing, water_scalar=(forcing.water_scalar * factor).clamp(max=1))


def _more_input(factor: float) -> Callable[[Forcing], Forcing]:
    return lambda forcing: replace(forcing, litter_input=forcing.litter_input * factor)


def _deeper(forcing: Forcing) -> Forcing:
    return replace(forcing, bedrock_layer=torch.full_like(forcing.bedrock_layer, 20))


ALTERNATIVES: dict[str, tuple[Callable[[Forcing], Forcing], ...]] = {
    "soil 1 K warmer or colder": (_warmer(1.0), _warmer(-1.0)),
    "water scalar a tenth larger or smaller": (_wetter(1.1), _wetter(0.9)),
    "plant input a tenth more or less": (_more_input(1.1), _more_input(0.9)),
    "carbon mixed down to 8.6 m": (_deeper,),
}
"""Other forcing: pairs of opposite changes, of which half the difference counts, or single ones, whose whole difference does."""


def response(world: World) -> FloatArray:
    """Change of the global stock above each depth for +1 % CUE as the slider makes it [Pg] (depth,)."""
    model = GlobalModel(world)
    found: FloatArray = model.respond(ONE_PERCENT).total - model.respond(Scenario()).total
    return found


def of_forcing(
    world: World, alternatives: Mapping[str, tuple[Callable[[Forcing], Forcing], ...]] = ALTERNATIVES
) -> dict[str, FloatArray]:
    """Deviation of the response under other forcing, parameters held [Pg] (depth,) by alternative."""
    base = response(world)
    found = {}
    for name, changes in alternatives.items():
        others = [response(replace(world, forcing=change(world.forcing))) for change in changes]
        found[name] = np.abs(others[0] - others[1]) / 2 if len(others) == 2 else np.abs(others[0] - base)
    return found


def of_sites(
    world: World,
    posterior: xr.Dataset,
    cells: IntArray,
    zones: Regions,
    depth: str = "1m",
    draws: int = DRAWS,
    seed: int = 0,
) -> Spread:
    """What the posteriors of sites leave open of the global response to +1 % CUE.

    Args:
        world: forcing, best estimate of the parameters and land; gives the stock of every zone.
        posterior: ``score_mean`` and ``score_covariance`` of some sites, see ``assimilation.summary``.
        cells: land cell of each site (site,).
        zones: a division of the land; zones without a site take the mean of all sites.
        depth: which stock, a key of ``grid.STOCK_DEPTHS``.
        draws: of each posterior.
        seed: of the draws.
    """
    place = list(STOCK_DEPTHS).index(depth)
    answers = _answers(world.forcing.rows(torch.as_tensor(cells)), posterior, place, draws, seed)
    held = zones.stock(GlobalModel(world).respond(Scenario()).soc[place], world.land.area)
    mean, deviation = answers.mean(axis=0), answers.std(axis=0, ddof=1)
    total = independent = together = 0.0
    for zone, stock in enumerate(held):
        own = zones.index[cells] == zone
        if not own.any():
            own = np.ones(len(cells), dtype=bool)
        total += stock * mean[own].mean()
        independent += (stock * np.sqrt((deviation[own] ** 2).sum()) / own.sum()) ** 2
        together += stock * deviation[own].mean()
    return Spread(float(total), float(np.sqrt(independent)), float(together))


def _answers(forcing: Forcing, posterior: xr.Dataset, depth: int, draws: int, seed: int) -> FloatArray:
    """Response of each site to +1 % CUE under draws of its parameters, over the mean of its stock [1] (draw, site)."""
    rng = np.random.default_rng([seed, 17])
    mean, covariance = posterior["score_mean"].values, posterior["score_covariance"].values.astype(np.float64)
    values, axes = np.linalg.eigh(covariance)
    root = axes * np.sqrt(np.clip(values, 0, None))[:, None]
    stock, change = np.empty((draws, len(mean))), np.empty((draws, len(mean)))
    for k in range(draws):
        score = mean + np.einsum("sij,sj->si", root, rng.standard_normal(mean.shape))
        terms = Columns(forcing, clip(stats.norm.cdf(score).T)).terms
        before, after = (
            mechanisms.solve(t).soc[:, depth].numpy() / GRAMS_PER_KILOGRAM for t in (terms, apply(ONE_PERCENT, terms))
        )
        stock[k], change[k] = before, after - before
    found: FloatArray = change / stock.mean(axis=0)
    return found


def budget(
    member_response: FloatArray,
    forcing: Mapping[str, FloatArray] | None = None,
    sites: Spread | None = None,
    depth: str = "1m",
    observations: tuple[FloatArray, int] | None = None,
    learned_again: Mapping[str, FloatArray] | None = None,
) -> pd.DataFrame:
    """Every source with its standard deviation, what it means, and its share of the sum of variances.

    Args:
        member_response: response of every member [Pg] (member, depth).
        forcing: see :func:`of_forcing`.
        sites: see :func:`of_sites`, for the same depth.
        depth: which stock, a key of ``grid.STOCK_DEPTHS``.
        observations: standard deviation among parameters learned again from draws of the observations [Pg] (depth,), and
            how many draws.
        learned_again: as ``forcing``, with parameters learned again.

    Returns:
        rows with ``source``, ``sd`` [Pg], ``share`` [1], ``note``; NaN where nothing is known or nothing is added.
    """
    place = list(STOCK_DEPTHS).index(depth)
    unknown = float("nan")
    rows: list[tuple[str, float, bool, str]] = [
        ("learning", float(member_response[:, place].std(ddof=1)), True, f"spread of {len(member_response)} members"),
    ]
    if sites:
        rows += [
            (
                "assimilation, sites independent",
                sites.independent,
                observations is None,
                "posterior draws, observation error inside",
            ),
            ("assimilation, sites together", sites.together, False, "the other bound; not added"),
        ]
    else:
        rows.append(("assimilation", unknown, False, "not computed: needs a posterior store"))
    if forcing:
        rows += [(f"forcing: {name}", float(sd[place]), not learned_again, "parameters held") for name, sd in forcing.items()]
    else:
        rows.append(("forcing", unknown, False, "not computed"))
    rows += [
        (f"forcing, learned again: {name}", float(sd[place]), True, "parameters learned again")
        for name, sd in (learned_again or {}).items()
    ]
    if observations:
        spread, draws = observations
        rows.append(("observation error by itself", float(spread[place]), True, f"learned again from {draws} draws"))
    else:
        rows.append(("observation error by itself", unknown, False, "not computed: see proda relearn"))
    total = sum(sd**2 for _, sd, added, _ in rows if added)
    rows.append(("sum", float(np.sqrt(total)), False, "square root of the sum of variances"))
    given = published.ONE_PERCENT_CUE
    rows.append(("published", (given.high - given.low) / 2, False, f"resampling only; {given.source}"))
    frame = pd.DataFrame(rows, columns=["source", "sd", "added", "note"])
    frame["share"] = np.where(frame["added"], frame["sd"] ** 2 / total, np.nan)
    return frame[["source", "sd", "share", "note"]].assign(depth=depth)
