"""PRODA Explorer: the soil carbon model of CLM5 on the globe, and what controls the carbon it holds.

One equation runs through everything.  In every land cell, for 7 pools of carbon in 20 soil layers,

    dC/dt = B I + (A xi K - V) C

in words: carbon stocks ``C`` change by plant input ``I``, spread over pools and depth by ``B``; by decomposition, in which each
pool turns over at its rate ``K``, slowed or quickened by temperature, water, oxygen, nitrogen and depth ``xi``, and hands part of
its carbon on to other pools by ``A`` while microbes respire the rest; and by vertical mixing ``V``, through animals and roots or
through freezing and thawing.  The steady state solves ``(V - A xi K) C = B I``.

Where each part lives, lowest first:

- ``constants``, ``grid``, ``parameters``: units, soil layers and land cells, the one table of 21 parameters
- ``store``, ``variables``: files that are whole or not there; names, units and ranges of what passes between the steps
- ``process``: ``environment`` (xi), ``litter`` (B I), ``cascade`` (A, K), ``transport`` (V); ``linear`` solves, ``column`` joins;
  ``transient`` is the way to a new balance, ``age`` how old carbon is
- ``observations``: files of soil profiles, controlled, as one table of carbon per volume
- ``climate``: the embedded forcing, derived from an ERA5 climatology and satellite vegetation
- ``scenario``, ``mechanisms``, ``regions``: what a slider changes; carbon use efficiency and the other mechanisms read off a
  solution; parts of the land
- ``scenarios``: questions as data: what changes, by how much, where, and who asked
- ``assimilation``: the posterior of the parameters at each profile
- ``learning``: networks that give parameters everywhere, from site posteriors or through the process model; skill, model card
- ``retrieved``: the file of retrieved maps, checked before it is believed
- ``simulation``: the globe, parameters and forcing in, stocks and mechanisms out, in balance or on the way to it; ensembles of
  parameters
- ``sensitivity``: what controls the stock: curves, maps of derivatives, component control, shares of variance, uncertainty
- ``commands``, ``__main__``: the ``proda`` command, one file a subcommand

Public names are loaded when they are first used, so that importing the package costs nothing:

>>> import proda_core
>>> proda_core.Scenario(cue=0.01).is_baseline
False
"""

from __future__ import annotations

from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proda_core.grid import LandGrid
    from proda_core.parameters import PARAMETERS
    from proda_core.scenario import LIMITS, Scenario
    from proda_core.simulation import GlobalModel, Outcome, World, load_world, run

__all__ = [
    "LIMITS",
    "PARAMETERS",
    "GlobalModel",
    "LandGrid",
    "Outcome",
    "Scenario",
    "World",
    "__version__",
    "load_world",
    "run",
]

_HOMES: dict[str, str] = {
    "LIMITS": "proda_core.scenario",
    "PARAMETERS": "proda_core.parameters",
    "GlobalModel": "proda_core.simulation",
    "LandGrid": "proda_core.grid",
    "Outcome": "proda_core.simulation",
    "Scenario": "proda_core.scenario",
    "World": "proda_core.simulation",
    "load_world": "proda_core.simulation",
    "run": "proda_core.simulation",
}


def _installed_version() -> str:
    try:
        return metadata.version("proda")
    except metadata.PackageNotFoundError:  # run from a source tree that was never installed
        return "0+source"


__version__ = _installed_version()


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
