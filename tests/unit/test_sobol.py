"""Sobol indices of functions whose indices are known; a sample of cells that holds the stock of every zone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from proda_core import parameters
from proda_core.regions import Regions
from proda_core.scenario import Scenario
from proda_core.sensitivity import MECHANISMS, Study, over_mechanisms, over_parameters, sample, sobol
from proda_core.sensitivity.sobol import unit_design
from proda_core.simulation import GlobalModel, World
from proda_core.simulation.members import with_parameters
from tests.shell import fails
from tests.unit.test_sensitivity_marginal import CELLS, moderate, small_world

pytestmark = pytest.mark.usefixtures("one_thread")


def test_indices_of_an_additive_function_are_its_shares_of_variance() -> None:
    slope = np.array([1.0, 2.0, 0.0, 4.0])
    study = Study(("a", "b", "c", "d"), ("y", "minus y"), lambda x: (x @ slope)[:, None] * np.array([1.0, -1.0]))
    found = sobol(study, 1024)
    share = slope**2 / (slope**2).sum()
    for output in ("y", "minus y"):
        last = found.sel(output=output, size=1024)
        assert np.allclose(last["first"], share, atol=0.01)
        assert np.allclose(last["total"], share, atol=0.01)
    assert float(found["deviation"].sel(output="y")) == pytest.approx(0.1 / np.sqrt(3) * np.sqrt((slope**2).sum()), rel=0.02)


def test_a_pure_interaction_has_no_share_alone_and_all_of_it_together() -> None:
    found = sobol(Study(("a", "b", "c"), ("y",), lambda x: (x[:, 0] * x[:, 1])[:, None]), 1024).isel(size=-1, output=0)
    assert np.allclose(found["first"], 0, atol=0.03)
    assert np.allclose(found["total"], [1, 1, 0], atol=0.06)


def test_confidence_shrinks_as_the_design_grows_and_smaller_designs_are_its_beginning() -> None:
    study = Study(("a", "b"), ("y",), lambda x: np.exp(20 * x[:, :1]) + 5 * x[:, 1:])
    found = sobol(study, 512)
    assert found["size"].values.tolist() == [32, 64, 128, 256, 512]
    confidence = found["total_confidence"].sel(output="y", input="a").values
    assert confidence[-1] < 0.6 * confidence[0]
    alone = sobol(study, 64).isel(size=-1)
    assert np.allclose(found.sel(size=64)["total"], alone["total"], rtol=1e-12)
    assert np.array_equal(unit_design(2, 512)[: 64 * 4], unit_design(2, 64))


def test_indices_and_their_confidence_are_the_same_again() -> None:
    study = Study(("a", "b"), ("y",), lambda x: np.exp(20 * x[:, :1]) + 5 * x[:, 1:])
    assert sobol(study, 64).identical(sobol(study, 64))


def test_an_output_that_never_varies_has_no_indices() -> None:
    found = sobol(Study(("a", "b"), ("y",), lambda x: np.ones((len(x), 1))), 32)
    assert np.isnan(found["total"]).all()


@pytest.fixture(scope="module")
def world() -> World:
    land = with_parameters(small_world(), moderate(CELLS))
    return World(land.forcing, land.parameters, land.land, regions={"third": Regions(("a", "b", "c"), np.arange(CELLS) % 3)})


@pytest.fixture(scope="module")
def drawn(world: World) -> sample.Sample:
    soc = GlobalModel(world).baseline.soc[1]
    return sample.draw(soc, world.land.area, world.regions["third"], world.land.latitude, 60)


def test_a_sample_holds_the_stock_of_every_zone_exactly(world: World, drawn: sample.Sample) -> None:
    soc = GlobalModel(world).baseline.soc[1]
    zones = world.regions["third"].stock(soc, world.land.area)
    assert np.allclose(drawn.stock(soc[drawn.cells]), [zones.sum(), *zones], rtol=1e-12)
    assert drawn.names == ("a", "b", "c")
    assert np.array_equal(world.regions["third"].index[drawn.cells], drawn.zone)
    assert len(drawn.cells) < CELLS / 2


def test_its_error_under_a_change_is_what_it_says(world: World, drawn: sample.Sample) -> None:
    model, change = GlobalModel(world), Scenario(cue=0.1)
    (off, none) = sample.error(model, drawn, 1, [change, Scenario()])
    outcome = model.respond(change)
    assert drawn.stock(outcome.soc[1, drawn.cells])[0] == pytest.approx((1 + off) * outcome.total[1])
    assert 1e-9 < abs(off) < 0.05
    assert abs(none) < 1e-12


def test_too_few_cells_for_the_zones_are_refused(world: World) -> None:
    with pytest.raises(ValueError, match="expected at least 12 cells for 3 zones, got 5"):
        sample.draw(np.ones(CELLS), world.land.area, world.regions["third"], world.land.latitude, 5)


def test_mechanisms_are_changed_as_by_the_sliders(world: World, drawn: sample.Sample) -> None:
    study = over_mechanisms(world, drawn, "1m")
    row = np.array([[0.1, -0.05, 0.0, 0.02, 0.0, 0.1]])
    outcome = GlobalModel(world).respond(Scenario(**dict(zip(MECHANISMS, row[0], strict=True))))
    assert np.allclose(study.model(row), drawn.stock(outcome.soc[1, drawn.cells]), rtol=1e-12)


def test_parameters_are_changed_by_the_same_factor_everywhere(world: World, drawn: sample.Sample) -> None:
    study = over_parameters(world, drawn, "1m")
    row = np.zeros(21)
    row[[2, 12]] = 0.1, -0.1
    unit = parameters.to_unit(world.parameters.numpy()).T * (1 + row)[:, None]
    outcome = GlobalModel(with_parameters(world, unit)).respond(Scenario())
    assert np.allclose(study.model(row[None]), drawn.stock(outcome.soc[1, drawn.cells]), rtol=1e-9)
    assert study.names == parameters.IDS


def test_twins_among_the_mechanisms_have_equal_indices(world: World, drawn: sample.Sample) -> None:
    found = sobol(over_mechanisms(world, drawn, "1m"), 64, 0.05).isel(size=-1).sel(output="globe")
    rates, environment = (float(found["total"].sel(input=name)) for name in ("baseline_decomposition", "environmental_modifier"))
    assert rates == pytest.approx(environment, rel=0.35)
    assert float(found["first"].sum()) == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--over", "x"), "expected --over mechanisms or parameters, got x"),
        (("--size", "100"), "expected a power of two for --size, got 100"),
        (("--width", "0.5"), "expected --width above 0 and at most 0.2, got 0.5"),
        (("--depth", "3m"), "expected --depth out of 0.3m, 1m, 2m, full; got 3m"),
    ],
)
def test_refusals(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    assert words in fails("sobol", "--out", tmp_path / "s.nc", *arguments, code=2)


def test_sizes_and_widths_that_make_no_sense_are_refused() -> None:
    study = Study(("a",), ("y",), lambda x: x)
    with pytest.raises(ValueError, match="expected a power of two for the size of the design, got 100; take 64"):
        sobol(study, 100)
    with pytest.raises(ValueError, match=r"expected a width above 0 and at most 0.2, got 0.3"):
        sobol(study, 64, 0.3)
