"""Finished batches, one after the other, into Zarr stores: the posterior, and the draws in the layout of ArviZ.

A store is written beside its target and renamed when it is whole; the same batches give the same bytes.  Only one batch is in
memory at a time.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr

from proda_core.assimilation.parts import RunError, fsync_tree, writing
from proda_core.variables import OBSERVATIONS

PROFILE, OBSERVATION, DRAW, INDEX = "profile", "observation", "draw", "profile_index"

SCHEMA = "proda_posterior"
"""Attribute of finished stores; holds their version.  A store without it is not ours, or not whole."""

VERSION = "1"

CHUNK_BYTES = 2**22
"""Size of a chunk before compression, more or less."""

_POSTERIOR, _STATISTICS, _OBSERVED = "posterior", "sample_stats", "observed_data"
_TEXT_BYTES = 32

Values = np.ndarray[Any, Any]


@dataclass
class _Group:
    """A group of a store that grows batch by batch along profile and observation.

    Attributes:
        group: of Zarr.
        sizes: final length of the two dimensions that grow.
        filled: how far they are filled.
    """

    group: Any
    sizes: Mapping[str, int]
    filled: dict[str, int] = field(default_factory=lambda: {PROFILE: 0, OBSERVATION: 0})

    def append(self, part: xr.Dataset) -> None:
        """Write the next batch; what does not grow is written once and must not differ later, what a batch lacks stays empty."""
        if not any(self.filled.values()):
            self.group.attrs.update({**part.attrs, **_coordinates(part)})
        for name in map(str, part.variables):
            self._write(name, part.variables[name])
        for dim in self.filled:
            self.filled[dim] += part.sizes.get(dim, 0)

    def _write(self, name: str, variable: xr.Variable) -> None:
        dims = tuple(map(str, variable.dims))
        values = _plain(variable.values)
        if name == INDEX:
            values = values + self.filled[PROFILE]
        new = name not in self.group
        if new:
            self._create(name, dims, values, variable.attrs)
        array = self.group[name]
        if new or any(dim in self.sizes for dim in dims):
            array[tuple(self._place(dim, size) for dim, size in zip(dims, values.shape, strict=True))] = values
        elif not _same(np.asarray(array[...]), values):
            raise ValueError(f"expected {name} to be the same in every batch, got another in a later one; leave it out")

    def _place(self, dim: str, size: int) -> slice:
        start = self.filled.get(dim, 0)
        return slice(start, start + size)

    def _create(self, name: str, dims: tuple[str, ...], values: Values, attrs: Mapping[str, Any]) -> None:
        shape = tuple(self.sizes.get(dim, size) for dim, size in zip(dims, values.shape, strict=True))
        text = values.dtype.kind == "U"
        array = self.group.create_array(
            name,
            shape=shape,
            chunks=_chunks(dims, shape, _TEXT_BYTES if text else values.dtype.itemsize),
            dtype=str if text else values.dtype,
            dimension_names=dims,
            fill_value="" if text else np.nan if values.dtype.kind == "f" else values.dtype.type(0),
        )
        array.attrs.update({key: _json_plain(value) for key, value in attrs.items()})


def _plain(values: Values) -> Values:
    """Values of a type that Zarr has: any text as one kind of text."""
    return values.astype(np.str_) if values.dtype.kind in "OST" else values


def _json_plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def _same(one: Values, other: Values) -> bool:
    if other.dtype.kind == "f":
        return bool(np.array_equal(one, other, equal_nan=True))
    return bool(one.tolist() == other.tolist())


def _chunks(dims: tuple[str, ...], shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """Whole in every dimension but the one that grows, which is cut so that a chunk has a handy size."""
    grows = [dim in (PROFILE, OBSERVATION) for dim in dims]
    row = itemsize * int(np.prod([size for size, cut in zip(shape, grows, strict=True) if not cut], dtype=np.int64))
    rows = max(1, CHUNK_BYTES // max(row, 1))
    return tuple(max(1, min(size, rows) if cut else size) for size, cut in zip(shape, grows, strict=True))


def _coordinates(part: xr.Dataset) -> dict[str, str]:
    """The CF attribute that tells coordinates from variables."""
    names = sorted(str(name) for name in part.coords if name not in part.dims)
    return {"coordinates": " ".join(names)} if names else {}


def posterior(batches: Iterable[xr.Dataset], group: Any, sizes: Mapping[str, int]) -> None:
    """Write what batches hold but their draws."""
    growing = _Group(group, sizes)
    for batch in batches:
        growing.append(batch.drop_dims(DRAW, errors="ignore"))


def draws(batches: Iterable[xr.Dataset], group: Any, sizes: Mapping[str, int]) -> None:
    """Write the draws of batches as groups ``posterior``, ``sample_stats`` and ``observed_data``.

    Variables called ``draws`` (the parameters) and ``draws_NAME`` become ``parameters`` and ``NAME`` of the posterior, other
    variables of every draw are statistics of the sampler, and what the table of profiles says about layers is data.
    """
    groups = {name: _Group(group.create_group(name), sizes) for name in (_POSTERIOR, _STATISTICS, _OBSERVED)}
    for batch in batches:
        for name, part in _inference(batch).items():
            groups[name].append(part)


def _inference(batch: xr.Dataset) -> dict[str, xr.Dataset]:
    """The groups of ArviZ's schema, of one batch."""
    drawn = [str(name) for name, values in batch.data_vars.items() if DRAW in values.dims]
    posterior = {name: name.removeprefix("draws_") for name in drawn if name.startswith("draws_")}
    posterior |= {name: "parameters" for name in drawn if name == "draws"}
    statistics = {name: name for name in drawn if name not in posterior}
    named = batch.assign_coords(profile=(PROFILE, _names(batch), {"long_name": "name of the profile"}))
    for dim in ("chain", DRAW):
        if dim in named.dims and dim not in named.coords:
            named = named.assign_coords({dim: np.arange(named.sizes[dim])})
    groups = {
        group: named[list(names)].rename(names).transpose("chain", DRAW, PROFILE, ..., missing_dims="ignore")
        for group, names in ((_POSTERIOR, posterior), (_STATISTICS, statistics))
    }
    observed = [name for name, row in OBSERVATIONS.items() if row.dims == (OBSERVATION,) and name in named.variables]
    groups[_OBSERVED] = named[observed].assign_coords(profile=named["profile"])
    about = {"inference_library": "proda"}
    return {name: part.drop_attrs(deep=False).assign_attrs(about) for name, part in groups.items()}


def _names(batch: xr.Dataset) -> Values:
    return _plain(batch["profile_id"].values) if "profile_id" in batch.variables else np.arange(batch.sizes[PROFILE]).astype(str)


def put(target: Path, plan: str, fill: Callable[[Any], None], *, replace: bool, sizes: Mapping[str, int]) -> None:
    """Make a store and put it at ``target``: whole or not at all.

    Args:
        target: where it shall be.
        plan: digest of the run's plan, by which a finished store is known again.
        fill: writes into the group of the store that is handed to it.
        replace: whether a store of ours that is there already may be replaced.
        sizes: what the store says about its length, as attributes.
    """
    check_free(target, replace=replace)
    mark = hashlib.sha256(str(target.resolve()).encode()).hexdigest()[:8]
    new, old = (target.with_name(f".{target.name}.{mark}.{word}") for word in ("new", "old"))
    with writing(target):
        for leftover in (new, old):
            shutil.rmtree(leftover, ignore_errors=True)
        try:
            _make(new, plan, fill, sizes)
            if target.exists():
                target.replace(old)
            new.replace(target)
        finally:
            shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _make(path: Path, plan: str, fill: Callable[[Any], None], sizes: Mapping[str, int]) -> None:
    """Write a store and flush it to disk; what marks it as finished comes last."""
    group = zarr.open_group(path, mode="w", zarr_format=3)
    fill(group)
    group.attrs.update({SCHEMA: VERSION, "plan": plan, **{f"{name}s": size for name, size in sizes.items()}})
    with warnings.catch_warnings():
        # Readers look for it and are quick with it; Zarr warns that other implementations may not know it: they read on.
        warnings.filterwarnings("ignore", message="Consolidated metadata", category=UserWarning)
        zarr.consolidate_metadata(path)
    fsync_tree(path)


def check_free(target: Path, *, replace: bool) -> None:
    """Raise :class:`RunError` where something is that must not be replaced."""
    if not target.parent.is_dir():
        raise RunError(f"expected an existing directory to write {target.name} to, got {target.parent}; create it first")
    if not os.path.lexists(target):
        return
    if not replace:
        raise RunError(f"expected a new name to write to, got {target}, which exists; choose another, or add --force")
    if plan_of(target) is None:
        raise RunError(f"expected to replace a store that proda wrote, got {target}, which is something else; choose another")


def plan_of(store: Path) -> str | None:
    """Digest of the plan of a finished store; None where there is none of ours."""
    try:
        attributes = json.loads((store / "zarr.json").read_text(encoding="utf-8"))["attributes"]
        return str(attributes["plan"]) if SCHEMA in attributes else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def load(store: Path) -> xr.Dataset:
    """A finished posterior, opened; values are read when they are asked for.

    Raises:
        RunError: nothing there, or not a finished posterior of this version.
    """
    if plan_of(store) is None:
        raise RunError(f"expected a posterior at {store}, got none that is whole; make it with proda assimilate")
    opened: xr.Dataset = xr.open_zarr(store, chunks=None)
    if str(opened.attrs[SCHEMA]) != VERSION:
        raise RunError(f"expected a posterior of version {VERSION} at {store}, got version {opened.attrs[SCHEMA]}; make it again")
    return opened
