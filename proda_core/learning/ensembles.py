"""A trained ensemble in a file and back, with all that is needed to use it: predictors, scaler, shapes, seed and parents."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from proda_core.grid import LAYERS
from proda_core.learning import weights
from proda_core.learning.local import Correction
from proda_core.learning.methods import METHODS, Ensemble
from proda_core.learning.network import Network
from proda_core.learning.predictors import Scaler
from proda_core.learning.weights import WeightsError
from proda_core.parameters import COUNT
from proda_core.retrieved.schema import LARGEST

KIND = "ensemble"
"""Value of the description's ``kind``; a checkpoint of training is another one."""

MOST_PREDICTORS, MOST_LAYERS, WIDEST = 4096, 16, 4096
"""Bounds of what is read, so that a small file cannot claim all memory: predictors, layers of a network, units of a layer."""

FARTHEST = 20_040.0
"""Half the way around the Earth [km]: no correction among neighbours reaches farther."""


def save(ensemble: Ensemble, path: Path, facts: Mapping[str, Any]) -> None:
    """Write an ensemble.

    Args:
        ensemble: what was learned.
        path: safetensors file.
        facts: what else a reader should know, in terms of JSON: settings, seed, source, parents with their checksums.
    """
    tensors = {
        f"member{i}/{name}": value for i, network in enumerate(ensemble.networks) for name, value in network.state_dict().items()
    }
    scaler = ensemble.scaler
    if scaler is not None:
        tensors["scaler/mean"] = torch.as_tensor(scaler.mean)
        # what does not vary is divided by infinity, which the file does not hold
        tensors["scaler/inverse"] = torch.as_tensor(1.0 / scaler.scale)
    if ensemble.correction is not None:
        tensors["neighbours/position"] = torch.as_tensor(ensemble.correction.position)
        tensors["neighbours/value"] = ensemble.correction.value
    shapes = [[layer.weight.shape[0] for layer in _layers(network)] for network in ensemble.networks]
    description = {
        "kind": KIND,
        "method": ensemble.method,
        "members": len(ensemble.networks),
        "widths": shapes[0] if shapes else [],
        "predictors": list(scaler.names) if scaler else [],
        "reach_km": ensemble.correction.reach if ensemble.correction else 0.0,
        **facts,
    }
    weights.save(path, tensors, description)


def load(path: Path) -> tuple[Ensemble, dict[str, Any]]:
    """An ensemble that :func:`save` wrote, and its description.

    Nothing is made before the description is found to be plausible and to name exactly the tensors that the file holds.

    Raises:
        WeightsError: no such file, damaged, or not an ensemble of this version; the message says what to do.
    """
    tensors, description = weights.load(path)
    if description.get("kind") != KIND:
        raise WeightsError(
            f"expected a trained ensemble at {path}, got {description.get('kind', 'something else')!s:.40}; name another file"
        )
    shape = _Shape.of(path, description)
    _check_tensors(path, tensors, shape)
    networks = tuple(_network(tensors, f"member{member}/", shape) for member in range(shape.members))
    correction = None
    if shape.reach:
        correction = Correction(tensors["neighbours/position"].numpy(), tensors["neighbours/value"], shape.reach)
    return Ensemble(shape.method, networks, _scaler(tensors, shape.predictors), correction=correction), description


@dataclass(frozen=True)
class _Shape:
    """What a description says of the tensors beside it.

    Attributes:
        method: key of ``METHODS`` that trains networks.
        predictors: name of each.
        hidden: width of each hidden layer.
        members: number of networks.
        reach: of the correction among neighbours [km]; 0 where there is none.
    """

    method: str
    predictors: tuple[str, ...]
    hidden: tuple[int, ...]
    members: int
    reach: float

    @classmethod
    def of(cls, path: Path, description: Mapping[str, Any]) -> _Shape:
        """The shape out of a description that anybody may have written.

        Raises:
            WeightsError: an entry is missing, of another type, or beyond all reason.
        """
        check = partial(_check, path, description)
        method, names, widths, members = (description.get(name) for name in ("method", "predictors", "widths", "members"))
        reach = description.get("reach_km", 0.0)
        check("method", isinstance(method, str) and method in METHODS and method != "default", "a method that trains networks")
        check("predictors", _is_list(names, MOST_PREDICTORS, str) and len(set(names or ())) == len(names or ()), "distinct names")
        check("predictors", bool(names) == (method != "one-batch"), "names for all methods but one-batch")
        check("widths", _is_list(widths, MOST_LAYERS, int) and bool(widths), f"1 to {MOST_LAYERS} whole numbers")
        check("widths", all(1 <= width <= WIDEST for width in widths or ()), f"widths of 1 to {WIDEST}")
        outputs = LAYERS if method == "network-only" else COUNT
        check("widths", (widths or [0])[-1] == outputs, f"{outputs} at the end")
        check("members", type(members) is int and 1 <= members <= LARGEST["member"], f"a number from 1 to {LARGEST['member']}")
        check("reach_km", type(reach) in (int, float) and 0 <= reach <= FARTHEST, f"a distance of 0 to {FARTHEST:g}")
        return cls(str(method), tuple(names or ()), tuple(widths or ())[:-1], int(members or 0), float(reach))

    @property
    def outputs(self) -> int:
        """Length of the vectors that the networks give."""
        return LAYERS if self.method == "network-only" else COUNT

    def tensors(self, known: int) -> dict[str, tuple[int, ...]]:
        """Shape of every tensor by name, with so many places in the correction."""
        widths = (len(self.predictors) or 1, *self.hidden, self.outputs)
        names = [*(f"hidden.{i}" for i in range(len(self.hidden))), "last"]
        expected: dict[str, tuple[int, ...]] = {}
        for member in range(self.members):
            for name, (before, after) in zip(names, itertools.pairwise(widths), strict=True):
                expected |= {f"member{member}/{name}.weight": (after, before), f"member{member}/{name}.bias": (after,)}
        if self.predictors:
            expected |= dict.fromkeys(("scaler/mean", "scaler/inverse"), (len(self.predictors),))
        if self.reach:
            expected |= {"neighbours/position": (known, 2), "neighbours/value": (self.members, known, self.outputs)}
        return expected


def _check(path: Path, description: Mapping[str, Any], name: str, right: bool, expected: str) -> None:
    if not right:
        got = f"{description[name]!r:.60}" if name in description else "none"
        raise WeightsError(f"expected {expected} as {name} of the ensemble at {path}, got {got}; {weights.REMEDY}")


def _is_list(value: object, most: int, kind: type) -> bool:
    return isinstance(value, list) and len(value) <= most and all(type(held) is kind for held in value)


def _check_tensors(path: Path, tensors: Mapping[str, torch.Tensor], shape: _Shape) -> None:
    """The tensors of the file are those that its description asks for."""
    position = tensors.get("neighbours/position")
    expected = shape.tensors(len(position) if position is not None and position.ndim else 0)
    for name in sorted({*tensors, *expected}):
        want, tensor = expected.get(name), tensors.get(name)
        got = None if tensor is None or not tensor.is_floating_point() else tuple(tensor.shape)
        if want != got:
            asked, found = (f"numbers of shape {list(size)}" if size is not None else "no such numbers" for size in (want, got))
            raise WeightsError(f"expected {asked} as {name} of the ensemble at {path}, got {found}; {weights.REMEDY}")


def _network(tensors: Mapping[str, torch.Tensor], prefix: str, shape: _Shape) -> Network:
    start = torch.zeros(shape.outputs)
    network = Network(len(shape.predictors) or 1, shape.outputs, shape.hidden, start, torch.Generator())
    network.load_state_dict({name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)})
    return network


def _scaler(tensors: Mapping[str, torch.Tensor], names: tuple[str, ...]) -> Scaler | None:
    if not names:
        return None
    mean, inverse = (tensors[f"scaler/{name}"].numpy() for name in ("mean", "inverse"))
    return Scaler(names, mean, np.where(inverse > 0, 1.0 / np.where(inverse > 0, inverse, 1.0), math.inf))


def _layers(network: Network) -> list[torch.nn.Linear]:
    return [module for module in network.modules() if isinstance(module, torch.nn.Linear)]
