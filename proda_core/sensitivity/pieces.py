"""Work in pieces: done here or on a Dask cluster, each kept on disk as soon as it is done, so that a run goes on where it was.

A piece is a small set of named arrays.  Its file carries the fingerprint of everything it depends on; a file with another
fingerprint, or a damaged one, counts as not there.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from proda_core import store
from proda_core.assimilation import workers

FloatArray = npt.NDArray[np.float64]
Arrays = dict[str, FloatArray]
Progress = Callable[[float], None]


class Shelf:
    """Finished pieces in a directory; without one nothing is kept.

    Args:
        path: the directory, made when the first piece is kept; none to keep nothing.
        fingerprint: of what all pieces depend on.
    """

    def __init__(self, path: Path | None = None, fingerprint: str = "") -> None:
        self.path = path
        self._fingerprint = fingerprint

    def get(self, key: str) -> Arrays | None:
        """A finished piece; None where there is none that can be trusted."""
        if self.path is None:
            return None
        try:
            with (self.path / f"{key}.npz").open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                if str(file["fingerprint"]) != self._fingerprint:
                    return None
                return {name: np.asarray(file[name], dtype=np.float64) for name in file.files if name != "fingerprint"}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None

    def put(self, key: str, piece: Mapping[str, FloatArray]) -> None:
        """Keep a piece, whole or not at all."""
        if self.path is None:
            return
        self.path.mkdir(exist_ok=True)
        held: dict[str, Any] = {**piece, "fingerprint": np.array(self._fingerprint)}
        with store.atomic_path(self.path / f"{key}.npz") as temporary, temporary.open("wb") as file:
            np.savez(file, **held)

    def remove(self) -> None:
        """Take the pieces away, and the directory if nothing else is in it."""
        if self.path is not None and self.path.is_dir():
            for file in self.path.glob("*.npz"):
                file.unlink()
            if not any(self.path.iterdir()):
                self.path.rmdir()


class _Here:
    """A crew of one: this process, whose kernel uses every processor."""

    size = 1

    def submit(self, job: Callable[[], Any]) -> Future[Any]:
        """Do the job now."""
        future: Future[Any] = Future()
        try:
            future.set_result(job())
        except Exception as error:  # noqa: BLE001 -- raised again by whoever asks for the result
            future.set_exception(error)
        return future

    def renew(self) -> None:
        """Nothing to do: a process does not lose itself."""


@contextmanager
def _here() -> Iterator[workers.Crew]:
    yield _Here()


def work(
    keys: Sequence[str],
    job: Callable[[str], Callable[[], Arrays]],
    shelf: Shelf | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> dict[str, Arrays]:
    """Every piece by key, those that are kept from disk, the others done now.

    Args:
        keys: names of the pieces; they become file names.
        job: makes the work on a piece when its turn has come; what it returns must pickle where there is a scheduler.
        shelf: keeps what is done.
        scheduler: address of the scheduler of a Dask cluster; without one the work is done in this process.
        progress: called with the fraction done.

    Raises:
        Exception: what a piece raised; those that were done before are kept.
    """
    kept = shelf or Shelf()
    done = {key: found for key in keys if (found := kept.get(key)) is not None}
    missing = [key for key in keys if key not in done]
    show = progress or _silent
    show(len(done) / max(len(keys), 1))
    if missing:
        crew: AbstractContextManager[workers.Crew] = workers.cluster(scheduler) if scheduler else _here()
        with crew as workforce:
            for number, result in workers.results(range(len(missing)), lambda number: job(missing[number]), workforce):
                if isinstance(result, BaseException):
                    raise result
                kept.put(missing[number], result)
                done[missing[number]] = result
                show(len(done) / len(keys))
    return {key: done[key] for key in keys}


def _silent(part: float) -> None:
    """Progress that nobody watches."""
