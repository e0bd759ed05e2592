"""The work folder of a run: its lock, its plan, and the batches that are done.

It lies beside the result as ``NAME.parts`` for as long as the run is not finished, so that a run which was interrupted, at
whatever moment, can go on.  Every file in it is whole or not there, and a finished batch carries the digest of its own content.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from proda_core import store
from proda_core.assimilation.lock import locked

SCHEMA = 1
"""Version of the work folder's layout."""

_CONTENT = "content_sha256"
_PLAN = "plan.json"
_LOCK = "lock"


class RunError(ValueError):
    """A run cannot start, go on or finish; the message says what to do."""


@dataclass(frozen=True)
class Plan:
    """What makes a run the run that it is: a run can only go on under an equal plan.

    Attributes:
        schema: version of the work folder's layout.
        version: version of this package.
        profiles: digest of the table of profiles.
        forcing: digest of the forcing of every profile.
        profile_count: number of profiles.
        batch: profiles in a batch.
        draws: whether draws are kept.
        function: name of the function that works on a batch.
        options: its options, plain values.
    """

    schema: int
    version: str
    profiles: str
    forcing: str
    profile_count: int
    batch: int
    draws: bool
    function: str
    options: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The plan as JSON has it, tuples as lists."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return plain

    @property
    def digest(self) -> str:
        """SHA-256 of the plan; a finished store carries it."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()

    @property
    def batches(self) -> range:
        """Numbers of the batches."""
        return range(-(-self.profile_count // self.batch))

    def rows(self, number: int) -> slice:
        """Positions of the profiles of a batch."""
        first = number * self.batch
        return slice(first, min(first + self.batch, self.profile_count))


def digest(dataset: xr.Dataset) -> str:
    """SHA-256 of the names, dimensions, types and values of a dataset; attributes do not count.

    >>> a = xr.Dataset({"x": ("n", [1.0, 2.0]), "name": ("n", ["a", "b"])})
    >>> digest(a) == digest(a.assign(name=("n", np.array(["a", "b"], dtype=object))))
    True
    >>> digest(a) == digest(a.assign(x=a.x + 1))
    False
    """
    found = hashlib.sha256()
    for name in sorted(map(str, dataset.variables)):
        variable = dataset.variables[name]
        values = np.asarray(variable.values)
        text = values.dtype.kind in "OUST"
        data = json.dumps([str(v) for v in values.ravel().tolist()]).encode() if text else values.tobytes()
        head = [name, list(map(str, variable.dims)), list(variable.shape), "text" if text else values.dtype.str]
        found.update(json.dumps([*head, len(data)]).encode())
        found.update(data)
    return found.hexdigest()


class Parts:
    """The work folder of one run; made by :func:`opened`, which holds its lock.

    Attributes:
        path: where it lies.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def plan(self) -> dict[str, Any] | None:
        """The plan that lies there; empty where it cannot be read, None where there is none."""
        try:
            found = json.loads((self.path / _PLAN).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def begin(self, plan: Plan, *, replace: bool) -> None:
        """Start again: everything goes but the lock, and the new plan is written."""
        for old in self.path.iterdir():
            if old.is_dir():
                shutil.rmtree(old)
            elif old.name != _LOCK:
                old.unlink()
        self._write(_PLAN, json.dumps({**plan.to_json(), "replace": replace}, indent=2).encode() + b"\n")

    def check_same(self, plan: Plan) -> None:
        """Raise :class:`RunError` unless the plan that lies there equals ``plan``; the message names what differs."""
        there, asked = _flat({k: v for k, v in (self.plan or {}).items() if k != "replace"}), _flat(plan.to_json())
        differing = sorted(name for name in there.keys() | asked.keys() if there.get(name, None) != asked.get(name, None))
        if differing:
            words = "; ".join(_difference(name, there.get(name), asked.get(name)) for name in differing)
            raise RunError(
                f"expected the run in {self.path} to go on as it began, got other settings: {words}; "
                "give what was given then, or start again with --force in place of --resume"
            )

    def finished(self, plan: Plan) -> list[int]:
        """Numbers of the batches that are there and whole; what is damaged is taken away."""
        found = []
        for number in plan.batches:
            if not self._file(number).exists():
                continue
            try:
                self.read(number)
            except RunError:
                self._file(number).unlink()
            else:
                found.append(number)
        return found

    def write(self, number: int, result: xr.Dataset) -> None:
        """Keep the result of a batch, whole or not at all."""
        exact = {str(name): {"_FillValue": None} for name, values in result.variables.items() if values.dtype.kind in "fiu"}
        # made in memory: HDF5 would hide why a file cannot be written
        content = result.assign_attrs({_CONTENT: digest(result)}).to_netcdf(engine="netcdf4", encoding=exact)
        self._write(self._file(number).name, bytes(content))

    def read(self, number: int) -> xr.Dataset:
        """The result of a finished batch; raises :class:`RunError` where its file is damaged."""
        path = self._file(number)
        try:
            with xr.open_dataset(path, engine="netcdf4", decode_times=False, mask_and_scale=False) as data:
                result = data.load()
        except (OSError, RuntimeError, ValueError, LookupError, TypeError, EOFError) as error:
            raise RunError(f"expected a finished batch at {path}, got one that cannot be read ({error}); use --resume") from error
        text = {name: values.astype(np.str_) for name, values in result.variables.items() if values.dtype.kind in "OST"}
        result = result.assign({name: (values.dims, values.values, values.attrs) for name, values in text.items()})
        if result.attrs.pop(_CONTENT, None) != digest(result):
            raise RunError(f"expected a finished batch at {path}, got one whose content has changed; use --resume")
        return result

    def remove(self) -> None:
        """Take the folder away; the lock last, so that nobody else begins in a folder that is half gone."""
        (self.path / _PLAN).unlink(missing_ok=True)
        for rest in self.path.iterdir():
            if rest.is_dir():
                shutil.rmtree(rest)
            elif rest.name != _LOCK:
                rest.unlink()
        (self.path / _LOCK).unlink(missing_ok=True)
        self.path.rmdir()

    def _file(self, number: int) -> Path:
        return self.path / f"batch-{number:05d}.nc"

    def _write(self, name: str, content: bytes) -> None:
        with writing(self.path), store.atomic_path(self.path / name) as temporary:
            temporary.write_bytes(content)


@contextmanager
def opened(out: Path) -> Iterator[Parts]:
    """The work folder of the run whose result shall be ``out``, locked; it stays behind unless nothing was begun in it.

    Raises:
        RunError: another run is at work on ``out``, or the folder cannot be made.
    """
    path = out.with_name(out.name + ".parts")
    if not out.parent.is_dir():
        raise RunError(f"expected an existing directory to write {out.name} to, got {out.parent}; create it first")
    refusal = f"expected no other run at work on {out}, got one; wait for it to end, or choose another --out"
    with ExitStack() as stack:
        with writing(path):
            stack.enter_context(locked(path / _LOCK, refusal))
        parts = Parts(path)
        try:
            yield parts
        finally:
            if path.is_dir() and parts.plan is None and {file.name for file in path.iterdir()} <= {_LOCK}:
                parts.remove()


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say in one line why ``path`` cannot be written to."""
    try:
        yield
    except OSError as error:
        if error.errno not in _UNWRITABLE:
            raise
        raise RunError(
            f"expected to be able to write to {path}, got {os.strerror(error.errno or 0).lower()}; {_UNWRITABLE[error.errno]}, "
            "then go on with --resume"
        ) from error


_UNWRITABLE: dict[int | None, str] = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some of your quota",
    errno.EFBIG: "raise the limit on the size of files",
    errno.EROFS: "make it writable",
    errno.EACCES: "make it writable",
    errno.EPERM: "make it writable",
    errno.ENOTDIR: "name a place inside a directory",
    errno.EIO: "look after the disk",
}


def _flat(value: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, held in value.items():
        flat.update(_flat(held, f"{before}{name}.") if isinstance(held, dict) else {before + name: held})
    return flat


_WORDS = {"profiles": "other profiles", "forcing": "another climate", "function": "another method"}


def _difference(name: str, there: Any, asked: Any) -> str:
    if name in _WORDS:
        return _WORDS[name]
    return f"{name.removeprefix('options.')} {json.dumps(there)} then, {json.dumps(asked)} now"


def plan(
    profiles: xr.Dataset,
    forcing: Callable[[slice], Mapping[str, np.ndarray[Any, Any]]],
    *,
    version: str,
    batch: int,
    draws: bool,
    function: str,
    options: Mapping[str, Any],
) -> Plan:
    """The plan of a run.

    Args:
        profiles: the table of profiles.
        forcing: forcing of the profiles at some positions, by name; asked for batch by batch.
        version: version of this package.
        batch: profiles in a batch.
        draws: whether draws are kept.
        function: name of the function that works on a batch.
        options: its options, plain values.
    """
    made = Plan(SCHEMA, version, digest(profiles), "", profiles.sizes["profile"], batch, draws, function, options)
    found = hashlib.sha256()
    for number in made.batches:
        for name, values in forcing(made.rows(number)).items():
            found.update(name.encode())
            found.update(values.tobytes())
    return Plan(**{**vars(made), "forcing": found.hexdigest()})


def fsync_tree(path: Path) -> None:
    """Flush every file and directory below ``path`` to disk."""
    for directory, _, files in os.walk(path):
        for name in files if os.name == "nt" else [*files, "."]:
            handle = os.open(Path(directory) / name, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
