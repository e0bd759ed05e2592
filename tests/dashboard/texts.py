"""The texts that a visitor reads: those that the code names, and those of tables and data files that are put into words."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import xarray as xr

import dashboard
from dashboard.catalogue import CONTROLS, MAPS
from proda_core.learning import evidence
from proda_core.sensitivity import findings
from proda_core.store import data_directory

CODE = Path(dashboard.__file__).parent
NAMED = {"tr", "mark", "later"}
"""Functions whose first argument is a text."""


def in_code(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of every call that names one; read from the syntax tree, as Babel's extractor misses those in f-strings."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NAMED and node.args:
            text = node.args[0]
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield text.lineno, text.value


@cache
def of_code() -> dict[str, str]:
    """Texts of the dashboard's code, and where each stands first."""
    found: dict[str, str] = {}
    for path in sorted(CODE.rglob("*.py")):
        for line, text in in_code(path.read_text(encoding="utf-8")):
            found.setdefault(text, f"{path.relative_to(CODE.parent)}:{line}")
    return found


@cache
def of_tables() -> dict[str, str]:
    """Texts of tables, and of the data files whose words are put into other languages."""
    found: dict[str, str] = {}
    for control in CONTROLS.values():
        for text in (control.label, control.short, control.noun, control.meaning, control.equation):
            found[text] = f"CONTROLS[{control.name!r}]"
    for variable in MAPS.values():
        for text in filter(None, (variable.label, variable.about)):
            found[text] = f"MAPS[{variable.name!r}]"
        if variable.unit.startswith("per "):
            found[variable.unit] = f"MAPS[{variable.name!r}]"
    countries = xr.load_dataset(data_directory() / "countries.nc")
    names = [str(name) for name in countries["country_name"].values]
    tested, found_out = evidence.read(), findings.read()
    regions = {row.name for row in tested.skill if row.group == "region"} | set(tested.profiles.by_region)
    groups = {row.group for row in tested.skill} - {"all"}
    budget = [text for row in found_out.budget for text in (row.source, row.note)]
    for text in (*names, *tested.limits, *tested.methods.values(), *sorted(regions), *sorted(groups), *filter(None, budget)):
        found.setdefault(text, "data")
    return found


def of_everything() -> dict[str, str]:
    """All of them."""
    return {**of_tables(), **of_code()}


def places(text: str) -> list[str]:
    """Names of the places in a template, in order of the alphabet."""
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)
