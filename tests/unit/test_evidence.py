"""``evidence.json``: what is written comes back, and what is not evidence is refused in words that say why."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from proda_core.learning import continents, evidence, gather, skill
from proda_core.learning.evidence import EvidenceError

METHODS = {"good": "one that knows much", "poor": "one that knows little", "absent": "one that was not asked"}
CURVES = {"good": {"step": [0, 10, 20], "training": [1.0, 0.5, 0.3], "validation": np.array([1.1, 0.6, 0.7])}}


@pytest.fixture(scope="module")
def predictions() -> xr.Dataset:
    """Layers of profiles all over the Earth, some of which one method does not predict."""
    rng = np.random.default_rng(0)
    index = np.repeat(np.arange(80), 3)
    observed = np.exp(rng.normal(9, 1, 240))
    good, poor = (observed * np.exp(rng.normal(0, size, 240)) for size in (0.2, 0.6))
    cube = np.stack([np.stack([good, good]), np.stack([poor, np.full_like(poor, np.nan)])])
    cube[0, 1, :5] = np.nan
    return xr.Dataset(
        {
            "predicted": (("method", "validation", "observation"), cube),
            "soc_density": ("observation", observed),
            "layer_top": ("observation", np.tile([0.0, 0.3, 1.0], 80)),
            "layer_bottom": ("observation", np.tile([0.3, 1.0, 2.0], 80)),
            "profile_index": ("observation", index),
            "latitude": ("profile", rng.uniform(-40, 75, 80)),
            "longitude": ("profile", rng.uniform(-180, 180, 80)),
            "source": ("profile", np.where(np.arange(80) < 2, "a few", "märz")),
        },
        {"method": ["good", "poor"], "validation": ["in-sample", "block"]},
    )


@pytest.fixture(scope="module")
def table(predictions: xr.Dataset) -> pd.DataFrame:
    return skill.table(predictions, resamples=50)


@pytest.fixture(scope="module")
def gathered(predictions: xr.Dataset, table: pd.DataFrame) -> evidence.Evidence:
    return gather.assemble(
        predictions, table, METHODS, cells=70, training=CURVES, limits=["Deserts: little is known."], source="Made up.", seed=4
    )


@pytest.fixture
def file(gathered: evidence.Evidence, tmp_path: Path) -> Path:
    path = tmp_path / "evidence.json"
    evidence.write(gathered, path)
    return path


# ---- what is gathered ----


def test_every_layer_is_counted_once_where_it_belongs() -> None:
    observed = np.array([1000.0, 1000.0, 10_000.0, 1.0, 9e9, 500.0])
    modelled = np.array([1000.0, 10_000.0, 1000.0, 1.0, 1000.0, np.nan])
    counts = gather.density(observed, modelled, np.array([-1.0, -0.1, 0.1, 0.9, 1.1]))
    expected = np.zeros((4, 4), dtype=int)
    expected[1, 1] = expected[1, 3] = expected[3, 1] = 1
    expected[0, 0] = 1  # below the first edge counts in the first bin
    expected[3, 1] += 1  # beyond the last in the last; what is not predicted not at all
    assert counts.tolist() == expected.tolist()


def test_predictions_that_are_not_positive_are_counted_with_the_smallest() -> None:
    counts = gather.density(np.array([1000.0, 1000.0]), np.array([-5.0, 0.0]))
    assert counts[:, 0].sum() == 2


def test_profiles_are_counted_by_region_and_source(predictions: xr.Dataset) -> None:
    found = gather.profile_counts(predictions, 70)
    assert (found["total"], found["cells"]) == (80, 70)
    assert list(found["by_source"].items()) == [("märz", 78), ("a few", 2)]
    assert sum(found["by_region"].values()) == 80
    assert set(found["by_region"]) <= set(continents.NAMES)
    north = float(np.sum(predictions["latitude"].values >= 60))
    assert found["by_region"][continents.NORTH] == north > 0


# ---- there and back ----


def test_what_is_written_comes_back(file: Path, table: pd.DataFrame, predictions: xr.Dataset) -> None:
    found = evidence.read(file)
    assert found.methods == {"good": METHODS["good"], "poor": METHODS["poor"]}
    assert len(found.skill) == len(table)
    for row, expected in zip(found.skill, table.to_dict("records"), strict=True):
        for name, value in vars(row).items():
            assert value == expected[name] or (np.isnan(value) and np.isnan(expected[name])), name
    assert found.density["good"]["in-sample"].counts.sum() == 240
    assert found.density["good"]["block"].counts.sum() == 235
    assert set(found.density["poor"]) == {"in-sample"}
    assert found.training["good"].step.tolist() == [0, 10, 20]
    assert found.training["good"].validation.tolist() == [1.1, 0.6, 0.7]
    assert (found.source, found.seed, found.limits) == ("Made up.", 4, ("Deserts: little is known.",))
    assert found.profiles.by_source["märz"] == 78
    assert found.validations == ("in-sample", "block")


def test_shares_by_distance_come_back_and_older_files_have_none(file: Path, predictions: xr.Dataset, table: pd.DataFrame) -> None:
    assert evidence.read(file).profiles.land_by_distance == {}
    told = {"land_by_distance": {"0-100 km": 0.25, ">400 km": 0.75}, "judged_by_distance": {"0-100 km": 1.0}}
    found = gather.assemble(predictions, table, METHODS, cells=70, by_distance=told)
    evidence.write(found, file)
    assert evidence.read(file).profiles.land_by_distance == told["land_by_distance"]
    assert evidence.read(file).profiles.judged_by_distance == told["judged_by_distance"]
    content = json.loads(file.read_text(encoding="utf-8"))
    del content["profiles"]["land_by_distance"], content["profiles"]["judged_by_distance"]
    file.write_text(json.dumps(content), encoding="utf-8")
    assert evidence.read(file).profiles.judged_by_distance == {}


def test_unknown_intervals_are_null_in_the_file_and_nan_here(file: Path) -> None:
    held = next(row for row in json.loads(file.read_text(encoding="utf-8"))["skill"] if row["name"] == "a few")
    assert held["nse_low"] is None
    row = evidence.read(file).rows(name="a few")[0]
    assert np.isnan(row.nse_low)
    assert np.isfinite(row.nse)


def test_rows_are_found_by_their_names(file: Path) -> None:
    found = evidence.read(file)
    (row,) = found.rows(method="good", validation="block", group="depth", name="0-0.3 m")
    assert (row.method, row.validation, row.group, row.name) == ("good", "block", "depth", "0-0.3 m")
    assert {row.name for row in found.rows(group="depth")} == {"0-0.3 m", "0.3-1 m", "1-2 m"}
    assert found.rows() == found.skill
    assert found.rows(method="absent") == ()


def test_writing_again_gives_the_same_bytes(file: Path, tmp_path: Path) -> None:
    evidence.write(evidence.read(file), tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == file.read_bytes()


def test_plain_values_can_be_written_too(file: Path, tmp_path: Path) -> None:
    content = json.loads(file.read_text(encoding="utf-8"))
    content["skill"][0]["nse_low"] = float("nan")
    del content["skill"][1]["r"]
    evidence.write(content, tmp_path / "plain.json")
    found = evidence.read(tmp_path / "plain.json")
    assert np.isnan([found.skill[0].nse_low, found.skill[1].r]).all()


# ---- what is refused ----


def changed(file: Path, change: Callable[[dict[str, Any]], object]) -> str:
    """What reading says of the file after a change to its content."""
    content = json.loads(file.read_text(encoding="utf-8"))
    change(content)
    file.write_text(json.dumps(content), encoding="utf-8")
    return refusal(file)


def refusal(path: Path) -> str:
    with pytest.raises(EvidenceError) as caught:
        evidence.read(path)
    message = str(caught.value)
    assert message.startswith("expected ")
    assert str(path) in message
    assert message.endswith("get the committed data/evidence.json again, or make it with proda evaluate")
    return message


def test_a_missing_file_is_missed(tmp_path: Path) -> None:
    assert "got none; " in refusal(tmp_path / "none.json")
    assert "got none; " in refusal(tmp_path)


@pytest.mark.parametrize("part", [0, 1, 100, -2])
def test_a_truncated_file_is_not_whole(file: Path, part: int) -> None:
    file.write_bytes(file.read_bytes()[:part])
    assert "bytes that are not whole JSON" in refusal(file)


@pytest.mark.parametrize(
    "content", [b"\x80\x04\x95pickle", b"CDF\x01\x00\x00", b"[" * 100_000, b'{"schema": "1", "seed": ' + b"9" * 5000]
)
def test_what_is_not_json_is_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert "not whole JSON" in refusal(file)


@pytest.mark.parametrize("content", ['{"type": "FeatureCollection", "features": []}', "[1, 2]", "null", '"schema"'])
def test_foreign_json_is_refused(file: Path, content: str) -> None:
    file.write_text(content, encoding="utf-8")
    assert "got JSON without a schema" in refusal(file)


@pytest.mark.parametrize("version", ["2", 1, None])
def test_another_version_is_refused(file: Path, version: object) -> None:
    assert f"expected evidence of version 1 at {file}, got {version};" in changed(file, lambda c: c.update(schema=version))


def test_a_huge_file_is_not_even_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "MOST_BYTES", 1000)
    assert "expected at most 1,000 bytes of evidence" in refusal(file)


@pytest.mark.parametrize("name", ["methods", "skill", "density", "training", "profiles", "limits", "source", "seed"])
def test_every_part_must_be_there(file: Path, name: str) -> None:
    assert f"expected '{name}' at {file}, got none" in changed(file, lambda c: c.pop(name))


@pytest.mark.parametrize("name", ["method", "layers", "nse", "nse_low", "log_concordance"])
def test_every_measure_must_be_there(file: Path, name: str) -> None:
    assert f"expected '{name}' at skill[3] of {file}, got none" in changed(file, lambda c: c["skill"][3].pop(name))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**30])
def test_numbers_must_be_finite(file: Path, value: float) -> None:
    assert "expected a finite number at skill[2].nse of" in changed(file, lambda c: c["skill"][2].update(nse=value))


def test_numbers_beyond_what_computers_hold_are_not_finite(file: Path) -> None:
    text = file.read_text(encoding="utf-8").replace('"training":[1.0,', '"training":[1e999,')
    file.write_text(text, encoding="utf-8")
    assert "expected a finite number at training.good.training[0] of" in refusal(file)


WRONG: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "text for a number": (lambda c: c["skill"][0].update(rmse="3"), "expected a number at skill[0].rmse"),
    "true for a number": (lambda c: c["skill"][0].update(rmse=True), "expected a number at skill[0].rmse"),
    "null where it must be known": (lambda c: c["skill"][0].update(nse=None), "expected a number at skill[0].nse"),
    "negative count": (lambda c: c["profiles"].update(total=-1), "expected a count at profiles.total"),
    "broken count": (lambda c: c["profiles"]["by_source"].update(x=1.5), "expected a count at profiles.by_source.x"),
    "number for a text": (lambda c: c["limits"].append(3), "expected a text at limits[1]"),
    "list for names": (lambda c: c.update(methods=["good"]), "expected names and values at methods"),
    "names for a list": (lambda c: c.update(skill={}), "expected a list at skill"),
    "unknown method": (lambda c: c["skill"][0].update(method="magic"), "'methods' explains at"),
    "table that is no square": (lambda c: c["density"]["good"]["block"]["counts"].pop(), "65 rising bins and counts of"),
    "row that is too short": (lambda c: c["density"]["good"]["block"]["counts"][3].pop(), "expected rows of one length"),
    "edges out of order": (lambda c: c["density"]["good"]["block"]["edges_log10"].reverse(), "65 rising bins"),
    "curve that is too short": (lambda c: c["training"]["good"]["training"].pop(), "expected curves of one length at training"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_values_must_be_what_they_are_read_as(file: Path, name: str) -> None:
    change, message = WRONG[name]
    assert message in changed(file, change)


def test_what_could_not_be_read_back_is_not_written(file: Path) -> None:
    before = file.read_bytes()
    content = json.loads(before)
    content["skill"][0]["rmse"] = float("inf")
    with pytest.raises(EvidenceError, match="what is to be written"):
        evidence.write(content, file)
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]
