"""What the model runs on: forcing, parameters and land, and where they come from."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr

from proda_core import climate, parameters, retrieved, variables
from proda_core.grid import LandGrid
from proda_core.process import column
from proda_core.regions import CountriesFileError, Regions, countries
from proda_core.store import data_directory

log = logging.getLogger(__name__)

FloatArray = npt.NDArray[np.float64]

PARAMETER_SET = (
    "One set of 21 parameters everywhere: the rough mean of the values that the authors of PRODA retrieved at about 6,100 sites "
    "(proda_core.parameters.PRODA_MEAN). Not retrieved from data here."
)
"""Says where the published parameters come from; shown wherever results are."""


@dataclass(frozen=True)
class World:
    """Everything that the model needs to run on the globe.

    Attributes:
        forcing: what drives each land cell.
        parameters: physical parameters (cell, 21).
        land: where the cells are.
        parameter_source: where the parameters come from, in a sentence or two.
        regions: ways to divide the land, by name, beside latitude bands.
        notices: what could not be loaded, why, and what stands in for it, one sentence each; shown wherever results are.
        retrieved: the retrieved maps whose best estimate ``parameters`` are, with their spread, see ``retrieved.read``; none
            where the parameters are any others.
        air_temperature: mean of the year [degC] (cell,), where it is known; what the soil feels is in ``forcing``.
    """

    forcing: column.Forcing
    parameters: torch.Tensor
    land: LandGrid
    parameter_source: str = PARAMETER_SET
    regions: dict[str, Regions] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    retrieved: xr.Dataset | None = None
    air_temperature: FloatArray | None = None

    def __post_init__(self) -> None:
        if not len(self.forcing) == len(self.parameters) == len(self.land.latitude):
            raise ValueError(
                "expected forcing, parameters and land of one length, got "
                f"{len(self.forcing)}, {len(self.parameters)} and {len(self.land.latitude)} cells"
            )


def forcing_from_dataset(dataset: xr.Dataset) -> column.Forcing:
    """Checked forcing of the process model from a dataset with the variables of ``variables.FORCING``.

    Args:
        dataset: on a list of cells, or on a latitude-longitude grid, see ``variables.on_cells``.
    """
    cells = variables.check(variables.on_cells(dataset))
    return column.Forcing(**{name: torch.as_tensor(np.ascontiguousarray(cells[name].values)) for name in variables.FORCING})


def land_from_dataset(dataset: xr.Dataset) -> LandGrid:
    """Land grid from a dataset with the variables of ``variables.PLACE``."""
    cells = variables.on_cells(dataset)
    latitude, longitude, fraction = (np.asarray(cells[name].values, dtype=float) for name in variables.PLACE)
    return LandGrid(latitude, longitude, fraction)


def load_world(
    path: Path | None = None,
    changes: Mapping[str, float] | None = None,
    retrieved: Path | None = None,
    use: Literal["best", "published"] = "best",
) -> World:
    """The embedded default: ERA5-derived forcing with the parameters retrieved for each cell.

    Where the retrieved maps that come with the project are missing or unsound, one published parameter set stands in for them and
    ``World.notices`` says so.

    Args:
        path: a climate file made by ``proda climate build``; by default the one that comes with the project.
        changes: physical values of some parameters by id, used everywhere in place of the others.
        retrieved: a file of retrieved maps made for that climate file; by default the one that comes with the project.
        use: ``"best"`` for the best estimate of the retrieved maps, ``"published"`` for the published set without any maps.

    Returns:
        the world.

    Raises:
        KeyError: unknown parameter id.
        RetrievedFileError: ``retrieved`` is named, and missing or unsound.
        ValueError: a damaged climate file, or a parameter value that cannot be.
    """
    stored = climate.read(path)
    dataset = climate.expand(stored)
    forcing = forcing_from_dataset(dataset)
    maps, notices = _maps(retrieved, path, len(forcing)) if use == "best" else (None, ())
    physical, origin = _published(len(forcing)) if maps is None else _best(maps)
    if changes:
        parameters.vector(changes)  # refuses what cannot be
        for id_, value in changes.items():
            physical[:, parameters.index(id_)] = value
        origin = f"{origin} Changed by hand: {', '.join(f'{id_} = {value:g}' for id_, value in changes.items())}."
    land = land_from_dataset(dataset)
    zones = Regions(climate.ZONES, stored["koppen"].values.astype(np.int64) - 1)
    return World(
        forcing,
        torch.as_tensor(physical),
        land,
        origin,
        regions={"koppen": zones, **_countries(land)},
        notices=notices,
        retrieved=None if changes else maps,
        air_temperature=stored["air_temperature"].values.astype(np.float64).mean(axis=1),
    )


def _countries(land: LandGrid) -> dict[str, Regions]:
    """The countries that come with the project; none for other land than they were assigned for."""
    try:
        return {"country": countries(data_directory() / "countries.nc", land.latitude, land.longitude)}
    except CountriesFileError as error:
        log.info("no countries: %s", error)
        return {}


def _maps(named: Path | None, climate_file: Path | None, cells: int) -> tuple[xr.Dataset | None, tuple[str, ...]]:
    """The retrieved maps, or why there are none; those that were asked for by name must be sound."""
    try:
        maps = retrieved.read(named, climate=climate_file)
        _check_cells(maps, cells)
    except (retrieved.RetrievedFileError, OSError) as error:
        if named:
            raise
        reason = str(error).replace(f"{retrieved.default_path().parent}{os.sep}", "")  # a visitor need not know where we live
        return None, (f"The retrieved maps cannot be used, so one published parameter set stands in everywhere: {reason}.",)
    return maps, ()


def _check_cells(maps: xr.Dataset, cells: int) -> None:
    if maps.sizes["cell"] != cells:
        raise retrieved.RetrievedFileError(
            f"expected retrieved maps of {cells} cells as in the climate file, got {maps.sizes['cell']}; {retrieved.REMEDY}"
        )


def _published(cells: int) -> tuple[parameters.FloatArray, str]:
    """The published set, the same in every cell (cell, 21), and what to say of it."""
    return np.tile(parameters.to_physical(parameters.PRODA_MEAN), (cells, 1)), PARAMETER_SET


def _best(maps: xr.Dataset) -> tuple[parameters.FloatArray, str]:
    """Physical values of the best estimate (cell, 21), and what to say of them."""
    physical = parameters.to_physical(np.ascontiguousarray(maps["parameter_unit"].values.T))
    source = str(maps.attrs["source"]).rstrip(".")
    return physical, (
        f"Retrieved for each cell by the method {maps.attrs['method']}, best estimate; {maps.sizes['member']} members tell the "
        f"spread. {source}."
    )
