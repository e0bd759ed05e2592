"""Who teaches and who judges, how skill is measured, and that an interrupted validation goes on where it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import xarray as xr

from proda_core import store
from proda_core.learning import continents, distance, gather, kept, skill, validation
from proda_core.learning.measures import FEWEST_BLOCKS, Sums, interval, measures
from proda_core.learning.validation import blocks, folds

RNG = np.random.default_rng(5)
COUNT = 600
LATITUDE = np.round(RNG.normal(0, 20, COUNT).clip(-60, 80), 1)
LONGITUDE = np.round(RNG.uniform(-180, 180, COUNT), 1)
LATITUDE[100:200], LONGITUDE[100:200] = LATITUDE[:100], LONGITUDE[:100]  # a hundred places were dug twice
WEIGHT = RNG.integers(1, 9, COUNT)


def fold(kind: str, seed: int = 0, count: int = 5, size: float = 5.0) -> np.ndarray:
    return folds(LATITUDE, LONGITUDE, WEIGHT, kind, count, size, seed)


# ---- folds ----


@pytest.mark.parametrize("size", [5.0, 7.5, 20.0])
def test_no_block_teaches_and_judges(size: float) -> None:
    row, column = np.floor((LATITUDE + 90) / size), np.floor((LONGITUDE + 180) / size)
    held_out = fold("block", size=size)
    of_block: dict[tuple[float, float], set[int]] = {}
    for key, number in zip(zip(row, column, strict=True), held_out, strict=True):
        of_block.setdefault(key, set()).add(int(number))
    assert len(of_block) > 20
    assert all(len(numbers) == 1 for numbers in of_block.values())


def test_random_folds_part_neighbours_but_never_one_place() -> None:
    held_out = fold("random")
    assert np.array_equal(held_out[:100], held_out[100:200])
    block = blocks(LATITUDE, LONGITUDE, 20.0)
    parted = [len(set(held_out[block == b])) > 1 for b in range(block.max() + 1) if (block == b).sum() > 9]
    assert len(parted) > 20
    assert all(parted)


@pytest.mark.parametrize("kind", validation.KINDS)
def test_folds_share_the_layers_evenly(kind: str) -> None:
    load = np.bincount(fold(kind), weights=WEIGHT)
    assert len(load) == 5
    assert np.ptp(load) < 0.01 * load.mean()


@pytest.mark.parametrize("kind", validation.KINDS)
def test_the_seed_alone_decides(kind: str) -> None:
    assert np.array_equal(fold(kind, seed=3), fold(kind, seed=3))
    assert np.mean(fold(kind, seed=3) == fold(kind, seed=4)) < 0.5


def test_a_block_heavier_than_its_share_leaves_the_others_to_the_other_folds() -> None:
    latitude, longitude = np.arange(-30.0, 30.0, 6.0), np.zeros(10)
    weight = np.array([1000, *[1] * 9])
    held_out = folds(latitude, longitude, weight, "block", 3)
    assert np.sum(held_out == held_out[0]) == 1
    assert set(held_out) == {0, 1, 2}


def test_the_date_line_and_the_pole_belong_to_blocks() -> None:
    assert blocks(np.array([1.0, 1.0, 1.0]), np.array([180.0, -180.0, 179.9])).tolist() == [0, 0, 1]
    assert blocks(np.array([90.0, 86.0]), np.array([3.0, 1.0])).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "nearest"}, "expected folds out of random, block; got 'nearest'"),
        ({"count": 1}, "expected at least 2 folds, got 1"),
        ({"kind": "block", "size": 0.0}, "expected blocks of more than 0 and at most 180 degrees, got 0"),
        ({"kind": "block", "size": 180.0}, "expected at least 5 blocks of 180 degrees with profiles for 5 folds, got 2"),
        ({"kind": "random", "count": 900}, "expected at least 900 places with profiles for 900 folds, got 500"),
    ],
)
def test_folds_that_cannot_be_made_are_refused(change: dict[str, object], message: str) -> None:
    options = {"kind": "random", **change}
    with pytest.raises(ValueError, match=message):
        fold(**options)  # type: ignore[arg-type]


def test_profiles_without_a_place_are_refused() -> None:
    with pytest.raises(ValueError, match="expected the place of every profile, got missing ones"):
        blocks(np.array([np.nan, 1.0]), np.zeros(2))


# ---- regions ----

CITIES = {
    continents.NORTH: [(64.1, -21.9), (61.2, -149.9), (60.2, 24.9), (69.3, 88.2)],  # Reykjavik, Anchorage, Helsinki, Norilsk
    continents.NORTH_AMERICA: [(19.4, -99.1), (45.5, -73.6), (47.6, -122.3), (9.0, -79.5), (18.5, -69.9), (51.9, -176.6)],
    continents.SOUTH_AMERICA: [(4.7, -74.1), (-23.5, -46.6), (-53.2, -70.9), (-0.2, -78.5), (10.5, -66.9), (-0.7, -90.3)],
    continents.EUROPE: [(36.1, -5.4), (38.7, -9.1), (37.5, 15.1), (38.0, 23.7), (42.7, 23.3), (55.8, 49.1), (36.8, -2.5)],
    continents.AFRICA: [(35.8, -5.8), (36.8, 10.2), (32.9, 13.2), (30.0, 31.2), (19.6, 37.2), (11.6, 43.1), (-18.9, 47.5)],
    continents.ASIA: [(39.9, 32.9), (38.4, 27.1), (33.9, 35.5), (28.4, 36.6), (15.4, 44.2), (12.8, 45.0), (-6.2, 106.8)],
    continents.OCEANIA: [(-12.5, 130.8), (-41.3, 174.8), (21.3, -157.9), (-9.4, 147.2), (13.4, 144.8), (-17.5, -149.6)],
    continents.SOUTH: [(-77.8, 166.7)],
}  # fmt: skip


@pytest.mark.parametrize("name", continents.NAMES)
def test_cities_lie_in_their_continents(name: str) -> None:
    latitude, longitude = np.array(CITIES[name]).T
    assert [continents.NAMES[i] for i in continents.region_index(latitude, longitude)] == [name] * len(latitude)


def test_every_place_on_earth_has_a_region() -> None:
    latitude, longitude = (axis.ravel() for axis in np.meshgrid(np.linspace(-90, 90, 181), np.linspace(-180, 180, 361)))
    assert set(continents.region_index(latitude, longitude)) == set(range(len(continents.NAMES)))


@pytest.mark.parametrize("place", [(91.0, 0.0), (0.0, 200.0), (np.nan, 0.0)])
def test_places_off_the_earth_are_refused(place: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="are they swapped"):
        continents.region_index(np.array([0.0, place[0]]), np.array([0.0, place[1]]))


# ---- measures ----


@pytest.fixture(scope="module")
def observed() -> np.ndarray:
    return np.exp(np.random.default_rng(1).normal(9, 1, 400))


@pytest.mark.parametrize("log", [False, True])
def test_a_perfect_prediction_is_perfect(observed: np.ndarray, log: bool) -> None:
    found = measures(observed, observed, log=log)
    assert (found.nse, found.rmse, found.bias) == (1, 0, 0)
    assert found.concordance == pytest.approx(1, abs=1e-12)
    assert found.r == pytest.approx(1, abs=1e-12)


def test_the_mean_has_no_skill(observed: np.ndarray) -> None:
    found = measures(observed, np.full_like(observed, observed.mean()))
    assert found.nse == pytest.approx(0, abs=1e-12)
    assert found.concordance == pytest.approx(0, abs=1e-12)
    assert np.isnan(found.r)


def test_bias_costs_skill_but_not_correlation(observed: np.ndarray) -> None:
    noisy = observed + np.random.default_rng(2).normal(0, 4000, len(observed))
    found = [measures(observed, noisy + bias) for bias in (0.0, 5000.0, 10000.0)]
    assert found[0].nse > found[1].nse + 0.05 > found[2].nse + 0.1
    assert found[0].concordance > found[1].concordance > found[2].concordance
    assert found[2].r == pytest.approx(float(found[0].r), rel=1e-9)
    assert found[2].bias - found[0].bias == pytest.approx(10000)
    assert found[2].relative_bias - found[0].relative_bias == pytest.approx(10000 / observed.mean())


def test_measures_are_what_their_definitions_say(observed: np.ndarray) -> None:
    predicted = 0.7 * observed + 2000
    found = measures(observed, predicted)
    mean = observed.mean()
    assert found.nse == pytest.approx(1 - np.sum((predicted - observed) ** 2) / np.sum((observed - mean) ** 2))
    assert found.rmse == pytest.approx(np.sqrt(np.mean((predicted - observed) ** 2)))
    covariance = np.cov(observed, predicted, bias=True)
    expected = 2 * covariance[0, 1] / (np.trace(covariance) + (predicted.mean() - mean) ** 2)
    assert found.concordance == pytest.approx(expected)


def test_a_factor_is_a_shift_in_log_space(observed: np.ndarray) -> None:
    found = measures(observed, 2 * observed, log=True)
    assert found.bias == pytest.approx(np.log(2))
    assert found.rmse == pytest.approx(np.log(2))
    assert found.nse == pytest.approx(1 - np.log(2) ** 2 / np.var(np.log(observed)))


def test_negative_predictions_are_bad_but_not_lost_in_log_space(observed: np.ndarray) -> None:
    predicted = observed.copy()
    predicted[0] = -50.0
    assert 0 < measures(observed, predicted, log=True).nse < 0.99


def test_a_weight_is_a_number_of_copies(observed: np.ndarray) -> None:
    predicted, weight = 0.8 * observed + 500, np.random.default_rng(3).integers(0, 4, len(observed))
    once, copied = measures(observed, predicted, weight), measures(np.repeat(observed, weight), np.repeat(predicted, weight))
    for name in vars(once):
        assert getattr(once, name) == pytest.approx(float(getattr(copied, name)), rel=1e-9), name


def test_no_digits_are_lost_far_from_zero() -> None:
    noise = np.random.default_rng(4).normal(size=(2, 100))
    near, far = (measures(noise[0] + offset, noise[0] + 0.3 * noise[1] + offset) for offset in (0.0, 1e9))
    assert far.nse == pytest.approx(float(near.nse), rel=1e-5)
    assert far.r == pytest.approx(float(near.r), rel=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0, 2.0], [1.0]), "as many predicted layers"),
        (([], []), "as many predicted layers"),
        (([1.0, 2.0], [np.nan, 1.0]), "finite observed and predicted"),
        (([1.0, 2.0], [1.0, 1.0], [-1.0, 2.0]), "weights that are not negative"),
        (([1.0, 2.0], [1.0, 1.0], [0.0, 0.0]), "weights that are not negative"),
    ],
)
def test_what_cannot_be_measured_is_refused(arguments: tuple[list[float], ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        measures(*arguments)


# ---- intervals ----


def landscape(rng: np.random.Generator, block_count: int, per_block: int = 20) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Observed and predicted layers whose errors are alike within a block, and the block of each."""
    block = np.repeat(np.arange(block_count), per_block)
    truth, error = rng.normal(0, 1, (2, block_count))[:, block] + 0.6 * rng.normal(size=(2, len(block)))
    return truth, truth + 0.7 * error, block


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    truth = 1 - 0.7**2  # of error variance over variance, alike for both
    rng, inside, naive = np.random.default_rng(6), 0, 0
    for trial in range(200):
        observed, predicted, block = landscape(rng, 60)
        low, high = interval(Sums(observed, predicted, block=block).resampled(300, trial).nse)
        inside += low <= truth <= high
        if trial < 50:
            low, high = interval(Sums(observed, predicted, block=np.arange(len(block))).resampled(200, trial).nse)
            naive += low <= truth <= high
    assert 0.88 <= inside / 200 <= 0.99
    assert naive / 50 < 0.75  # layers are not independent; taking them one by one claims too much


def test_resamples_are_those_of_the_layers_themselves() -> None:
    observed, predicted, block = landscape(np.random.default_rng(7), 8)
    sums = Sums(observed, predicted, block=block)
    counts = np.random.default_rng(11).multinomial(8, np.full(8, 1 / 8), size=3)
    found = sums.resampled(3, 11)
    for i, count in enumerate(counts):
        rows = np.concatenate([np.flatnonzero(block == b) for b in range(8) for _ in range(count[b])])
        again = measures(observed[rows], predicted[rows])
        for name in ("nse", "rmse", "bias", "r", "concordance"):
            assert getattr(found, name)[i] == pytest.approx(float(getattr(again, name)), rel=1e-9)


# ---- the table of skill ----


def made_predictions(seed: int = 0, profiles: int = 120) -> xr.Dataset:
    """Layers of profiles all over the Earth, and two methods: one good, one that is the same with more error."""
    rng = np.random.default_rng(seed)
    index = np.repeat(np.arange(profiles), 4)
    top = np.tile([0.0, 0.2, 0.6, 1.9], profiles)
    bottom = np.tile([0.2, 0.4, 1.4, 2.5], profiles)
    observed = np.exp(rng.normal(9.5, 0.6, len(index)) - top)
    good, poor = (observed * np.exp(rng.normal(0, size, len(index))) for size in (0.2, 0.5))
    cube = np.stack([np.stack([good, good]), np.stack([poor, np.full_like(poor, np.nan)])])
    return xr.Dataset(
        {
            "predicted": (("method", "validation", "observation"), cube),
            "soc_density": ("observation", observed),
            "layer_top": ("observation", top),
            "layer_bottom": ("observation", bottom),
            "profile_index": ("observation", index),
            "latitude": ("profile", rng.uniform(-40, 75, profiles)),
            "longitude": ("profile", rng.uniform(-180, 180, profiles)),
            "source": ("profile", np.where(np.arange(profiles) < 3, "few", "many")),
        },
        {"method": ["good", "poor"], "validation": ["in-sample", "block"]},
    )


@pytest.fixture(scope="module")
def predictions() -> xr.Dataset:
    return made_predictions()


def test_groups_share_out_all_layers(predictions: xr.Dataset) -> None:
    masks = skill.groups(predictions)
    for kind in ("depth", "region", "source"):
        counted = np.sum([mask for (group, _), mask in masks.items() if group == kind], axis=0)
        assert np.all(counted == 1), kind
    shallow = masks["depth", "0-0.3 m"]
    middle = (predictions["layer_top"].values + predictions["layer_bottom"].values) / 2
    assert middle[shallow].max() <= 0.3 + 1e-9 < middle[~shallow].min()
    assert masks["depth", "0.3-1 m"].sum() == masks["depth", ">2 m"].sum() == 120


def test_rows_are_the_skill_of_their_layers(predictions: xr.Dataset) -> None:
    table = skill.table(predictions, resamples=50)
    assert tuple(table.columns) == skill.COLUMNS
    masks = skill.groups(predictions)
    names = [(m, v) for m in ("good", "poor") for v in ("in-sample", "block")]
    predicted_by = dict(zip(names, predictions["predicted"].values.reshape(4, -1), strict=True))
    for row in table.itertuples():
        use = masks[row.group, row.name]
        expected = measures(predictions["soc_density"].values[use], predicted_by[row.method, row.validation][use])
        assert (row.nse, row.layers) == (pytest.approx(float(expected.nse)), use.sum())
        assert row.profiles == len(np.unique(predictions["profile_index"].values[use]))
        if np.isfinite(row.nse_low):
            assert row.nse_low <= row.nse <= row.nse_high + 0.05
    everything = table[(table["group"] == "all") & (table["validation"] == "in-sample")].set_index("method")
    assert everything.loc["good", "nse"] > everything.loc["poor", "nse"]


def test_what_a_method_does_not_predict_is_left_out_for_it_alone(predictions: xr.Dataset) -> None:
    table = skill.table(predictions, resamples=20)
    assert set(zip(table["method"], table["validation"], strict=True)) == {
        ("good", "in-sample"), ("good", "block"), ("poor", "in-sample"),
    }  # fmt: skip
    partly = predictions.copy(deep=True)
    partly["predicted"][0, 0, :8] = np.nan
    layers = skill.table(partly, resamples=20).query("group == 'all' and validation == 'in-sample'").set_index("method")["layers"]
    assert layers.to_dict() == {"good": 472, "poor": 480}


# ---- distance from the profiles that teach ----


def test_the_nearest_teacher_is_that_of_another_fold() -> None:
    latitude, longitude = LATITUDE[:150], LONGITUDE[:150]
    held_out = np.arange(150) % 4
    held_out[140:] = -1
    found = distance.to_training(latitude, longitude, held_out)
    north, east = np.radians(latitude), np.radians(longitude)
    for i in range(0, 140, 13):
        others = held_out != held_out[i]
        half = np.sin((north[others] - north[i]) / 2) ** 2
        half = half + np.cos(north[i]) * np.cos(north[others]) * np.sin((east[others] - east[i]) / 2) ** 2
        assert found[i] == pytest.approx(2 * 6371.0088 * np.arcsin(np.sqrt(half)).min(), rel=1e-9)
    assert np.isnan(found[140:]).all()
    assert np.isinf(distance.to_training(latitude[:3], longitude[:3], np.zeros(3, dtype=int))).all()


def with_distance(made: xr.Dataset) -> xr.Dataset:
    far = np.linspace(0, 800, made.sizes["profile"])
    return made.assign(distance=(("validation", "profile"), np.stack([np.full(len(far), np.nan), far])))


def test_skill_by_distance_is_that_of_its_layers_and_of_blocks_only(predictions: xr.Dataset) -> None:
    made = with_distance(predictions)
    rows = skill.table(made, resamples=20).query("group == 'distance'")
    assert list(rows["name"]) == list(distance.CLASSES)
    assert set(rows["validation"]) == {"block"}
    far = made["distance"].values[1][made["profile_index"].values]
    use = (far > 100) & (far <= 200)
    expected = measures(made["soc_density"].values[use], made["predicted"].values[0, 1][use])
    row = rows.set_index("name").loc["100-200 km"]
    assert (row["nse"], row["layers"]) == (pytest.approx(float(expected.nse)), use.sum())
    assert "distance" not in set(skill.table(predictions, resamples=20)["group"])


def test_differences_by_distance_are_paired_in_both_spaces() -> None:
    made = with_distance(made_predictions())
    made["predicted"][1, 1] = made["predicted"].values[1, 0]
    found = skill.differences(made, [("good", "poor")], resamples=50).query("validation == 'block'").set_index("name")
    assert list(found.index) == ["all", *distance.CLASSES]
    table = skill.table(made, resamples=20).query("validation == 'block'").set_index(["method", "name"])
    for name in found.index:
        for measure, column in (("nse", "difference"), ("log_nse", "log_difference")):
            apart = table.loc[("good", name), measure] - table.loc[("poor", name), measure]
            assert found.loc[name, column] == pytest.approx(apart)
    assert (found["log_low"] <= found["log_difference"]).all()


def test_shares_by_distance_are_parts_of_the_known() -> None:
    found = gather.shares(np.array([10.0, 150.0, np.nan, 500.0]), np.array([1.0, 2.0, 50.0, 1.0]))
    assert found == {"0-100 km": 0.25, "100-200 km": 0.5, "200-400 km": 0.0, ">400 km": 0.25}


def test_few_blocks_give_no_interval(predictions: xr.Dataset) -> None:
    few = skill.table(predictions, resamples=20).query("name == 'few' and method == 'good'")
    assert len(few) == 2
    assert few[["nse_low", "nse_high"]].isna().all(axis=None)
    assert FEWEST_BLOCKS > 3


def test_groups_in_which_nothing_varies_are_left_out(predictions: xr.Dataset) -> None:
    flat = predictions.copy(deep=True)
    deep = skill.groups(flat)["depth", ">2 m"]
    flat["soc_density"].values[deep] = 1000.0
    assert ">2 m" not in set(skill.table(flat, resamples=20)["name"])


def test_weights_reach_every_row(predictions: xr.Dataset) -> None:
    weight = np.where(skill.groups(predictions)["depth", ">2 m"], 0.0, 1.0)
    table = skill.table(predictions, weight=weight, resamples=20)
    assert ">2 m" not in set(table["name"])
    assert table.query("group == 'all'")["layers"].tolist() == [360, 360, 360]


def test_the_better_method_is_better_for_certain(predictions: xr.Dataset) -> None:
    turned = skill.differences(predictions, resamples=200)  # every pair, the later method first
    assert turned[["first", "second"]].to_numpy().tolist() == [["poor", "good"]]
    row = skill.differences(predictions, [("good", "poor")], resamples=200).iloc[0]
    assert turned.iloc[0]["low"] == pytest.approx(-row["high"])
    nse = skill.table(predictions, resamples=20).query("group == 'all' and validation == 'in-sample'").set_index("method")["nse"]
    assert row["difference"] == pytest.approx(nse["good"] - nse["poor"])
    assert 0 < row["low"] < row["difference"] < row["high"]
    assert row["better"] == 1


def test_a_method_is_not_better_than_itself(predictions: xr.Dataset) -> None:
    found = skill.differences(predictions, [("good", "good")], resamples=50)
    assert found[["difference", "low", "high", "better"]].to_numpy().tolist() == [[0, 0, 0, 0]] * 2


def test_pairing_tells_apart_what_single_intervals_do_not() -> None:
    """Two methods that are good and bad in the same blocks, one a little better everywhere."""
    made = made_predictions(3)
    observed = made["soc_density"].values
    error = observed * np.repeat(np.random.default_rng(8).normal(0, 0.8, made.sizes["profile"]), 4)
    made["predicted"][:, 0] = np.stack([observed + 0.9 * error, observed + error])
    table = skill.table(made, resamples=300).query("group == 'all' and validation == 'in-sample'").set_index("method")
    assert table.loc["good", "nse_low"] < table.loc["poor", "nse_high"]
    assert skill.differences(made, [("good", "poor")], resamples=300).iloc[0]["low"] > 0


# ---- a whole validation ----

PROFILE = np.repeat(np.arange(30), 2)
HELD_OUT = {"in-sample": np.full(30, -1), "random": np.arange(30) % 3}


class Fake:
    """A method that predicts the number of profiles it has learnt from; it can be interrupted."""

    def __init__(self, interrupt_at: int | None = None) -> None:
        self.calls: list[tuple[str, int]] = []
        self.interrupt_at = interrupt_at

    def __call__(self, method: str, train: np.ndarray, progress: Callable[[float, str], None]) -> np.ndarray:
        if len(self.calls) == self.interrupt_at:
            raise KeyboardInterrupt
        self.calls.append((method, int(train.sum())))
        progress(0.5, "half")
        taught = train[PROFILE].astype(float)
        return np.random.default_rng(len(method)).normal(size=60) + 100 * taught + train.sum()


def run(fake: Fake, keep: kept.Folder | None = None, held_out: dict[str, np.ndarray] = HELD_OUT) -> np.ndarray:
    return validation.validate(fake, ("one", "other"), held_out, PROFILE, keep)


def test_held_out_layers_are_predicted_by_those_who_never_saw_them() -> None:
    fake = Fake()
    found = run(fake)
    assert fake.calls == [(m, n) for m in ("one", "other") for n in (30, 20, 20, 20)]
    assert found.shape == (2, 2, 60)
    assert found[:, 0].min() > 120  # seen: 100 more
    assert found[:, 1].max() < 30


def test_progress_rises_to_one_and_names_the_fold() -> None:
    seen: list[tuple[float, str]] = []
    validation.validate(Fake(), ("one", "other"), HELD_OUT, PROFILE, None, lambda part, words: seen.append((part, words)))
    parts = [part for part, _ in seen]
    assert parts == sorted(parts)
    assert seen[0] == (0.0, "one, in-sample")
    assert (1.5 / 8, "one, random, fold 1: half") in seen
    assert seen[-1] == (1.0, "done")


def test_an_interrupted_validation_goes_on_with_the_same_numbers(tmp_path: Path) -> None:
    keep = kept.Folder(tmp_path / "parts", "inputs")
    with pytest.raises(KeyboardInterrupt):
        run(Fake(interrupt_at=5), keep)
    rest = Fake()
    found = run(rest, keep)
    assert rest.calls == [("other", 20)] * 3
    assert np.array_equal(found, run(Fake()))
    keep.remove()
    assert list(tmp_path.iterdir()) == []


def test_other_inputs_or_folds_are_not_taken_for_the_same(tmp_path: Path) -> None:
    path = tmp_path / "parts"
    run(Fake(), kept.Folder(path, "inputs"))
    again, others, parted = Fake(), Fake(), Fake()
    run(again, kept.Folder(path, "inputs"))
    run(others, kept.Folder(path, "other inputs"))
    assert (len(again.calls), len(others.calls)) == (0, 8)
    dealt = {**HELD_OUT, "random": (np.arange(30) + 1) % 3}
    run(parted, kept.Folder(path, "other inputs"), dealt)
    assert len(parted.calls) == 6


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b.replace(b"\x00", b"\x01", 60)])
def test_a_damaged_part_is_computed_again(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    keep = kept.Folder(tmp_path / "parts", "inputs")
    whole = run(Fake(), keep)
    (path,) = (tmp_path / "parts").glob("one.random.1.npz")
    path.write_bytes(damage(path.read_bytes()))
    again = Fake()
    assert np.array_equal(run(again, keep), whole)
    assert again.calls == [("one", 20)]


def test_a_pickle_in_disguise_is_never_opened(tmp_path: Path) -> None:
    keep = kept.Folder(tmp_path / "parts", "inputs")
    run(Fake(), keep)
    (path,) = (tmp_path / "parts").glob("one.random.1.npz")
    with path.open("wb") as file:
        np.savez(file, predicted=np.array([{"an": "object"}], dtype=object), fingerprint=np.array("x"))
    again = Fake()
    run(again, keep)
    assert again.calls == [("one", 20)]


def test_what_is_not_ours_in_the_folder_stays(tmp_path: Path) -> None:
    keep = kept.Folder(tmp_path / "parts", "inputs")
    run(Fake(), keep)
    (tmp_path / "parts" / "note.txt").write_text("mine", encoding="utf-8")
    keep.remove()
    assert [path.name for path in (tmp_path / "parts").iterdir()] == ["note.txt"]


def test_a_fingerprint_changes_with_every_input(tmp_path: Path) -> None:
    file, folder = tmp_path / "file", tmp_path / "folder"
    file.write_bytes(b"a")
    folder.mkdir()
    (folder / "x").write_bytes(b"a")
    inputs = {"seed": 0, "array": np.arange(3.0), "text": np.array(["a", "b"]), "file": file, "folder": folder}
    first = kept.fingerprint(inputs)
    assert kept.fingerprint(dict(reversed(inputs.items()))) == first
    changes = ({"seed": 1}, {"array": np.arange(3)}, {"array": np.arange(3.0)[:, None]}, {"text": np.array(["ab", ""])})
    assert len({first, *(kept.fingerprint(inputs | change) for change in changes)}) == 5
    (folder / "x").write_bytes(b"b")
    assert kept.fingerprint(inputs) != first


def test_a_posterior_that_differs_anywhere_is_another_input() -> None:
    from proda_core.commands import evaluate

    def inputs(change: float) -> str:
        axes = torch.zeros(3000)
        axes[1500] = change  # where printing leaves it out
        sites = SimpleNamespace(profile=np.arange(3), axes=axes, mean=torch.zeros(3), precision=torch.ones(3))
        lesson = SimpleNamespace(parents={"a.nc": "0"}, problem=SimpleNamespace(sites=sites))
        return kept.fingerprint(evaluate._inputs(lesson, "settings"))  # type: ignore[arg-type]

    assert inputs(0.0) == inputs(0.0) != inputs(1e-9)


def test_a_change_of_any_module_is_another_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "proda_core"
    for name in ("store.py", "climate/artefact.py", "climate/coefficients.json", "_data/evidence.json", "__pycache__/store.pyc"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("1", encoding="utf-8")
    monkeypatch.setattr(store, "__file__", str(root / "store.py"))

    def after(name: str) -> str:
        (root / name).write_text("2", encoding="utf-8")
        return kept.code()

    known = [kept.code(), after("store.py"), after("climate/artefact.py"), after("climate/coefficients.json")]
    assert len(set(known)) == 4
    assert {after("_data/evidence.json"), after("__pycache__/store.pyc")} == {known[-1]}


def test_folds_of_other_code_are_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from proda_core.commands import evaluate

    lesson = SimpleNamespace(parents={"a.nc": "0"}, problem=SimpleNamespace(sites=None))
    now = kept.fingerprint(evaluate._inputs(lesson, "settings"))  # type: ignore[arg-type]
    monkeypatch.setattr(kept, "code", lambda: "other")
    assert kept.fingerprint(evaluate._inputs(lesson, "settings")) != now  # type: ignore[arg-type]


def test_a_method_that_predicts_too_little_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected method one to predict 60 layers, got an array of shape \(3,\)"):
        validation.validate(lambda *_: np.zeros(3), ("one",), HELD_OUT, PROFILE)
