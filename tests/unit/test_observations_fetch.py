"""Fetching from a server on this computer that breaks off, knows no ranges, sends something else, or is not there."""

from __future__ import annotations

import hashlib
import http.server
import io
import socket
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from proda_core.observations import download, fetch
from tests import soils

NAME = "WoSIS_2023_December.zip"


@dataclass
class Content:
    """What the server sends, and how.

    Attributes:
        body: the file.
        breaks: after how many bytes each of the next answers breaks off; then they are whole.
        ranges: whether it knows ranges.
        tag: ETag, none if empty.
        status: of the answer, if not 200.
        length: whether it tells the length.
        asked: the ranges that were asked for.
    """

    body: bytes = b""
    breaks: list[int] = field(default_factory=list)
    ranges: bool = True
    tag: str = '"one"'
    status: int = 200
    length: bool = True
    asked: list[str] = field(default_factory=list)


class Handler(http.server.BaseHTTPRequestHandler):
    content: Content

    def do_GET(self) -> None:
        content, wanted = self.content, self.headers.get("Range", "")
        content.asked.append(wanted)
        first = 0
        if content.status != 200:
            self.send_error(content.status)
            return
        if wanted and content.ranges and self.headers.get("If-Range") in (content.tag, None):
            first = int(wanted.removeprefix("bytes=").rstrip("-"))
            if first >= len(content.body):
                self.send_error(416)
                return
        rest = content.body[first:]
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(content.body) - 1}/{len(content.body)}")
        if content.tag:
            self.send_header("ETag", content.tag)
        if content.length:
            self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[: content.breaks.pop(0)] if content.breaks else rest)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def archive(tmp_path: Path) -> bytes:
    """An archive such as the publisher's: a directory with a file a property."""
    made = tmp_path / "made"
    made.mkdir()
    soils.wosis2023(made)
    noise = np.random.default_rng(1).bytes(300_000)  # does not pack, so that breaking off is breaking off
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for file in sorted(made.iterdir()):
            target.write(file, f"WoSIS_2023_December/{file.name}")
        target.writestr("WoSIS_2023_December/wosis_202312_phaq.tsv", noise)
        target.writestr("WoSIS_2023_December/ReadmeFirst.pdf", "read me")
        target.writestr("../../outside_orgc.tsv", "profile_id\n")
    return packed.getvalue()


@pytest.fixture
def content(archive: bytes) -> Content:
    return Content(archive)


@pytest.fixture
def url(content: Content) -> Iterator[str]:
    handler = type("Served", (Handler,), {"content": content})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/public/{NAME}"
        server.shutdown()
        thread.join()


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "wosis"


def test_what_is_needed_is_unpacked_and_checksum_written_down(url: str, content: Content, to: Path) -> None:
    files = fetch.fetch("wosis-2023", to, url=url)
    assert files[0].name in ("wosis_202312_orgc.tsv", "outside_orgc.tsv")
    assert {file.name for file in files} == {
        "wosis_202312_orgc.tsv", "wosis_202312_bdfiod.tsv", "wosis_202312_cfvo.tsv", "ReadmeFirst.pdf", "outside_orgc.tsv"
    }  # fmt: skip
    assert all(file.parent == to for file in files)
    assert not (to.parent / "outside_orgc.tsv").exists()
    assert (to / f"{NAME}.sha256").read_text(encoding="utf-8") == f"{hashlib.sha256(content.body).hexdigest()}  {NAME}\n"
    assert sorted(path.name for path in to.iterdir() if path.suffix in (".part", ".tag", ".tmp")) == []


def test_a_second_call_asks_for_nothing(url: str, content: Content, to: Path) -> None:
    first = fetch.fetch("wosis-2023", to, url=url)
    content.asked.clear()
    assert fetch.fetch("wosis-2023", to, url=url) == first
    assert content.asked == []


def test_damage_of_the_archive_is_noticed_and_mended(url: str, content: Content, to: Path) -> None:
    fetch.fetch("wosis-2023", to, url=url)
    (to / NAME).write_bytes(content.body[:-1] + b"x")
    fetch.fetch("wosis-2023", to, url=url)
    assert (to / NAME).read_bytes() == content.body


def test_other_content_than_at_first_is_refused(url: str, content: Content, to: Path) -> None:
    fetch.fetch("wosis-2023", to, url=url)
    (to / NAME).unlink()
    content.body, content.tag = content.body + b"more", '"two"'
    with pytest.raises(OSError, match=r"expected .* with the checksum .*, got another; it was changed or damaged"):
        fetch.fetch("wosis-2023", to, url=url)
    assert not (to / NAME).exists()


def test_an_unpacked_file_that_is_gone_comes_again(url: str, to: Path) -> None:
    files = fetch.fetch("wosis-2023", to, url=url)
    files[1].unlink()
    files[2].write_text("cut", encoding="utf-8")
    whole = files[3].read_bytes()
    files[3].write_bytes(bytes(len(whole)))
    assert fetch.fetch("wosis-2023", to, url=url) == files
    assert files[1].is_file()
    assert files[2].stat().st_size > 3
    assert files[3].read_bytes() == whole


def test_a_download_that_breaks_off_goes_on(url: str, content: Content, to: Path) -> None:
    content.breaks = [100_000, 50_000]
    fetch.fetch("wosis-2023", to, url=url)
    assert content.asked == ["", "bytes=100000-", "bytes=150000-"]
    assert (to / NAME).read_bytes() == content.body


def test_it_goes_on_in_a_later_call(url: str, content: Content, to: Path) -> None:
    content.breaks = [20_000] * download.ATTEMPTS
    with pytest.raises(OSError, match=rf"expected {len(content.body)} bytes from .*, got 100000; run the same command again"):
        fetch.fetch("wosis-2023", to, url=url)
    assert not (to / NAME).exists()
    content.asked.clear()
    fetch.fetch("wosis-2023", to, url=url)
    assert content.asked == ["bytes=100000-"]
    assert (to / NAME).read_bytes() == content.body


@pytest.mark.parametrize("change", [{"ranges": False}, {"tag": ""}, {"tag": 'W/"weak"'}])
def test_a_server_that_cannot_go_on_sends_all_again(change: dict[str, object], url: str, content: Content, to: Path) -> None:
    vars(content).update(change)
    content.breaks = [100_000]
    fetch.fetch("wosis-2023", to, url=url)
    assert (to / NAME).read_bytes() == content.body


def test_content_that_changed_meanwhile_is_not_mixed(url: str, content: Content, to: Path) -> None:
    content.breaks = [20_000] * download.ATTEMPTS
    with pytest.raises(OSError, match="run the same command again"):
        fetch.fetch("wosis-2023", to, url=url)
    content.body, content.tag = content.body + b"", '"two"'
    (to / f"{NAME}.part").write_bytes(b"z" * 50_000)
    fetch.fetch("wosis-2023", to, url=url)
    assert (to / NAME).read_bytes() == content.body


def test_more_here_than_there_begins_anew(url: str, content: Content, to: Path) -> None:
    to.mkdir()
    (to / f"{NAME}.part").write_bytes(b"z" * (len(content.body) + 10))
    (to / f"{NAME}.part.tag").write_text(content.tag, encoding="utf-8")
    fetch.fetch("wosis-2023", to, url=url)
    assert (to / NAME).read_bytes() == content.body


def test_a_server_that_does_not_tell_the_length(url: str, content: Content, to: Path) -> None:
    content.length = False
    fetch.fetch("wosis-2023", to, url=url)
    content.breaks = [100_000]
    for path in to.iterdir():
        path.unlink()
    with pytest.raises(ValueError, match=r"expected a ZIP archive from .*, got b'PK.*; run the same command again"):
        fetch.fetch("wosis-2023", to, url=url)
    assert not (to / NAME).exists()


@pytest.mark.parametrize("body", [b"<html>Please log in</html>", b"", b"PK\x03\x04 not quite"])
def test_wrong_content_is_refused_and_forgotten(body: bytes, url: str, content: Content, to: Path) -> None:
    content.body, right = body, content.body
    with pytest.raises(ValueError, match=r"expected a ZIP archive from .*, got b"):
        fetch.fetch("wosis-2023", to, url=url)
    content.body, content.tag = right, '"two"'
    assert fetch.fetch("wosis-2023", to, url=url)


def test_an_archive_of_something_else(url: str, content: Content, to: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as target:
        target.writestr("cats.txt", "cats")
    content.body = packed.getvalue()
    with pytest.raises(ValueError, match=r"no file \*_orgc.tsv in it but cats.txt"):
        fetch.fetch("wosis-2023", to, url=url)


def test_gone_from_the_server(url: str, content: Content, to: Path) -> None:
    content.status = 404
    with pytest.raises(OSError, match=r"expected a file at .*, got 404 Not Found; look whether it has moved"):
        fetch.fetch("wosis-2023", to, url=url)
    assert len(content.asked) == 1


def test_offline(to: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(
        OSError, match=r"expected an answer from http://127.0.0.1.*, got none \(.*refused.*\); check the connection"
    ):
        fetch.fetch("wosis-2023", to, url=f"http://127.0.0.1:{port}/{NAME}")


def test_only_web_addresses(to: Path, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="expected an address that starts with http"):
        fetch.fetch("wosis-2023", to, url=f"file://{tmp_path}/{NAME}")


def test_too_little_room(url: str, to: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "MOST_UNPACKED", 1000.0)
    with pytest.raises(OSError, match=r"expected room for .* GB in .*; choose another directory"):
        fetch.fetch("wosis-2023", to, url=url)


def test_unknown_name(to: Path) -> None:
    with pytest.raises(ValueError, match="expected one of wosis-2023, got 'wosis-1850'; choose"):
        fetch.fetch("wosis-1850", to)


def test_progress_is_told(url: str, to: Path) -> None:
    told: list[tuple[float, str]] = []
    fetch.fetch("wosis-2023", to, lambda part, words: told.append((part, words)), url=url)
    assert told[-1][0] == 1.0
    assert all("MB" in words for _, words in told)
