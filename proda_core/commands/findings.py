"""``proda findings``: what the page shows of what controls the carbon, gathered from the results of the analyses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from proda_core.commands import analysis
from proda_core.commands.base import FORCE, Failure, check_output

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


def findings(
    results: Annotated[
        list[Path],
        typer.Argument(metavar="RESULT...", help="NetCDF files of proda sensitivity, of control, and of sobol over each."),
    ],
    out: Annotated[Path, typer.Option(help="File to write, NetCDF.")],
    budget: Annotated[Path | None, typer.Option(metavar="CSV", help="Budget of variances, of proda sensitivity.")] = None,
    maps: analysis.MAPS = None,
    force: FORCE = False,
) -> None:
    """Gather curves, component control and Sobol indices in the small file that the page reads."""
    check_output(out, force)
    from proda_core import retrieved, store
    from proda_core.sensitivity import findings, gather

    named = maps or retrieved.default_path()
    if not named.is_file():
        raise Failure(f"expected retrieved maps at {named}, got no file; name them with --parameters")
    found = gather.gather(_results(results), store.checksum(named), None if budget is None else _budget(budget))
    findings.write(found, out)
    typer.echo(f"wrote {out} ({out.stat().st_size / 1e3:.0f} kB)")


def _results(paths: list[Path]) -> dict[str, xr.Dataset]:
    """The results by their kind."""
    import xarray as xr

    from proda_core.sensitivity import gather

    found = {}
    for path in paths:
        if not path.is_file():
            raise Failure(f"expected results of an analysis at {path}, got no file; run proda sensitivity, control or sobol")
        try:
            with xr.open_dataset(path, engine="netcdf4") as data:
                loaded = data.load()
        except (OSError, ValueError, RuntimeError) as error:
            raise Failure(
                f"expected results as NetCDF at {path}, got something else ({error}); write them with --out FILE.nc"
            ) from error
        kind = gather.kind(loaded)
        if not kind or kind in found:
            got = f"a second file of {gather.KINDS[kind]}" if kind else "another NetCDF file"
            raise Failure(f"expected one file of each of {', '.join(gather.KINDS.values())}, got {got}: {path}")
        found[kind] = loaded
    return found


def _budget(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        return pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise Failure(
            f"expected a budget as CSV at {path}, got something else ({error}); see proda sensitivity --budget"
        ) from error
