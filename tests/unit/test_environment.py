"""pyproject.toml, constraints.txt, environment.yml and the Makefile describe one and the same environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

CONDA_NAMES = {"torch": "pytorch", "playwright": "playwright-python"}
"""Packages that conda-forge calls by another name than the package index."""

NOT_IN_CONDA = {"axe-playwright-python"}
"""Packages that an environment takes from the package index."""

CONDA_ONLY = {"python", "pip"}
"""What an environment.yml has to name and a pyproject.toml cannot."""


def by_name(requirements: list[str]) -> dict[str, SpecifierSet]:
    parsed = [Requirement(text) for text in requirements]
    return {canonicalize_name(requirement.name): requirement.specifier for requirement in parsed}


RUNTIME = by_name(PROJECT["dependencies"])
TEST = by_name(PROJECT["optional-dependencies"]["test"])
BUILD = by_name(PROJECT["optional-dependencies"]["build"])


@pytest.fixture(scope="module")
def conda() -> list[str | dict[str, list[str]]]:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["channels"] == ["conda-forge"]
    return environment["dependencies"]


def pins() -> dict[str, SpecifierSet]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return by_name([line for line in lines if line and not line.startswith("#")])


def test_conda_names_the_same_packages_within_the_same_bounds(conda: list[str | dict[str, list[str]]]) -> None:
    listed = by_name([entry for entry in conda if isinstance(entry, str)])
    expected = {CONDA_NAMES.get(name, name): bounds for name, bounds in {**RUNTIME, **TEST}.items() if name not in NOT_IN_CONDA}
    assert {name: bounds for name, bounds in listed.items() if name not in CONDA_ONLY} == expected


def test_conda_asks_for_the_same_python(conda: list[str | dict[str, list[str]]]) -> None:
    listed = by_name([entry for entry in conda if isinstance(entry, str)])
    assert listed["python"] == SpecifierSet(PROJECT["requires-python"])


def test_conda_takes_from_the_package_index_only_this_project_and_what_it_lacks(conda: list[str | dict[str, list[str]]]) -> None:
    (entry,) = (entry for entry in conda if isinstance(entry, dict))
    project, *others = entry["pip"]
    assert project == "-e ."
    assert by_name(others) == {name: TEST[name] for name in NOT_IN_CONDA}


def test_conda_file_notes_the_sources_of_the_climate(conda: list[str | dict[str, list[str]]]) -> None:
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    only_there = [entry for entry in PROJECT["optional-dependencies"]["build"] if Requirement(entry).name not in TEST]
    assert only_there
    for entry in only_there:
        assert f'"{entry}"' in text


@pytest.mark.parametrize("name", sorted({**RUNTIME, **TEST, **BUILD}))
def test_every_direct_dependency_is_pinned_exactly_and_within_its_bounds(name: str) -> None:
    (pin,) = pins()[name]
    assert pin.operator == "=="
    for extra in (RUNTIME, TEST, BUILD):
        assert extra.get(name, SpecifierSet()).contains(Version(pin.version))


def test_every_pin_is_exact() -> None:
    assert {spec.operator for pin in pins().values() for spec in pin} == {"=="}


def recipe(*arguments: str) -> str:
    make = shutil.which("make")
    if make is None:
        pytest.skip("make is not installed")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "TORCH", "PIP_ARGS"))}
    command = [make, "--always-make", "--dry-run", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout  # noqa: S603


def test_make_installs_the_pinned_torch_before_the_rest() -> None:
    text = recipe("dashboard")
    assert 0 < text.index(f"torch{pins()['torch']}") < text.index("-e .") < text.index("proda serve --port 5006")


def test_make_can_take_the_cpu_build_of_torch_on_linux() -> None:
    text = recipe("dashboard", "TORCH=cpu")
    if os.uname().sysname == "Linux":
        assert f"torch{pins()['torch']}+cpu --index-url https://download.pytorch.org/whl/cpu" in text
    else:
        assert "--index-url" not in text


def test_make_refuses_an_old_python(tmp_path: Path) -> None:
    make = shutil.which("make")
    if make is None:
        pytest.skip("make is not installed")
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copy(ROOT / "constraints.txt", tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\ncase $1 in -V) echo Python 3.9.1;; *) exit 1;; esac\n", encoding="utf-8")
    old.chmod(0o755)
    for python, got in ((str(old), "got Python 3.9.1"), ("no-such-python", "got no no-such-python")):
        done = subprocess.run([make, "dashboard", f"PYTHON={python}"], cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603
        assert done.returncode != 0
        assert f"error: expected Python 3.11 or newer, {got}" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_continuous_integration_is_a_script_that_bash_can_read() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    subprocess.run([bash, "-n", str(script)], check=True)  # noqa: S603
