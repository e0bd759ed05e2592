"""``evidence.json``: what a reader of the maps should know about their quality, small enough to lie beside them.

Skill of every method under every validation, observed against modelled carbon as a table of counts, training curves, where the
profiles are, and in plain sentences where not to trust the maps.  It is JSON, so that anybody can read it with anything; reading
checks every value, and gives dataclasses, so that the page need not know how the file is laid out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from proda_core import store
from proda_core.learning.checked import Checked, EvidenceError

__all__ = ["SCHEMA", "Density", "Evidence", "EvidenceError", "Profiles", "Skill", "Training", "parse", "plain", "read", "write"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

SCHEMA = "1"
"""Value of the file's ``schema``; raised whenever a part changes its meaning."""

MOST_BYTES = 20_000_000
"""Larger files are not read [bytes]; the file that comes with the project has some hundred thousand."""

REMEDY = "get the committed data/evidence.json again, or make it with proda evaluate"


@dataclass(frozen=True)
class Skill:
    """Skill of one method under one validation in one group of layers; measures as in ``learning.measures``.

    Attributes:
        method: name of the method.
        validation: ``in-sample``, ``random`` or ``block``.
        group: ``all``, ``depth``, ``region``, ``source``, or ``distance`` to the nearest training profile, for blocks only.
        name: of the group, such as ``all``, ``0-0.3 m``, ``Africa``.
        profiles: number of profiles judged.
        layers: number of layers judged.
        nse: Nash-Sutcliffe efficiency about the mean of the group [1].
        nse_low: lower end of its 95 % interval [1]; NaN where there are too few blocks for one.
        nse_high: upper end [1]; NaN likewise.
        rmse: root-mean-square error [gC m-3].
        bias: mean modelled minus mean observed [gC m-3].
        concordance: Lin's concordance [1].
        log_nse: NSE of natural logarithms [1].
        log_rmse: root-mean-square error of natural logarithms [1].
        log_bias: mean difference of natural logarithms [1].
        log_concordance: Lin's concordance of natural logarithms [1].
        relative_bias: bias per mean observed [1]; NaN where not stated.
        r: Pearson's correlation [1]; NaN where modelled values do not vary or not stated.
        log_r: that of natural logarithms [1]; NaN likewise.
    """

    method: str
    validation: str
    group: str
    name: str
    profiles: int
    layers: int
    nse: float
    nse_low: float
    nse_high: float
    rmse: float
    bias: float
    concordance: float
    log_nse: float
    log_rmse: float
    log_bias: float
    log_concordance: float
    relative_bias: float = float("nan")
    r: float = float("nan")
    log_r: float = float("nan")


TEXTS = ("method", "validation", "group", "name")
COUNTS = ("profiles", "layers")
UNKNOWN = ("nse_low", "nse_high", "relative_bias", "r", "log_r")
"""Fields of :class:`Skill` that are text, that are counts, and that may be unknown: null in the file, NaN here."""


@dataclass(frozen=True)
class Density:
    """Observed against modelled layers, counted.

    Attributes:
        edges_log10: edges of the bins, log10 of SOC density in kgC m-3 (bin + 1,); what lies beyond counts at the ends.
        counts: number of layers (observed bin, modelled bin).
    """

    edges_log10: FloatArray
    counts: IntArray


@dataclass(frozen=True)
class Training:
    """Loss curves of a method.

    Attributes:
        step: steps of training (point,).
        training: loss over the profiles that teach [1] (point,).
        validation: loss over profiles that were kept back [1] (point,).
    """

    step: FloatArray
    training: FloatArray
    validation: FloatArray


@dataclass(frozen=True)
class Profiles:
    """What the methods have learnt from.

    Attributes:
        total: number of profiles.
        cells: number of land cells that hold any.
        by_region: number in each region.
        by_source: number from each source.
        land_by_distance: part of the land [1] so far from the nearest profile, by class of ``learning.distance``; may be empty.
        judged_by_distance: part of the weight of the layers judged in blocks [1] so far from training profiles; may be empty.
    """

    total: int
    cells: int
    by_region: Mapping[str, int]
    by_source: Mapping[str, int]
    land_by_distance: Mapping[str, float] = field(default_factory=dict)
    judged_by_distance: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Evidence:
    """The content of the file.

    Attributes:
        methods: one line on each method, by name.
        skill: a row for each method, validation and group.
        density: by method, then by validation.
        training: by method; empty where nothing was trained.
        profiles: what the methods have learnt from.
        limits: sentences on where not to trust the results.
        source: what the numbers come from, in a sentence.
        seed: of the folds and of training.
    """

    methods: Mapping[str, str]
    skill: tuple[Skill, ...]
    density: Mapping[str, Mapping[str, Density]]
    training: Mapping[str, Training]
    profiles: Profiles
    limits: tuple[str, ...]
    source: str
    seed: int

    def rows(self, *, method: str = "", validation: str = "", group: str = "", name: str = "") -> tuple[Skill, ...]:
        """The rows of ``skill`` with these names; what is left out does not matter."""
        wanted = {"method": method, "validation": validation, "group": group, "name": name}
        chosen = {key: value for key, value in wanted.items() if value}
        return tuple(row for row in self.skill if all(getattr(row, key) == value for key, value in chosen.items()))

    @property
    def validations(self) -> tuple[str, ...]:
        """Validations that any row has, in their order."""
        return tuple(dict.fromkeys(row.validation for row in self.skill))


def default_path() -> Path:
    """The file that comes with the project."""
    return store.data_directory() / "evidence.json"


def read(path: Path | None = None) -> Evidence:
    """What a file says.

    Args:
        path: a file that :func:`write` made; the one that comes with the project when left out.

    Raises:
        EvidenceError: no such file, too large, truncated, another kind or version of file, parts missing or not sound.
    """
    path = path or default_path()
    if not path.is_file():
        raise EvidenceError(f"expected a file of evidence at {path}, got none; {REMEDY}")
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise EvidenceError(f"expected at most {MOST_BYTES:,} bytes of evidence at {path}, got {size:,}; {REMEDY}")
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        got = f"{size:,} bytes that are not whole JSON"
        raise EvidenceError(f"expected a file of evidence at {path}, got {got} ({error}); {REMEDY}") from error
    return parse(content, str(path), REMEDY)


def parse(content: Any, where: str = "evidence", remedy: str = "look at how it was made") -> Evidence:
    """Evidence from what JSON holds; every value is checked.

    Raises:
        EvidenceError: see :func:`read`.
    """
    top = Checked(content, where, remedy)
    if not (isinstance(content, Mapping) and "schema" in content):
        raise EvidenceError(f"expected evidence at {where}, got JSON without a schema; {remedy}")
    if content["schema"] != SCHEMA:
        raise EvidenceError(f"expected evidence of version {SCHEMA} at {where}, got {str(content['schema'])[:40]}; {remedy}")
    profiles = top["profiles"]
    evidence = Evidence(
        methods={name: text.text() for name, text in top["methods"].items()},
        skill=tuple(_skill(row) for row in top["skill"].list()),
        density={m: {v: _density(held) for v, held in by.items()} for m, by in top["density"].items()},
        training={name: _training(held) for name, held in top["training"].items()},
        profiles=Profiles(
            profiles["total"].count(),
            profiles["cells"].count(),
            {name: number.count() for name, number in profiles["by_region"].items()},
            {name: number.count() for name, number in profiles["by_source"].items()},
            *(_shares(profiles, name) for name in ("land_by_distance", "judged_by_distance")),
        ),
        limits=tuple(sentence.text() for sentence in top["limits"].list()),
        source=top["source"].text(),
        seed=top["seed"].count(),
    )
    named = {row.method for row in evidence.skill} | set(evidence.density) | set(evidence.training)
    if not named <= set(evidence.methods):
        got = ", ".join(sorted(named - set(evidence.methods)))
        raise top.error("methods out of those that 'methods' explains", got)
    return evidence


def _skill(row: Checked) -> Skill:
    values: dict[str, Any] = {}
    for known in fields(Skill):
        if known.name in ("relative_bias", "r", "log_r") and not row.has(known.name):
            continue
        held = row[known.name]
        if known.name in TEXTS:
            values[known.name] = held.text()
        elif known.name in COUNTS:
            values[known.name] = held.count()
        else:
            values[known.name] = held.number(unknown=known.name in UNKNOWN)
    return Skill(**values)


def _shares(profiles: Checked, name: str) -> dict[str, float]:
    """Parts of a whole by name; none in files from before they were told."""
    return {key: part.number() for key, part in profiles[name].items()} if profiles.has(name) else {}


def _density(held: Checked) -> Density:
    edges, counts = held["edges_log10"].numbers(), held["counts"].table()
    bins = len(edges) - 1
    if not (bins >= 1 and (np.diff(edges) > 0).all() and counts.shape == (bins, bins)):
        raise held.error(f"{max(bins, 0)} rising bins and counts of as many rows and columns", f"counts of shape {counts.shape}")
    return Density(edges, counts)


def _training(held: Checked) -> Training:
    step, training, validation = (held[name].numbers() for name in ("step", "training", "validation"))
    if not len(step) == len(training) == len(validation):
        raise held.error("curves of one length", f"{len(step)}, {len(training)} and {len(validation)} points")
    return Training(step, training, validation)


def write(content: Mapping[str, Any] | Evidence, path: Path) -> None:
    """Write evidence, whole or not at all; what could not be read back is refused before anything is written.

    Args:
        content: evidence, or the plain values of it as the file holds them (NaN or None for what is unknown).
        path: of the file; its directory must exist.

    Raises:
        EvidenceError: see :func:`read`.
    """
    held = plain(content) if isinstance(content, Evidence) else content
    evidence = parse(_nulls(held), "what is to be written")
    text = json.dumps(plain(evidence), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    with store.atomic_path(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def plain(evidence: Evidence) -> dict[str, Any]:
    """Evidence as JSON holds it."""
    held: dict[str, Any] = _nulls({"schema": SCHEMA, **asdict(evidence)})
    return held


def _nulls(value: Any) -> Any:
    """Plain values; arrays as lists, NaN as None."""
    if isinstance(value, Mapping):
        return {str(key): _nulls(held) for key, held in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return _nulls(value.tolist())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_nulls(held) for held in value]
    return None if isinstance(value, float) and np.isnan(value) else value
