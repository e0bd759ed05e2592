"""Public files of observations: downloaded by pooch, resumable, checked, unpacked; never half there.

A file whose publisher gives no checksum is checked by its size and by the checksums within the archive, and its own checksum is
written down beside it (``<file>.sha256``), so that every later call tells damage.
"""

from __future__ import annotations

import logging
import shutil
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path

import pooch

from proda_core import store
from proda_core.observations.download import DownloadError, Resuming


@dataclass(frozen=True)
class PublicFile:
    """A file that can be fetched.

    Attributes:
        name: what it is called in ``fetch(name)``.
        url: where it is.
        doi: its persistent name.
        citation: whom to cite.
        licence: on what terms.
        members: patterns of the files that are unpacked from the archive.
        main: pattern of the one that ``proda observe`` is to be given.
        sha256: its checksum, where the publisher gives one.
    """

    name: str
    url: str
    doi: str
    citation: str
    licence: str
    members: tuple[str, ...]
    main: str
    sha256: str | None = None


# The address and the identifier are those that ISRIC's catalogue entry and several public programs name.  It could not be opened
# from where this was written, and no checksum was found: hence no sha256 here.
_FILES = (
    PublicFile(
        name="wosis-2023",
        url="https://files.isric.org/public/wosis_snapshot/WoSIS_2023_December.zip",
        doi="10.17027/isric-wdcsoils-20231130",
        citation="Calisto, L., de Sousa, L. M. and Batjes, N. H. (2023): Standardised soil profile data for the world (WoSIS "
        "snapshot - December 2023), ISRIC - World Soil Information",
        licence="CC BY 4.0, some profiles more restrictive: see the licence of each",
        members=("*_orgc.tsv", "*_bdfi*.tsv", "*_bdws*.tsv", "*_cfvo.tsv", "*eadme*", "*README*"),
        main="*_orgc.tsv",
    ),
)

PUBLIC: dict[str, PublicFile] = {file.name: file for file in _FILES}
"""What can be fetched, by name."""

MOST_UNPACKED = 50e9
"""An archive that unpacks to more is refused [bytes]."""


def fetch(name: str, directory: Path, progress: Callable[[float, str], None] | None = None, url: str | None = None) -> list[Path]:
    """Fetch a public file and unpack what is needed of it.

    Args:
        name: out of :data:`PUBLIC`.
        directory: where to; made if it is not there.
        progress: called with the part done [1] and words on it.
        url: another address of the same file, such as a mirror.

    Returns:
        the unpacked files, the one for ``proda observe`` first.

    Raises:
        ValueError: unknown name, or not the archive that was expected.
        OSError: offline, broken off, disk full; the message says what to do.
    """
    if name not in PUBLIC:
        raise ValueError(f"expected one of {', '.join(PUBLIC)}, got {name!r}; choose one of them")
    wanted = replace(PUBLIC[name], url=url or PUBLIC[name].url)
    directory.mkdir(parents=True, exist_ok=True)
    archive = directory / wanted.url.rsplit("/", 1)[-1]
    record = archive.with_name(f"{archive.name}.sha256")
    _retrieve(wanted, archive, wanted.sha256 or _recorded(record), progress)
    try:
        files = _unpack(archive, wanted, directory)
    except (zipfile.BadZipFile, EOFError) as error:
        with archive.open("rb") as file:
            got = f"{file.read(40)!r} ({error})"
        archive.unlink()
        record.unlink(missing_ok=True)
        raise ValueError(
            f"expected a ZIP archive from {wanted.url}, got {got}; run the same command again, or get it by other means"
        ) from error
    _write_down(record, archive)
    return files


def _retrieve(wanted: PublicFile, archive: Path, checksum: str | None, progress: Callable[[float, str], None] | None) -> None:
    """Bring the archive here unless it is here, by pooch; it is moved to its place when its checksum is right."""
    pooch.get_logger().setLevel(logging.ERROR)
    downloader = Resuming(archive.with_name(f"{archive.name}.part"), progress)
    try:
        pooch.retrieve(wanted.url, checksum and f"sha256:{checksum}", archive.name, archive.parent, downloader=downloader)
    except ValueError as error:  # what pooch says of another checksum
        raise DownloadError(
            f"expected {wanted.url} with the checksum {checksum}, got another; it was changed or damaged on the way: run "
            f"the same command again, and if it stays so, remove {archive.name}.sha256 to accept it"
        ) from error


def _recorded(record: Path) -> str | None:
    """The checksum that was written down at the first download."""
    return record.read_text(encoding="utf-8").split()[0] if record.is_file() else None


def _write_down(record: Path, archive: Path) -> None:
    with store.atomic_path(record) as temporary:
        temporary.write_text(f"{pooch.file_hash(str(archive))}  {archive.name}\n", encoding="utf-8")


def _unpack(archive: Path, wanted: PublicFile, directory: Path) -> list[Path]:
    """The wanted members of the archive, each whole or not there, flat in the directory; those that are there undamaged stay."""
    with zipfile.ZipFile(archive) as packed:
        chosen = {
            Path(member.filename).name: member
            for member in packed.infolist()
            if not member.is_dir() and any(fnmatch(Path(member.filename).name, pattern) for pattern in wanted.members)
        }
        if not any(fnmatch(name, wanted.main) for name in chosen):
            held = ", ".join(packed.namelist()[:8])
            raise zipfile.BadZipFile(f"no file {wanted.main} in it but {held}")
        missing = {name: member for name, member in chosen.items() if not _is_there(directory / name, member)}
        _check_room(sum(member.file_size for member in missing.values()), directory)
        for name, member in missing.items():
            with store.atomic_path(directory / name) as temporary, packed.open(member) as source, temporary.open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
    return sorted((directory / name for name in chosen), key=lambda path: (not fnmatch(path.name, wanted.main), path.name))


def _is_there(path: Path, member: zipfile.ZipInfo) -> bool:
    if not path.is_file() or path.stat().st_size != member.file_size:
        return False
    found = 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            found = zlib.crc32(block, found)
    return found == member.CRC


def _check_room(needed: int, directory: Path) -> None:
    free = shutil.disk_usage(directory).free
    if needed > min(free, MOST_UNPACKED):
        raise DownloadError(
            f"expected room for {needed / 1e9:.1f} GB in {directory}, got {free / 1e9:.1f} GB; choose another directory"
        )
