"""What the best estimate says of the land as a whole is what a hand-made land shows."""

from __future__ import annotations

import numpy as np
import pytest

from proda_core import retrieved
from proda_core.simulation import relations

AREA = np.array([1.0, 1.0, 2.0, 0.0])
CUE = np.array([0.3, 0.4, 0.5, 0.9])  # the last cell has no land
MAPS = {"cue": CUE, "carbon": 20.0 - 10.0 * CUE, "temperature": 5.0 + CUE, "dissimilarity": np.array([0.2, 1.5, 0.9, 3.0])}


def of(**changes: np.ndarray) -> dict[str, float]:
    return relations.of_maps(**{**MAPS, "area": AREA, **changes})


def test_a_straight_relation_has_the_correlation_one_whatever_its_slope() -> None:
    assert of()["cue_temperature"] == pytest.approx(1.0)
    assert of()["cue_carbon"] == pytest.approx(-1.0)
    assert of(temperature=np.full(4, 8.0))["cue_temperature"] == 0.0


def test_a_cell_counts_as_much_as_its_land() -> None:
    temperature, parted = np.array([3.0, 9.0, 1.0, -5.0]), [0, 1, 2, 2]
    split = relations.correlation(CUE[parted], temperature[parted], np.ones(4))
    assert of(temperature=temperature)["cue_temperature"] == pytest.approx(split)
    assert split == pytest.approx(np.corrcoef(CUE[parted], temperature[parted])[0, 1])
    assert of(temperature=temperature + np.array([0.0, 0.0, 0.0, 1e3]))["cue_temperature"] == pytest.approx(split)


def test_parts_of_the_land_are_parts_of_its_area() -> None:
    found = of(cue=np.array([0.1, 0.4, 0.5, 0.3]))
    assert found["cue_plausible"] == pytest.approx(0.75)
    assert found["unlike"] == pytest.approx(0.25)
    assert (found["cue_p5"], found["cue_p95"]) == (0.1, 0.5)


def test_quantiles_leave_their_part_of_the_land_below() -> None:
    rng = np.random.default_rng(0)
    values, area = rng.normal(size=500), rng.uniform(size=500)
    for part in (0.05, 0.5, 0.95):
        below = area[values <= relations.quantile(values, part, area)].sum() / area.sum()
        assert part <= below < part + 0.01


@pytest.mark.parametrize("name", ["cue", "carbon", "temperature", "dissimilarity"])
def test_missing_values_are_refused_by_name(name: str) -> None:
    words = {"cue": "CUE"}.get(name, name)
    with pytest.raises(ValueError, match=f"expected finite {words} of 4 cells, got"):
        of(**{name: np.array([1.0, np.nan, 1.0, 1.0])})
    with pytest.raises(ValueError, match=rf"expected finite {words} of 4 cells, got shape \(3,\)"):
        of(**{name: np.ones(3)})


def test_each_number_has_a_meaning() -> None:
    assert set(of()) | {"nse_best", "nse_members"} == set(retrieved.RELATIONS)
