"""Our files: where the committed artefacts lie, and writes that are whole or not there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def data_directory() -> Path:
    """The directory of the committed artefacts: ``PRODA_DATA`` if set, else the one that came with the project.

    Raises:
        FileNotFoundError: there is none; the message says what to do.
    """
    here = Path(__file__).resolve().parent
    chosen = os.environ.get("PRODA_DATA")
    candidates = [Path(chosen)] if chosen else [here / "_data", here.parent / "data"]
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    looked = " or ".join(str(candidate) for candidate in candidates)
    raise FileNotFoundError(f"expected the project's data in {looked}, got nothing there; set PRODA_DATA or reinstall proda")


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """A temporary path beside ``target`` that takes its place when the block ends well and vanishes when it does not.

    The file is flushed to disk before it is renamed, so that a reader finds either the old file or the whole new one.

    Args:
        target: where the finished file shall be.

    Yields:
        the path to write to.

    Raises:
        FileNotFoundError: the directory of ``target`` does not exist.
    """
    if not target.parent.is_dir():
        raise FileNotFoundError(f"expected an existing directory to write {target.name} to, got {target.parent}; create it first")
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
