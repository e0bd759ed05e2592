"""What is kept of a profile's draws: the posterior as a dataset.

Variables, with dimensions (units as attributes):

- ``mean``, ``sd``, ``shrinkage``, ``r_hat``, ``ess_bulk`` (profile, parameter), ``quantiles`` (profile, parameter, quantile): the
  parameters, physical;
- ``score_mean`` (profile, parameter), ``score_covariance`` (profile, parameter, other): their normal scores, the quantiles of the
  standard normal at the normalised values, whose prior is standard normal: what the data say of parameters together;
- ``soc_mean`` (profile, layer), ``soc_quantiles`` (profile, layer, quantile): SOC density with depth;
- ``observed``, ``fitted_mean``, ``fitted_quantiles``, ``predicted_quantiles`` (with the error of an observation), ``default_soc``
  (the CLM5 defaults at the same place), ``fitted_r_hat``, ``fitted_ess_bulk``, ``fitted_ess_tail`` (observation, ...): what the
  profile saw, and the model there;
- ``loo_probability``, ``loo_log_density``, ``loo_shape`` (observation): prediction of each layer from the profile's other layers;
- ``error_size`` (profile), ``acceptance`` (profile), ``draws_made`` (profile), ``converged`` (profile), ``status`` (profile);
- on request ``draws`` (profile, chain, draw, parameter), normalised, and ``draws_error_size`` (profile, chain, draw).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr
from scipy import stats

from proda_core import parameters
from proda_core.assimilation import diagnostics
from proda_core.assimilation.posterior import Default
from proda_core.assimilation.streams import Streams
from proda_core.grid import LAYERS, LAYERS_CLM5

if TYPE_CHECKING:
    from proda_core.assimilation.sites import Finished, Fit

FloatArray = npt.NDArray[np.float64]
Tensor = torch.Tensor

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
PRIOR_SD = 1 / 12**0.5
"""Standard deviation of a normalised parameter under its uniform prior."""

DIAGNOSED_DRAWS = 240
"""Draws of each chain that the diagnostics of parameters look at, evenly spread; fewer draws can only lower the sample size."""

SCORED = 1e-6
"""Normal scores are taken of values this far inside the prior at least; its very ends would be infinite."""

_PARAMETER, _LAYER, _SEEN = ("profile", "parameter"), ("profile", "layer"), ("observation",)
_SHAPES: dict[str, tuple[tuple[str, ...], str, str]] = {
    "mean": (_PARAMETER, "posterior mean", "see parameter_units"),
    "sd": (_PARAMETER, "posterior standard deviation", "see parameter_units"),
    "quantiles": ((*_PARAMETER, "quantile"), "posterior quantiles", "see parameter_units"),
    "score_mean": (_PARAMETER, "posterior mean of the normal scores", "1"),
    "score_covariance": ((*_PARAMETER, "other"), "posterior covariance of the normal scores", "1"),
    "shrinkage": (_PARAMETER, "1 - posterior over prior standard deviation", "1"),
    "r_hat": (_PARAMETER, "rank-normalised split R-hat", "1"),
    "ess_bulk": (_PARAMETER, "bulk effective sample size", "1"),
    "soc_mean": (_LAYER, "posterior mean of SOC density", "g m-3"),
    "soc_quantiles": ((*_LAYER, "quantile"), "posterior quantiles of SOC density", "g m-3"),
    "observed": (_SEEN, "observed SOC density", "g m-3"),
    "fitted_mean": (_SEEN, "posterior mean of modelled SOC density", "g m-3"),
    "fitted_quantiles": ((*_SEEN, "quantile"), "posterior quantiles of modelled SOC density", "g m-3"),
    "predicted_quantiles": ((*_SEEN, "quantile"), "posterior predictive quantiles of the observation", "g m-3"),
    "default_soc": (_SEEN, "SOC density with the CLM5 default parameters", "g m-3"),
    "fitted_r_hat": (_SEEN, "R-hat of modelled SOC density", "1"),
    "fitted_ess_bulk": (_SEEN, "bulk effective sample size of modelled SOC density", "1"),
    "fitted_ess_tail": (_SEEN, "tail effective sample size of modelled SOC density", "1"),
    "loo_probability": (_SEEN, "probability of less than observed, predicted from the profile's other layers", "1"),
    "loo_log_density": (_SEEN, "log density of the logarithm of the observation, predicted from the other layers", "1"),
    "loo_shape": (_SEEN, f"Pareto shape of the importance weights, unreliable above {diagnostics.PARETO_LIMIT:g}", "1"),
    "error_size": (("profile",), "posterior mean of the relative error of the model", "1"),
    "acceptance": (("profile",), "mean acceptance probability", "1"),
    "draws_made": (("profile",), "draws of each chain", "1"),
    "converged": (("profile",), "whether the fitted SOC has converged", "1"),
    "status": (("profile",), "what became of the profile", ""),
}
_OF_PROFILES = ("profile_id", "latitude", "longitude", "source")
_OF_LAYERS = ("profile_index", "layer_top", "layer_bottom", "soc_density_error")


class Builder:
    """Collects profiles as they finish, into one dataset.

    Args:
        profiles: the observation table.
        streams: random numbers for drawing error sizes and predictions.
        draws: draws of each chain to keep, none if zero.
    """

    def __init__(self, profiles: xr.Dataset, streams: Streams, draws: int) -> None:
        self._profiles, self._streams, self._draws = profiles, streams, draws
        self._first = np.searchsorted(profiles["profile_index"].values, np.arange(profiles.sizes["profile"] + 1))
        self._data: dict[str, np.ndarray[Any, Any]] = {}

    def _put(self, name: str, where: int | slice, value: Any) -> None:
        array = np.asarray(value)
        if name not in self._data:
            rows = self._profiles.sizes["observation" if isinstance(where, slice) else "profile"]
            shape = array.shape[1:] if isinstance(where, slice) else array.shape
            kind = object if array.dtype.kind == "U" else array.dtype
            self._data[name] = np.full((rows, *shape), np.nan if array.dtype.kind == "f" else 0, dtype=kind)
        self._data[name][where] = value

    def add(self, finished: Finished) -> None:
        """Take in profiles that have finished."""
        streams = self._streams.rows(finished.profile.tolist())
        target, flat = finished.target, finished.soc.flatten(1, 2)
        extra = _errors(target, flat, streams) if isinstance(target, Default) else None
        default = target.observed_by(target.soc(_default_parameters(len(finished.profile))))[:, 0]
        for k, profile in enumerate(finished.profile.tolist()):
            seen = target.observations.seen[k]
            layers = slice(int(self._first[profile]), int(self._first[profile + 1]))
            self._add_parameters(profile, finished.unit[k].numpy())
            self._put("soc_mean", profile, flat[k].mean(0))
            self._put("soc_quantiles", profile, _quantiles(flat[k].numpy(), 0))
            self._put("default_soc", layers, default[k, seen])
            self._add_fit(profile, layers, finished.observed[k][..., seen].numpy(), finished.fit[k])
            self._put("acceptance", profile, float(finished.acceptance[k].mean()))
            if extra is not None:
                fitted = finished.observed[k].flatten(0, 1)
                self._add_errors(profile, layers, fitted[:, seen], [part[k] for part in extra], seen)
            self._keep(profile, finished.unit[k], None if extra is None else extra[0][k])

    def _add_parameters(self, profile: int, unit: FloatArray) -> None:
        every = np.linspace(0, unit.shape[1] - 1, min(unit.shape[1], DIAGNOSED_DRAWS)).round().astype(int)
        draws = np.moveaxis(unit[:, every], -1, 0)
        lower, span = parameters.LOWER, parameters.UPPER - parameters.LOWER
        flat = unit.reshape(-1, unit.shape[-1])
        self._put("mean", profile, lower + span * flat.mean(0))
        self._put("sd", profile, span * flat.std(0))
        self._put("quantiles", profile, lower[:, None] + span[:, None] * _quantiles(flat, 0))
        scores = stats.norm.ppf(np.clip(flat, SCORED, 1.0 - SCORED))
        self._put("score_mean", profile, scores.mean(0))
        self._put("score_covariance", profile, np.cov(scores, rowvar=False).astype(np.float32))
        self._put("shrinkage", profile, diagnostics.shrinkage(flat.std(0), PRIOR_SD))
        self._put("r_hat", profile, diagnostics.r_hat(draws))
        self._put("ess_bulk", profile, diagnostics.ess_bulk(draws))

    def _add_fit(self, profile: int, layers: slice, fitted: FloatArray, fit: Fit) -> None:
        self._put("observed", layers, self._profiles["soc_density"].values[layers])
        flat = fitted.reshape(-1, fitted.shape[-1])
        self._put("fitted_mean", layers, flat.mean(0))
        self._put("fitted_quantiles", layers, _quantiles(flat, 0))
        for name, values in (("fitted_r_hat", fit.r_hat), ("fitted_ess_bulk", fit.bulk), ("fitted_ess_tail", fit.tail)):
            self._put(name, layers, values)
        self._put("draws_made", profile, fitted.shape[1])
        self._put("converged", profile, diagnostics.converged(*fit))
        self._put("status", profile, diagnostics.status(*fit, draws=fitted.shape[1]))

    def _add_errors(self, profile: int, layers: slice, fitted: Tensor, errors: list[Tensor], seen: Tensor) -> None:
        size, noise, residual, scale, degrees = errors
        self._put("error_size", profile, float(size.mean()))
        predicted = fitted * noise[:, seen].exp()
        self._put("predicted_quantiles", layers, _quantiles(predicted.numpy(), 0))
        r, s, nu = (part[:, seen].numpy().T for part in (residual, scale, degrees))
        if not np.isfinite(r).all():
            return
        density, probability, shape = diagnostics.leave_one_out(stats.t.logpdf(r, nu) - np.log(s), stats.t.cdf(r, nu))
        for name, values in (("loo_log_density", density), ("loo_probability", probability), ("loo_shape", shape)):
            self._put(name, layers, values)

    def _keep(self, profile: int, unit: Tensor, size: Tensor | None) -> None:
        if not self._draws:
            return
        which = np.linspace(0, unit.shape[1] - 1, self._draws).round().astype(int)
        self._put("draws", profile, unit[:, which].numpy())
        if size is not None:
            self._put("draws_error_size", profile, size.view(*unit.shape[:2])[:, which].numpy())

    def dataset(self) -> xr.Dataset:
        """Everything as one dataset, with attributes."""
        shapes = {
            **_SHAPES,
            "draws": (("profile", "chain", "draw", "parameter"), "draws of the normalised parameters", "1"),
            "draws_error_size": (("profile", "chain", "draw"), "draws of the relative error of the model", "1"),
        }
        data = {}
        for name, values in self._data.items():
            dims, meaning, units = shapes[name]
            kept = values.astype(str) if values.dtype == object else values
            data[name] = (dims, kept, {"long_name": meaning, **({"units": units} if units else {})})
        table = {name: self._profiles[name].variable for name in (*_OF_PROFILES, *_OF_LAYERS) if name in self._profiles}
        coords = {
            "parameter": list(parameters.IDS),
            "parameter_units": ("parameter", [parameter.unit for parameter in parameters.PARAMETERS]),
            "quantile": list(QUANTILES),
            "layer": ("layer", LAYERS_CLM5.node[:LAYERS], {"long_name": "node depth", "units": "m", "positive": "down"}),
        }
        title = "Posterior of the parameters of the soil carbon model at observed profiles"
        return xr.Dataset({**table, **data}, coords, {"Conventions": "CF-1.11", "title": title})


def _quantiles(values: FloatArray, axis: int) -> FloatArray:
    """Quantiles along ``axis``, which moves to the end."""
    return np.moveaxis(np.quantile(values, QUANTILES, axis=axis), 0, -1)


def _default_parameters(profiles: int) -> Tensor:
    """CLM5 defaults, normalised (some of them outside the prior) (profile, 1, 21)."""
    return torch.as_tensor(parameters.to_unit(parameters.CLM5_DEFAULT)).expand(profiles, 1, -1)


def _errors(target: Default, soc: Tensor, streams: Streams) -> tuple[Tensor, ...]:
    """Error size (profile, k), drawn errors of observations, and each one's distribution given the others (profile, k,
    observation).
    """
    size = target.error_size(soc, streams)
    # layers first: the numbers of a profile must not depend on how many layers its neighbours have
    noise = size[..., None] * streams.normal(target.observations.seen.shape[1], *size.shape[1:]).movedim(1, -1)
    return (size, noise, *target.each_given_others(soc))
