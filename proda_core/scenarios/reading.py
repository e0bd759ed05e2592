"""From a YAML file to a checked :class:`~proda_core.scenarios.experiment.Experiment`.

Errors name the file, the key, what was expected, what was found, and what to do.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from proda_core.climate import ZONES
from proda_core.grid import STOCK_DEPTHS
from proda_core.parameters import IDS
from proda_core.scenario import LIMITS, PARAMETER_LIMITS, Scenario, finite
from proda_core.scenarios.experiment import CUE_PER_DEGREE_LIMITS, Experiment, Target
from proda_core.scenarios.region import Region

_TEXTS = ("name", "question", "source")
_KEYS = (*_TEXTS, "changes", "parameters", "warming", "region", "target")
_MECHANISMS = tuple(name for name in LIMITS if name != "warming")
_DEPTHS = tuple(depth for depth in STOCK_DEPTHS.values() if math.isfinite(depth))
_RELATIVE = "changes are relative, 0.01 is one percent more"
_TARGET_LIMITS = {"stock_increase": (0.001, 1.0), "years": (1.0, 10_000.0)}


class ScenarioFileError(ValueError):
    """A scenario that cannot be read or does not make sense."""


def preset_names() -> tuple[str, ...]:
    """Names of the scenarios that come with the project.

    >>> "cue-one-percent" in preset_names()
    True
    """
    return tuple(sorted(path.stem for path in Path(__file__).parent.glob("*.yaml")))


def find(name: str) -> Experiment:
    """A preset by its name, or the scenario of a file.

    Args:
        name: one of :func:`preset_names`, or a path that ends in .yaml or .yml or names a file.

    Returns:
        the experiment.

    Raises:
        ScenarioFileError: there is no such preset or file, or it is unsound.
    """
    if name in preset_names():
        return read(Path(__file__).with_name(f"{name}.yaml"))
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or path.is_file():
        return read(path)
    raise ScenarioFileError(f"expected a YAML file or one of {', '.join(preset_names())}; got {name!r}")


def read(path: Path) -> Experiment:
    """The scenario of a file; see :mod:`proda_core.scenarios` for what may stand in it.

    Raises:
        ScenarioFileError: the file is missing or unsound.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 -- it derives from SafeLoader
    except FileNotFoundError:
        raise ScenarioFileError(f"expected a scenario file {path}, got none; check the path") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioFileError(f"expected a text file {path.name} that can be read, got: {error}") from error
    except yaml.YAMLError as error:
        raise ScenarioFileError(f"expected YAML in {path.name}, got: {' '.join(str(error).split())}") from error
    return _Reader(path.name).experiment(path.stem, content)


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML has no types
    """Refuses a key that stands twice, where YAML would silently take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue  # what else a key may be, YAML itself refuses or we do later
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key.value} twice", key.start_mark)
            seen.add(key.value)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping


class _Reader:
    """Checks one file's content; knows its name, for errors."""

    def __init__(self, file: str) -> None:
        self.file = file

    def fail(self, key: str, expected: str, got: object, hint: str) -> ScenarioFileError:
        where = f"{key} in {self.file}" if key else self.file
        return ScenarioFileError(f"expected {where} {expected}, got {got!r:.60}; {hint}")

    def experiment(self, key: str, content: object) -> Experiment:
        table = self.table("", content, _KEYS)
        name, question, source = (self.text(text, table.get(text)) for text in _TEXTS)
        changes = self.table("changes", table.get("changes", {}), (*_MECHANISMS, "cue_per_degree"))
        values = {
            name: self.number(f"changes.{name}", changes[name], *LIMITS[name], _RELATIVE)
            for name in _MECHANISMS
            if name in changes
        }
        warming = self.number("warming", table.get("warming", 0.0), *LIMITS["warming"], "it is a difference in degrees")
        given = changes.get("cue_per_degree", 0.0)
        slope = self.number("changes.cue_per_degree", given, *CUE_PER_DEGREE_LIMITS, "it is the change of CUE itself per degree")
        if slope and not warming:
            raise self.fail("warming", "beside changes.cue_per_degree", warming, "say by how many degrees")
        if slope and values.get("cue"):
            raise self.fail("changes", "with either cue or cue_per_degree", sorted(changes), "leave one of them out")
        shifts = self.table("parameters", table.get("parameters", {}), IDS)
        values |= {id_: self.number(f"parameters.{id_}", shifts[id_], *PARAMETER_LIMITS, _RELATIVE) for id_ in shifts}
        change = Scenario.of({**values, "warming": warming})
        target = self.target(table["target"]) if "target" in table else None
        if target is None and change.is_baseline:
            raise self.fail("changes", "with at least one change", dict(changes), f"name one of {', '.join(_MECHANISMS)}")
        if target is not None and not (change.is_baseline and not slope):
            raise self.fail(
                "changes", "to be left out beside a target", dict(changes), "a target is reached by plant input alone"
            )
        region = self.region(table["region"]) if "region" in table else None
        return Experiment(key, name, question, source, change=change, cue_per_degree=slope, region=region, target=target)

    def table(self, key: str, value: object, allowed: tuple[str, ...]) -> Mapping[str, object]:
        if not isinstance(value, dict):
            raise self.fail(key, "to be a table of keys and values", value, f"write {allowed[0]}: ... and so on, one a line")
        unknown = [name for name in value if name not in allowed]
        if unknown:
            raise self.fail(key, f"to have only the keys {', '.join(allowed)}", unknown[0], "check the spelling")
        return value

    def text(self, key: str, value: object) -> str:
        if not (isinstance(value, str) and value.strip()):
            raise self.fail(key, "to be a text", value, f"write {key}: and some words")
        return " ".join(value.split())

    def number(self, key: str, value: object, lower: float, upper: float, hint: str) -> float:
        number = finite(value)
        if number is None or not lower <= number <= upper:
            raise self.fail(key, f"to be a number within {lower:g}..{upper:g}", value, hint)
        return number

    def region(self, value: object) -> Region:
        table = self.table("region", value, ("latitude", "koppen", "country", "box"))
        if len(table) != 1:
            raise self.fail("region", "to say one of latitude, koppen, country and box", sorted(table), "give one of them")
        if "koppen" in table:
            return Region(koppen=self.names("region.koppen", table["koppen"], "zones", ZONES))
        if "country" in table:
            return Region(country=self.names("region.country", table["country"], "countries"))
        if "box" in table:
            return Region(box=self.box(table["box"]))
        south, north = self.numbers(table["latitude"], 2) or (math.nan, math.nan)
        if not -90 <= south < north <= 90:
            raise self.fail(
                "region.latitude", "to be [south, north] within -90..90", table["latitude"], "south first, north positive"
            )
        return Region(latitude=(south, north))

    def names(self, key: str, value: object, what: str, known: Sequence[str] = ()) -> tuple[str, ...]:
        names = value if isinstance(value, list) else [value]
        wrong = [name for name in names if not isinstance(name, str) or (known and name not in known)]
        if wrong or not names:
            hint = f"the {what} are {', '.join(known)}" if known else "write [France, Germany]"
            raise self.fail(key, f"to be a list of {what}", wrong or names, hint)
        return tuple(names)

    def box(self, value: object) -> tuple[float, float, float, float]:
        south, north, west, east = self.numbers(value, 4) or (math.nan,) * 4
        if not (-90 <= south < north <= 90 and -180 <= west <= 180 and -180 <= east <= 180 and west != east):
            raise self.fail(
                "region.box", "to be [south, north, west, east] in degrees", value, "south before north, west before east"
            )
        return south, north, west, east

    def numbers(self, value: object, count: int) -> list[float] | None:
        """So many finite numbers, or none."""
        found = [number for each in value if (number := finite(each)) is not None] if isinstance(value, list) else []
        return found if isinstance(value, list) and len(value) == len(found) == count else None

    def target(self, value: object) -> Target:
        table = self.table("target", value, ("stock_increase", "depth", "years"))
        increase, years = (
            self.number(f"target.{key}", table.get(key), *limits, "0.08 is 8 percent; years count from the change")
            for key, limits in _TARGET_LIMITS.items()
        )
        depth = finite(table.get("depth"))
        if depth not in _DEPTHS:
            depths = ", ".join(f"{each:g}" for each in _DEPTHS)
            raise self.fail("target.depth", f"to be one of {depths}", table.get("depth"), "it is a depth in metres")
        return Target(increase, depth, years)
