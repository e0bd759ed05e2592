"""The training loop: full batches, one cycle of the learning rate, the best weights by a check on held-out places.

It knows no soil: the loss and the check are functions of a network.  Every random number comes from one generator, whose state is
kept with the checkpoint, so that an interrupted training goes on to the same bits.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from proda_core.learning import weights
from proda_core.learning.network import Network

Tensor = torch.Tensor

Loss = Callable[[Network, torch.Generator], Tensor]
"""What training makes small: of the network and the source of masks and noise."""

Check = Callable[[Network], float]
"""What decides which weights are kept, the smaller the better; sees no masks and no noise."""


@dataclass(frozen=True)
class Schedule:
    """How long and how fast.

    Attributes:
        steps: gradient steps at most, each on all places.
        rate: largest learning rate of the cycle.
        decay: weight decay of AdamW.
        clip: largest norm of the gradient.
        look: steps between two looks at the check.
        patience: looks without a better check after which training stops.
        save: seconds between two checkpoints.
    """

    steps: int = 300
    rate: float = 3e-3
    decay: float = 1e-3
    clip: float = 1.0
    look: int = 10
    patience: int = 12
    save: float = 20.0

    def __post_init__(self) -> None:
        for name in ("steps", "look", "patience"):
            if getattr(self, name) < 1:
                raise ValueError(f"expected {name} of at least 1, got {getattr(self, name)}")

    def rate_at(self, step: int) -> float:
        """Learning rate of a step: up along a cosine for 15 % of the steps, then down to nearly nothing."""
        peak = max(1.0, 0.15 * self.steps)
        if step < peak:
            return self.rate * (0.04 + 0.96 * 0.5 * (1 - math.cos(math.pi * step / peak)))
        return self.rate * max(1e-4, 0.5 * (1 + math.cos(math.pi * (step - peak) / max(1.0, self.steps - peak))))


@dataclass
class Curve:
    """How training went.

    Attributes:
        step: steps at which was looked.
        training: loss there.
        held_out: check there, NaN without one.
    """

    step: list[int] = field(default_factory=list)
    training: list[float] = field(default_factory=list)
    held_out: list[float] = field(default_factory=list)

    @property
    def best(self) -> int:
        """Position of the best look; the last one without a check."""
        known = [value for value in self.held_out if not math.isnan(value)]
        return self.held_out.index(min(known)) if known else len(self.step) - 1


def train(
    network: Network,
    loss: Loss,
    schedule: Schedule,
    generator: torch.Generator,
    check: Check | None = None,
    progress: Callable[[float, str], None] = lambda part, words: None,
    checkpoint: Path | None = None,
) -> Curve:
    """Train a network in place; it ends with the weights that did best in the check, or with the last ones without a check.

    Args:
        network: what is trained.
        loss: see :data:`Loss`.
        schedule: how long and how fast.
        generator: source of every random number.
        check: see :data:`Check`.
        progress: called with the part done [1] and the state in words.
        checkpoint: file to go on from and to save to now and then; removed at the end.

    Returns:
        the curve.

    Raises:
        FloatingPointError: the loss became infinite or not a number.
    """
    optimiser = torch.optim.AdamW(network.parameters(), lr=schedule.rate, weight_decay=schedule.decay)
    curve, best, first = Curve(), _copy(network), 0
    if checkpoint is not None and checkpoint.is_file():
        first, curve, best = _restore(checkpoint, network, optimiser, generator)
    saved = time.monotonic()
    for step in range(first, schedule.steps):
        for group in optimiser.param_groups:
            group["lr"] = schedule.rate_at(step)
        value = _step(network, loss, optimiser, generator, schedule.clip)
        if step % schedule.look == 0 or step == schedule.steps - 1:
            curve.step.append(step)
            curve.training.append(value)
            curve.held_out.append(check(network) if check else math.nan)
            if curve.best == len(curve.step) - 1:
                best = _copy(network)
            progress((step + 1) / schedule.steps, _words(curve))
            if check and len(curve.step) - 1 - curve.best >= schedule.patience:
                break
        if checkpoint is not None and time.monotonic() - saved > schedule.save:
            _save(checkpoint, step + 1, network, optimiser, generator, curve, best)
            saved = time.monotonic()
    network.load_state_dict(best)
    if checkpoint is not None:
        checkpoint.unlink(missing_ok=True)
    return curve


def _step(network: Network, loss: Loss, optimiser: torch.optim.Optimizer, generator: torch.Generator, clip: float) -> float:
    optimiser.zero_grad()
    value = loss(network, generator)
    if not bool(torch.isfinite(value)):
        raise FloatingPointError(
            f"expected a finite training loss, got {float(value.detach())}; another seed or fewer steps may help"
        )
    value.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(network.parameters(), clip)
    optimiser.step()
    return float(value.detach())


def _words(curve: Curve) -> str:
    held_out = curve.held_out[-1]
    return f"loss {curve.training[-1]:.3f}" + ("" if math.isnan(held_out) else f", held out {held_out:.3f}")


def _copy(network: Network) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.state_dict().items()}


def keep(path: Path, network: Network, curve: Curve) -> None:
    """Write a trained network and its curve, so that it need not be trained again."""
    weights.save(path, _copy(network), {"kind": "member", "curve": _plain(curve)})


def restore(path: Path, network: Network) -> Curve:
    """Put the weights that :func:`keep` wrote into a network of the same shape, and return the curve."""
    tensors, description = weights.load(path)
    network.load_state_dict(tensors)
    return _curve(description["curve"])


def _plain(curve: Curve) -> dict[str, list[Any]]:
    """A curve in terms of JSON, which has no NaN."""
    return {"step": curve.step, "training": curve.training, "held_out": [None if math.isnan(v) else v for v in curve.held_out]}


def _curve(plain: dict[str, list[Any]]) -> Curve:
    return Curve(plain["step"], plain["training"], [math.nan if v is None else v for v in plain["held_out"]])


def _save(
    path: Path,
    step: int,
    network: Network,
    optimiser: torch.optim.Optimizer,
    generator: torch.Generator,
    curve: Curve,
    best: dict[str, Tensor],
) -> None:
    moments = {
        f"optimiser/{index}/{name}": torch.as_tensor(value)
        for index, held in optimiser.state_dict()["state"].items()
        for name, value in held.items()
    }
    networks = {f"network/{name}": value for name, value in _copy(network).items()} | {
        f"best/{name}": value for name, value in best.items()
    }
    tensors = {**moments, **networks, "generator": generator.get_state()}
    weights.save(path, tensors, {"kind": "checkpoint", "next": step, "curve": _plain(curve)})


def _restore(
    path: Path, network: Network, optimiser: torch.optim.Optimizer, generator: torch.Generator
) -> tuple[int, Curve, dict[str, Tensor]]:
    tensors, description = weights.load(path)

    def part(prefix: str) -> dict[str, Tensor]:
        return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}

    network.load_state_dict(part("network/"))
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in part("optimiser/").items():
        index, moment = name.split("/")
        state.setdefault(int(index), {})[moment] = value
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
    generator.set_state(tensors["generator"])
    return int(description["next"]), _curve(description["curve"]), part("best/")
