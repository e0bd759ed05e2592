"""What is known of one place: its carbon budget under a change, its climate, and what the ensemble says of its parameters."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from proda_core import mechanisms
from proda_core.constants import FREEZING, GRAMS_PER_KILOGRAM
from proda_core.grid import LAYERS_CLM5
from proda_core.process import age, column
from proda_core.process.flows import flows
from proda_core.retrieved import Members
from proda_core.simulation import World

log = logging.getLogger(__name__)

FloatArray = npt.NDArray[np.float64]

SHOWN_LAYERS = (4, 8)
"""Layers whose months are shown: one in the topsoil, one below."""


@dataclass(frozen=True)
class Budget:
    """The carbon of a column in balance.

    Attributes:
        stock: in each pool [kg m-2] (7,).
        litter_input: what plants give to each pool [g m-2 yr-1] (7,).
        transfer: what pools hand to one another [g m-2 yr-1] (10,), in the order of ``linear.TRANSFERS``.
        respired: what leaves each pool as carbon dioxide [g m-2 yr-1] (7,).
        mechanism: each mechanism, in the units of ``mechanisms.UNITS``.
        transit_time: from entering as litter to being respired [yr].
        age: of all carbon in the column, since it entered [yr].
        pools: carbon with depth [kg m-3] (7, 20).
    """

    stock: FloatArray
    litter_input: FloatArray
    transfer: FloatArray
    respired: FloatArray
    mechanism: dict[str, float]
    transit_time: float
    age: float
    pools: FloatArray


def budget(terms: column.Terms) -> Budget:
    """The budget of a single column in balance."""
    found = age.ages(terms)
    flow = flows(terms, found.pools)
    read = mechanisms.read_off(terms, mechanisms.integrate(terms, found.pools))
    return Budget(
        stock=flow.stock[0].numpy() / GRAMS_PER_KILOGRAM,
        litter_input=flow.litter_input[0].numpy(),
        transfer=flow.transfer[0].numpy(),
        respired=flow.respired[0].numpy(),
        mechanism={name: float(values) for name, values in read.items()},
        transit_time=float(found.transit_time),
        age=float(found.column_age),
        pools=found.pools[0].numpy() / GRAMS_PER_KILOGRAM,
    )


@dataclass(frozen=True)
class Setting:
    """What a place is like, whatever the sliders say.

    Attributes:
        town: the nearest town with its country, empty if none is near.
        country: of the cell, empty if not known.
        zone: Koppen zone, empty if not known.
        depth: of the layers whose months are told [m] (layer,).
        temperature: of the soil [degC] (layer, month).
        water: scalar by which water limits decomposition [1] (layer, month).
        thaw: depth to which the soil thaws [m].
        bedrock: depth down to which carbon is mixed [m].
        best: best estimate of the parameters [physical] (21,).
        members: each member's parameters [physical] (member, 21); none where the parameters are not retrieved.
    """

    town: str
    country: str
    zone: str
    depth: FloatArray
    temperature: FloatArray
    water: FloatArray
    thaw: float
    bedrock: float
    best: FloatArray
    members: FloatArray | None


class Settings:
    """What all places are like; holds a small part of the forcing, which is not kept otherwise.

    Args:
        world: what the model runs on.
    """

    def __init__(self, world: World) -> None:
        layers, forcing = list(SHOWN_LAYERS), world.forcing
        self._temperature = forcing.soil_temperature[:, layers].numpy().astype(np.float32)
        self._water = forcing.water_scalar[:, layers].numpy().astype(np.float32)
        self._thaw, self._bedrock = forcing.active_layer.numpy(), forcing.bedrock_layer.numpy().astype(int)
        self._parameters, self._zones = world.parameters.numpy(), world.regions.get("koppen")
        self._members = _members(world)

    def at(self, cell: int, town: str = "", country: str = "") -> Setting:
        """The setting of a cell, with what it is called after."""
        zones = self._zones
        return Setting(
            town=town,
            country=country,
            zone="" if zones is None else zones.names[zones.index[cell]],
            depth=LAYERS_CLM5.node[list(SHOWN_LAYERS)],
            temperature=self._temperature[cell].astype(float) - FREEZING,
            water=self._water[cell].astype(float),
            thaw=float(self._thaw[cell]),
            bedrock=float(LAYERS_CLM5.interface[self._bedrock[cell] - 1]),
            best=self._parameters[cell],
            members=None if self._members is None else self._members.at(cell),
        )


def _members(world: World) -> Members | None:
    """The members, where the parameters are retrieved; the page lives without."""
    if world.retrieved is None:
        return None
    try:
        return Members(world.retrieved)
    except (OSError, KeyError) as error:
        log.warning("members of the ensemble cannot be shown: %s", error)
        return None
