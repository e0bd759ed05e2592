"""What is committed is what its README says."""

import hashlib
import json
import re

import numpy as np
import pytest

from proda_core import climate, retrieved, simulation
from proda_core.grid import STOCK_DEPTHS
from proda_core.learning import card, ensembles, evidence, predictors
from proda_core.learning.limits import LIMITS
from proda_core.sensitivity import CONTROLS, findings
from proda_core.store import data_directory

DATA = data_directory()

ROW = re.compile(r"^\| `([\w.]+)` \|.*\| `([0-9a-f]{64})` \|$", re.MULTILINE)
TABLE = dict(ROW.findall((data_directory() / "README.md").read_text(encoding="utf-8")))


def test_every_data_file_is_in_the_table() -> None:
    kinds = (".nc", ".geojson", ".json", ".safetensors", ".gz")
    committed = {path.name for path in data_directory().iterdir() if path.suffix in kinds}
    assert committed == set(TABLE)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_checksum_is_the_documented_one(name: str) -> None:
    assert hashlib.sha256((data_directory() / name).read_bytes()).hexdigest() == TABLE[name]


def test_the_model_card_tells_what_the_files_beside_it_say() -> None:
    maps, found = retrieved.read(DATA / "retrieved.nc"), evidence.read(DATA / "evidence.json")
    assert (DATA / "MODEL_CARD.md").read_text(encoding="utf-8") == card.text(maps, found)


def test_the_maps_were_made_by_the_networks_beside_them_and_for_the_climate_beside_them() -> None:
    maps = retrieved.read(DATA / "retrieved.nc")
    assert json.loads(maps.attrs["parents"])["networks.safetensors"] == retrieved.checksum(DATA / "networks.safetensors")
    assert maps.attrs["climate_sha256"] == retrieved.checksum(DATA / "climate.nc")
    assert len(maps["global_stock"]) >= 10


def test_the_networks_give_the_maps() -> None:
    ensemble, description = ensembles.load(DATA / "networks.safetensors")
    land = simulation.land_from_dataset(climate.read())
    features = predictors.features(climate.load_predictors(), land=land).rows(np.arange(0, 64_052, 500))
    unit = ensemble.unit(features).mean(0).numpy().T
    assert np.abs(unit - retrieved.read(DATA / "retrieved.nc")["parameter_unit"].values[:, ::500]).max() < 1e-4
    assert description["parents"]["climate.nc"] == retrieved.checksum(DATA / "climate.nc")


def test_every_limit_that_is_known_is_told() -> None:
    assert evidence.read(DATA / "evidence.json").limits == LIMITS


def test_the_readme_tells_the_skill_of_the_file() -> None:
    words = (DATA.parent / "README.md").read_text(encoding="utf-8")
    for row in evidence.read(DATA / "evidence.json").rows(group="all"):
        assert f"{row.nse:.2f} ({row.nse_low:.2f} to {row.nse_high:.2f})" in words


def test_the_findings_rest_on_the_maps_beside_them() -> None:
    found, maps = findings.read(), retrieved.read()
    np.testing.assert_allclose(found.controlled[:, 0], maps["global_stock"].values, rtol=1e-9)
    assert found.members == maps.sizes["member"]
    learning = next(row for row in found.budget if row.source == "learning")
    depth = list(STOCK_DEPTHS).index(found.budget_depth)
    assert learning.sd == pytest.approx(maps["one_percent"].values[:, depth].std(ddof=1))


def test_the_readme_tells_the_findings() -> None:
    words = (DATA.parent / "README.md").read_text(encoding="utf-8")
    found = findings.read()
    cue = found.elasticity[0, :, 0]
    assert f"{cue[:, 1].mean():+.2f} +- {cue[:, 1].std(ddof=1):.2f} | {cue[:, 3].mean():+.2f} +- " in words
    total, half = found.mechanisms.total[-1, 0], found.mechanisms.total_confidence[-1, 0]
    assert f"CUE {total[0]:.2f} +- {half[0]:.2f}" in words
    for name, label in (("cue", "microbial CUE"), ("environmental_modifier", "environmental modifiers")):
        i = CONTROLS.index(name)
        lost = 100 * np.quantile(found.explained[:, 0] - found.explained[:, i], (0.5, 0.16, 0.84))
        moved = 100 * np.quantile(found.controlled[:, i] / found.controlled[:, 0] - 1, (0.5, 0.16, 0.84), axis=0)
        (line,) = re.findall(rf"^\| {label} \| [\d.]+ \(.*\|$", words, re.MULTILINE)
        assert line.startswith(f"| {label} | " + "{:.1f} ({:.1f} to {:.1f}) |".format(*lost))
        assert line.endswith("| {:+.1f} ({:+.1f} to {:+.1f}) |".format(*moved[:, 3]))


def test_the_readme_tells_skill_on_blocks_as_the_file_rounds_it() -> None:
    words = (DATA.parent / "README.md").read_text(encoding="utf-8")
    for row in evidence.read(DATA / "evidence.json").rows(validation="block", group="all"):
        (line,) = re.findall(rf"^\| `{row.method}` \| .* to .*\|$", words, re.MULTILINE)
        assert line.endswith(f"| {row.log_nse:.2f} | {100 * row.relative_bias:+.0f} % |")


def test_the_readme_tells_skill_by_distance() -> None:
    words = (DATA.parent / "README.md").read_text(encoding="utf-8")
    found = evidence.read(DATA / "evidence.json")
    for name, land in found.profiles.land_by_distance.items():
        (line,) = re.findall(rf"^\| {name} \|.*\|$", words, re.MULTILINE)
        assert line.startswith(f"| {name} | {100 * land:.0f} % | {100 * found.profiles.judged_by_distance[name]:.0f} % |")
        rows = [found.rows(method=method, validation="block", name=name)[0] for method in ("one-batch", "end-to-end")]
        for measure in ("nse", "log_nse"):
            assert " | ".join(f"{getattr(row, measure):.2f}" for row in rows) in line


def test_committed_data_stay_small() -> None:
    sizes = [path.stat().st_size for path in DATA.iterdir() if path.is_file()]
    assert max(sizes) < 20e6
    assert sum(sizes) < 40e6
