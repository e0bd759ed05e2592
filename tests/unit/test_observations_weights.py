"""Weights of profiles: how many of its kind each stands for, and how pedons that were not dug at random get theirs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from proda_core import observations
from proda_core.observations import Report, poststratification
from proda_core.observations.poststratification import PEATLAND_SHARE
from proda_core.variables import VariableError
from tests import soils
from tests.assimilators import profiles as made_up

PLAIN = ("profile_id", "latitude", "longitude", "layer_top", "layer_bottom", "soc_density", "sampling_weight")
INCREMENTS = (
    "source", "profile_id", "lat", "lon", "top_cm", "bottom_cm", "soc_stock_kgC_m2", "soc_density_kgC_m3", "soil_order",
    "suborder", "veg", "basal_depth_cm", "extrapolated",
)  # fmt: skip

Pedon = tuple[str | None, str | None]
HISTEL, HISTOSOL, TURBEL, SPODOSOL = ("Gelisol", "Histel"), ("Histosol", None), ("Gelisol", "Turbel"), ("Spodosol", None)
UNKNOWN: Pedon = (None, None)


def pedons(directory: Path, classes: list[Pedon], names: tuple[str, ...] = INCREMENTS) -> Path:
    """Pedons with two increments each, every one with its own carbon."""
    rows = [
        ("made up", f"h|{number}", 65.25, 30.25, top, bottom, 1.0, 20.0 + number + bottom / 100, *kind, "Tundra", 300, "False")
        for number, kind in enumerate(classes)
        for top, bottom in ((0, 30), (30, 100))
    ]
    table = pd.DataFrame(rows, columns=list(INCREMENTS))[list(names)]
    path = directory / "permafrost_increments.csv"
    table.to_csv(path, index=False)
    return path


def own(directory: Path, *weights: object, top: tuple[float, ...] = (0.0, 0.2)) -> tuple[xr.Dataset, Report]:
    """A table of one's own with a profile of two layers for every two weights."""
    rows = [
        (f"p{row // 2}", 10.25 + row // 2, 20.25, top[row % 2], top[row % 2] + 0.2, 9000.0 + row, weight)
        for row, weight in enumerate(weights)
    ]
    return observations.read(soils.write_table(directory / "mine.csv", PLAIN, rows))


@pytest.fixture
def weighted() -> xr.Dataset:
    table = made_up(30)
    return table.assign(sampling_weight=table["sampling_weight"] * np.linspace(0.2, 3.0, 30))


class TestPedonsOfThePermafrostRegion:
    MANY = (HISTEL, HISTEL, HISTOSOL, TURBEL, SPODOSOL, TURBEL)

    def test_organic_soils_weigh_what_they_cover(self, tmp_path: Path) -> None:
        found, report = observations.read(pedons(tmp_path, [*self.MANY]))
        weight = found["sampling_weight"].values
        assert weight[:3].sum() / weight.sum() == pytest.approx(PEATLAND_SHARE)
        assert weight.mean() == pytest.approx(1.0)
        assert len(np.unique(weight)) == 2
        assert report.assumed == {"weighted by soil class": 6}

    def test_pedons_of_unknown_class_stand_for_themselves(self, tmp_path: Path) -> None:
        found, report = observations.read(pedons(tmp_path, [UNKNOWN, *self.MANY, UNKNOWN]))
        weight = found["sampling_weight"].values
        assert weight[[0, -1]].tolist() == [1.0, 1.0]
        assert weight[1:4].sum() / weight[1:-1].sum() == pytest.approx(PEATLAND_SHARE)
        assert weight.mean() == pytest.approx(1.0)
        assert report.assumed["weighted by soil class"] == 6

    def test_spelling_of_a_class_does_not_matter(self, tmp_path: Path) -> None:
        usual = observations.read(pedons(tmp_path, [*self.MANY]))[0]["sampling_weight"].values
        odd: list[Pedon] = [("gelisol", "HISTEL "), HISTEL, (" histosol", None), TURBEL, SPODOSOL, TURBEL]
        np.testing.assert_array_equal(observations.read(pedons(tmp_path, odd))[0]["sampling_weight"], usual)

    def test_pedons_count_once_however_many_increments_they_have(self, tmp_path: Path) -> None:
        path = pedons(tmp_path, [HISTEL, TURBEL])
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join([*lines[:2], *lines[3:]]) + "\n", encoding="utf-8")
        found, _ = observations.read(path)
        np.testing.assert_allclose(found["sampling_weight"], [2 * PEATLAND_SHARE, 2 * (1 - PEATLAND_SHARE)])

    def test_nameless_increments_are_dropped_and_belong_to_no_class(self, tmp_path: Path) -> None:
        path = pedons(tmp_path, [HISTEL, TURBEL, HISTEL])
        path.write_text(path.read_text(encoding="utf-8").replace("h|2", ""), encoding="utf-8")
        found, report = observations.read(path)
        assert report.dropped == {"nameless profile": 2}
        np.testing.assert_allclose(found["sampling_weight"], [2 * PEATLAND_SHARE, 2 * (1 - PEATLAND_SHARE)])

    @pytest.mark.parametrize("classes", [[HISTEL, HISTOSOL], [TURBEL, SPODOSOL], [UNKNOWN, UNKNOWN]])
    def test_nothing_is_weighted_where_a_class_is_missing(self, classes: list[Pedon], tmp_path: Path) -> None:
        found, report = observations.read(pedons(tmp_path, classes))
        assert found["sampling_weight"].values.tolist() == [1.0, 1.0]
        assert report.assumed == {}

    def test_nothing_is_weighted_where_the_file_has_no_classes(self, tmp_path: Path) -> None:
        names = tuple(name for name in INCREMENTS if name not in ("soil_order", "suborder"))
        found, _ = observations.read(pedons(tmp_path, [*self.MANY], names))
        assert set(found["sampling_weight"].values) == {1.0}

    @given(
        member=st.lists(st.booleans(), min_size=2, max_size=60).filter(lambda held: 0 < sum(held) < len(held)),
        share=st.floats(0.01, 0.99),
    )
    def test_weights_restore_any_share(self, member: list[bool], share: float) -> None:
        held = np.array(member)
        weight = poststratification.two_classes(held, share)
        assert np.all(weight > 0)
        assert weight.mean() == pytest.approx(1.0)
        assert weight[held].sum() / weight.sum() == pytest.approx(share)


class TestOwnTable:
    def test_weights_are_read(self, tmp_path: Path) -> None:
        found, report = own(tmp_path, 0.5, 0.5, 2.0, 2.0)
        assert found["sampling_weight"].values.tolist() == [0.5, 2.0]
        assert "weighted by soil class" not in report.assumed
        assert report.repaired == {}

    def test_weights_are_read_from_parquet(self, tmp_path: Path) -> None:
        want, _ = own(tmp_path, 0.5, 0.5, 2.0, 2.0)
        pd.read_csv(tmp_path / "mine.csv").to_parquet(tmp_path / "mine.parquet")
        found, _ = observations.read(tmp_path / "mine.parquet")
        np.testing.assert_array_equal(found["sampling_weight"], want["sampling_weight"])

    def test_without_weights_every_profile_weighs_one(self, tmp_path: Path) -> None:
        for name in ("mine.csv", "mine.parquet"):
            found, _ = observations.read(soils.plain(tmp_path, name=name))
            assert found["sampling_weight"].values.tolist() == [1.0, 1.0]

    @pytest.mark.parametrize("top", [(0.0, 0.2), (0.2, 0.0)])
    def test_the_uppermost_of_several_weights_in_a_profile_counts(self, top: tuple[float, ...], tmp_path: Path) -> None:
        found, report = own(tmp_path, 0.5, 0.75, 2.0, 2.0, top=top)
        assert found["sampling_weight"].values.tolist() == [0.5 if top[0] == 0 else 0.75, 2.0]
        assert report.repaired == {"several weights in a profile": 1}

    @pytest.mark.parametrize(("weight", "got"), [(-2.0, "-2"), (0, "0"), (None, "none"), ("inf", "inf"), ("nan", "none")])
    def test_a_weight_that_cannot_be_is_refused(self, weight: object, got: str, tmp_path: Path) -> None:
        message = rf"expected a sampling_weight within 1e-06\.\.1e\+06 in every row of mine\.csv, got {got} for p1; weights are"
        with pytest.raises(ValueError, match=message):
            own(tmp_path, 1.0, 1.0, 1.0, weight)

    def test_words_for_weights_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match=r"numbers where they belong, in .*mine\.csv, got .*heavy"):
            own(tmp_path, 1.0, "heavy")

    def test_rows_of_no_profile_may_go_without(self, tmp_path: Path) -> None:
        own(tmp_path, 0.5, 0.5)
        with (tmp_path / "mine.csv").open("a", encoding="utf-8") as file:
            file.write(",,,,,,\n")
        found, report = observations.read(tmp_path / "mine.csv")
        assert found["sampling_weight"].values.tolist() == [0.5]
        assert report.dropped == {"nameless profile": 1}


class TestTable:
    @pytest.mark.parametrize(
        ("weight", "message"),
        [
            (-1.0, r"expected sampling_weight \[1\] within 1e-06\.\.1e\+06, got -1\.\.3; weights are relative"),
            (0.0, r"expected sampling_weight \[1\] within .*, got 0\.\.3; .*leave out a profile that counts for nothing"),
            (np.nan, "expected finite sampling_weight, got 1 missing or infinite"),
            (np.inf, "expected finite sampling_weight, got 1 missing or infinite"),
        ],
    )
    def test_a_weight_that_cannot_be_is_refused(self, weight: float, message: str, weighted: xr.Dataset) -> None:
        weighted["sampling_weight"].values[0] = weight
        with pytest.raises(VariableError, match=message):
            observations.check(weighted)

    def test_built_without_weights_every_profile_weighs_one(self) -> None:
        assert set(made_up(5)["sampling_weight"].values) == {1.0}

    def test_weights_are_saved_and_loaded(self, weighted: xr.Dataset, tmp_path: Path) -> None:
        observations.save(weighted, tmp_path / "profiles.nc")
        xr.testing.assert_identical(observations.load(tmp_path / "profiles.nc"), weighted)

    def test_a_table_of_an_earlier_version_loads_with_weights_of_one(self, tmp_path: Path) -> None:
        table = made_up(5)
        table.drop_vars("sampling_weight").to_netcdf(tmp_path / "profiles.nc")
        xr.testing.assert_identical(observations.load(tmp_path / "profiles.nc"), table)

    def test_a_profile_keeps_its_weight_whatever_is_chosen(self, weighted: xr.Dataset) -> None:
        weight = dict(zip(weighted["profile_id"].values, weighted["sampling_weight"].values, strict=True))
        halves = [observations.select(weighted, np.arange(first, 30, 2)) for first in (0, 1)]
        weighted["extrapolated"].values[::3] = True
        chosen = {
            "selected": observations.select(weighted, [7, 2, 19]),
            "put together": observations.concat(halves),
            "thinned": observations.thin(weighted, 1, size=60.0),
            "with layers": observations.with_layers(weighted, 3),
            "measured": observations.measured(weighted, 2),
        }
        for how, found in chosen.items():
            assert 0 < observations.check(found).sizes["profile"] < 30 or how == "put together"
            assert found["sampling_weight"].values.tolist() == [weight[name] for name in found["profile_id"].values], how
