"""Effective samples a second by method: why assimilation uses gradients.

    python -m benchmarks.samplers

Profiles that the model made (``tests.twin.soil_profiles``), default likelihood, one process.  Every method gets the same
chains, and warm-up in proportion to its draws; the figure is the bulk effective sample size of the worst fitted layer of a
profile (median over profiles) for each second of sampling a profile.  On two busy cores:

    method                    evaluations  s a profile  sample size   a second  relative
    hamiltonian                    19,204        0.066          545      8,229      1.00
    metropolis                     32,004        0.093          274      2,937      0.36
    differential-evolution         32,004        0.107          257      2,409      0.29
"""

from __future__ import annotations

import time

import numpy as np
import torch

from proda_core.assimilation import diagnostics, sites
from proda_core.assimilation.sampler import Sampler, Settings
from proda_core.assimilation.streams import Streams
from proda_core.process import kernel
from tests.twin import soil_profiles

PROFILES = 96
METHODS = {
    "hamiltonian": (Settings(), 300),
    "metropolis": (Settings(method="metropolis", warm_up=(600, 600, 1200, 600), thin=5), 1000),
    "differential-evolution": (Settings(method="differential-evolution", warm_up=(600, 600, 1200, 600), thin=5), 1000),
}


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    kernel.limit_threads(1)
    rng = np.random.default_rng(3)
    cells = rng.choice(len(soil_profiles.world().parameters), PROFILES, replace=False)
    twin = soil_profiles.make(*soil_profiles.layers(PROFILES, rng), cells, rng)
    target = sites.posterior(twin.profiles, twin.forcing, sites.Options())
    names = [str(name) for name in twin.profiles["profile_id"].values]
    target.value_and_gradient(target.start(Streams(0, names), 4))
    print(f"{'method':24} {'evaluations':>12} {'s a profile':>12} {'sample size':>12} {'a second':>10} {'relative':>9}")
    base = 0.0
    for method, (settings, draws) in METHODS.items():
        sampler = Sampler(target, target.start(Streams(0, names, "start"), settings.chains), Streams(0, names), settings)
        start = time.perf_counter()
        sampler.warm_up()
        unit = target.to_unit(sampler.draw(draws).x)
        seconds = (time.perf_counter() - start) / PROFILES
        size = np.median([worst(target.rows(torch.tensor([k])), unit[k : k + 1]) for k in range(PROFILES)])
        base = base or size / seconds
        evaluations = sampler.evaluations * settings.chains
        print(f"{method:24} {evaluations:12,} {seconds:12.3f} {size:12.0f} {size / seconds:10,.0f} {size / seconds / base:9.2f}")


def worst(target: sites.Posterior, unit: torch.Tensor) -> float:
    """Smallest effective sample size over the fitted layers of one profile, from its draws (1, chain, draw, 21)."""
    fitted = target.observed_by(target.soc(unit.flatten(1, 2)))[0, :, target.observations.seen[0]].log()
    return float(diagnostics.ess_bulk(fitted.view(*unit.shape[1:3], -1).movedim(-1, 0).numpy()).min())


if __name__ == "__main__":
    main()
