"""Finished folds on disk, so that a cross-validation of hours goes on where it was interrupted.

One small file for each method, validation and fold.  It carries the fingerprint of everything that its numbers depend on: the
profiles, the climate, the posterior, the options, the code, and the profiles it learnt from.  A file with another fingerprint, or
a damaged one, counts as not there: it is computed again, never trusted.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from proda_core import store

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def fingerprint(inputs: Mapping[str, Any]) -> str:
    """SHA-256 of plain values, arrays and the contents of files and directories, by name; compiled Python counts not.

    >>> fingerprint({"seed": 0, "x": np.arange(3)}) == fingerprint({"x": np.arange(3), "seed": 0})
    True
    >>> fingerprint({"seed": 0}) == fingerprint({"seed": 1})
    False
    """
    found = hashlib.sha256()
    for name in sorted(inputs):
        for part in (name.encode(), *_bytes(inputs[name])):
            found.update(len(part).to_bytes(8, "little"))
            found.update(part)
    return found.hexdigest()


def _bytes(value: Any) -> tuple[bytes, ...]:
    if isinstance(value, np.ndarray):
        text = value.dtype.kind in "OUST"
        held = json.dumps(value.astype(str).tolist()).encode() if text else np.ascontiguousarray(value).tobytes()
        return b"text" if text else value.dtype.str.encode(), str(value.shape).encode(), held
    if isinstance(value, Path):
        files = (
            sorted(path for path in value.rglob("*") if path.is_file() and path.suffix != ".pyc") if value.is_dir() else [value]
        )
        names = [path.relative_to(value).as_posix() for path in files]
        return tuple(part for name, path in zip(names, files, strict=True) for part in (name.encode(), path.read_bytes()))
    return (json.dumps(value, sort_keys=True).encode(),)


def code() -> str:
    """Fingerprint of the program: every Python file of ours, and the coefficients that lie beside them.

    All of it, as a line anywhere below may change a result; what a command says is hashed with it, which costs no more than
    doing again what was done.  The committed artefacts count by themselves, where they are used.
    """
    root = Path(store.__file__).parent
    files = sorted(path for path in root.rglob("*") if path.suffix in (".py", ".json") and "_data" not in path.parts)
    return fingerprint({path.relative_to(root).as_posix(): path for path in files})


class Folder:
    """Finished folds in a directory; a ``validation.Keep``.

    Args:
        path: the directory; made when the first fold is kept.
        inputs: fingerprint of what all folds depend on.
    """

    def __init__(self, path: Path, inputs: str) -> None:
        self.path = path
        self._inputs = inputs

    def get(self, method: str, validation: str, fold: int, train: BoolArray) -> FloatArray | None:
        """Predictions of a finished fold (held-out observation,); None where there are none that can be trusted."""
        try:
            with self._file(method, validation, fold).open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                predicted, found = file["predicted"], str(file["fingerprint"])
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None
        if found != self._fingerprint(method, train) or predicted.dtype != np.float64 or predicted.ndim != 1:
            return None
        return np.asarray(predicted, dtype=np.float64)

    def put(self, method: str, validation: str, fold: int, train: BoolArray, predicted: FloatArray) -> None:
        """Keep the predictions of a fold, whole or not at all."""
        self.path.mkdir(exist_ok=True)
        with store.atomic_path(self._file(method, validation, fold)) as temporary, temporary.open("wb") as file:
            np.savez(file, predicted=predicted, fingerprint=np.array(self._fingerprint(method, train)))

    def remove(self) -> None:
        """Take away the files of finished folds, and the directory if nothing else is in it."""
        if self.path.is_dir():
            for file in self.path.glob("*.npz"):
                file.unlink()
            if not any(self.path.iterdir()):
                self.path.rmdir()

    def _file(self, method: str, validation: str, fold: int) -> Path:
        return self.path / f"{method}.{validation}.{fold}.npz"

    def _fingerprint(self, method: str, train: BoolArray) -> str:
        return fingerprint({"inputs": self._inputs, "method": method, "train": train})
