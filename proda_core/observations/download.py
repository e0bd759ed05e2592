"""Downloads that go on where they broke off: a downloader for pooch that keeps what has come in a ``.part`` file.

The part file and the server's name for the content (its ETag, or else its date) survive an interruption of any kind.  The next
call asks for the rest only, and on the condition that the content is still the same; a server that knows no ranges sends all
again.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

BLOCK = 1 << 18
"""Bytes read at a time."""

TIMEOUT = 30.0
"""A server that is silent for longer has gone [s]."""

ATTEMPTS = 5
"""How often a download that breaks off is taken up again before giving up."""


class DownloadError(OSError):
    """What was asked for did not come; the message says what to do."""


class Resuming:
    """A downloader that pooch can use: ``downloader(url, output_file, pooch)``.

    Args:
        part: where to keep what has come so far; must be writable.
        progress: called with the part done [1] (0 where the size is unknown) and words on it.
        attempts: how often to take up again.
    """

    def __init__(self, part: Path, progress: Callable[[float, str], None] | None = None, attempts: int = ATTEMPTS) -> None:
        self._part = part
        self._tag = part.with_name(f"{part.name}.tag")
        self._progress = progress or (lambda done, words: None)
        self._attempts = attempts

    def __call__(self, url: str, output_file: str | Path, pooch: Any, check_only: bool = False) -> bool | None:
        """Bring the content of ``url`` to ``output_file``; raises :class:`DownloadError`."""
        if check_only:
            return None
        for attempt in range(1, self._attempts + 1):
            try:
                total = self._take(url)
            except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError) as error:
                self._give_up_unless_worth_another(url, error, attempt)
                continue
            size = self._part.stat().st_size
            if total is None or size == total:
                break
            if size > total:
                self._tag.unlink(missing_ok=True)
            if attempt == self._attempts:
                raise DownloadError(
                    f"expected {total} bytes from {url}, got {size}; run the same command again, it goes on there"
                )
        self._tag.unlink(missing_ok=True)
        self._part.replace(output_file)
        return None

    def _give_up_unless_worth_another(self, url: str, error: Exception, attempt: int) -> None:
        if isinstance(error, urllib.error.HTTPError) and error.code < 500:
            raise DownloadError(
                f"expected a file at {url}, got {error.code} {error.reason}; look whether it has moved"
            ) from error
        if attempt == self._attempts or not self._part.exists():
            reason = getattr(error, "reason", None) or error or type(error).__name__
            raise DownloadError(
                f"expected an answer from {url}, got none ({reason}); check the connection and run the same command again, "
                "it goes on where it stopped, or get the file by other means"
            ) from error

    def _take(self, url: str) -> int | None:
        """Read on until the content ends or breaks off; gives its whole size where the server tells it."""
        if not url.startswith(("http://", "https://")):
            raise DownloadError(f"expected an address that starts with http:// or https://, got {url}")
        here = self._part.stat().st_size if self._part.exists() and self._tag.exists() else 0
        request = urllib.request.Request(url, headers={"User-Agent": "proda"})  # noqa: S310 -- the scheme is checked
        if here:
            request.add_header("Range", f"bytes={here}-")
            request.add_header("If-Range", self._tag.read_text(encoding="utf-8"))
        try:
            answer = urllib.request.urlopen(request, timeout=TIMEOUT)  # noqa: S310
        except urllib.error.HTTPError as error:
            if error.code != http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise
            self._tag.unlink(missing_ok=True)  # what is here does not belong to what is there: from the beginning
            return self._take(url)
        with answer:
            resumed = answer.status == http.client.PARTIAL_CONTENT and _starts_at(answer) == here
            if here and answer.status == http.client.PARTIAL_CONTENT and not resumed:
                raise DownloadError(f"expected bytes from {here} on from {url}, got others; remove {self._part}")
            self._keep_tag(answer)
            length = answer.headers.get("Content-Length")
            total = None if length is None else int(length) + (here if resumed else 0)
            with self._part.open("ab" if resumed else "wb") as file:
                self._copy(answer, file, total)
        return total

    def _keep_tag(self, answer: Any) -> None:
        """Remember what names the content; without a strong name the next call begins anew."""
        name = answer.headers.get("ETag") or answer.headers.get("Last-Modified")
        if name and not name.startswith("W/"):
            self._tag.write_text(name, encoding="utf-8")
        else:
            self._tag.unlink(missing_ok=True)

    def _copy(self, answer: Any, file: BinaryIO, total: int | None) -> None:
        while block := answer.read(BLOCK):
            file.write(block)
            done = file.tell()
            words = f"{done / 1e6:.0f} MB" if total is None else f"{done / 1e6:.0f} of {total / 1e6:.0f} MB"
            self._progress(done / total if total else 0.0, words)


def _starts_at(answer: Any) -> int | None:
    """The first byte that a partial answer holds."""
    unit, _, rest = answer.headers.get("Content-Range", "").partition(" ")
    first = rest.partition("-")[0]
    return int(first) if unit == "bytes" and first.isdigit() else None
