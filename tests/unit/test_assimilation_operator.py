"""What a profile saw of a column: exact for what is linear between nodes, and the authors' monotone cubic is SciPy's."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import PchipInterpolator

from proda_core.assimilation import operator
from proda_core.assimilation.operator import NODE
from proda_core.grid import LAYERS

depths = st.floats(0.0, 12.0)
thicknesses = st.floats(1e-3, 5.0)
seeds = st.integers(0, 2**32 - 1)


@settings(deadline=None)
@given(st.lists(st.tuples(depths, thicknesses), min_size=1, max_size=8))
def test_weights_sum_to_one_and_are_never_negative(layers: list[tuple[float, float]]) -> None:
    top, thickness = np.array(layers).T
    weight = operator.layer_mean(top, top + thickness)
    assert weight.shape == (len(layers), LAYERS)
    assert np.allclose(weight.sum(1), 1, rtol=0, atol=1e-11)
    assert weight.min() > -1e-11


@settings(deadline=None)
@given(depths, thicknesses, seeds)
def test_the_mean_of_what_is_linear_between_nodes_is_exact(top: float, thickness: float, seed: int) -> None:
    """Against the trapezoidal rule on the nodes inside the layer and its two ends, which is exact there."""
    values = np.random.default_rng(seed).uniform(0, 1e5, LAYERS)
    bottom = top + thickness
    z = np.concatenate([[top], NODE[(top < NODE) & (bottom > NODE)], [bottom]])
    expected = np.trapezoid(np.interp(z, NODE, values), z) / thickness
    assert np.isclose((operator.layer_mean([top], [bottom]) @ values)[0], expected, rtol=1e-9)


@settings(deadline=None)
@given(depths, thicknesses, thicknesses, seeds)
def test_adjacent_layers_add_up(top: float, upper: float, lower: float, seed: int) -> None:
    values = np.random.default_rng(seed).uniform(0, 1e5, LAYERS)
    edge = np.array([top, top + upper, top + upper + lower])
    first, second, both = operator.layer_mean(edge[[0, 1, 0]], edge[[1, 2, 2]]) @ values * (edge[[1, 2, 2]] - edge[[0, 1, 0]])
    assert np.isclose(first + second, both, rtol=1e-9)


@pytest.mark.parametrize("bottom", [0.2, 0.1])
def test_a_layer_without_thickness_is_named(bottom: float) -> None:
    with pytest.raises(
        ValueError, match=r"^expected every layer's bottom below its top, got a layer without thickness; run qual"
    ):
        operator.layer_mean([0.0, 0.2], [0.2, bottom])


@settings(deadline=None)
@given(st.lists(st.floats(0, 12), min_size=1, max_size=6), seeds, st.sampled_from(["any", "falling", "steps"]))
def test_the_monotone_cubic_is_that_of_scipy(depth: list[float], seed: int, shape: str) -> None:
    """Also beyond the outermost nodes, where the end cubics go on, and at nodes."""
    rng = np.random.default_rng(seed)
    values = {
        "any": rng.normal(size=(2, LAYERS)),
        "falling": np.sort(rng.uniform(0, 1e5, (2, LAYERS)))[:, ::-1].copy(),
        "steps": rng.integers(0, 3, (2, LAYERS)).astype(float),
    }[shape]
    z = np.array([*depth, *NODE[[0, 7, -1]]])
    expected = PchipInterpolator(NODE, values, axis=1)(z)
    found = operator.at_depth(torch.as_tensor(values), torch.as_tensor(z).expand(2, -1)).numpy()
    # beyond the nodes cubics grow large and lose digits to cancellation
    size = np.abs(values).max() * (1 + ((z - NODE[-1]).clip(min=0) / np.diff(NODE)[-1]) ** 3)
    assert np.all(np.abs(found - expected) <= 1e-11 * size)


def test_the_monotone_cubic_reads_many_columns_each_at_its_depths() -> None:
    rng = np.random.default_rng(0)
    values, depth = rng.uniform(1, 9, (3, 4, LAYERS)), rng.uniform(0, 8, (3, 1, 5)).repeat(4, 1)
    found = operator.at_depth(torch.as_tensor(values), torch.as_tensor(depth))
    for i, j in np.ndindex(3, 4):
        assert np.allclose(found[i, j], PchipInterpolator(NODE, values[i, j])(depth[i, j]), rtol=1e-12)


def test_the_gradient_of_the_monotone_cubic_passes_gradcheck() -> None:
    generator = torch.Generator().manual_seed(0)
    values = torch.rand(2, LAYERS, generator=generator, dtype=torch.float64).requires_grad_()
    depth = torch.tensor([[0.003, 0.15, 1.0, 3.3], [0.07, 0.5, 2.2, 9.0]], dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda v: operator.at_depth(v, depth), values)


def test_the_middle_of_a_thick_layer_of_an_exponential_decline_lies_below_its_mean() -> None:
    """The reason for averaging: with carbon falling e-fold in 0.3 m a layer of 0.6 m holds 18 % more than its middle says."""
    values = torch.as_tensor(np.exp(-NODE / 0.3))
    mean = operator.layer_mean([0.2], [0.8]) @ values.numpy()
    middle = operator.at_depth(values, torch.tensor([0.5], dtype=torch.float64))
    assert np.isclose(mean[0] / middle[0], np.sinh(1), rtol=0.03)
