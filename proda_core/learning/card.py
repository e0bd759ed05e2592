"""The model card: what the retrieved maps were learned from, how good they are, and where not to trust them, as Markdown.

Its numbers are read from the files that it stands beside, so that it cannot outlive them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import xarray as xr

from proda_core import retrieved
from proda_core.grid import STOCK_DEPTHS
from proda_core.learning.evidence import Evidence
from proda_core.learning.licences import LICENCES
from proda_core.published import ONE_PERCENT_CUE, STOCKS, Range


def text(maps: xr.Dataset, evidence: Evidence) -> str:
    """The card.

    Args:
        maps: of ``retrieved.read``.
        evidence: of ``evidence.read``.
    """
    parts = (
        _head(maps), _training(evidence), _skill(evidence), _stocks(maps), _relations(maps), _limits(evidence), _making(maps)
    )  # fmt: skip
    return "\n".join(part for part in parts if part)


def _head(maps: xr.Dataset) -> str:
    count = maps.sizes.get("member", len(maps["global_stock"]))
    return f"""# Model card: retrieved parameters of the soil carbon model

- **What**: the 21 parameters of the CLM5 soil carbon model on {maps.sizes["cell"]:,} half-degree land cells: best
  estimate (the mean of {count} networks), the networks' own maps, and their spread. Files: `retrieved.nc`, the weights
  `networks.safetensors`, the skill `evidence.json`.
- **Method**: `{maps.attrs["method"]}`, from {maps.attrs["source"]}.
- **For**: exploring how soil carbon depends on its mechanisms, teaching, and as a start for work with more profiles.
- **Not for**: decisions at a field or an estate; carbon accounting; regions that the profiles do not cover (see below).
- **Licence**: {maps.attrs["licence"]}.
"""


def _training(evidence: Evidence) -> str:
    found = evidence.profiles
    sources = "\n".join(f"| {name} | {count:,} | {LICENCES.get(name, '')} |" for name, count in found.by_source.items())
    regions = ", ".join(f"{name} {count:,}" for name, count in found.by_region.items() if count)
    return f"""## Trained on

{found.total:,} profiles in {found.cells:,} cells. By region: {regions}.

| source | profiles | data and licence |
|---|---|---|
{sources}

No value of these profiles is in any file here, only what was computed from them.
"""


def _skill(evidence: Evidence) -> str:
    rows = "\n".join(
        f"| {row.method} | {row.validation} | {row.nse:.2f} ({row.nse_low:.2f} to {row.nse_high:.2f}) | {row.log_nse:.2f} | "
        f"{row.rmse / 1e3:.1f} | {100 * row.relative_bias:+.0f} | {row.concordance:.2f} |"
        for row in evidence.rows(group="all")
    )
    best = [row for row in evidence.rows(validation="block", method="end-to-end") if row.group in ("depth", "region")]
    groups = "\n".join(
        f"| {row.name} | {row.layers:,} | {row.nse:.2f} | {row.log_nse:.2f} | {100 * row.relative_bias:+.0f} |" for row in best
    )
    return f"""## Skill

Carbon density of layers, weighted by the sampling weight of their profiles, those of one place sharing the weight of one;
Nash-Sutcliffe efficiency (NSE) with the 95 % interval of a bootstrap over blocks of latitude and longitude. *random*: profiles
held out at random, those of one place together; *block*: whole blocks held out. Judged is
the mean of the carbon that several networks give; the best estimate of the maps is the mean of their parameters.

| method | validation | NSE | NSE of logarithms | RMSE [kg C m-3] | bias [%] | concordance |
|---|---|---|---|---|---|---|
{rows}

End-to-end on held-out blocks, by depth and region (within a group, the mean of the group is the reference):

| group | layers | NSE | NSE of logarithms | bias [%] |
|---|---|---|---|---|
{groups}
{_distances(evidence)}"""


def _distances(evidence: Evidence) -> str:
    """Skill on held-out blocks by the distance to the nearest training profile; nothing for files from before that was told."""
    methods = ("one-batch", "end-to-end")
    by = {(row.method, row.name): row for row in evidence.rows(validation="block", group="distance") if row.method in methods}
    land, judged = evidence.profiles.land_by_distance, evidence.profiles.judged_by_distance
    names = [name for name in land if all((method, name) in by for method in methods)]
    if not names:
        return ""
    rows = "\n".join(
        f"| {name} | {100 * land[name]:.0f} | {100 * judged.get(name, 0.0):.0f} | {by[methods[0], name].layers:,} | "
        + " | ".join(f"{by[method, name].nse:.2f}" for method in methods)
        + " | "
        + " | ".join(f"{by[method, name].log_nse:.2f}" for method in methods)
        + " |"
        for name in names
    )
    return f"""
On held-out blocks by the distance to the nearest training profile: what end-to-end learning gains over one set of parameters for
the whole world. Beside it how much of the land lies so far from the nearest profile, and of the weight that is judged.

| distance | land [%] | judged [%] | layers | NSE: one-batch | end-to-end | of logarithms: one-batch | end-to-end |
|---|---|---|---|---|---|---|---|
{rows}
"""


def _stocks(maps: xr.Dataset) -> str:
    stock, response = maps["global_stock"].values, maps["one_percent"].values
    rows = "\n".join(
        f"| {depth} | {_with_spread(stock[:, i])} | {_range(STOCKS[depth])} | {_with_spread(response[:, i], '+')} |"
        for i, depth in enumerate(STOCK_DEPTHS)
    )
    low, high = ONE_PERCENT_CUE.low, ONE_PERCENT_CUE.high
    return f"""## Global stocks

Mean and standard deviation of the networks. The spread is that of resampling spatial blocks; errors of the forcing, of the
observations and of the model's form are not in it.

| depth | here [Pg C] | published [Pg C] | +1 % CUE here [Pg C] |
|---|---|---|---|
{rows}

Published response to +1 % CUE: {low:g} to {high:g} Pg C ({ONE_PERCENT_CUE.source}).
"""


def _relations(maps: xr.Dataset) -> str:
    """What the best estimate says as a whole; nothing for files from before that was kept."""
    found = retrieved.relations_of(maps.attrs)
    if not found:
        return ""
    rows = "\n".join(f"| {retrieved.RELATIONS[name]} | {value:.2f} |" for name, value in found.items())
    return f"""## What the best estimate says as a whole

Over the land, weighted by area. A correlation over the land compares places, and says nothing of what one of them would do.

| | |
|---|---|
{rows}
"""


def _limits(evidence: Evidence) -> str:
    return "## Where not to trust it\n\n" + "\n".join(f"- {sentence}" for sentence in evidence.limits) + "\n"


def _making(maps: xr.Dataset) -> str:
    parents = "\n".join(f"| `{name}` | `{checksum}` |" for name, checksum in sorted(json.loads(maps.attrs["parents"]).items()))
    return f"""## Made by

{maps.attrs["created_by"]}, seed {maps.attrs["seed"]}, from

| file | sha256 |
|---|---|
{parents}
"""


def _with_spread(values: np.ndarray | Sequence[float], sign: str = "") -> str:
    held = np.asarray(values)
    return (
        f"{held.mean():{sign},.3g} +- {held.std(ddof=1):.2g}"
        if held.mean() < 1000
        else f"{held.mean():,.0f} +- {held.std(ddof=1):.0f}"
    )


def _range(published: Range) -> str:
    numbers = f"{published.low:,.0f}" + (f"-{published.high:,.0f}" if published.high > published.low else "")
    return f"{numbers} ({published.source})"
