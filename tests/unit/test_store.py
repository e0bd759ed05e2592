"""Files are whole or not there, and the project's data are found or asked for."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from proda_core import store


def test_finished_file_takes_its_place(tmp_path: Path) -> None:
    target = tmp_path / "result.txt"
    with store.atomic_path(target) as temporary:
        temporary.write_text("whole", encoding="utf-8")
        assert temporary.parent == tmp_path
        assert not target.exists()
    assert target.read_text(encoding="utf-8") == "whole"
    assert [path.name for path in tmp_path.iterdir()] == ["result.txt"]


def test_finished_file_can_be_read_by_others(tmp_path: Path) -> None:
    target = tmp_path / "result.txt"
    with store.atomic_path(target) as temporary:
        temporary.write_text("whole", encoding="utf-8")
    assert stat.S_IMODE(target.stat().st_mode) == 0o644


@pytest.mark.parametrize("before", [None, "old"])
def test_failure_leaves_what_was_there(tmp_path: Path, before: str | None) -> None:
    target = tmp_path / "result.txt"
    if before is not None:
        target.write_text(before, encoding="utf-8")

    def interrupted() -> None:
        with store.atomic_path(target) as temporary:
            temporary.write_text("half", encoding="utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (target.read_text(encoding="utf-8") if target.exists() else None) == before
    assert len(list(tmp_path.iterdir())) == (0 if before is None else 1)


def test_file_is_flushed_before_it_takes_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = []
    flush, move = os.fsync, Path.replace

    def note_flush(descriptor: int) -> None:
        done.append("flush")
        flush(descriptor)

    def note_move(self: Path, target: Path) -> Path:
        done.append("move")
        return move(self, target)

    monkeypatch.setattr(os, "fsync", note_flush)
    monkeypatch.setattr(Path, "replace", note_move)
    with store.atomic_path(tmp_path / "result.txt") as temporary:
        temporary.write_text("whole", encoding="utf-8")
    assert done == ["flush", "move"]


def test_missing_directory_is_named(tmp_path: Path) -> None:
    target = tmp_path / "nowhere" / "result.txt"
    with (
        pytest.raises(
            FileNotFoundError, match=r"expected an existing directory to write result.txt to, got .*nowhere; create it"
        ),
        store.atomic_path(target),
    ):
        pass


def test_data_come_with_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PRODA_DATA", raising=False)
    assert store.data_directory().is_dir()


def test_data_can_lie_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRODA_DATA", str(tmp_path))
    assert store.data_directory() == tmp_path


def test_data_that_are_nowhere_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRODA_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match=r"expected the project's data in .*nowhere, got nothing there; set PRODA_DATA"):
        store.data_directory()
