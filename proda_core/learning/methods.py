"""Five ways from profiles to soil carbon everywhere, each a named choice, all on the same places, folds and measures.

    default        the parameters of CLM5, nothing learned
    one-batch      one vector of parameters for the whole world, fitted through the process model
    proda          a network on the site posteriors of assimilation, each parameter weighted by its precision there
    end-to-end     the same network trained through the process model on the observed layers themselves
    network-only   the same network without a process model: predictors -> SOC at the nodes

A learned method is an ensemble.  Each member gives every spatial block a random weight, exponential with mean one: the Bayesian
bootstrap (Rubin 1981, doi:10.1214/aos/1176345338) over blocks, so that the spread says something of places without profiles.
A part of the blocks is held out from each member to choose the weights of its network by.
To the vectors of each network comes a correction among neighbours, see ``local``: from all profiles at hand, with a random weight
for each place that has any.  Prediction is the mean of the members' SOC.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from proda_core import parameters
from proda_core.grid import LAYERS, LAYERS_CLM5
from proda_core.learning import local, losses
from proda_core.learning.local import Correction
from proda_core.learning.losses import Sample
from proda_core.learning.network import Network, from_unit, to_unit
from proda_core.learning.predictors import Features, Scaler
from proda_core.learning.problem import BoolArray, FloatArray, IntArray, Problem, Process
from proda_core.learning.settings import Settings
from proda_core.learning.training import Curve, keep, restore, train
from proda_core.learning.validation import blocks

Tensor = torch.Tensor
Progress = Callable[[float, str], None]

METHODS: dict[str, str] = {
    "default": "the default parameters of CLM5, nothing learned",
    "one-batch": "one set of parameters for the whole world, fitted through the process model",
    "proda": "a neural network on the site posteriors, weighted by their precision",
    "end-to-end": "a neural network trained through the process model on the observed carbon",
    "network-only": "a neural network without the process model",
}
"""The methods, with their meaning."""


def _silent(part: float, words: str) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Ensemble:
    """What a method has learned.

    Attributes:
        method: key of :data:`METHODS`.
        networks: one a member; none for ``default``.
        scaler: of the predictors; none for ``default`` and ``one-batch``.
        curves: how the training of each member went.
        correction: what neighbours add to the vectors of each network; none without positions of places or where not wanted.
    """

    method: str
    networks: tuple[Network, ...] = ()
    scaler: Scaler | None = None
    curves: tuple[Curve, ...] = field(default=())
    correction: Correction | None = None

    def __len__(self) -> int:
        return max(1, len(self.networks))

    def unit(self, features: Features) -> Tensor:
        """Normalised parameters that each member gives to places (member, place, 21); ``default`` may lie outside 0..1.

        Raises:
            ValueError: the method has no parameters, or other predictors than it was trained with.
        """
        if self.method == "network-only":
            raise ValueError("expected a method with a process model, got network-only, which has no parameters; choose another")
        if self.method == "default":
            vector = torch.as_tensor(parameters.to_unit(parameters.CLM5_DEFAULT))
            return vector.expand(1, len(features.values), -1)
        return torch.stack([to_unit(vectors) for vectors in self._vectors(features)])

    def soc(self, features: Features, process: Process) -> Tensor:
        """SOC density at the nodes by each member [gC m-3] (member, place, 20)."""
        if self.method == "network-only":
            return torch.stack([losses.to_soc(vectors) for vectors in self._vectors(features)])
        place = torch.arange(len(features.values))
        lower, upper = torch.as_tensor(parameters.LOWER), torch.as_tensor(parameters.UPPER)
        return torch.stack([process(lower + unit * (upper - lower), place) for unit in self.unit(features)])

    def _vectors(self, features: Features) -> list[Tensor]:
        x = _standardised(self.scaler, features)
        with torch.no_grad():
            vectors = [network(x) for network in self.networks]
        if self.correction is None:
            return vectors
        if features.position is None:
            raise ValueError(
                "expected the position of every place for the correction among neighbours, got none; give features a position"
            )
        return [one + more for one, more in zip(vectors, self.correction.at(features.position), strict=True)]


def _standardised(scaler: Scaler | None, features: Features) -> Tensor:
    """Predictors as the network takes them; one that is always zero where there are none."""
    if scaler is None:
        return torch.zeros(len(features.values), 1)
    return torch.as_tensor(scaler.apply(features))


def fit(
    method: str,
    problem: Problem,
    train_on: BoolArray,
    settings: Settings = Settings(),  # noqa: B008 -- frozen
    progress: Progress = _silent,
    folder: Path | None = None,
) -> Ensemble:
    """Learn from some of the profiles.

    Args:
        method: key of :data:`METHODS`.
        problem: what there is to learn from.
        train_on: which profiles may be seen (profile,).
        settings: of network, loss and ensemble.
        progress: called with the part done [1] and words.
        folder: where checkpoints are kept; training goes on from those that lie there.

    Returns:
        the ensemble.

    Raises:
        ValueError: unknown method, no profiles, or ``proda`` without site posteriors.
    """
    _check(method, problem, train_on)
    if method == "default":
        return Ensemble(method)
    scaler = _scaler(method, problem, train_on)
    samples = draw_samples(problem, train_on, settings)
    networks, curves, near = [], [], []
    for member, sample in enumerate(samples):

        def show(part: float, words: str, member: int = member) -> None:
            progress((member + part) / len(samples), f"member {member + 1} of {len(samples)}, {words}")

        network, curve = _member(method, problem, scaler, sample, settings, member, show, folder)
        networks.append(network)
        curves.append(curve)
        if _corrects(method, problem, settings):
            show(1.0, "looking at neighbours")
            near.append(_neighbours(method, problem, network, scaler, sample, settings))
    return Ensemble(method, tuple(networks), scaler, tuple(curves), _together(near, problem, settings))


def curve(method: str, problem: Problem, train_on: BoolArray, settings: Settings) -> Curve:
    """How the loss of the first member of an ensemble falls, trained by itself; see :func:`fit`.

    Raises:
        ValueError: see :func:`fit`, and for ``default``, which is not trained.
    """
    _check(method, problem, train_on)
    if method == "default":
        raise ValueError("expected a method that is trained, got default")
    sample = draw_samples(problem, train_on, settings)[0]
    return _member(method, problem, _scaler(method, problem, train_on), sample, settings, 0, _silent, None)[1]


def _scaler(method: str, problem: Problem, train_on: BoolArray) -> Scaler | None:
    return None if method == "one-batch" else Scaler.of(problem.features.rows(np.unique(problem.place[train_on])))


def _check(method: str, problem: Problem, train_on: BoolArray) -> None:
    if method not in METHODS:
        raise ValueError(f"expected a method out of {', '.join(METHODS)}, got {method}")
    if not train_on.any():
        raise ValueError("expected profiles to learn from, got none; check folds and filters")
    if method == "proda" and (problem.sites is None or not train_on[problem.sites.profile].any()):
        raise ValueError("expected site posteriors for the method proda, got none; run proda assimilate and name its store")


def _member(
    method: str, problem: Problem, scaler: Scaler | None, sample: Sample, settings: Settings, member: int, show: Progress,
    folder: Path | None,
) -> tuple[Network, Curve]:  # fmt: skip
    generator = torch.Generator().manual_seed(settings.seed * 1_000_003 + member)
    network = new_network(method, 1 if scaler is None else len(scaler.names), settings, generator)
    done = folder / f"{method}-{member}.done.safetensors" if folder else None
    if done and done.is_file():
        return network, restore(done, network)
    loss, check = losses.of(method, problem, lambda features: _standardised(scaler, features), sample, settings)
    schedule = settings.schedule if method != "one-batch" else settings.constant_schedule
    checkpoint = folder / f"{method}-{member}.safetensors" if folder else None
    curve = train(network, loss, schedule, generator, check, show, checkpoint)
    if done:
        keep(done, network, curve)
    return network, curve


def _corrects(method: str, problem: Problem, settings: Settings) -> bool:
    return settings.reach > 0 and problem.features.position is not None and method != "one-batch"


def _neighbours(
    method: str, problem: Problem, network: Network, scaler: Scaler | None, sample: Sample, settings: Settings
) -> tuple[IntArray, Tensor]:
    """Places with profiles, and the weight of each in a member's correction."""
    aim = losses.objective(method, problem, sample.near, settings)
    features = problem.features.rows(aim.place) if aim else problem.features
    if aim is None or features.position is None:
        raise ValueError("expected places to correct, got none; check folds and filters")
    with torch.no_grad():
        base = network(_standardised(scaler, features))
    return aim.place, local.solve(aim.whole, base, features.position, settings.reach, aim.prior)


def _together(found: list[tuple[IntArray, Tensor]], problem: Problem, settings: Settings) -> Correction | None:
    """The corrections of all members; all of them know the same places."""
    if not found or problem.features.position is None:
        return None
    place = found[0][0]
    return Correction(problem.features.position[place], torch.stack([value for _, value in found]), settings.reach)


def new_network(method: str, features: int, settings: Settings, generator: torch.Generator) -> Network:
    """An untrained network of a method."""
    if method == "network-only":
        start = (9.8 - 0.7 * torch.as_tensor(LAYERS_CLM5.node[:LAYERS]).clamp(max=3.0)).float()
    else:
        start = from_unit(torch.as_tensor(parameters.PRODA_MEAN)).float()
    hidden = () if method == "one-batch" else settings.hidden
    return Network(features, len(start), hidden, start, generator)


def draw_samples(problem: Problem, train_on: BoolArray, settings: Settings) -> list[Sample]:
    """Which profiles each member sees and how much each counts; a single member weighs all blocks and places alike."""
    block = blocks(problem.latitude, problem.longitude, settings.block_size)
    places = len(problem.features.values)
    balance = np.where(train_on, losses.region_weight(problem, train_on, settings.region_balance) * problem.importance, 0.0)
    rng = np.random.default_rng([settings.seed, 21])
    samples = []
    for _ in range(settings.members):
        weight = rng.exponential(size=block.max() + 1) if settings.members > 1 else np.ones(block.max() + 1)
        checking = rng.random(block.max() + 1) < settings.check
        if not (balance * ~checking[block]).any():
            checking[:] = False  # few blocks, and all of them drawn: somebody has to teach
        near = rng.exponential(size=places) if settings.members > 1 else np.ones(places)
        samples.append(
            Sample(
                balance * (weight * ~checking)[block], balance * checking[block], balance * weight[block] * near[problem.place]
            )
        )
    return samples


def predict(
    method: str,
    problem: Problem,
    train_on: BoolArray,
    settings: Settings = Settings(),  # noqa: B008 -- frozen
    progress: Progress = _silent,
) -> FloatArray:
    """Learn from some profiles and predict every observation [gC m-3] (observation,); see :func:`fit`."""
    return observed_by(fit(method, problem, train_on, settings, progress), problem)


def observed_by(ensemble: Ensemble, problem: Problem) -> FloatArray:
    """SOC density of every observed layer, the mean of the members [gC m-3] (observation,)."""
    soc = ensemble.soc(problem.features, problem.process).mean(0)
    place = torch.as_tensor(problem.place)[problem.observations.profile]
    found: FloatArray = (soc[place] * problem.observations.weight).sum(1).numpy()
    return found
