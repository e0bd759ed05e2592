"""Made-up findings for tests: curves that are power laws, so that what is told of them is known beforehand."""

from __future__ import annotations

import numpy as np

from proda_core import parameters
from proda_core.sensitivity import CONTROLS, MECHANISMS, RECIPES, STEPS, Findings
from proda_core.sensitivity.findings import Shares, Source

ELASTICITY = {
    "cue": 3.0, "carbon_input": 1.0, "input_allocation": 0.1, "baseline_decomposition": -0.9,
    "environmental_modifier": -0.8, "vertical_transport": 0.2,
}  # fmt: skip
"""Of every made-up curve at every depth, by the recipe of the sliders; twice as much by the published one."""

STOCK = np.array([700.0, 1600.0, 2500.0, 3400.0])
"""Made-up global stock above each depth [Pg]."""

MEMBERS = 4
MAPS = "0" * 64


def made_up(maps: str = MAPS, members: int = MEMBERS) -> Findings:
    """Findings of which every number is invented, resting on maps of that checksum."""
    scale = 1 + 0.02 * (np.arange(members) - (members - 1) / 2)  # the members differ in stock and elasticity
    slope = np.array(list(ELASTICITY.values())) * np.array([2.0, 1.0])[:, None]
    elasticity = (slope[:, None, :, None] * scale[:, None, None]) * np.ones(4)
    realised = np.broadcast_to(0.5 * STEPS, (2, members, len(MECHANISMS), len(STEPS)))
    base = STOCK * scale[:, None, None]
    stock = base[:, :, None, :] * (1 + realised)[..., None] ** elasticity[:, :, :, None, :]
    dropped = np.zeros((2, members, len(MECHANISMS)))
    dropped[:, :, MECHANISMS.index("input_allocation")] = 9000
    apart = 1 + 0.3 * (np.arange(members) - (members - 1) / 2)
    controlled = STOCK * scale[:, None, None] * (1 + 0.03 * apart[:, None] * np.arange(len(CONTROLS)))[..., None]
    explained = 0.55 * scale[:, None] - apart[:, None] * np.array([0, 0.2, 0.05, 0.04, 0.03, 0.02, 0.01, 0.3])
    assert (len(RECIPES), len(MECHANISMS)) == slope.shape
    return Findings(
        stock=stock,
        realised=np.array(realised),
        dropped=dropped,
        elasticity=elasticity,
        one_percent=base * (1.01**elasticity - 1),
        controlled=controlled,
        explained=explained,
        explained_weighted=explained - 0.01,
        uniform_input=explained[:, 0] - 0.4,
        uniform_input_weighted=explained[:, 0] - 0.5,
        mechanisms=shares(MECHANISMS),
        parameters=shares(parameters.IDS),
        places=("globe", "Af", "Dfc"),
        shares_depth="1m",
        shares_width=0.1,
        budget=(
            Source("learning", 1.5, 0.75, "made up: <b>spread</b>"),
            Source("soil warmer", 0.5, 0.25, "made up"),
            Source("observation error", np.nan, np.nan, "not computed"),
        ),
        budget_depth="1m",
        maps=maps,
    )


def shares(names: tuple[str, ...]) -> Shares:
    """Indices that fall from input to input, and settle as the design grows."""
    first = 0.6 / 2.0 ** np.arange(len(names))
    settled = np.array([1.1, 1.01, 1.0])[:, None, None] * np.array([1.0, 0.8, 0.5])[:, None]
    table = settled * first
    confidence = np.array([0.2, 0.1, 0.05])[:, None, None] * np.ones_like(table)
    return Shares(names, np.array([32, 64, 128]), table, 1.05 * table, confidence, confidence / 2)
