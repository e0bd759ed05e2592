"""``proda target``: what a goal for the world's soil carbon takes of each mechanism alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from proda_core import store
from proda_core.commands.base import FORCE, UsageError, check_output, progress
from proda_core.commands.world import CLIMATE, PARAMETERS, climate_file, load

if TYPE_CHECKING:
    from proda_core.simulation.targets import Need, Target

HEAD = ("mechanism", "unit", "change", "gain_PgC", "at_change")


def target(
    percent: Annotated[float | None, typer.Option(help="So many per cent of the stock more; less than zero for a loss.")] = None,
    petagrams: Annotated[float | None, typer.Option(help="So many petagrams of carbon more.")] = None,
    per_mille: Annotated[
        float | None, typer.Option(help="So many thousandths of today's stock more every year; needs --years.")
    ] = None,
    years: Annotated[
        float | None, typer.Option(help="To be there after so many years; without, once soils are in their new balance.")
    ] = None,
    depth: Annotated[str, typer.Option(help="Stock above 0.3m, 1m, 2m or full.")] = "1m",
    out: Annotated[Path | None, typer.Option(help="Table to write, as .csv.")] = None,
    climate: CLIMATE = None,
    origin: PARAMETERS = None,
    force: FORCE = False,
) -> None:
    """Find the change of each mechanism, one at a time, that brings the world's soil carbon to a target."""
    given = [name for name, value in (("--percent", percent), ("--petagrams", petagrams), ("--per-mille", per_mille)) if value]
    if len(given) != 1:
        raise UsageError(f"expected one of --percent, --petagrams and --per-mille, got {' and '.join(given) or 'none'}")
    if per_mille and years is None:
        raise UsageError("expected --years beside --per-mille, got none; growth every year needs to end somewhere")
    if years is not None and not 1 <= years <= 10_000:
        raise UsageError(f"expected --years from 1 to 10000, got {years:g}")
    if out is not None:
        if out.suffix != ".csv":
            raise UsageError(f"expected --out with the ending .csv, got {out.name}")
        check_output(out, force)
    from proda_core.grid import STOCK_DEPTHS

    if depth not in STOCK_DEPTHS:
        raise UsageError(f"expected --depth out of {', '.join(STOCK_DEPTHS)}; got {depth}")
    aim, needs = _found(climate_file(climate), origin, (percent, petagrams, per_mille), years, depth)
    _show(aim, needs)
    if out is not None:
        _write(needs, out)
        typer.echo(f"wrote {out}")


def _found(
    source: Path, origin: str | None, wanted: tuple[float | None, float | None, float | None], years: float | None, depth: str
) -> tuple[Target, list[Need]]:
    """The target and what it takes."""
    import torch

    from proda_core import simulation
    from proda_core.scenario import LIMITS
    from proda_core.simulation import targets

    torch.set_num_threads(1)  # the process model brings threads of its own
    with progress("target") as report:
        report(0.0, "baseline")
        model = simulation.GlobalModel(load(source, origin))
        percent, petagrams, per_mille = wanted
        share = percent / 100 if percent else (per_mille or 0.0) / 1000 * (years or 0.0)
        gain = petagrams or targets.stock_share(model, share, depth)
        aim = targets.Target(gain, depth, targets.IN_THE_END if years is None else years)
        needs = []
        for i, name in enumerate(LIMITS):
            report((i + 1) / (len(LIMITS) + 1), name)
            needs.append(targets.need(name, aim, targets.gain_of(model, name, aim)))
    return aim, needs


def _show(aim: Target, needs: list[Need]) -> None:
    when = "once soils are in their new balance" if aim.years == float("inf") else f"after {aim.years:g} years"
    typer.echo(f"{aim.gain:+.1f} Pg C above {aim.depth} {when}, by one mechanism at a time:")
    table = Table("mechanism", "change", "otherwise at most")
    for each in needs:
        if each.change is None:
            table.add_row(each.mechanism, "not within its range", f"{each.gain:+.1f} Pg C at {_change(each.mechanism, each.at)}")
        else:
            table.add_row(each.mechanism, _change(each.mechanism, each.change), "")
    Console().print(table)


def _change(mechanism: str, change: float) -> str:
    return f"{change:+.2f} K" if mechanism == "warming" else f"{100 * change:+.2f} %"


def _write(needs: list[Need], out: Path) -> None:
    rows = [",".join(HEAD)]
    for each in needs:
        change = "" if each.change is None else f"{each.change:.6g}"
        rows.append(f"{each.mechanism},{'K' if each.mechanism == 'warming' else '1'},{change},{each.gain:.6g},{each.at:.6g}")
    with store.atomic_path(out) as temporary:
        temporary.write_text("\n".join(rows) + "\n", encoding="utf-8")
