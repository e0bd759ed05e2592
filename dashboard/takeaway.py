"""What a visitor takes away as text: Python lines that compute what the page shows, and a citation."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime

from dashboard import words
from dashboard.catalogue import DEPTHS, GAINS, MAPS, PARAMETERS, TAO_2023
from dashboard.choice import Choice
from dashboard.engine import Answer, Engine
from dashboard.fields import DEPTH_INDEX
from dashboard.language import tr
from proda_core import __version__, mechanisms
from proda_core.scenario import LIMITS
from proda_core.scenarios import Region


def python(choice: Choice) -> str:
    """Lines that compute the map of a choice, one value a land cell, and the global stock; they need the package alone."""
    moved = [f"{name}={value:g}" for name in LIMITS if (value := choice.scenario.value(name)) != 0]
    shifted = "".join(f'("{id_}", {value:g}), ' for id_, value in choice.scenario.parameters)
    changes = ", ".join([*moved, *([f"parameters=({shifted.rstrip()})"] if shifted else [])])
    wanted = f', ["{choice.variable}"]' if choice.variable in mechanisms.UNITS else ""
    return "\n".join(
        [
            "from proda_core import GlobalModel, Scenario, load_world",
            "",
            "world = load_world()",
            "model = GlobalModel(world)",
            *_asked(choice, f"Scenario({changes})", wanted),
            f"depth = {DEPTH_INDEX[choice.depth]}  # of 0.3 m, 1 m, 2 m and full depth",
            *_summed(choice),
            'print(f"{stock:.6g} Pg C, {stock - before:+.6g}")',
            *_map(choice),
            *_place(choice),
        ]
    )


def _asked(choice: Choice, scenario: str, wanted: str) -> list[str]:
    """Lines that solve the model."""
    if choice.region is None:
        return [f"outcome = model.respond({scenario}{wanted})"]
    given = ", ".join(f"{field.name}={value!r}" for field in fields(Region) if (value := getattr(choice.region, field.name)))
    change = f'Experiment("view", "", "", "", change={scenario}, region=region)' if choice.within else scenario
    return [
        "from proda_core.scenarios import Experiment, Region",
        f"region = Region({given})",
        f"outcome = model.respond({change}{wanted})",
    ]


def _summed(choice: Choice) -> list[str]:
    """Lines that sum stocks over all land or over the chosen part."""
    if choice.region is None:
        return ["before, stock = model.baseline.total[depth], outcome.total[depth]"]
    return [
        "inside = region.covers(world.land, world.regions)",
        "before, stock = (model.global_stock(each.soc * inside)[depth] for each in (model.baseline, outcome))",
    ]


def _map(choice: Choice) -> list[str]:
    """Lines that compute the mapped values."""
    name = choice.variable
    if name in GAINS:
        return [
            "from proda_core.sensitivity import gradient_map",
            f'cells = gradient_map(world, "{choice.depth}").sel(mechanism="{GAINS[name]}").values / 100  # {MAPS[name].unit}',
        ]
    if MAPS[name].group == PARAMETERS:
        return [
            "from proda_core.parameters import IDS",
            f'cells = world.parameters[:, IDS.index("{name}")].numpy()  # {MAPS[name].unit}',
        ]
    if name not in ("soc", *mechanisms.UNITS):
        return []
    value = "{}.soc[depth]" if name == "soc" else f'{{}}.mechanism["{name}"]'
    before, after = value.format("model.baseline"), value.format("outcome")
    shown = {
        "baseline": before,
        "scenario": after,
        "change": f"{after} - {before}",
        "percent": f"100 * ({after} / {before} - 1)",
    }.get(choice.view)
    return [] if shown is None else [f"cells = {shown}  # {MAPS[name].unit if choice.view != 'percent' else '%'}"]


def _place(choice: Choice) -> list[str]:
    """Lines that find the clicked place."""
    if choice.place is None:
        return []
    latitude, longitude = choice.place
    return [f"cell = model.land.nearest({latitude:g}, {longitude:g})", "print(outcome.soc[:, cell])  # kg C m-2 above each depth"]


def sentence(engine: Engine, answer: Answer) -> str:
    """The state of the world that an answer tells, in a sentence."""
    depth, choice = answer.depth, answer.choice
    spread = None if engine.ensemble is None or answer.part is not None else float(engine.ensemble.total_sd[depth])
    before, stock = (float(stocks[depth]) for stocks in answer.stocks)
    cues = (answer.outcome.cue, answer.baseline.cue)
    return words.headline(choice.scenario, choice.depth, stock, before, *cues, spread, choice.region, choice.within)


def citation(choice: Choice, engine: Engine, address: str, figure: str = "") -> str:
    """How to cite what a page shows.

    Args:
        choice: what it shows.
        engine: the model, for its version and source of parameters.
        address: of the page; empty where it is not known.
        figure: title of the figure that is cited; the map if none.
    """
    label, today = figure or tr(MAPS[choice.variable].label), datetime.now(UTC)
    if MAPS[choice.variable].has_depth and not figure:
        label = tr("{label}, {depth}", label=label, depth=tr(DEPTHS[choice.depth]))
    parts = {
        "year": today.year, "version": __version__, "model": engine.version, "map": label, "date": f"{today:%Y-%m-%d}",
        "source": TAO_2023,
    }  # fmt: skip
    if address:
        return tr(
            "PRODA Explorer developers ({year}). PRODA Explorer {version}, model and maps {model}: {map}. {address}. Accessed "
            "{date}. After {source}.",
            address=address, **parts,
        )  # fmt: skip
    return tr(
        "PRODA Explorer developers ({year}). PRODA Explorer {version}, model and maps {model}: {map}. Accessed {date}. After "
        "{source}.",
        **parts,
    )
