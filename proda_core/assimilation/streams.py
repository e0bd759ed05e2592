"""Random numbers for many problems at once, each problem from a stream of its own.

A problem's numbers depend on the seed and on the problem's name alone, not on which other problems share the batch.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Sequence

import numpy as np
import torch

Tensor = torch.Tensor


class Streams:
    """One counter-based generator for each problem.

    Args:
        seed: seed of the whole run.
        names: name of each problem, distinct.
        purpose: keeps streams of one problem for different uses apart.
    """

    def __init__(self, seed: int, names: Sequence[str], purpose: str = "") -> None:
        self._generators = [_generator(seed, f"{purpose}\0{name}") for name in names]

    def __len__(self) -> int:
        return len(self._generators)

    def rows(self, which: Sequence[int]) -> Streams:
        """The streams of some of the problems; they go on where they are."""
        part = copy.copy(self)
        part._generators = [self._generators[i] for i in which]
        return part

    def normal(self, *shape: int) -> Tensor:
        """Standard normal numbers (problem, *shape)."""
        return torch.from_numpy(np.stack([generator.standard_normal(shape) for generator in self._generators]))

    def uniform(self, *shape: int) -> Tensor:
        """Numbers uniform on [0, 1) (problem, *shape)."""
        return torch.from_numpy(np.stack([generator.random(shape) for generator in self._generators]))

    def chi_square(self, degrees: Tensor) -> Tensor:
        """Chi-square numbers with given degrees of freedom (problem, ...)."""
        pairs = zip(self._generators, degrees.numpy(), strict=True)
        return torch.from_numpy(np.stack([generator.chisquare(wanted) for generator, wanted in pairs]))


def _generator(seed: int, name: str) -> np.random.Generator:
    digest = hashlib.sha256(name.encode()).digest()
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, int.from_bytes(digest[:16], "big")])))
