"""Trained networks in a file: named tensors with a description, in the safetensors format; nothing in it can run.

The file's only metadata entry is JSON with the version of this layout, the free description (method, predictors, scaler, seed,
checksums of the parents, ...), the table of tensors (name, type, shape) and a sha256 over all of them.  The same tensors and
description give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from proda_core.store import atomic_path

SCHEMA_VERSION = "1"
"""Version of the layout; raised whenever a tensor or an entry changes its meaning."""

ENTRY = "proda_weights"
"""The metadata entry by which the file is recognised."""

REMEDY = 'get the committed data/networks.safetensors again, or run "proda learn"'

_UNREADABLE = (SafetensorError, OSError, RuntimeError, ValueError, LookupError, TypeError, MemoryError, OverflowError)
"""What the library raises on damaged files."""


class WeightsError(ValueError):
    """The file is missing, damaged, not one of networks of this version, or the tensors are not what the table says."""


def save(path: Path, tensors: Mapping[str, torch.Tensor], description: Mapping[str, Any]) -> None:
    """Write tensors with their description to ``path``: either the whole file or the old one stands there.

    Args:
        path: the file; its folder must exist.
        tensors: finite tensors by name, such as ``member0/hidden.weight``.
        description: what they are, in terms of JSON: method, predictor table, scaler, seed, parents, ...

    Raises:
        WeightsError: no tensors, a value that is not finite, or a description that JSON cannot hold.
    """
    if not tensors:
        raise WeightsError("expected at least one tensor to save, got none")
    plain = {name: tensors[name].detach().cpu().contiguous().clone() for name in sorted(tensors)}
    _check_finite(plain, "the tensors to save")
    try:
        words = json.loads(json.dumps(description, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise WeightsError(
            f"expected a description that JSON can hold, got {error}; use text, numbers, lists and tables"
        ) from error
    table = _table(plain)
    entry = {"schema": SCHEMA_VERSION, "description": words, "tensors": table, "sha256": _digest(plain, table, words)}
    with atomic_path(path) as temporary:
        save_file(plain, temporary, {ENTRY: json.dumps(entry, sort_keys=True)})


def load(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Tensors and description that :func:`save` wrote.

    Args:
        path: the file.

    Returns:
        tensors by name, on the processor, and the description.

    Raises:
        WeightsError: no such file, another kind or version of file, truncated, damaged, values that are not finite, or other
            tensors than those of the file's own table.
    """
    _check_kind(path)
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            entry = _entry(path, file.metadata())
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118 -- it is no dictionary
    except WeightsError:
        raise
    except _UNREADABLE as error:
        size = path.stat().st_size
        raise WeightsError(
            f"expected whole networks as safetensors at {path}, got {size} bytes that cannot be read ({error}); {REMEDY}"
        ) from error
    _check_table(path, tensors, entry["tensors"])
    if _digest(tensors, entry["tensors"], entry["description"]) != entry["sha256"]:
        raise WeightsError(
            f"expected tensors with the checksum written in the networks at {path}, got another; the file is damaged: {REMEDY}"
        )
    _check_finite(tensors, str(path))
    return tensors, entry["description"]


def _check_kind(path: Path) -> None:
    if not path.is_file():
        raise WeightsError(f"expected networks at {path}, got no file; {REMEDY}")
    with path.open("rb") as file:
        start = file.read(9)
    if start[8:] != b"{":  # eight bytes of length come before the header
        raise WeightsError(f"expected networks as safetensors at {path}, got {_kind(start)}; {REMEDY}")


def _kind(start: bytes) -> str:
    if not start:
        return "an empty file"
    if start[:4] == b"PK\x03\x04":
        return "a zip archive (a torch.save file?), which is never opened here"
    return "a Python pickle, which is never opened here" if start[:1] == b"\x80" else "a file of another kind"


def _entry(path: Path, metadata: Mapping[str, str] | None) -> dict[str, Any]:
    """The file's metadata entry, recognised and whole."""
    if ENTRY not in (metadata or {}):
        raise WeightsError(f"expected networks at {path}, got a safetensors file without {ENTRY}; {REMEDY}")
    entry = json.loads((metadata or {})[ENTRY])
    version = entry.get("schema") if isinstance(entry, dict) else None
    if version != SCHEMA_VERSION:
        raise WeightsError(f"expected networks of version {SCHEMA_VERSION} at {path}, got {version}; {REMEDY}")
    for name, kind in (("description", dict), ("tensors", dict), ("sha256", str)):
        if not isinstance(entry.get(name), kind):
            raise WeightsError(f"expected {name} in the description of the networks at {path}, got none; {REMEDY}")
    found: dict[str, Any] = entry
    return found


def _table(tensors: Mapping[str, torch.Tensor]) -> dict[str, dict[str, Any]]:
    return {
        name: {"dtype": str(tensor.dtype).removeprefix("torch."), "shape": list(tensor.shape)} for name, tensor in tensors.items()
    }


def _check_table(path: Path, tensors: Mapping[str, torch.Tensor], expected: dict[str, Any]) -> None:
    found = _table(tensors)
    for name in sorted({*found, *expected}):
        if found.get(name) != expected.get(name):
            want, got = _words(expected.get(name)), _words(found.get(name))
            raise WeightsError(f"expected {name} as {want} in the networks at {path}, got {got}; {REMEDY}")


def _words(row: Mapping[str, Any] | None) -> str:
    return f"{row.get('dtype')} {row.get('shape')}" if row else "no such tensor"


def _check_finite(tensors: Mapping[str, torch.Tensor], where: str) -> None:
    for name, tensor in tensors.items():
        if not bool(torch.isfinite(tensor).all()):
            raise WeightsError(f"expected finite numbers in {name} of {where}, got NaN or infinite ones; {REMEDY}")


def _digest(tensors: Mapping[str, torch.Tensor], table: object, description: object) -> str:
    """Sha256 over the table, the description and the bytes of the tensors, by name."""
    found = hashlib.sha256(json.dumps([table, description], sort_keys=True).encode())
    for name in sorted(tensors):
        found.update(tensors[name].contiguous().flatten().view(torch.uint8).numpy().data)
    return found.hexdigest()
