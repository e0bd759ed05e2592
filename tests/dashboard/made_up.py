"""Made-up evidence and a whole data directory for tests: clearly no skill of anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from proda_core import climate, retrieved
from proda_core.learning import evidence as stored
from proda_core.sensitivity import findings
from proda_core.store import data_directory
from tests.fabricate import made_up
from tests.findings import made_up as made_up_findings

METHODS = {
    "default": "made up: the default parameters",
    "one-batch": "made up: one set for all",
    "proda": "made up: a network on the posteriors of sites",
    "end-to-end": "made up: a network through the model",
    "network-only": "made up: a network without the model",
}
VALIDATIONS = ("in-sample", "random", "block")
GROUPS = {"all": ("all",), "depth": ("0-0.3 m", "0.3-1 m"), "region": ("Africa", "<Europe>"), "source": ("afsp",)}


def evidence() -> dict[str, Any]:
    """What ``evidence.json`` holds, every number of it invented."""
    edges = np.linspace(-1.5, 2.5, 41)
    middle = (edges[:-1] + edges[1:]) / 2
    near = np.exp(-((middle[:, None] - middle) ** 2) / 0.2 - (middle[:, None] - 0.8) ** 2 / 0.5)
    counts = np.rint(400 * near).astype(int).tolist()
    return {
        "schema": "1",
        "methods": METHODS,
        "skill": [
            skill(method, validation, group, name, 0.11 + 0.13 * i - 0.07 * j - (1.2 if method == "default" else 0))
            for i, method in enumerate(METHODS)
            for j, validation in enumerate(VALIDATIONS)
            for group, names in GROUPS.items()
            for name in names
        ],
        "density": {
            method: {validation: {"edges_log10": edges.tolist(), "counts": counts} for validation in VALIDATIONS}
            for method in ("default", "end-to-end")
        },
        "training": {"end-to-end": {"step": [1, 2, 3], "training": [3.0, 2.0, 1.0], "validation": [3.0, 2.5, 2.4]}},
        "profiles": {
            "total": 1234,
            "cells": 567,
            "by_region": {"Africa": 900, "<Europe>": 300, "Asia": 34},
            "by_source": {"afsp": 1000, "sodah": 234},
        },
        "limits": ["Made up: <b>peat</b> is too thin.", "Made up: deserts hold too much.", "Made up: permafrost is a guess."],
        "source": "Made-up numbers, tested on nothing.",
        "seed": 0,
    }


def skill(method: str, validation: str, group: str, name: str, nse: float) -> dict[str, Any]:
    """One row, whose numbers follow from one."""
    interval = (None, None) if group == "source" else (nse - 0.04, nse + 0.05)
    return {
        "method": method, "validation": validation, "group": group, "name": name, "profiles": 1234, "layers": 5678,
        "nse": nse, "nse_low": interval[0], "nse_high": interval[1], "rmse": 9100.0, "bias": -210.0, "concordance": 0.71,
        "log_nse": nse + 0.1, "log_rmse": 0.9, "log_bias": 0.1, "log_concordance": 0.6,
    }  # fmt: skip


def write_made_up(folder: Path) -> None:
    """Make a data directory: the project's climate, made-up retrieved maps for it, made-up evidence and findings."""
    for name in ("climate.nc", "coastlines.geojson", "countries.nc", "places.tsv.gz"):
        (folder / name).symlink_to(data_directory() / name)
    cells = climate.read(folder / "climate.nc")
    maps = made_up(cells["latitude"].values, cells["longitude"].values, folder / "climate.nc")
    retrieved.write(maps, folder / "retrieved.nc")
    stored.write(evidence(), folder / "evidence.json")
    findings.write(made_up_findings(retrieved.checksum(folder / "retrieved.nc")), folder / "findings.nc")
