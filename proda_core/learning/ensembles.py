"""A trained ensemble in a file and back, with all that is needed to use it: predictors, scaler, shapes, seed and parents."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from proda_core.learning import weights
from proda_core.learning.local import Correction
from proda_core.learning.methods import METHODS, Ensemble
from proda_core.learning.network import Network
from proda_core.learning.predictors import Scaler
from proda_core.learning.weights import WeightsError

KIND = "ensemble"
"""Value of the description's ``kind``; a checkpoint of training is another one."""


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

    Raises:
        WeightsError: no such file, damaged, or not an ensemble of this version; the message says what to do.
    """
    tensors, description = weights.load(path)
    if description.get("kind") != KIND or description.get("method") not in METHODS:
        raise WeightsError(
            f"expected a trained ensemble at {path}, got {description.get('kind', 'something else')}; name another file"
        )
    names = tuple(description["predictors"])
    scaler = None
    if names:
        mean, inverse = (tensors[f"scaler/{name}"].numpy() for name in ("mean", "inverse"))
        scaler = Scaler(names, mean, np.where(inverse > 0, 1.0 / np.where(inverse > 0, inverse, 1.0), math.inf))
    *hidden, outputs = description["widths"]
    networks = []
    for member in range(description["members"]):
        network = Network(len(names) or 1, outputs, tuple(hidden), torch.zeros(outputs), torch.Generator())
        prefix = f"member{member}/"
        held = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
        try:
            network.load_state_dict(held)
        except RuntimeError as error:
            raise WeightsError(f"expected the weights of member {member} in {path}, got others ({error}); train again") from error
        networks.append(network)
    correction = None
    if description.get("reach_km"):
        correction = Correction(tensors["neighbours/position"].numpy(), tensors["neighbours/value"], description["reach_km"])
    return Ensemble(description["method"], tuple(networks), scaler, correction=correction), description


def _layers(network: Network) -> list[torch.nn.Linear]:
    return [module for module in network.modules() if isinstance(module, torch.nn.Linear)]
