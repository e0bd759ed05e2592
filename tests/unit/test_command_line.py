"""The ``proda`` command, by what it prints and the exit code it leaves with."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from proda_core import __version__, climate, simulation, store
from proda_core.commands.simulate import scenario_of
from proda_core.grid import LandGrid
from proda_core.scenario import LIMITS, Scenario
from tests import columns
from tests.shell import fails, proda

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = {f"--{name.replace('_', '-')}": name for name in LIMITS}


@pytest.fixture
def climate_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A climate file that stands for a world of eight cells."""
    place = np.linspace(-60.25, 70.25, 8)
    world = simulation.World(
        columns.random_forcing(8, seed=3), columns.prior_mean(8), LandGrid(place, 2 * place, np.full(8, 0.9)), "For tests."
    )
    monkeypatch.setattr(simulation, "load_world", lambda *choices, **named: world)
    path = tmp_path / "little.nc"
    path.touch()
    return path


def test_version() -> None:
    result = proda("--version")
    assert (result.exit_code, result.stdout) == (0, f"proda {__version__}\n")


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_help_lists_the_commands(arguments: list[str]) -> None:
    result = proda(*arguments)
    assert result.exit_code == 0
    for word in ("serve", "climate", "simulate", "observe", "fetch", "--version", "--debug"):
        assert word in result.stdout


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("tau=1", r"expected a parameter id out of diffus, cryo, .*; got 'tau'"),
        ("q10=warm", r"expected --set as ID=VALUE with a number, got 'q10=warm'"),
        ("q10", r"expected --set as ID=VALUE with a number, got 'q10'"),
    ],
)
def test_a_parameter_that_is_none_is_named(climate_file: Path, pair: str, message: str) -> None:
    assert re.search(message, fails("simulate", "--climate", climate_file, "--set", pair, code=2))


def test_a_parameter_value_in_another_unit_is_named(climate_file: Path) -> None:
    line = fails("simulate", "--climate", climate_file, "--set", "tau4s3=0.36")
    assert "expected tau4s3 [yr] within 20..10000, got 0.36..0.36; normalised values?" in line


def test_group_without_a_command_shows_its_help() -> None:
    result = proda("climate")
    assert result.exit_code == 0
    assert "build" in result.stdout


def test_help_states_the_limits_of_every_change() -> None:
    text = re.sub(r"[\s│]+", " ", proda("simulate", "--help").stdout)
    for option, name in OPTIONS.items():
        lower, upper = LIMITS[name]
        unit, factor = ("degC", 1) if name == "warming" else ("%", 100)
        line = text[text.index(f"{option} ") :]
        assert f"{lower * factor:g} to {upper * factor:g} {unit}" in line.split(" --")[0]


def test_module_runs_as_a_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "proda_core", "--version"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"proda {__version__}\n", "")


def test_help_does_not_wait_for_the_model() -> None:
    script = "import sys, proda_core.__main__; sys.exit('torch' in sys.modules or 'xarray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0  # noqa: S603


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plant"], "No such command 'plant'"),
        (["simulate", "--cew", "1"], "No such option"),
        (["simulate", "--cue", "much"], "Invalid value for '--cue'"),
        (["serve", "--port", "many"], "Invalid value for '--port'"),
        (["serve", "--port"], "--port"),
        (["simulate", "extra"], "extra"),
    ],
)
def test_wrong_usage_is_one_line_and_code_2(arguments: list[str], message: str) -> None:
    line = fails(*arguments, code=2)
    assert message in line
    assert "--help" in line


@pytest.mark.parametrize("port", ["0", "-1", "65536", "99999"])
def test_wrong_port_is_refused(port: str) -> None:
    assert fails("serve", "--port", port, code=2) == (
        f"error: expected a --port within 1..65535, got {port}; see proda serve --help"
    )


def test_wrong_number_of_workers_is_refused() -> None:
    assert "expected at least 1 of --workers, got 0" in fails("serve", "--workers", "0", code=2)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """What the command hands to the dashboard."""
    calls: list[dict[str, object]] = []
    module = types.ModuleType("dashboard.serve")
    vars(module)["serve"] = lambda **options: calls.append(options)
    monkeypatch.setitem(sys.modules, "dashboard.serve", module)
    return calls


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_serve_prints_the_address_and_hands_its_options_on(served: list[dict[str, object]], free_port: int) -> None:
    result = proda("serve", "--port", str(free_port), "--workers", "2")
    assert result.exit_code == 0
    assert f"http://localhost:{free_port} " in result.stdout
    assert served == [{"port": free_port, "address": "localhost", "workers": 2}]


def test_port_in_use_is_named(served: list[dict[str, object]]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        line = fails("serve", "--port", str(port))
    assert f"expected a free address and port, got localhost {port} (Address already in use); choose others" in line
    assert served == []


def test_unknown_address_is_named(served: list[dict[str, object]], free_port: int) -> None:
    line = fails("serve", "--port", str(free_port), "--address", "no.such.host.invalid")
    assert "got no.such.host.invalid" in line
    assert served == []


def test_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, free_port: int) -> None:
    monkeypatch.setitem(sys.modules, "dashboard.serve", None)
    result = proda("serve", "--port", str(free_port))
    assert result.exit_code == 1
    assert result.stderr.startswith(
        "error: expected Python package dashboard.serve to be installed, got none; run make dashboard"
    )


def test_ctrl_c_leaves_with_130(monkeypatch: pytest.MonkeyPatch, climate_file: Path) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(simulation, "run", interrupted)
    result = proda("simulate", "--climate", climate_file)
    assert (result.exit_code, result.stderr.split()) == (130, ["interrupted"])
    assert result.stdout == ""


def test_baseline_shows_stocks_and_where_parameters_come_from(climate_file: Path) -> None:
    result = proda("simulate", "--climate", climate_file)
    assert result.exit_code == 0, result.output
    for text in ("depth [m]", "0-0.3", "0-1", "0-2", "0-8.6", "baseline [Pg C]", "Parameters: For tests.", "8 land cells"):
        assert text in result.stdout
    assert "scenario" not in result.stdout


def test_scenario_is_written_and_its_change_shown(climate_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "run.nc"
    result = proda("simulate", "--climate", climate_file, "--cue", "5", "--warming", "-1", "--out", out)
    assert result.exit_code == 0, result.output
    assert "change [Pg C]" in result.stdout
    assert f"wrote {out}" in result.stdout
    with xr.open_dataset(out) as written:
        written.load()
    assert written.attrs["scenario_cue"] == 0.05
    assert written.attrs["scenario_warming"] == -1.0
    assert written.attrs["source"] == f"PRODA Explorer {__version__}"
    assert written["soc"].encoding["zlib"]
    row = next(line for line in result.stdout.splitlines() if "0-0.3" in line)
    before, after, change, percent = (float(cell.replace(",", "")) for cell in re.findall(r"[-+]?[\d,]+\.\d+", row)[1:])
    assert after == pytest.approx(float(written["global_stock"][0]), abs=0.05)
    assert change == pytest.approx(after - before, abs=0.11)
    assert percent > 0


def test_run_equals_the_model(climate_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "run.nc"
    assert proda("simulate", "--climate", climate_file, "--vertical-transport", "-10", "--out", out).exit_code == 0
    world = simulation.load_world()
    expected = simulation.run(world, Scenario(vertical_transport=-0.1))
    with xr.open_dataset(out) as written:
        for name in expected.data_vars:
            np.testing.assert_array_equal(written[name].values, expected[name].values)


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "51", "-51"])
def test_values_outside_the_limits_are_refused_with_the_limits(option: str, value: str) -> None:
    lower, upper = LIMITS[OPTIONS[option]]
    factor, unit = (1, "degC") if option == "--warming" else (100, "%")
    limits = f"{lower * factor:g}..{upper * factor:g} {unit}"
    line = fails("simulate", option, value, code=2)
    assert line == f"error: expected {option} within {limits}, got {float(value):g}; see proda simulate --help"


@pytest.mark.parametrize("option", OPTIONS)
def test_the_limits_themselves_are_accepted(option: str) -> None:
    name = OPTIONS[option]
    for limit in LIMITS[name]:
        percent = limit if name == "warming" else limit * 100
        change = scenario_of({name: percent if name == "warming" else percent / 100})
        assert getattr(change, name) == limit


def test_missing_climate_file_is_named(tmp_path: Path) -> None:
    line = fails("simulate", "--climate", tmp_path / "none.nc")
    assert "none.nc, got none; make it with proda climate build" in line


def test_file_that_is_no_climate_fails_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "odd.nc"
    path.write_text("not a climate", encoding="utf-8")
    result = proda("simulate", "--climate", path)
    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1
    assert result.stderr.startswith("error: ")
    assert "Traceback" not in result.output


@pytest.mark.parametrize("arguments", [["simulate"], ["climate", "build"]])
class TestOutput:
    @pytest.fixture(autouse=True)
    def _quick(self, climate_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(store, "data_directory", lambda: climate_file.parent)
        climate_file.rename(climate_file.with_name("climate.nc"))
        monkeypatch.setattr(climate, "build", _write_words)

    def test_existing_file_is_kept(self, arguments: list[str], tmp_path: Path) -> None:
        out = tmp_path / "there.nc"
        out.write_text("old", encoding="utf-8")
        assert f"expected a new file to write, got {out}, which exists; choose another" in fails(*arguments, "--out", out)
        assert out.read_text(encoding="utf-8") == "old"

    def test_existing_file_is_replaced_when_forced(self, arguments: list[str], tmp_path: Path) -> None:
        out = tmp_path / "there.nc"
        out.write_text("old", encoding="utf-8")
        assert proda(*arguments, "--out", out, "--force").exit_code == 0
        assert out.read_bytes() != b"old"

    def test_missing_directory_is_named(self, arguments: list[str], tmp_path: Path) -> None:
        assert "nowhere; create it first" in fails(*arguments, "--out", tmp_path / "nowhere" / "run.nc")

    def test_directory_as_output_is_named(self, arguments: list[str], tmp_path: Path) -> None:
        assert "expected a file to write to, got the directory" in fails(*arguments, "--out", tmp_path)

    def test_unwritable_directory_is_named_before_the_work(
        self, arguments: list[str], locked: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(simulation, "run", None)
        monkeypatch.setattr(climate, "build", None)
        assert f"expected a directory that can be written to, got {locked} (" in fails(*arguments, "--out", locked / "run.nc")


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """A directory that nobody may write to, root included where the system has one."""
    if os.geteuid() == 0:
        if not Path("/proc/self").is_dir():
            pytest.skip("root may write everywhere here")
        yield Path("/proc/self")
        return
    directory = tmp_path / "locked"
    directory.mkdir(mode=0o500)
    yield directory
    directory.chmod(0o700)


def _write_words(out: Path, progress: Callable[[float, str], None] | None = None) -> None:
    if progress:
        progress(0.5, "words")
    out.write_text("new climate", encoding="utf-8")


def test_climate_goes_where_the_model_looks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "data_directory", lambda: tmp_path)
    monkeypatch.setattr(climate, "build", _write_words)
    result = proda("climate", "build")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "climate.nc").read_text(encoding="utf-8") == "new climate"
    assert f"wrote {tmp_path / 'climate.nc'}" in result.stdout


def test_missing_source_of_the_climate_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_source(out: Path, progress: object = None) -> None:
        raise climate.SourceError("expected package era5 1.0, got none; install it")

    monkeypatch.setattr(climate, "build", no_source)
    result = proda("climate", "build", "--out", tmp_path / "climate.nc")
    assert result.exit_code == 1
    assert result.stderr.strip().splitlines()[-1] == "error: expected package era5 1.0, got none; install it"


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    result = proda("--debug", "simulate", "--climate", tmp_path / "none.nc")
    assert result.exit_code == 1
    assert "Traceback (most recent call last)" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("error: expected a climate file")


def test_a_mistake_of_ours_is_not_hidden(climate_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object, **options: object) -> None:
        raise AssertionError("two and two are five")

    monkeypatch.setattr(simulation, "run", broken)
    result = proda("simulate", "--climate", climate_file)
    assert result.exit_code == 1
    assert isinstance(result.exception, AssertionError)
