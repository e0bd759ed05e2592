"""A lock on a file that the operating system releases when its holder ends, however it ends."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path, refusal: str) -> Iterator[None]:
    """Hold the lock at ``path``; the file and its folder are made where they are not there.

    Args:
        path: the file to lock; it may be deleted by the holder only.
        refusal: what to say where somebody else holds it.

    Raises:
        BlockingIOError: somebody else holds it.
        OSError: the file system has no locks.
    """
    handle = _acquire(path, refusal)
    try:
        yield
    finally:
        os.close(handle)


def _acquire(path: Path, refusal: str) -> int:
    while True:
        path.parent.mkdir(exist_ok=True)
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except FileNotFoundError:  # its holder has just finished and taken the folder away
            continue
        try:
            _lock(handle)
            if _lies_at(handle, path):
                return handle
        except OSError as error:
            os.close(handle)
            if error.errno in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES):
                raise BlockingIOError(refusal) from error
            raise OSError(f"expected a file system with locks at {path}, got none ({error.strerror}); choose another") from error
        os.close(handle)


def _lies_at(handle: int, path: Path) -> bool:
    """Whether the open file is still the one at ``path``, not one that was deleted before it was locked."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


try:
    import fcntl
except ImportError:  # Windows
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]

else:

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
