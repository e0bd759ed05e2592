"""Trained networks come back as they were saved, and nothing unsound is ever taken for them."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from proda_core.learning import weights
from proda_core.learning.weights import WeightsError

DESCRIPTION: dict[str, Any] = {"method": "end-to-end", "seed": 3, "predictors": ["bio1", "npp"], "parents": {"climate.nc": "ab"}}


def tensors() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return {
        "member1/hidden.weight": torch.randn(7, 3, generator=generator, dtype=torch.float64),
        "member0/hidden.weight": torch.randn(3, 7, generator=generator).T,  # not contiguous
        "scaler/mean": torch.tensor(0.5),
        "scaler/index": torch.arange(4),
        "none": torch.zeros(0, 2),
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    weights.save(tmp_path / "networks.safetensors", tensors(), DESCRIPTION)
    return tmp_path / "networks.safetensors"


def test_tensors_and_description_come_back_to_the_bit(path: Path) -> None:
    found, description = weights.load(path)
    assert description == DESCRIPTION
    assert set(found) == set(tensors())
    for name, tensor in tensors().items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor)


def test_the_same_networks_give_the_same_bytes(path: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.safetensors"
    weights.save(again, dict(reversed(tensors().items())), dict(reversed(DESCRIPTION.items())))
    assert again.read_bytes() == path.read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["again.safetensors", "networks.safetensors"]


def test_loaded_tensors_do_not_depend_on_the_file(path: Path) -> None:
    found, _ = weights.load(path)
    with path.open("rb+") as file:
        file.write(bytes(path.stat().st_size))
    assert torch.equal(found["scaler/index"], torch.arange(4))


@pytest.mark.parametrize(
    ("some", "description", "message"),
    [
        ({}, {}, "expected at least one tensor to save, got none"),
        (
            {"a": torch.tensor([1.0, float("nan")])},
            {},
            "expected finite numbers in a of the tensors to save, got NaN or infinite",
        ),
        ({"a": torch.tensor([float("inf")])}, {}, "expected finite numbers in a"),
        ({"a": torch.ones(1)}, {"when": object()}, "expected a description that JSON can hold, got Object of type object"),
        ({"a": torch.ones(1)}, {"loss": float("nan")}, "expected a description that JSON can hold, got"),
    ],
)
def test_what_cannot_be_read_back_is_not_written(
    path: Path, some: dict[str, torch.Tensor], description: dict[str, Any], message: str
) -> None:
    before = path.read_bytes()
    with pytest.raises(WeightsError, match=message):
        weights.save(path, some, description)
    assert path.read_bytes() == before


def entry(path: Path) -> dict[str, Any]:
    """The description as it stands in the header of the file."""
    body = path.read_bytes()
    header = json.loads(body[8 : 8 + int.from_bytes(body[:8], "little")])
    found: dict[str, Any] = json.loads(header["__metadata__"][weights.ENTRY])
    return found


def remade(change: Callable[[dict[str, torch.Tensor], dict[str, Any]], None]) -> Callable[[Path], None]:
    """A whole safetensors file with other tensors or another description."""

    def spoil(path: Path) -> None:
        words, plain = entry(path), {name: tensor.contiguous() for name, tensor in tensors().items()}
        change(plain, words)
        save_file(plain, path, {weights.ENTRY: json.dumps(words)})

    return spoil


def poisoned(path: Path) -> None:
    """Not a number, under checksums that are right."""
    plain = {"a": torch.tensor([1.0, float("nan")])}
    table = {"a": {"dtype": "float32", "shape": [2]}}
    words = {"schema": "1", "description": {}, "tensors": table, "sha256": weights._digest(plain, table, {})}
    save_file(plain, path, {weights.ENTRY: json.dumps(words)})


UNSOUND: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (Path.unlink, r"expected networks at .*, got no file; get the committed data/networks\.safetensors again"),
    "empty": (lambda p: p.write_bytes(b""), "expected networks as safetensors at .*, got an empty file"),
    "text": (lambda p: p.write_text("no networks here", encoding="utf-8"), "got a file of another kind"),
    "pickle": (lambda p: p.write_bytes(pickle.dumps({"a": [1.0] * 9})), "got a Python pickle, which is never opened here"),
    "torch": (lambda p: torch.save(tensors(), p), r"got a zip archive \(a torch.save file\?\), which is never opened here"),
    "cut": (lambda p: p.write_bytes(p.read_bytes()[:-9]), r"expected whole networks .* got \d+ bytes that cannot be read"),
    "short": (lambda p: p.write_bytes(p.read_bytes()[:99]), "expected whole networks .* got 99 bytes that cannot be read"),
    "foreign": (lambda p: save_file({"a": torch.ones(1)}, p), "got a safetensors file without proda_weights"),
    "version": (remade(lambda t, e: e.update(schema="2")), "expected networks of version 1 at .*, got 2"),
    "unversioned": (remade(lambda t, e: e.pop("schema")), "expected networks of version 1 at .*, got None"),
    "undescribed": (remade(lambda t, e: e.pop("description")), "expected description in the description of the networks"),
    "value": (remade(lambda t, e: t["scaler/index"].add_(1)), "expected tensors with the checksum written in the networks"),
    "words": (remade(lambda t, e: e["description"].update(seed=4)), "expected tensors with the checksum written"),
    "name": (remade(lambda t, e: t.pop("none")), r"expected none as float32 \[0, 2\] in .*, got no such tensor"),
    "extra": (remade(lambda t, e: t.update(more=torch.ones(1))), r"expected more as no such tensor in .*, got float32 \[1\]"),
    "shape": (
        remade(lambda t, e: t.update({"scaler/index": torch.ones(2, 2)})),
        r"expected scaler/index as int64 \[4\] .*, got float32 \[2, 2\]",
    ),
    "nan": (poisoned, "expected finite numbers in a of .*, got NaN or infinite ones"),
}


@pytest.mark.parametrize("what", UNSOUND)
def test_an_unsound_file_is_named(what: str, path: Path) -> None:
    spoil, message = UNSOUND[what]
    spoil(path)
    with pytest.raises(WeightsError, match=message) as raised:
        weights.load(path)
    assert len(str(raised.value).splitlines()) == 1


def test_no_flipped_bit_goes_unnoticed(path: Path) -> None:
    content = path.read_bytes()
    for place in np.arange(0, len(content), 5):
        body = bytearray(content)
        body[place] ^= 1 << int(place % 8)
        path.write_bytes(body)
        with pytest.raises(WeightsError):
            weights.load(path)
