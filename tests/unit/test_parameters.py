"""The one table: 21 rows, one order, one way between normalised and physical values."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from proda_core import parameters
from proda_core.parameters import INDEX, PARAMETERS


def test_there_are_21_parameters_with_distinct_ids_and_ordered_bounds() -> None:
    assert len(PARAMETERS) == len(set(parameters.IDS)) == 21
    assert all(p.lower < p.upper for p in PARAMETERS)
    assert all(p.meaning and p.unit and p.symbol for p in PARAMETERS)


def test_every_parameter_belongs_to_one_of_the_six_mechanisms() -> None:
    grouped = [id_ for ids in parameters.MECHANISM_PARAMETERS.values() for id_ in ids]
    assert sorted(grouped) == sorted(parameters.IDS)
    assert parameters.MECHANISM_PARAMETERS["carbon_input"] == ()
    assert len(parameters.MECHANISM_PARAMETERS["cue"]) == 9


def test_ends_of_the_unit_interval_are_the_bounds() -> None:
    assert np.array_equal(parameters.to_physical(np.zeros(21)), parameters.LOWER)
    assert np.allclose(parameters.to_physical(np.ones(21)), parameters.UPPER, rtol=1e-15)


@given(st.lists(st.floats(0, 1), min_size=21, max_size=21))
def test_to_unit_undoes_to_physical(unit: list[float]) -> None:
    values = np.array(unit)
    assert np.allclose(parameters.to_unit(parameters.to_physical(values)), values, atol=1e-12)


def test_tensors_and_arrays_agree_and_keep_gradients() -> None:
    unit = torch.full((3, 21), 0.4, dtype=torch.float64, requires_grad=True)
    physical = parameters.to_physical(unit)
    assert np.allclose(physical.detach().numpy(), parameters.to_physical(np.full((3, 21), 0.4)), rtol=1e-15)
    physical.sum().backward()
    assert unit.grad is not None
    assert np.allclose(unit.grad[0].numpy(), parameters.UPPER - parameters.LOWER)


def test_some_clm5_defaults_lie_outside_the_prior_and_say_so() -> None:
    outside = [p for p, x in zip(PARAMETERS, parameters.to_unit(parameters.CLM5_DEFAULT), strict=True) if not 0 <= x <= 1]
    assert {p.id for p in outside} == {"efolding", "fs1s2"}
    assert all(p.note for p in outside)


def test_only_open_bounds_are_raised() -> None:
    zero = torch.zeros(1, 21, dtype=torch.float64)
    raised = parameters.keep_open(zero)[0]
    changed = {parameters.IDS[i] for i in torch.nonzero(raised)[:, 0].tolist()}
    assert changed == {"efolding", "taul1", "tau4s1", "w_scaling"}
    assert float(raised[INDEX["efolding"]]) == pytest.approx(1e-4)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros(20), r"expected 21 parameters along the last axis, got shape \(20,\)"),
        (np.full(21, 1.5), r"expected normalised parameters within 0\.\.1, got 1\.5\.\.1\.5; are these physical values"),
        (np.full(21, np.nan), r"expected normalised parameters within 0\.\.1, got nan\.\.nan"),
        (parameters.LOWER - 1, "expected normalised parameters within"),
    ],
)
def test_bad_values_are_named(values: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parameters.to_physical(values)


def test_a_vector_is_made_from_some_values_by_id() -> None:
    values = parameters.vector({"q10": 1.5, "beta": 0.9})
    assert (values[INDEX["q10"]], values[INDEX["beta"]]) == (1.5, 0.9)
    assert values[INDEX["cryo"]] == parameters.to_physical(parameters.PRODA_MEAN)[INDEX["cryo"]]
    with pytest.raises(KeyError, match=r"expected a parameter id out of diffus, cryo, .*; got 'tau'"):
        parameters.vector({"tau": 1.0})
    with pytest.raises(ValueError, match=r"expected tau4s3 \[yr\] within 20\.\.10000, got 0\.36"):
        parameters.vector({"tau4s3": 0.36})


def test_lists_and_nothing_are_named() -> None:
    with pytest.raises(TypeError, match=r"expected a NumPy array or a torch.Tensor of parameters, got list"):
        parameters.to_physical([0.5] * 21)  # type: ignore[type-var]
    with pytest.raises(ValueError, match="expected normalised parameters for at least one column, got none"):
        parameters.to_physical(torch.zeros(0, 21))


def test_unknown_id_is_named_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match=r"expected a parameter id out of diffus, cryo, .*; got 'Q10'"):
        parameters.index("Q10")
