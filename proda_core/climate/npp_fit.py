"""Fit the regression of :mod:`proda_core.climate.npp`; run with ``python -m proda_core.climate.npp_fit REFERENCE_FOLDER``.

The folder holds ``covariates_05deg.nc`` with the half-degree NPP of the TRENDY v8 models (S2, ``npp_trendy8_*``,
gC m-2 yr-1, rows north to south) and ``npp_sites.csv`` (plots with measured NPP, Peng et al. 2023).  Only coefficients and skill
leave this script.  The fit is a Poisson pseudo-likelihood with log link (Gourieroux et al. 1984): it needs no positive target,
weights by land area and returns the target's total; a small ridge keeps the coefficients tame.

    minimise  sum_j a_j (mu_j - y_j ln mu_j) / sum_j a_j y_j  +  ridge |c|^2 / 2,     ln mu = ln limit + c_0 + X c

The known growth limit is taken out by fitting y / limit with weights a limit, which is the same.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

from proda_core.climate.derive import derive, growing_climate
from proda_core.climate.gather import gather
from proda_core.climate.npp import Regression, growth_limit, regression_terms
from proda_core.constants import GRAMS_PER_PETAGRAM
from proda_core.grid import FloatArray, LandGrid

RIDGE = 1e-3
"""Ridge on the coefficients [1]."""

BLOCK, FOLDS = 10.0, 5
"""Edge of a held-out block [degrees] and number of folds."""

TARGET = "npp_trendy8_CLM50"
"""The field that is fitted."""


def standardised(terms: dict[str, FloatArray], weight: FloatArray) -> Regression:
    """A regression without coefficients whose bounds are the 0.5 and 99.5 percentiles of each term."""
    raw = np.column_stack(list(terms.values()))
    low, high = np.percentile(raw, [0.5, 99.5], axis=0)
    clipped = np.clip(raw, low, high)
    mean = np.average(clipped, axis=0, weights=weight)
    sd = np.sqrt(np.average((clipped - mean) ** 2, axis=0, weights=weight))
    return Regression(0.0, tuple(terms), np.zeros(len(terms)), mean, sd, low, high)


def poisson(design: FloatArray, target: FloatArray, weight: FloatArray, ridge: float = RIDGE) -> FloatArray:
    """Coefficients, intercept first, of the weighted Poisson regression, by Newton's method (1 + term,)."""
    columns = np.column_stack([np.ones(len(design)), design])
    share = weight / (weight @ target)
    penalty = np.full(columns.shape[1], ridge)
    penalty[0] = 0.0
    coefficient = np.zeros(columns.shape[1])
    coefficient[0] = np.log(np.average(target, weights=weight))
    for _ in range(50):
        mean = np.exp(np.clip(columns @ coefficient, -20.0, 9.0))
        slope = columns.T @ (share * (mean - target)) + penalty * coefficient
        curvature = columns.T @ (columns * (share * mean)[:, None]) + np.diag(penalty)
        step = np.linalg.solve(curvature, slope)
        coefficient = coefficient - step * min(1.0, 1.0 / float(np.abs(step).max()))
        if np.abs(step).max() < 1e-10:
            break
    return coefficient


@dataclass(frozen=True)
class Sample:
    """Cells to fit: terms by name [1], growth limit [1], target [gC m-2 yr-1], area [m2], each (cell,)."""

    terms: dict[str, FloatArray]
    limit: FloatArray
    target: FloatArray
    area: FloatArray

    def pick(self, cells: npt.NDArray[np.bool_]) -> Sample:
        """The chosen cells."""
        terms = {name: values[cells] for name, values in self.terms.items()}
        return Sample(terms, self.limit[cells], self.target[cells], self.area[cells])


def fit(sample: Sample) -> Regression:
    """Fitted regression of the sample's target on its terms."""
    frame, limit = standardised(sample.terms, sample.area), np.maximum(sample.limit, 1e-6)
    coefficient = poisson(frame.design(sample.terms), sample.target / limit, sample.area * limit)
    return Regression(float(coefficient[0]), frame.terms, coefficient[1:], frame.mean, frame.sd, frame.low, frame.high)


def skill(predicted: FloatArray, target: FloatArray, weight: FloatArray) -> dict[str, float]:
    """Area-weighted R2 about the 1:1 line, RMSE and bias [gC m-2 yr-1]."""
    mean = np.average(target, weights=weight)
    error = np.average((predicted - target) ** 2, weights=weight)
    return {
        "r2": float(1.0 - error / np.average((target - mean) ** 2, weights=weight)),
        "rmse": float(np.sqrt(error)),
        "bias": float(np.average(predicted - target, weights=weight)),
    }


def held_out(sample: Sample, latitude: FloatArray, longitude: FloatArray) -> FloatArray:
    """Prediction of each cell by a regression that has not seen its 10 x 10 degree block [gC m-2 yr-1] (cell,)."""
    block = np.floor((latitude + 90) / BLOCK) * 36 + np.floor((longitude + 180) / BLOCK)
    fold = np.random.default_rng(0).permutation(18 * 36)[block.astype(int)] % FOLDS
    predicted = np.empty_like(sample.target)
    for left_out in range(FOLDS):
        outside = sample.pick(fold == left_out)
        predicted[fold == left_out] = fit(sample.pick(fold != left_out)).predict(outside.terms, outside.limit)
    return predicted


def reference(folder: Path, name: str, grid: LandGrid) -> FloatArray:
    """A half-degree reference field at the land cells (cell,); NaN where it has none."""
    with xr.open_dataset(folder / "covariates_05deg.nc") as data:
        return data[name].sortby("lat").values[grid.row, grid.column].astype(np.float64)


def ensemble_median(folder: Path, grid: LandGrid) -> FloatArray:
    """Median NPP of the TRENDY v8 models [gC m-2 yr-1] (cell,); NaN where fewer than eight have a value."""
    with xr.open_dataset(folder / "covariates_05deg.nc") as data:
        names = [str(name) for name in data.data_vars if str(name).startswith("npp_trendy8_")]
    stack = np.stack([reference(folder, name, grid) for name in names])
    enough = np.isfinite(stack).sum(axis=0) >= 8
    result = np.full(len(enough), np.nan)
    result[enough] = np.nanmedian(stack[:, enough], axis=0)
    return result


def site_skill(folder: Path, predicted: FloatArray, grid: LandGrid) -> dict[str, float]:
    """Squared correlation and bias against plots with measured total NPP, averaged within each half-degree cell."""
    measured: dict[int, list[float]] = {}
    with (folder / "npp_sites.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["TNPP_1"] not in ("", "NA"):
                cell = grid.nearest(float(row["lat"]), float(row["lon"]))
                measured.setdefault(cell, []).append(float(row["TNPP_1"]))
    observed = np.array([np.mean(values) for values in measured.values()])
    modelled = predicted[list(measured)]
    correlation = float(np.corrcoef(observed, modelled)[0, 1])
    return {"cells": float(len(observed)), "r2": correlation**2, "bias": float(np.mean(modelled - observed))}


def table(regression: Regression, scores: dict[str, dict[str, float]]) -> dict[str, object]:
    """What is committed: coefficients, bounds and skill, rounded."""
    columns = {key: getattr(regression, key) for key in ("coefficient", "mean", "sd", "low", "high")}
    rows = [
        {"name": name, **{key: float(f"{values[i]:.6g}") for key, values in columns.items()}}
        for i, name in enumerate(regression.terms)
    ]
    return {
        "target": "NPP of CLM5.0, TRENDY v8, simulation S2 [gC m-2 yr-1]",
        "method": f"area-weighted Poisson pseudo-likelihood, log link, ridge {RIDGE:g}",
        "skill": {name: {key: round(value, 3) for key, value in row.items()} for name, row in scores.items()},
        "intercept": float(f"{regression.intercept:.6g}"),
        "terms": rows,
    }


def scores_of(folder: Path, regression: Regression, whole: Sample, grid: LandGrid) -> dict[str, dict[str, float]]:
    """Skill in the sample, on held-out blocks, against the ensemble median and against plots."""
    known = np.isfinite(whole.target)
    sample = whole.pick(known)
    predicted = regression.predict(whole.terms, whole.limit)
    blocks = held_out(sample, grid.latitude[known], grid.longitude[known])
    median = ensemble_median(folder, grid)
    both = np.isfinite(median)
    return {
        "in sample": skill(predicted[known], sample.target, sample.area),
        "held-out 10 degree blocks": skill(blocks, sample.target, sample.area),
        "median of the TRENDY v8 models, not fitted": skill(predicted[both], median[both], grid.area[both]),
        "plots with measured NPP (Peng et al. 2023), not fitted": site_skill(folder, predicted, grid),
        "totals [PgC yr-1]": {
            "target": float(sample.target @ sample.area) / GRAMS_PER_PETAGRAM,
            "all cells": float(predicted @ grid.area) / GRAMS_PER_PETAGRAM,
        },
    }


def main() -> None:
    """Fit, score and write ``npp_coefficients.json``."""
    parser = argparse.ArgumentParser(description="Fit the regression of net primary production.")
    parser.add_argument("folder", type=Path, help="folder with covariates_05deg.nc and npp_sites.csv")
    folder = parser.parse_args().folder
    fields = gather(lambda part, words: None)
    climate, grid = growing_climate(fields, derive(fields)), fields.grid
    limit = growth_limit(climate["actual_evapotranspiration"], climate["growing_degree_days"])
    target = np.maximum(reference(folder, TARGET, grid), 0.0)
    whole = Sample(regression_terms(climate, fields.vegetation), limit, target, grid.area)
    regression = fit(whole.pick(np.isfinite(target)))
    path = Path(__file__).with_name("npp_coefficients.json")
    contents = table(regression, scores_of(folder, regression, whole, grid))
    path.write_text(json.dumps(contents, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
