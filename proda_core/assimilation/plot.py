"""Pictures of posteriors: what a profile saw and what the model makes of it; what the data have said about each parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from proda_core import parameters
from proda_core.assimilation.diagnostics import R_HAT_LIMIT
from proda_core.constants import GRAMS_PER_KILOGRAM
from proda_core.parameters import PARAMETERS
from proda_core.style import GREY, INK, LIGHT, STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FloatArray = npt.NDArray[np.float64]

STEEL, ACCENT = "#5b8aa6", "#c2571a"
BANDS = ((0.05, 0.95, 0.22), (0.25, 0.75, 0.45))
"""Lower and upper quantile and opacity of the bands, widest first."""

DEEPEST, SHALLOWEST = 8.6, 1.0
"""The figure goes at most, and at least, so deep [m]."""

MECHANISMS = ("vertical_transport", "environmental_modifier", "baseline_decomposition", "cue", "input_allocation")
"""Groups of parameters, in the order in which they are drawn."""

_VALUE, _NARROWER, _AGREEMENT = 1.04, 1.51, 1.65
"""Where numbers stand beside the parameters, in widths of the prior."""


def profile_figure(posterior: xr.Dataset, position: int) -> Figure:
    """One profile: carbon with depth on the left, its 21 parameters on the right.

    Args:
        posterior: a store that a run has written, see ``assimilation.summary``.
        position: of the profile.

    Returns:
        a figure of Matplotlib; it belongs to no window and needs no closing.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(14, 7.6), dpi=130)
        left, right = figure.add_axes((0.05, 0.155, 0.31, 0.69)), figure.add_axes((0.58, 0.155, 0.25, 0.69))
        profile = posterior.isel(profile=position)
        seen = posterior.isel(observation=np.flatnonzero(posterior["profile_index"].values == position))
        _carbon(left, profile, seen)
        _parameters(right, profile)
        _words(figure, profile, seen)
    return figure


def _carbon(axes: Axes, profile: xr.Dataset, seen: xr.Dataset) -> None:
    """Observed layers, and the model with its bands, against depth."""
    depth = profile["layer"].values
    deepest = float(np.clip(1.12 * seen["layer_bottom"].max(), SHALLOWEST, DEEPEST))
    quantiles = profile["soc_quantiles"] / GRAMS_PER_KILOGRAM
    for low, high, opacity in BANDS:
        label = f"{100 * (high - low):.0f} % of the posterior"
        left, right = _quantile(quantiles, low), _quantile(quantiles, high)
        axes.fill_betweenx(depth, left, right, color=STEEL, alpha=opacity, lw=0, label=label)
    axes.plot(profile["soc_mean"] / GRAMS_PER_KILOGRAM, depth, color=STEEL, lw=2.2, label="posterior mean")
    middle = (seen["layer_top"] + seen["layer_bottom"]).values / 2
    axes.plot(
        seen["default_soc"] / GRAMS_PER_KILOGRAM, middle, color=GREY, ls="--", lw=1.4, marker="D", ms=4, mfc="white",
        label="CLM5 default parameters",
    )  # fmt: skip
    _layers(axes, seen)
    axes.set(ylim=(deepest, 0), xlim=(0, _widest(profile, seen, deepest)), title="Carbon with depth")
    axes.set(ylabel="Depth [m]", xlabel="Soil organic carbon [kg C m$^{-3}$]")
    axes.grid(axis="x", color=LIGHT)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.085), ncols=3, fontsize=8.5, columnspacing=1.4, handlelength=1.8)


def _layers(axes: Axes, seen: xr.Dataset) -> None:
    """Each observed layer as a bar over its depths, with its standard error where it is known."""
    observed, error = (seen[name].values / GRAMS_PER_KILOGRAM for name in ("observed", "soc_density_error"))
    top, bottom = seen["layer_top"].values, seen["layer_bottom"].values
    axes.vlines(observed, top, bottom, color=ACCENT, lw=3.2, label="observed layers", zorder=4)
    known = np.isfinite(error)
    where, middle = observed[known], ((top + bottom) / 2)[known]
    look: dict[str, Any] = {"fmt": "none", "ecolor": ACCENT, "elinewidth": 1.1, "capsize": 3, "zorder": 4}
    axes.errorbar(where, middle, xerr=error[known], label="their standard error", **look)


def _widest(profile: xr.Dataset, seen: xr.Dataset, deepest: float) -> float:
    """Room for what was observed and for the band around it, but not for a band that explodes where nothing was observed."""
    observed = np.nanmax(seen["observed"].values + np.nan_to_num(seen["soc_density_error"].values))
    shown = profile["layer"].values <= deepest
    band = _quantile(profile["soc_quantiles"], BANDS[0][1])[shown]
    default = float(seen["default_soc"].max())
    widest = max(observed, min(default, 3 * observed), min(float(np.nan_to_num(band).max()), 2.5 * observed))
    return float(1.06 * widest / GRAMS_PER_KILOGRAM)


def _quantile(quantiles: xr.DataArray, level: float) -> FloatArray:
    values: FloatArray = quantiles.sel(quantile=level, method="nearest").values
    return values


def _parameters(axes: Axes, profile: xr.Dataset) -> None:
    """Posterior of every parameter across its prior: median, 50 and 90 %, how much narrower it is, and whether chains agree."""
    rows = _rows()
    unit = {q: parameters.to_unit(_quantile(profile["quantiles"], q)) for q in (0.05, 0.25, 0.5, 0.75, 0.95)}
    axes.barh(list(rows.values()), 1.0, height=0.62, color=LIGHT, zorder=1, label="prior (uniform)")
    order = [parameters.INDEX[id_] for id_ in rows]
    y = np.array(list(rows.values()))
    line: dict[str, Any] = {"color": STEEL, "zorder": 3}
    axes.hlines(y, unit[0.05][order], unit[0.95][order], lw=1.8, label="90 %", **line)
    axes.hlines(y, unit[0.25][order], unit[0.75][order], lw=6, label="50 %", **line)
    axes.plot(unit[0.5][order], y, "o", color="white", mec=INK, ms=5, mew=1.2, zorder=5, label="median")
    _defaults(axes, y, parameters.to_unit(parameters.CLM5_DEFAULT)[order])
    for i, height in zip(order, y, strict=True):
        _numbers(axes, profile, i, float(height))
    _labels(axes, rows)


def _defaults(axes: Axes, y: FloatArray, default: FloatArray) -> None:
    """Where the defaults of CLM5 are; arrows at the edge where they lie beyond."""
    for marker, which in (("D", (default >= 0) & (default <= 1)), (">", default > 1), ("<", default < 0)):
        label = "CLM5 default (arrow: beyond)" if marker == "D" else None
        where = np.clip(default[which], 0, 1)
        axes.plot(where, y[which], marker, color="white", mec=GREY, ms=4.5, zorder=4, clip_on=False, label=label)


def _numbers(axes: Axes, profile: xr.Dataset, i: int, y: float) -> None:
    """Beside a parameter: its median, its shrinkage, and its R-hat, which stands out where the chains do not agree."""
    median, shrinkage, r_hat = (
        float(_quantile(profile["quantiles"], 0.5)[i]),
        float(profile["shrinkage"][i]),
        float(profile["r_hat"][i]),
    )
    unit = "" if PARAMETERS[i].unit == "1" else f" {UNITS[PARAMETERS[i].unit]}"
    look: dict[str, Any] = {"color": ACCENT, "weight": "bold"} if r_hat >= R_HAT_LIMIT else {}
    _beside(axes, _VALUE, y, "-" if np.isnan(median) else f"{_short(median)}{unit}", ha="left")
    _beside(axes, _NARROWER, y, _percent(shrinkage))
    _beside(axes, _AGREEMENT, y, "-" if np.isnan(r_hat) else f"{r_hat:.3f}", **look)


def _short(value: float) -> str:
    """Two digits, as powers of ten where there would be many zeros."""
    if 0 < abs(value) < 1e-3:
        power = int(np.floor(np.log10(abs(value))))
        return f"{value / 10.0**power:.1f}\N{MULTIPLICATION SIGN}10$^{{{power}}}$"
    return f"{value:.3g}" if abs(value) >= 100 else f"{value:.2g}"


UNITS = {"m2 yr-1": "m$^2$ yr$^{-1}$", "m": "m", "yr": "yr"}
"""How the units of parameters are set."""


def _beside(axes: Axes, x: float, y: float, words: str, **look: Any) -> None:
    axes.text(x, y, words, **{"transform": axes.get_yaxis_transform(), "ha": "right", "va": "center", "fontsize": 8.5, **look})


def _percent(value: float) -> str:
    return "-" if np.isnan(value) else f"{round(100 * value)} %"


def _rows() -> dict[str, float]:
    """Height of each parameter, grouped by mechanism."""
    rows: dict[str, float] = {}
    y = 0.0
    for mechanism in MECHANISMS:
        for parameter in PARAMETERS:
            if parameter.mechanism == mechanism:
                rows[parameter.id] = y
                y += 1.0
        y += 0.45
    return rows


def _labels(axes: Axes, rows: dict[str, float]) -> None:
    names = {parameter.id: parameter for parameter in PARAMETERS}
    axes.set_yticks(list(rows.values()), [f"{names[id_].meaning}  ${names[id_].symbol}$" for id_ in rows], fontsize=8.5)
    axes.set(
        xlim=(0, 1), ylim=(max(rows.values()) + 0.7, -0.7), xticks=[0, 0.25, 0.5, 0.75, 1],
        xlabel="Position between the bounds of the prior [1]", title="Parameters: posterior within prior",
    )  # fmt: skip
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    for x, words, side in ((_VALUE, "median", "left"), (_NARROWER, "narrower by", "right"), (_AGREEMENT, r"$\hat R$", "right")):
        _beside(axes, x, -1.0, words, ha=side, color=GREY)
    axes.legend(loc="upper center", bbox_to_anchor=(0.3, -0.085), ncols=5, fontsize=8.5, columnspacing=1.4, handlelength=1.4)


def _words(figure: Figure, profile: xr.Dataset, seen: xr.Dataset) -> None:
    """Title and caption."""
    figure.text(0.015, 0.955, f"Profile {profile['profile_id'].item()}", fontsize=14, weight="bold")
    layers = seen.sizes["observation"]
    figure.text(
        0.015, 0.918, f"{_place(profile)}; {layers} layer{'s' if layers > 1 else ''} observed. Chains: {profile['status'].item()}"
    )
    source = str(profile["source"].item()) or "not said"
    figure.text(0.015, 0.015, f"Observations: {source}. Model: CLM5 soil carbon, steady state.", fontsize=8.5, color=GREY)


def _place(profile: xr.Dataset) -> str:
    latitude, longitude = float(profile["latitude"]), float(profile["longitude"])
    north, east = "N" if latitude >= 0 else "S", "E" if longitude >= 0 else "W"
    return f"{abs(latitude):.2f}\N{DEGREE SIGN} {north}, {abs(longitude):.2f}\N{DEGREE SIGN} {east}"
