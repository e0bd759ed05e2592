"""Evidence out of predictions: skill, observed against modelled, and where the profiles are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from proda_core.constants import GRAMS_PER_KILOGRAM
from proda_core.learning import continents, distance
from proda_core.learning.evidence import SCHEMA, Evidence, parse

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

EDGES_LOG10: FloatArray = np.round(np.linspace(-1.0, 2.25, 66), 2)
"""Edges of the bins of observed and modelled SOC density, log10 of kgC m-3: 65 bins for all but 0.1 % of observed layers."""


def density(observed: FloatArray, modelled: FloatArray, edges_log10: FloatArray = EDGES_LOG10) -> IntArray:
    """Observed against modelled layers, counted in bins.

    Args:
        observed: SOC density [gC m-3] (layer,).
        modelled: [gC m-3] (layer,); layers that are not finite are left out.
        edges_log10: edges of the bins, log10 of kgC m-3 (bin + 1,); what lies beyond them counts in the first or the last bin.

    Returns:
        number of layers (observed bin, modelled bin).
    """
    bins = len(edges_log10) - 1
    use = np.isfinite(observed) & np.isfinite(modelled)
    rows, columns = (_bin(values[use], edges_log10) for values in (observed, modelled))
    counts: IntArray = np.bincount(rows * bins + columns, minlength=bins * bins).reshape(bins, bins).astype(np.int64)
    return counts


def _bin(density: FloatArray, edges_log10: FloatArray) -> IntArray:
    smallest = 10.0 ** (edges_log10[0] - 1)
    logarithm = np.log10(np.maximum(density / GRAMS_PER_KILOGRAM, smallest))
    found: IntArray = np.clip(np.searchsorted(edges_log10, logarithm, side="right") - 1, 0, len(edges_log10) - 2).astype(np.int64)
    return found


def profile_counts(profiles: xr.Dataset, cells: int) -> dict[str, Any]:
    """How many profiles there are, by region and by source, most first.

    Args:
        profiles: ``latitude``, ``longitude``, ``source`` (profile,).
        cells: number of land cells that hold any.

    Returns:
        what ``evidence.Profiles`` holds of them.
    """
    region = continents.region_index(profiles["latitude"].values, profiles["longitude"].values)
    by_region = {name: int(np.sum(region == i)) for i, name in enumerate(continents.NAMES)}
    names, counts = np.unique(profiles["source"].values.astype(str), return_counts=True)
    by_source = {str(name): int(count) for name, count in zip(names, counts, strict=True)}
    return {
        "total": profiles.sizes["profile"],
        "cells": cells,
        "by_region": _most_first({name: count for name, count in by_region.items() if count}),
        "by_source": _most_first(by_source),
    }


def shares(far: FloatArray, weight: FloatArray) -> dict[str, float]:
    """Part of the weight in each class of distance [1].

    Args:
        far: distance to the nearest profile [km] (place,); places where it is not known are left out.
        weight: of each place, such as its area (place,).
    """
    of_place = distance.class_of(far)
    known = of_place >= 0
    total = np.bincount(of_place[known], weights=weight[known], minlength=len(distance.CLASSES))
    return {name: float(part) for name, part in zip(distance.CLASSES, total / total.sum(), strict=True)}


def _most_first(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def assemble(
    predictions: xr.Dataset,
    skill: pd.DataFrame,
    methods: Mapping[str, str],
    *,
    cells: int,
    by_distance: Mapping[str, Mapping[str, float]] | None = None,
    training: Mapping[str, Mapping[str, npt.ArrayLike]] | None = None,
    limits: Sequence[str] = (),
    source: str = "",
    seed: int = 0,
) -> Evidence:
    """All evidence together.

    Args:
        predictions: see ``skill.table``.
        skill: what ``skill.table`` made of them.
        methods: one line on each method, by name; those without predictions are left out.
        cells: number of land cells that hold profiles.
        by_distance: ``land_by_distance`` and ``judged_by_distance``, see ``evidence.Profiles`` and :func:`shares`.
        training: ``step``, ``training`` and ``validation`` loss by method.
        limits: sentences on where not to trust the results.
        source: what the numbers come from, in a sentence.
        seed: of the folds and of training.

    Raises:
        EvidenceError: something that could not be read back.
    """
    cube = predictions["predicted"].transpose("method", "validation", "observation")
    observed, edges = predictions["soc_density"].values, EDGES_LOG10.tolist()
    names, validations = ([str(name) for name in cube[dim].values] for dim in ("method", "validation"))
    shown = {
        name: {
            validation: {"edges_log10": edges, "counts": density(observed, cube.values[m, v]).tolist()}
            for v, validation in enumerate(validations)
            if np.isfinite(cube.values[m, v]).any()
        }
        for m, name in enumerate(names)
    }
    curves = {name: {key: np.asarray(held).tolist() for key, held in curve.items()} for name, curve in (training or {}).items()}
    content = {
        "schema": SCHEMA,
        "methods": {name: methods[name] for name in names},
        "skill": skill.astype(object).where(skill.notna(), None).to_dict("records"),
        "density": shown,
        "training": curves,
        "profiles": profile_counts(predictions, cells) | dict(by_distance or {}),
        "limits": list(limits),
        "source": source,
        "seed": seed,
    }
    return parse(content, "what was gathered")
