"""Quality control: every reason, and the account that always adds up."""

from __future__ import annotations

import json

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proda_core.grid import LandGrid
from proda_core.observations import layers, pedotransfer, profiles, quality
from proda_core.observations.report import ASSUMED, DROPPED, REPAIRED, Ledger, Report

GOOD = {
    "latitude": 50.25,
    "longitude": 8.25,
    "carbon": 0.02,
    "density": 1200.0,
    "coarse_fragments": 0.1,
    "soc_density": np.nan,
    "litter": False,
}


def control(*rows: dict[str, object], land: LandGrid | None = None, min_layers: int = 1) -> tuple[object, Report]:
    """Layers from rows that say what differs from a good one; by default they follow one another in one profile."""
    filled = []
    for number, row in enumerate(rows):
        place = {"profile_id": "a", "layer_top": 0.1 * number, "layer_bottom": 0.1 * number + 0.1}
        filled.append({**GOOD, **place, **row})
    columns: dict[str, npt.ArrayLike] = {name: np.array([row[name] for row in filled]) for name in filled[0]}
    ledger = Ledger()
    kept = quality.control_layers(layers.frame(len(filled), **columns), ledger, land)
    final = profiles.control_profiles(kept, ledger, min_layers)
    return final, ledger.close(len(final), final["profile_id"].drop_duplicates())


@pytest.mark.parametrize(
    ("reason", "row"),
    [
        ("nameless profile", {"profile_id": ""}),
        ("impossible coordinates", {"latitude": 91.0}),
        ("impossible coordinates", {"latitude": np.nan}),
        ("impossible coordinates", {"longitude": -181.0}),
        ("impossible coordinates", {"longitude": np.inf}),
        ("impossible coordinates", {"latitude": 0.0, "longitude": 0.0}),
        ("litter layer", {"litter": True}),
        ("litter layer", {"layer_top": -0.05, "layer_bottom": 0.0}),
        ("litter layer", {"layer_top": 0.05, "layer_bottom": 0.0}),
        ("litter layer", {"layer_top": -0.05, "layer_bottom": -0.02}),
        ("missing depth", {"layer_top": np.nan}),
        ("missing depth", {"layer_bottom": np.inf}),
        ("inverted depths", {"layer_top": 0.5, "layer_bottom": 0.4}),
        ("inverted depths", {"layer_top": 0.5, "layer_bottom": 0.5}),
        ("inverted depths", {"layer_top": 0.0, "layer_bottom": 0.0}),
        ("impossible depth", {"layer_top": -0.1, "layer_bottom": 0.2}),
        ("impossible depth", {"layer_top": 30.0, "layer_bottom": 120.0}),
        ("missing carbon", {"carbon": np.nan}),
        ("absurd carbon", {"carbon": -0.01}),
        ("absurd carbon", {"carbon": 0.7}),
        ("zero carbon density", {"carbon": 0.0}),
        ("zero carbon density", {"coarse_fragments": 1.0}),
        ("absurd carbon density", {"carbon": 0.4}),
        ("absurd carbon density", {"soc_density": -1.0}),
    ],
)
def test_layers_are_dropped_under_their_reason(reason: str, row: dict[str, object]) -> None:
    final, report = control({"profile_id": "b"}, {"profile_id": "a", **row})
    assert dict(report.dropped) == {reason: 1}
    assert dict(report.dropped_profiles) == {reason: 1}
    assert len(final) == 1


class TestOcean:
    land = LandGrid(np.array([50.25, -0.25]), np.array([8.25, 179.75]), np.array([1.0, 1.0]))

    @pytest.mark.parametrize(
        ("latitude", "longitude", "near"),
        [
            (50.25, 8.25, True), (50.99, 8.99, True), (49.51, 7.51, True), (51.01, 8.25, False), (50.25, 9.01, False),
            (-0.25, -179.99, True), (-0.25, 180.0, True), (-0.25, -179.4, False), (90.0, 8.25, False), (-90.0, 0.0, False),
        ],
    )  # fmt: skip
    def test_one_cell_around_land_is_land(self, latitude: float, longitude: float, near: bool) -> None:
        assert quality.near_land(np.array([latitude]), np.array([longitude]), self.land)[0] == near

    def test_ocean_is_dropped_only_where_land_is_known(self) -> None:
        rows = ({"profile_id": "a"}, {"profile_id": "b", "latitude": 45.0, "longitude": -30.0})
        assert dict(control(*rows, land=self.land)[1].dropped) == {"ocean cell": 1}
        assert dict(control(*rows)[1].dropped) == {}


class TestRepairs:
    def test_longitude_is_wrapped(self) -> None:
        final, report = control({"longitude": 300.0}, {"longitude": 300.0})
        assert dict(report.repaired) == {"longitude from 0..360": 2}
        assert set(final["longitude"]) == {-60.0}

    @pytest.mark.parametrize("density", [0.0, -5.0, 1.2, 3000.0, np.inf])
    def test_absurd_density_is_estimated(self, density: float) -> None:
        final, report = control({"density": density})
        assert report.repaired["absurd bulk density"] == 1
        assert report.assumed["bulk density estimated"] == 1
        assert final["density"].item() == pytest.approx(float(pedotransfer.bulk_density(0.02)))

    @pytest.mark.parametrize("coarse", [-0.1, 1.5, 30.0])
    def test_absurd_stones_are_unknown(self, coarse: float) -> None:
        final, report = control({"coarse_fragments": coarse})
        assert report.repaired["absurd coarse fragments"] == 1
        assert report.assumed["coarse fragments unknown"] == 1
        assert final["soc_density"].item() == pytest.approx(0.02 * 1.2e6)

    def test_one_place_a_profile(self) -> None:
        final, report = control({}, {"latitude": 51.0}, {})
        assert dict(report.repaired) == {"several places in a profile": 1}
        assert set(final["latitude"]) == {50.25}


class TestProfiles:
    def test_repeated_rows_are_dropped(self) -> None:
        same = {"layer_top": 0.0, "layer_bottom": 0.1}
        assert dict(control(same, same, same)[1].dropped) == {"duplicate layer": 2}

    def test_replicates_are_averaged(self) -> None:
        same = {"layer_top": 0.0, "layer_bottom": 0.1}
        final, report = control({**same, "carbon": 0.01}, {**same, "carbon": 0.03}, {})
        assert dict(report.dropped) == {"replicate layer": 1}
        assert report.repaired["mean of replicates"] == 1
        assert final["soc_density"].values[0] == pytest.approx(0.02 * 1.2e6 * 0.9)

    def test_overlaps_are_dropped_and_the_thinner_is_kept(self) -> None:
        depths = [(0.0, 0.3), (0.0, 0.1), (0.1, 0.2), (0.15, 0.4), (0.2, 0.3), (0.3, 0.5)]
        rows = [{"layer_top": top, "layer_bottom": bottom} for top, bottom in depths]
        final, report = control(*rows)
        assert dict(report.dropped) == {"overlapping depths": 2}
        assert final["layer_bottom"].tolist() == [0.1, 0.2, 0.3, 0.5]

    def test_rounding_is_no_overlap(self) -> None:
        assert not control({"layer_bottom": 0.1 + 1e-9}, {})[1].dropped

    def test_a_profile_twice_under_two_names(self) -> None:
        rows = [{"profile_id": name, "layer_top": top, "layer_bottom": top + 0.2} for name in "abc" for top in (0.0, 0.2)]
        rows[5] = {**rows[5], "carbon": 0.03}
        final, report = control(*rows)
        assert dict(report.dropped) == {"duplicate profile": 2}
        assert dict(report.dropped_profiles) == {"duplicate profile": 1}
        assert set(final["profile_id"]) == {"a", "c"}

    def test_profiles_with_few_layers(self) -> None:
        rows = [{"profile_id": name, "latitude": 40.0 + len(name)} for name in ("a", "bb", "bb", "ccc", "ccc", "ccc")]
        assert control(*rows)[1].assumed["single-layer profile"] == 1
        final, report = control(*rows, min_layers=3)
        assert dict(report.dropped) == {"too few layers": 3}
        assert report.dropped_profiles["too few layers"] == 2
        assert set(final["profile_id"]) == {"ccc"}
        assert "single-layer profile" not in report.assumed

    def test_layers_come_sorted_by_profile_and_depth(self) -> None:
        rows = [
            {"profile_id": p, "layer_top": t, "layer_bottom": t + 0.1}
            for p, t in (("b", 0.5), ("a", 0.3), ("b", 0.0), ("a", 0.1))
        ]
        final, _ = control(*rows)
        assert final["profile_id"].tolist() == ["b", "b", "a", "a"]
        assert final["layer_top"].tolist() == [0.0, 0.5, 0.1, 0.3]


odd = st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -0.0, -5.0, 1e9])
row = st.fixed_dictionaries(
    {
        "profile_id": st.sampled_from(["a", "b", "c", "d"]),
        "latitude": st.sampled_from([10.0, 10.0, 10.0, 91.0, np.nan]),
        "longitude": st.sampled_from([20.0, 20.0, 20.0, 200.0, 400.0]),
        "layer_top": st.one_of(st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.4]), odd),
        "layer_bottom": st.one_of(st.sampled_from([0.1, 0.2, 0.3, 0.4, 0.5]), odd),
        "carbon": st.one_of(st.sampled_from([0.005, 0.01, 0.3]), odd),
        "density": st.one_of(st.sampled_from([300.0, 1300.0]), odd),
        "coarse_fragments": st.one_of(st.sampled_from([0.0, 0.2]), odd),
        "soc_density": st.one_of(st.just(np.nan), st.just(np.nan), st.sampled_from([20000.0]), odd),
        "density_of_whole_soil": st.booleans(),
        "litter": st.sampled_from([False, False, False, True]),
    }
)


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(rows=st.lists(row, min_size=1, max_size=30), min_layers=st.integers(1, 3))
def test_whatever_comes_the_account_adds_up_and_the_rest_is_sound(rows: list[dict[str, object]], min_layers: int) -> None:
    final, report = control(*rows, land=LandGrid(np.array([10.25]), np.array([20.25]), np.ones(1)), min_layers=min_layers)
    assert report.layers_read == len(rows) == len(final) + sum(report.dropped.values())
    assert report.profiles_read == len({name["profile_id"] for name in rows})
    assert report.profiles_read == report.profiles_kept + sum(report.dropped_profiles.values())
    assert set(report.dropped) <= set(DROPPED)
    assert set(report.repaired) <= set(REPAIRED)
    assert set(report.assumed) <= set(ASSUMED)
    top, bottom, order = (final[name].to_numpy() for name in ("layer_top", "layer_bottom", "order"))
    assert np.all(top < bottom)
    assert np.all((np.diff(order) > 0) | (top[1:] >= bottom[:-1]))
    assert np.all(final["soc_density"] > 0)
    assert np.isfinite(final["soc_density"]).all()
    assert (final.groupby("order").size() >= min_layers).all()


class TestReport:
    def test_an_account_that_does_not_add_up_is_refused(self) -> None:
        with pytest.raises(ValueError, match="expected 5 layers read to be kept or dropped, got 3 kept and 1 dropped"):
            Report(5, 3, 1, 1, {"missing carbon": 1})
        with pytest.raises(ValueError, match="expected 2 profiles read to be kept or dropped, got 1 kept and 0 dropped"):
            Report(1, 1, 2, 1)

    def test_table_and_json_say_the_same(self) -> None:
        _, report = control({}, {"carbon": np.nan}, {"profile_id": "b", "litter": True}, {"density": 1.0})
        table = report.to_table()
        assert table[0] == ("read", "", 4, 2)
        assert ("dropped", "litter layer", 1, 1) in table
        assert ("dropped", "missing carbon", 1, 0) in table
        assert ("kept", "", 2, 1) in table
        assert ("repaired", "absurd bulk density", 1, None) in table
        stored = json.loads(report.to_json())
        assert stored["layers_kept"] == 2
        assert stored["dropped"] == {"litter layer": 1, "missing carbon": 1}
        assert stored["meaning"]["missing carbon"] == DROPPED["missing carbon"]

    def test_fewer_kept_later_are_accounted_for(self) -> None:
        _, report = control({}, {}, {"profile_id": "b", "latitude": 20.0})
        later = report.keeping(2, 1, "thinned")
        assert later.dropped["thinned"] == 1
        assert later.dropped_profiles["thinned"] == 1


class TestPedotransfer:
    def test_the_published_formulas(self) -> None:
        np.testing.assert_allclose(pedotransfer.bulk_density([0.01, 0.09]), [1342.0, 706.0])
        np.testing.assert_allclose(pedotransfer.bulk_density([0.30]), 71 + 1322 * np.exp(-0.071 * 30))

    def test_whole_soil_and_fine_earth_hold_the_same_carbon(self) -> None:
        stones, whole = 0.3, 1700.0
        fine = pedotransfer.fine_earth(whole, stones)
        assert fine * (1 - stones) == pytest.approx(whole - 2650 * stones)
        assert pedotransfer.fine_earth(1400.0, np.nan) == 1400.0
        assert np.isnan(pedotransfer.fine_earth(1400.0, 1.0))

    def test_error_grows_with_what_is_estimated(self) -> None:
        carbon, density, coarse = np.array([0.02]), np.array([1200.0]), np.array([0.1])
        measured = pedotransfer.soc_density_error(carbon, density, coarse, np.array([False]))
        estimated = pedotransfer.soc_density_error(carbon, density, coarse, np.array([True]))
        value = pedotransfer.soc_density(carbon, density, coarse)
        assert value.item() == pytest.approx(0.02 * 1.2e6 * 0.9)
        assert (measured / value).item() == pytest.approx(np.hypot(np.hypot(0.15, 0.10), 0.3 * 0.1 / 0.9))
        assert (estimated / value).item() == pytest.approx(np.hypot(np.hypot(0.15, 230 / 1200), 0.3 * 0.1 / 0.9))


def test_unknown_column_of_layers_is_named() -> None:
    with pytest.raises(KeyError, match="got 'depth'"):
        layers.frame(1, depth=1.0)
