"""What remains open when parameters are learned again: from observations with other errors, or under other forcing.

One network is trained for every case, with the same seed, blocks and neighbours, so that cases differ by what was changed and by
nothing that is drawn.  A training that starts from slightly other data takes another course all the same; the spread among
draws of observations holds that as well, and is an upper bound of what errors of measurement leave open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from proda_core.process.column import Forcing
from proda_core.sensitivity.uncertainty import ALTERNATIVES

FloatArray = npt.NDArray[np.float64]

BASE = "as it is"
OBSERVATIONS = "observations, draw "


def unchanged(forcing: Forcing) -> Forcing:
    """The forcing as it is."""
    return forcing


@dataclass(frozen=True)
class Case:
    """One training.

    Attributes:
        name: what differs, as the table calls it.
        forcing: changes the forcing.
        draw: number of the draw of errors of observation; none for the observations as they are.
    """

    name: str
    forcing: Callable[[Forcing], Forcing] = unchanged
    draw: int | None = None


def cases(draws: int) -> list[Case]:
    """The base, every alternative of forcing, and so many draws of the observations."""
    forcing = [
        Case(f"{name} ({number})" if len(changes) > 1 else name, change)
        for name, changes in ALTERNATIVES.items()
        for number, change in enumerate(changes, start=1)
    ]
    return [Case(BASE), *forcing, *(Case(f"{OBSERVATIONS}{draw + 1}", draw=draw) for draw in range(draws))]


def perturbed(soc: torch.Tensor, relative_error: torch.Tensor, draw: int, seed: int) -> torch.Tensor:
    """Observations with other errors: each times a lognormal factor of mean one, independent of the others.

    Args:
        soc: observed SOC density [gC m-3] (observation,).
        relative_error: standard deviation of the error of each, over the observation [1] (observation,).
        draw: number of the draw.
        seed: of all draws.
    """
    generator = torch.Generator().manual_seed(1_000_003 * seed + draw)
    sigma = (1 + relative_error.double().square()).log().sqrt()
    normal = torch.randn(len(soc), generator=generator, dtype=torch.float64)
    return soc * (sigma * normal - sigma.square() / 2).exp()


@dataclass(frozen=True)
class Relearned:
    """What came out.

    Attributes:
        observations: standard deviation among draws of the observations [Pg] (depth,); NaN for fewer than two.
        draws: how many there were.
        forcing: deviation under other forcing, parameters learned again [Pg] (depth,), by alternative.
    """

    observations: FloatArray
    draws: int
    forcing: dict[str, FloatArray]


def summarise(responses: Mapping[str, FloatArray]) -> Relearned:
    """Spread and deviations out of the responses of all cases.

    Args:
        responses: response to +1 % CUE [Pg] (depth,) by name of the case, see :func:`cases`.

    Raises:
        KeyError: the base or a case of forcing is missing.
    """
    base = responses[BASE]
    drawn = np.array([response for name, response in responses.items() if name.startswith(OBSERVATIONS)])
    spread = drawn.std(axis=0, ddof=1) if len(drawn) > 1 else np.full_like(base, np.nan)
    forcing = {}
    for name, changes in ALTERNATIVES.items():
        if len(changes) > 1:
            forcing[name] = np.abs(responses[f"{name} (1)"] - responses[f"{name} (2)"]) / 2
        else:
            forcing[name] = np.abs(responses[name] - base)
    return Relearned(spread, len(drawn), forcing)
