"""Training makes the loss small, keeps what does best elsewhere, and goes on to the same bits after an interruption."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from proda_core.learning import training
from proda_core.learning.network import MARGIN, Network, from_unit, to_unit
from proda_core.learning.training import Schedule, train

X = torch.linspace(-1, 1, 64)[:, None].repeat(1, 3)
Y = torch.sin(3 * X[:, :1]).double()


def _network(seed: int = 0) -> Network:
    return Network(3, 1, (16,), torch.zeros(1), torch.Generator().manual_seed(seed))


def _loss(network: Network, generator: torch.Generator) -> torch.Tensor:
    return (network(X, 0.1, generator) - Y).square().mean()


def _check(network: Network) -> float:
    with torch.no_grad():
        return float((network(X) - Y).square().mean())


def _weights(network: Network) -> torch.Tensor:
    return torch.cat([value.flatten() for value in network.state_dict().values()])


def test_an_untrained_network_gives_its_start_nearly_everywhere() -> None:
    start = torch.tensor([0.2, -1.0])
    network = Network(3, 2, (16, 16), start, torch.Generator().manual_seed(0))
    assert (network(X).float() - start).abs().max() < 0.2


def test_parameters_stay_inside_the_prior() -> None:
    unit = to_unit(torch.tensor([-1e9, 0.0, 1e9], dtype=torch.float64))
    assert unit.tolist() == pytest.approx([MARGIN, 0.5, 1 - MARGIN])
    assert torch.allclose(from_unit(to_unit(torch.tensor([-2.0, 0.3]))), torch.tensor([-2.0, 0.3]), atol=1e-5)


def test_training_makes_the_loss_small() -> None:
    network = _network()
    before = _check(network)
    train(network, lambda trained, _: (trained(X) - Y).square().mean(), Schedule(300, rate=0.02), torch.Generator())
    assert _check(network) < 0.1 * before


def test_the_same_seed_gives_the_same_network() -> None:
    first, second = _network(), _network()
    for network in (first, second):
        train(network, _loss, Schedule(30), torch.Generator().manual_seed(1))
    assert torch.equal(_weights(first), _weights(second))


def test_the_weights_that_did_best_in_the_check_are_kept() -> None:
    network, values = _network(), []

    def check(current: Network) -> float:
        values.append((len(values) - 3) ** 2)
        kept.append(_weights(current).clone())
        return float(values[-1])

    kept: list[torch.Tensor] = []
    curve = train(network, _loss, Schedule(100, look=10, patience=100), torch.Generator().manual_seed(1), check)
    assert curve.best == 3
    assert torch.equal(_weights(network), kept[3])


def test_training_stops_when_the_check_has_not_improved_for_long() -> None:
    curve = train(_network(), _loss, Schedule(1000, look=10, patience=4), torch.Generator(), lambda network: 1.0)
    assert curve.step[-1] == 40


def test_without_a_check_the_last_weights_are_kept() -> None:
    curve = train(_network(), _loss, Schedule(20, look=10), torch.Generator())
    assert curve.best == len(curve.step) - 1
    assert all(math.isnan(value) for value in curve.held_out)


class _StopError(Exception):
    pass


def test_an_interrupted_training_goes_on_to_the_same_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = _network()
    schedule = Schedule(60, look=10, save=0.0)
    expected = train(whole, _loss, schedule, torch.Generator().manual_seed(1), _check)

    broken, calls = _network(), 0

    def stops(network: Network, generator: torch.Generator) -> torch.Tensor:
        nonlocal calls
        calls += 1
        if calls == 37:
            raise _StopError
        return _loss(network, generator)

    checkpoint = tmp_path / "checkpoint.safetensors"
    with pytest.raises(_StopError):
        train(broken, stops, schedule, torch.Generator().manual_seed(1), _check, checkpoint=checkpoint)
    assert checkpoint.is_file()
    resumed = _network(seed=9)
    curve = train(resumed, _loss, schedule, torch.Generator().manual_seed(5), _check, checkpoint=checkpoint)
    assert torch.equal(_weights(resumed), _weights(whole))
    assert curve == expected
    assert not checkpoint.exists()


def test_a_loss_that_is_not_a_number_ends_training() -> None:
    with pytest.raises(FloatingPointError, match="expected a finite training loss, got nan"):
        train(_network(), lambda network, _: network(X).sum() * math.nan, Schedule(5), torch.Generator())


def test_progress_reaches_the_end() -> None:
    parts: list[float] = []
    train(_network(), _loss, Schedule(25, look=10), torch.Generator(), progress=lambda part, words: parts.append(part))
    assert parts[-1] == 1.0
    assert parts == sorted(parts)


@pytest.mark.parametrize("name", ["steps", "look", "patience"])
def test_a_schedule_without_steps_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"expected {name} of at least 1, got 0"):
        replace(Schedule(), **{name: 0})


def test_the_learning_rate_rises_then_falls() -> None:
    rates = [Schedule(100).rate_at(step) for step in range(100)]
    peak = rates.index(max(rates))
    assert peak == 15
    assert rates[:peak] == sorted(rates[:peak])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert training.Schedule(1).rate_at(0) > 0
