"""Our files: where the committed artefacts lie, writes that are whole or not there, and checksums.

A NetCDF file of ours ends with a seal, the checksum of all that stands before it.  It is compared before the NetCDF library sees
the file, which one wrong bit can make search for ever.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

MAGIC = b"\x89HDF\r\n\x1a\n"
"""First bytes of a NetCDF-4 file."""

SEAL = b"\nproda sha256 "
"""What stands before the checksum at the end of a file."""


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


def checksum(path: Path) -> str:
    """Sha256 of a file, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def seal(path: Path) -> None:
    """Append the checksum of the file to itself; NetCDF readers do not look behind the end that they know."""
    with path.open("ab") as file:
        file.write(_seal_of(path.read_bytes()))


def _seal_of(content: bytes | memoryview) -> bytes:
    return SEAL + hashlib.sha256(content).hexdigest().encode() + b"\n"


def check_sealed(
    path: Path, what: str, marker: str, remedy: str, error: type[ValueError], unsealed: Collection[str] = ()
) -> None:
    """There is a NetCDF-4 file, the same to the bit as when it was sealed; what stands there instead is named.

    Args:
        path: the file.
        what: what it should be, in words.
        marker: name of the attribute by which the file is recognised.
        remedy: what to do about an error.
        error: kind of error to raise.
        unsealed: checksums of files that are known to be sound though they have no seal.

    Raises:
        ValueError: of the kind ``error``: no file, one of another kind, or a damaged one.
    """
    if not path.is_file():
        raise error(f"expected {what} at {path}, got no file; {remedy}")
    content = path.read_bytes()
    if content[: len(MAGIC)] != MAGIC:
        raise error(f"expected {what} as NetCDF-4 at {path}, got {_kind(content[: len(MAGIC)])}; {remedy}")
    end = len(content) - len(_seal_of(b""))
    found, expected = content[end:], _seal_of(memoryview(content)[:end])
    if found == expected or hashlib.sha256(content).hexdigest() in unsealed:
        return
    if found[: len(SEAL)] == SEAL:
        raise error(f"expected {what} with the checksum at the end of {path}, got another: the file is damaged; {remedy}")
    got = f"{len(content)} bytes that do not end with their checksum: cut short, or changed by another program"
    if marker.encode() not in content:
        got = f"a NetCDF file without {marker}"
    raise error(f"expected {what} at {path}, got {got}; {remedy}")


def _kind(start: bytes) -> str:
    if not start:
        return "an empty file"
    if start[:1] == b"\x80":
        return "a Python pickle, which is never opened here"
    if start[:4] == b"PK\x03\x04":
        return "a zip archive (a torch.save file?), which is never opened here"
    return "a NetCDF-3 file" if start[:3] == b"CDF" else "a file of another kind"
