"""Runs over many profiles: whole results, whatever happens on the way; with real processes that really die."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from proda_core.assimilation import assemble, parts, runs, workers
from proda_core.assimilation.parts import RunError
from tests import assimilators
from tests.assimilators import Options

ROOT = Path(__file__).resolve().parents[2]
COUNT, BATCH = 22, 4
PROFILES = assimilators.profiles(COUNT)


class Here:
    """A crew that works in this process, in the order of asking."""

    size = 1

    def submit(self, job: Callable[[], Any]) -> Any:
        from concurrent.futures import Future

        future: Future[Any] = Future()
        try:
            future.set_result(job())
        except Exception as error:  # noqa: BLE001 -- as a pool does
            future.set_exception(error)
        return future

    def renew(self) -> None:
        raise AssertionError


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """No processes: quick, where they are not what is tested."""
    from contextlib import nullcontext

    monkeypatch.setattr(workers, "local", lambda size: nullcontext(Here()))


def run(out: Path, options: Options | None = None, work: Any = assimilators.quick, **more: Any) -> Path:
    settings = {"profiles": PROFILES, "batch": BATCH, "worker_count": 1, **more}
    table = settings.pop("profiles")
    return runs.run(table, assimilators.forcing_of, out, options or Options(), assimilate=work, **settings)


def content(*stores: Path) -> dict[str, bytes]:
    """Every file of stores, with its bytes."""
    return {
        f"{i}/{f.relative_to(store)}": f.read_bytes() for i, store in enumerate(stores) for f in store.rglob("*") if f.is_file()
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Posterior and draws of a run that nothing disturbed, by one process."""
    directory = tmp_path_factory.mktemp("undisturbed")
    out, draws = directory / "posterior.zarr", directory / "draws.zarr"
    assert run(out, draws=draws) == out
    assert sorted(file.name for file in directory.iterdir()) == ["draws.zarr", "posterior.zarr"]
    return out, draws


def test_the_store_holds_what_the_batches_held_and_what_the_table_says(undisturbed: tuple[Path, Path]) -> None:
    stored = assemble.load(undisturbed[0]).load()
    forcing = assimilators.forcing_of(np.arange(COUNT))
    expected = assimilators.quick(PROFILES, forcing, Options())
    for name in expected.variables:
        assert stored[name].dims == expected[name].dims
        assert stored[name].values.tolist() == expected[name].values.tolist(), name
        assert stored[name].attrs == expected[name].attrs
    for name in PROFILES.variables:
        np.testing.assert_array_equal(stored[name].values.astype(PROFILES[name].dtype), PROFILES[name].values)
    assert stored.attrs["likelihood"] == "made up"
    assert (stored.attrs["profiles"], stored.attrs["observations"]) == (COUNT, PROFILES.sizes["observation"])
    assert "latitude" in stored.coords


def test_the_draws_are_laid_out_as_arviz_has_them(undisturbed: tuple[Path, Path]) -> None:
    forcing = assimilators.forcing_of(np.arange(COUNT))
    expected = assimilators.quick(PROFILES, forcing, Options(), keep_draws=True)
    with xr.open_datatree(undisturbed[1], engine="zarr") as tree:
        assert set(tree.children) == {"posterior", "sample_stats", "observed_data"}
        drawn = tree["posterior"]
        assert drawn["parameters"].dims == ("chain", "draw", "profile", "parameter")
        assert drawn["soc"].dims == ("chain", "draw", "profile", "layer")
        assert drawn["profile"].values.tolist() == PROFILES["profile_id"].values.tolist()
        np.testing.assert_array_equal(drawn["parameters"].transpose(*expected["draws"].dims).values, expected["draws"].values)
        assert tree["sample_stats"]["lp"].dims == ("chain", "draw", "profile")
        observed = tree["observed_data"]
        np.testing.assert_array_equal(observed["soc_density"].values, PROFILES["soc_density"].values)
        np.testing.assert_array_equal(observed["profile_index"].values, PROFILES["profile_index"].values)
        one = drawn["parameters"].sel(profile="p003", parameter="q10")
        assert one.shape == (2, 3)


def test_without_draws_there_are_none(tmp_path: Path, undisturbed: tuple[Path, Path], here: None) -> None:
    out = run(tmp_path / "posterior.zarr")
    stored, with_draws = assemble.load(out).load(), assemble.load(undisturbed[0]).load()
    assert not any("draw" in variable.dims for variable in stored.variables.values())
    xr.testing.assert_equal(stored, with_draws)


def test_two_processes_write_the_same_bytes_as_one(tmp_path: Path, undisturbed: tuple[Path, Path]) -> None:
    out, draws = tmp_path / "posterior.zarr", tmp_path / "draws.zarr"
    run(out, draws=draws, worker_count=2)
    assert content(out, draws) == content(*undisturbed)


def test_progress_counts_profiles(tmp_path: Path, here: None) -> None:
    seen: list[tuple[int, int]] = []
    run(tmp_path / "o.zarr", progress=lambda done, count: seen.append((done, count)))
    assert seen == [(done, COUNT) for done in (0, 4, 8, 12, 16, 20, 22)]


def test_a_profile_without_finite_density_does_not_disturb_the_others(tmp_path: Path, here: None) -> None:
    healthy = assemble.load(run(tmp_path / "healthy.zarr")).load()
    stored = assemble.load(run(tmp_path / "sick.zarr", Options(trouble="p006"))).load()
    sick = int(np.flatnonzero(PROFILES["profile_id"].values == "p006")[0])
    assert np.isnan(stored["mean"].values[sick]).all()
    assert stored["status"].values[sick] == "no finite density"
    others = np.arange(COUNT) != sick
    np.testing.assert_array_equal(stored["mean"].values[others], healthy["mean"].values[others])
    assert np.isfinite(stored["mean"].values[others]).all()


# ---- interrupted at any moment ----

SCRIPT = f"""
import sys
from pathlib import Path
from proda_core.assimilation import runs
from tests import assimilators
if __name__ == "__main__":
    directory = Path(sys.argv[1])
    runs.run(
        assimilators.profiles({COUNT}), assimilators.forcing_of, directory / "posterior.zarr", assimilators.Options(),
        assimilate=assimilators.quick, batch={BATCH}, worker_count=2, draws=directory / "draws.zarr",
        resume="resume" in sys.argv,
    )
"""


def until(true: Callable[[], bool], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def members(group: int) -> list[int]:
    """Processes of a group that are there and not just waiting to be collected."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, _, of_group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
            except OSError:
                continue
            if int(of_group) == group and state != "Z":
                found.append(int(entry.name))
    return found


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a run in a process and a process group of its own; whatever is left is ended with the test."""
    if not Path("/proc/self/stat").exists():
        pytest.skip("needs /proc to look after its processes")
    started: list[subprocess.Popen[str]] = []

    def begin(*more: str, sleep: float = 0.0, limit: str = "") -> subprocess.Popen[str]:
        environment = {**os.environ, "ASSIMILATOR_SLEEP": str(sleep)}
        command = [sys.executable, "-c", limit + SCRIPT, str(tmp_path), *more]
        process = subprocess.Popen(  # noqa: S603
            command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        for member in members(process.pid):
            os.kill(member, signal.SIGKILL)
        process.communicate()


def batches(directory: Path) -> list[str]:
    return sorted(file.name for file in (directory / "posterior.zarr.parts").glob("batch-*.nc"))


def test_killed_in_the_middle_and_resumed_it_writes_the_same_bytes(
    tmp_path: Path, start: Start, undisturbed: tuple[Path, Path]
) -> None:
    process = start(sleep=0.5)
    until(lambda: len(batches(tmp_path)) >= 2)
    done = batches(tmp_path)
    process.kill()
    process.wait()
    until(lambda: not members(process.pid), 10)  # no worker outlives its run
    assert 2 <= len(batches(tmp_path)) < 6
    assert not (tmp_path / "posterior.zarr").exists()
    kept = {name: (tmp_path / "posterior.zarr.parts" / name).stat().st_mtime_ns for name in done}
    with pytest.raises(RunError, match=r"expected no unfinished run, got .*; add --resume to go on with it, or --force"):
        run(tmp_path / "posterior.zarr", draws=tmp_path / "draws.zarr")
    # with one worker in place of two, and one batch damaged meanwhile
    hurt = tmp_path / "posterior.zarr.parts" / done[0]
    hurt.write_bytes(hurt.read_bytes()[:5000])
    seen: list[int] = []
    run(tmp_path / "posterior.zarr", draws=tmp_path / "draws.zarr", resume=True, progress=lambda done, _: seen.append(done))
    assert BATCH * (len(kept) - 1) <= seen[0] < COUNT
    assert content(tmp_path / "posterior.zarr", tmp_path / "draws.zarr") == content(*undisturbed)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["draws.zarr", "posterior.zarr"]


def test_interrupted_it_stops_at_once_and_goes_on_later(tmp_path: Path, start: Start, undisturbed: tuple[Path, Path]) -> None:
    process = start(sleep=1.0)
    until(lambda: len(batches(tmp_path)) >= 1)
    os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C does: to the workers as well
    error = process.communicate(timeout=20)[1]
    assert process.returncode == -signal.SIGINT
    assert error.count("Traceback") == 1, error  # that of the script; the workers say nothing
    until(lambda: not members(process.pid), 10)
    assert 1 <= len(batches(tmp_path)) < 6
    again = start("resume")
    assert again.communicate(timeout=120)[1] == ""
    assert again.returncode == 0
    assert content(tmp_path / "posterior.zarr", tmp_path / "draws.zarr") == content(*undisturbed)


def test_ctrl_c_waits_until_a_process_is_started_whichever_thread_the_system_gives_it_to() -> None:
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    reached = []

    def start_a_process() -> None:
        with workers._no_interrupt():
            signal.pthread_kill(other.ident or 0, signal.SIGINT)
            time.sleep(0.1)
            reached.append(True)

    try:
        with pytest.raises(KeyboardInterrupt):
            start_a_process()
    finally:
        done.set()
        other.join()
    assert reached
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_two_runs_on_one_store_refuse_each_other(tmp_path: Path, start: Start) -> None:
    process = start(sleep=1.0)
    until(lambda: len(batches(tmp_path)) >= 1)
    for how in ({}, {"resume": True}, {"force": True}):
        with pytest.raises(
            BlockingIOError, match=r"expected no other run at work on .*posterior\.zarr, got one; wait for it to end"
        ):
            run(tmp_path / "posterior.zarr", **how)
    process.kill()
    process.wait()
    with pytest.raises(RunError, match="add --resume"):  # the lock ends with its holder
        run(tmp_path / "posterior.zarr")


def test_a_file_that_cannot_be_written_whole_is_not_there_at_all(
    tmp_path: Path, start: Start, undisturbed: tuple[Path, Path]
) -> None:
    """The system itself refuses to write more than 2 kB to a file, as a full disk would."""
    process = start(limit="import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n")
    error = process.communicate(timeout=120)[1]
    assert process.returncode == 1
    assert "RunError: expected to be able to write to" in error
    assert "got file too large; raise the limit on the size of files, then go on with --resume" in error
    assert batches(tmp_path) == []
    run(tmp_path / "posterior.zarr", draws=tmp_path / "draws.zarr", resume=True)
    assert content(tmp_path / "posterior.zarr", tmp_path / "draws.zarr") == content(*undisturbed)


@pytest.mark.parametrize("moment", ["batch", "store", "rename"])
def test_killed_while_it_writes_it_goes_on(
    tmp_path: Path, undisturbed: tuple[Path, Path], here: None, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Stopped dead (nothing is tidied up) inside of a write, at every place in turn."""
    out, draws = tmp_path / "posterior.zarr", tmp_path / "draws.zarr"

    class Dead(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Dead

    with monkeypatch.context() as patch:
        if moment == "batch":
            calls = iter(range(3))
            patch.setattr(parts.store, "atomic_path", lambda path: (next(calls, None) is None and die()) or _atomic(path))
        else:
            patch.setattr(
                assemble, "fsync_tree" if moment == "store" else "check_free", _after(3 if moment == "rename" else 0, die)
            )
        with pytest.raises(Dead):
            run(out, draws=draws)
    assert not out.exists()
    run(out, draws=draws, resume=True)
    assert content(out, draws) == content(*undisturbed)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["draws.zarr", "posterior.zarr"]


_atomic = parts.store.atomic_path


def _after(count: int, die: Callable[..., None]) -> Callable[..., None]:
    left = iter(range(count))
    return lambda *_, **__: None if next(left, None) is not None else die()


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "got no space left on device; free some space, then go on with --resume"),
        (errno.EROFS, "got read-only file system; make it writable, then go on with --resume"),
        (errno.EACCES, "got permission denied; make it writable, then go on with --resume"),
    ],
)
@pytest.mark.parametrize("moment", ["batch", "store"])
def test_what_cannot_be_written_is_said_in_one_line(
    tmp_path: Path,
    here: None,
    monkeypatch: pytest.MonkeyPatch,
    undisturbed: tuple[Path, Path],
    number: int,
    words: str,
    moment: str,
) -> None:
    out, draws = tmp_path / "posterior.zarr", tmp_path / "draws.zarr"

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(number, os.strerror(number), "file")

    with monkeypatch.context() as patch:
        if moment == "batch":
            patch.setattr(Path, "write_bytes", refuse)
        else:
            patch.setattr(assemble.zarr, "open_group", refuse)
        with pytest.raises(RunError) as caught:
            run(out, draws=draws)
    assert str(caught.value).endswith(words)
    assert "\n" not in str(caught.value)
    assert not out.exists()
    run(out, draws=draws, resume=True)
    assert content(out, draws) == content(*undisturbed)


def test_a_place_below_a_file_or_nowhere_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for out in (tmp_path / "file" / "o.zarr", tmp_path / "none" / "o.zarr"):
        with pytest.raises(RunError, match=r"expected an existing directory to write o\.zarr to, got .*; create it first"):
            run(out)


# ---- workers that fail ----


def test_a_worker_that_dies_loses_nothing(tmp_path: Path) -> None:
    out = run(tmp_path / "o.zarr", Options(trouble="p009", notes=str(tmp_path)), assimilators.deadly_once, worker_count=2)
    assert (tmp_path / "died").exists()
    stored = assemble.load(out).load()
    sick = PROFILES["profile_id"].values == "p009"
    assert np.isnan(stored["mean"].values[sick]).all()  # quick has no numbers for it
    assert np.isfinite(stored["mean"].values[~sick]).all()


def test_a_batch_that_always_kills_its_worker_is_found_out_and_the_others_are_kept(tmp_path: Path) -> None:
    out = tmp_path / "o.zarr"
    with pytest.raises(RunError) as caught:
        run(out, Options(trouble="p009"), assimilators.deadly, worker_count=2)
    assert "got a failure in batch 2 (profiles p008éé to p011éé): WorkerLostError: its worker died 3 times" in str(caught.value)
    assert "is kept in" in str(caught.value)
    assert [path.name for path in sorted((tmp_path / "o.zarr.parts").glob("*.nc"))] == [
        f"batch-{number:05d}.nc" for number in (0, 1, 3, 4, 5)
    ]


def test_a_batch_that_fails_is_named_and_the_others_are_kept(tmp_path: Path, here: None) -> None:
    out = tmp_path / "o.zarr"
    with pytest.raises(RunError) as caught:
        run(out, Options(trouble="p006"), assimilators.failing)
    assert str(caught.value).startswith(
        "expected every batch to succeed, got a failure in batch 1 (profiles p004é to p007é): ArithmeticError: no way to divide; "
        f"what is done is kept in {out}.parts, mend the cause and go on with --resume"
    )
    assert len(list((tmp_path / "o.zarr.parts").glob("*.nc"))) == 5
    seen: list[int] = []
    with pytest.raises(RunError, match="batch 1"):
        run(out, Options(trouble="p006"), assimilators.failing, resume=True, progress=lambda done, _: seen.append(done))
    assert seen == [18]


def test_it_stops_when_batch_after_batch_fails(tmp_path: Path, here: None) -> None:
    with pytest.raises(
        RunError, match=r"failure in batch 0 .* and 2 more: ValueError: expected a result with 4 entries along profile, got 3"
    ):
        run(tmp_path / "o.zarr", None, assimilators.short)


# ---- what may go on, and what may be replaced ----


@pytest.fixture
def unfinished(tmp_path: Path, here: None) -> Path:
    """Where a run lies that has one batch left."""
    out = tmp_path / "o.zarr"
    with pytest.raises(RunError):
        run(out, Options(trouble="p006"), assimilators.failing)
    return out


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"options": Options(seed=3, trouble="p006")}, "other settings: seed 0 then, 3 now; give what was given then"),
        ({"options": Options(windows=(2, 4), trouble="p006")}, r"windows \[2, 3\] then, \[2, 4\] now"),
        ({"batch": 5}, "batch 4 then, 5 now"),
        ({"profiles": assimilators.profiles(COUNT, seed=1)}, "other settings: other profiles"),
        ({"profiles": assimilators.profiles(COUNT - 1)}, "other profiles"),
        ({"work": assimilators.quick}, "another method"),
        ({"draws": Path("draws.zarr")}, "draws false then, true now"),
    ],
)
def test_it_does_not_go_on_as_another_run(unfinished: Path, changed: dict[str, Any], words: str) -> None:
    asked = {"options": Options(trouble="p006"), "work": assimilators.failing, "resume": True, **changed}
    if "draws" in asked:
        asked["draws"] = unfinished.with_name("draws.zarr")
    with pytest.raises(RunError, match=words):
        run(unfinished, **asked)


def test_it_does_not_go_on_in_another_climate(unfinished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assimilators, "forcing_of", lambda positions: assimilators.columns.random_forcing(len(positions), seed=9))
    with pytest.raises(RunError, match="other settings: another climate"):
        run(unfinished, Options(trouble="p006"), assimilators.failing, resume=True)


def test_a_damaged_plan_is_not_gone_on_with(unfinished: Path) -> None:
    (unfinished.with_name("o.zarr.parts") / "plan.json").write_text("{", encoding="utf-8")
    with pytest.raises(RunError, match="other settings"):
        run(unfinished, Options(trouble="p006"), assimilators.failing, resume=True)


@pytest.mark.parametrize("damage", ["truncated", "empty", "garbage", "another name"])
def test_damaged_batches_are_done_again(unfinished: Path, damage: str) -> None:
    path = unfinished.with_name("o.zarr.parts") / "batch-00005.nc"
    old = path.read_bytes()
    new = {
        "truncated": old[: len(old.rstrip(b"\0")) // 2],  # behind its content the file is empty
        "empty": b"",
        "garbage": b"x" * len(old),
        "another name": old.replace(b"p020", b"q020"),
    }
    assert new[damage] != old
    path.write_bytes(new[damage])
    seen: list[int] = []
    with pytest.raises(RunError, match="batch 1"):
        run(unfinished, Options(trouble="p006"), assimilators.failing, resume=True, progress=lambda done, _: seen.append(done))
    assert seen == [16, 18]


def test_force_starts_again(unfinished: Path) -> None:
    seen: list[int] = []
    run(unfinished, force=True, progress=lambda done, _: seen.append(done))
    assert seen[0] == 0
    assert assemble.load(unfinished).sizes["profile"] == COUNT


def test_a_finished_store_is_replaced_only_by_force_and_only_in_the_end(tmp_path: Path, here: None) -> None:
    out = run(tmp_path / "o.zarr")
    first = content(out)
    with pytest.raises(RunError, match=r"expected a new name to write to, got .*, which exists; choose another, or add --force"):
        run(out, Options(seed=1))
    assert [file.name for file in tmp_path.iterdir()] == ["o.zarr"]
    with pytest.raises(RunError, match="batch 1"):
        run(out, Options(seed=1, trouble="p006"), assimilators.failing, force=True)
    assert content(out) == first
    with pytest.raises(RunError, match="batch 1"):  # that it may replace the store was said when it began
        run(out, Options(seed=1, trouble="p006"), assimilators.failing, resume=True)
    run(out, Options(seed=1), force=True)
    assert content(out) != first
    assert [file.name for file in tmp_path.iterdir()] == ["o.zarr"]


def test_force_mends_a_store_that_was_damaged(tmp_path: Path, here: None) -> None:
    out = run(tmp_path / "o.zarr")
    first = content(out)
    next(file for file in out.rglob("0") if file.is_file()).unlink()
    assert content(out) != first
    run(out, force=True)
    assert content(out) == first


def test_to_resume_what_is_finished_changes_nothing(tmp_path: Path, here: None) -> None:
    out = run(tmp_path / "o.zarr", resume=True)
    first = {file: file.stat().st_mtime_ns for file in out.rglob("*")}
    assert run(out, resume=True) == out
    assert {file: file.stat().st_mtime_ns for file in out.rglob("*")} == first
    with pytest.raises(RunError, match="add --force"):
        run(out, Options(seed=1), resume=True)


def test_force_never_takes_away_what_is_not_ours(tmp_path: Path, here: None) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "letter").touch()
    (tmp_path / "note.txt").touch()
    for name in ("precious", "note.txt"):
        with pytest.raises(RunError, match=r"expected to replace a store that proda wrote, got .*, which is something else"):
            run(tmp_path / name, force=True)
        with pytest.raises(RunError, match="which is something else"):
            run(tmp_path / "o.zarr", force=True, draws=tmp_path / name)
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["letter", "note.txt", "precious"]


def test_draws_need_a_place_of_their_own(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="expected another place for the draws"):
        run(tmp_path / "o.zarr", draws=tmp_path / "." / "o.zarr")


@pytest.mark.parametrize(("name", "value"), [("batch", 0), ("worker_count", -1)])
def test_counts_are_positive(tmp_path: Path, name: str, value: int) -> None:
    with pytest.raises(ValueError, match="expected at least 1"):
        run(tmp_path / "o.zarr", **{name: value})


def test_what_is_no_whole_posterior_is_not_loaded(tmp_path: Path, undisturbed: tuple[Path, Path]) -> None:
    with pytest.raises(RunError, match=r"expected a posterior at .*, got none that is whole; make it with proda assimilate"):
        assemble.load(tmp_path)


# ---- a cluster ----


def test_a_dask_cluster_writes_the_same_bytes(tmp_path: Path, undisturbed: tuple[Path, Path], cluster: str) -> None:
    out, draws = tmp_path / "posterior.zarr", tmp_path / "draws.zarr"
    run(out, draws=draws, scheduler=cluster)
    assert content(out, draws) == content(*undisturbed)


def test_a_scheduler_that_does_not_answer_is_said_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(workers.cluster.__wrapped__, "__defaults__", (0.5,))
    with pytest.raises(OSError, match=r"expected a Dask scheduler at tcp://127.0.0.1:9, got no answer within 0.5 s; start one"):
        run(tmp_path / "o.zarr", scheduler="tcp://127.0.0.1:9")
