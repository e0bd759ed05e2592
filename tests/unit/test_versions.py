"""Versions: the floors that matter, and one version number everywhere."""

from __future__ import annotations

import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

import proda_core

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

FLOORS = {"bokeh": "3.8.2", "panel": "1.9.4", "tornado": "6.5.7", "torch": "2.11"}
"""Versions below these have known security holes or lose data; raise them, never lower them."""


@pytest.mark.parametrize("name", FLOORS)
def test_installed_version_is_at_or_above_its_floor(name: str) -> None:
    assert Version(metadata.version(name)) >= Version(FLOORS[name])


@pytest.mark.parametrize("name", FLOORS)
def test_no_version_below_its_floor_can_be_installed(name: str) -> None:
    (declared,) = (Requirement(text) for text in PROJECT["dependencies"] if Requirement(text).name == name)
    (floor,) = (spec.version for spec in declared.specifier if spec.operator == ">=")
    assert Version(floor) >= Version(FLOORS[name])


@pytest.mark.parametrize("text", PROJECT["dependencies"])
def test_installed_version_is_within_the_declared_bounds(text: str) -> None:
    declared = Requirement(text)
    assert declared.specifier.contains(metadata.version(declared.name), prereleases=True)


def test_package_reports_the_version_that_is_installed() -> None:
    if proda_core.__version__ == "0+source":
        pytest.skip("proda is not installed here, only its source is")
    assert proda_core.__version__ == PROJECT["version"]


def test_citation_and_changes_name_this_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"]
    assert f"\n## {PROJECT['version']}" in (ROOT / "CHANGES.md").read_text(encoding="utf-8")


def test_citation_names_the_papers_whose_science_is_computed() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {reference["doi"] for reference in citation["references"]} == {
        "10.3389/fdata.2020.00017",
        "10.1038/s41586-023-06042-3",
        "10.1029/2018MS001583",
    }


@pytest.mark.parametrize("name", proda_core.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(proda_core, name) is not None
    assert name in dir(proda_core)


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'proda_core' has no attribute 'soil'"):
        proda_core.soil  # noqa: B018
