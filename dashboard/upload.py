"""A file on its way from a browser: a button that is also a place to drop it, and the pieces that come."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import panel as pn
import param

from dashboard.own import MEGABYTE, MOST_MEGABYTES

HERE = Path(__file__).parent


class Upload(pn.custom.JSComponent):
    """The button; what a browser sends of a file comes as messages, each below the size that the server takes."""

    label = param.String()
    hint = param.String()
    accept = param.String(doc="Endings of the names that a browser offers first.")
    said = param.String(doc="What became of the file.")
    failed = param.Boolean(default=False)
    part = param.Parameter(default=None, doc="How much of the file is here [1], 1 while it is read; none when nothing happens.")
    disabled = param.Boolean(default=False)
    got = param.Tuple(default=(0, -1), doc="Number of the file that a browser sends, and how much of it is here [bytes].")

    _esm = HERE / "upload.js"
    _stylesheets: ClassVar[list[Any]] = [(HERE / "upload.css").read_text()]


class Coming:
    """A file of which some pieces are here.

    Args:
        number: of the file, as the browser counts.
        size: that it shall have [bytes].
        folder: in which it is.
        path: where it is.
    """

    def __init__(self, number: int, size: int, folder: TemporaryDirectory[str], path: Path) -> None:
        self.number, self.size, self.folder, self.path = number, size, folder, path
        self.got = 0
        path.touch()

    def add(self, data: Any) -> bool:
        """Take in a piece; returns whether it was one that was due."""
        try:
            piece = base64.b64decode(data, validate=True)
        except (TypeError, ValueError, binascii.Error):
            return False
        if not piece or self.got + len(piece) > self.size:
            return False
        with self.path.open("ab") as file:
            file.write(piece)
        self.got += len(piece)
        return True


def announced(message: dict[str, Any]) -> tuple[int, str, int] | None:
    """Number, name and size of a file that a browser announces, if they can be true."""
    number, name, size = (message.get(key) for key in ("number", "name", "size"))
    if not (isinstance(number, int) and isinstance(name, str) and isinstance(size, int)):
        return None
    return number, name, size


def fits(size: int) -> bool:
    """Whether a file is not too large to be brought.

    >>> fits(1), fits(0), fits(10**9)
    (True, False, False)
    """
    return 0 < size <= MOST_MEGABYTES * MEGABYTE
