"""The ``proda`` command: serve the page, build the climate, run the model.

The only place that reads, runs and writes.  Exit codes: 0 done, 1 something expected failed, 2 wrong usage, 130 interrupted.
What fails as expected says so in one line: expected, got, what to do; ``--debug`` adds the traceback.
"""

from __future__ import annotations

import errno
import math
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, cast

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from typer.core import TyperGroup

from proda_core import __version__, store

if TYPE_CHECKING:
    import xarray as xr

    from proda_core.scenario import Scenario

DONE, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130

UsageError = cast("type[Exception]", typer.BadParameter.__mro__[1])
"""What the command line parser raises for wrong usage; every version of typer derives ``BadParameter`` from it."""


class Failure(Exception):  # noqa: N818 -- it is what the command says, not an error of the program
    """An expected failure that comes as some other kind of exception than :data:`EXPECTED`."""


EXPECTED = (Failure, ValueError, OSError, ImportError)
"""What our code raises when input, files or the environment are not as expected."""


class Command(TyperGroup):
    """A group of commands that reports what goes wrong in one line and leaves with an honest exit code."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line; always ends with ``SystemExit``."""
        try:
            code = super().main(*args, **{**kwargs, "standalone_mode": False, "prog_name": "proda"})
        except UsageError as error:
            context = getattr(error, "ctx", None)
            message = getattr(error, "format_message", error.__str__)()
            _leave(f"{message.rstrip('.')}; see {context.command_path if context else 'proda'} --help", MISUSED)
        except (KeyboardInterrupt, typer.Abort):
            _leave("", INTERRUPTED)
        if code == INTERRUPTED:
            _leave("", INTERRUPTED)
        sys.exit(code if isinstance(code, int) else DONE)

    def invoke(self, ctx: Any) -> Any:
        """Invoke the chosen command, turning expected failures into one line."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise
        except EXPECTED as error:
            if ctx.params.get("debug"):
                traceback.print_exc()
            _leave(_message(error), FAILED)


def _message(error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError):
        return f"expected Python package {error.name} to be installed, got none; run make dashboard, or pip install -e ."
    return str(error) or type(error).__name__


def _leave(message: str, code: int) -> NoReturn:
    typer.echo("interrupted" if code == INTERRUPTED else f"error: {' '.join(message.split())}", err=True)
    raise SystemExit(code)


app = typer.Typer(cls=Command, add_completion=False, help="PRODA Explorer: what controls the world's soil carbon.")
climate_app = typer.Typer(help="The embedded climate: forcing of the model on half-degree land cells.")
app.add_typer(climate_app, name="climate")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"proda {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _proda(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of a failure.")] = False,
) -> None:
    _help_unless_chosen(context)


@climate_app.callback(invoke_without_command=True)
def _climate(context: typer.Context) -> None:
    _help_unless_chosen(context)


def _help_unless_chosen(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _port(value: int) -> int:
    if not 1 <= value <= 65535:
        raise UsageError(f"expected a --port within 1..65535, got {value}")
    return value


def _workers(value: int) -> int:
    if value < 1:
        raise UsageError(f"expected at least 1 of --workers, got {value}")
    return value


@app.command("serve")
def _serve(
    port: Annotated[int, typer.Option(help="Port to serve on.", callback=_port)] = 5006,
    address: Annotated[str, typer.Option(help="Address to serve on; localhost is seen by this computer only.")] = "localhost",
    workers: Annotated[
        int, typer.Option(help="Processes, each on a port of its own from --port on; for a proxy.", callback=_workers)
    ] = 1,
) -> None:
    """Serve the dashboard; open the address that it prints in a browser, Ctrl-C stops it."""
    _check_free(address, port)
    typer.echo(f"PRODA Explorer starts at http://{address}:{port} (Ctrl-C stops it)")
    from dashboard.serve import serve

    serve(port=port, address=address, workers=workers)


def _check_free(address: str, port: int) -> None:
    """Find out before anything slow happens whether the page can be served at all."""
    try:
        for family, kind, protocol, _, place in socket.getaddrinfo(address, port, type=socket.SOCK_STREAM):
            _try_to_bind(family, kind, protocol, place)
    except OSError as error:
        raise Failure(
            f"expected a free address and port, got {address} {port} ({error.strerror}); choose others with --address and --port"
        ) from error


def _try_to_bind(family: int, kind: int, protocol: int, place: Any) -> None:
    try:
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind(place)
    except OSError as error:  # an address family that this computer lacks is no obstacle, the server leaves it out
        if error.errno not in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL) or family == socket.AF_INET:
            raise


FORCE = Annotated[bool, typer.Option("--force", help="Replace an output that is there already.")]


@climate_app.command("build")
def _build_climate(
    out: Annotated[Path | None, typer.Option(help="Where the file goes; by default where the model looks for it.")] = None,
    force: FORCE = False,
) -> None:
    """Make the climate file from its sources, which come as Python packages (see README)."""
    target = out or _embedded_climate()
    _check_output(target, force)
    from proda_core import climate

    with _progress("climate") as report:
        try:
            climate.build(target, progress=report)
        except climate.SourceError as error:
            raise Failure(str(error)) from error
    typer.echo(f"wrote {target} ({target.stat().st_size / 1e6:.1f} MB)")


PERCENT = "PERCENT"


@app.command("simulate")
def _simulate(
    out: Annotated[Path | None, typer.Option(help="NetCDF file to write; without it only the table is shown.")] = None,
    climate: Annotated[Path | None, typer.Option(help="Climate file; by default the one that comes with the project.")] = None,
    cue: Annotated[
        float, typer.Option(metavar=PERCENT, show_default=False, help="Microbial carbon use efficiency, -20 to 20 %.")
    ] = 0.0,
    carbon_input: Annotated[
        float, typer.Option(metavar=PERCENT, show_default=False, help="Plant carbon input, -50 to 50 %.")
    ] = 0.0,
    input_allocation: Annotated[
        float,
        typer.Option(metavar=PERCENT, show_default=False, help="Depth of the input (Jackson beta), -20 to 20 %; more is deeper."),
    ] = 0.0,
    baseline_decomposition: Annotated[
        float, typer.Option(metavar=PERCENT, show_default=False, help="All turnover rates, -50 to 50 %.")
    ] = 0.0,
    environmental_modifier: Annotated[
        float,
        typer.Option(metavar=PERCENT, show_default=False, help="Effect of climate and depth on decomposition, -50 to 50 %."),
    ] = 0.0,
    vertical_transport: Annotated[
        float, typer.Option(metavar=PERCENT, show_default=False, help="All mixing between layers, -50 to 50 %.")
    ] = 0.0,
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="ID=VALUE", help="Physical value of a parameter everywhere, such as q10=1.5; may be repeated."
        ),
    ] = None,
    warming: Annotated[
        float,
        typer.Option(
            metavar="DEGC", show_default=False, help="Uniform warming of decomposition, -2 to 6 degC; input and thaw stay."
        ),
    ] = 0.0,
    force: FORCE = False,
) -> None:
    """Run the model on the globe to its new balance and show the global stocks, beside the baseline if anything is changed."""
    percent = {
        "cue": cue,
        "carbon_input": carbon_input,
        "input_allocation": input_allocation,
        "baseline_decomposition": baseline_decomposition,
        "environmental_modifier": environmental_modifier,
        "vertical_transport": vertical_transport,
    }
    change = _scenario({**{name: value / 100 for name, value in percent.items()}, "warming": warming})
    source = climate or _embedded_climate()
    if not source.is_file():
        raise Failure(
            f"expected a climate file at {source}, got none; make it with proda climate build, or name one with --climate"
        )
    if out:
        _check_output(out, force)
    baseline, changed = _run(source, change, _parameters(parameter or []))
    if out:
        _write(changed, out)
    _show(baseline, None if change.is_baseline else changed)
    if out:
        typer.echo(f"wrote {out} ({out.stat().st_size / 1e6:.1f} MB)")


def _scenario(changes: dict[str, float]) -> Scenario:
    """The scenario as asked for; where the model would move a value to its limit, the command refuses it."""
    from proda_core.scenario import LIMITS, Scenario

    for name, value in changes.items():
        option, (lower, upper) = f"--{name.replace('_', '-')}", LIMITS[name]
        factor, unit = (1.0, "degC") if name == "warming" else (100.0, "%")
        if not (math.isfinite(value) and lower <= value <= upper):
            raise UsageError(f"expected {option} within {lower * factor:g}..{upper * factor:g} {unit}, got {value * factor:g}")
    return Scenario(**changes)


def _parameters(pairs: list[str]) -> dict[str, float]:
    """Parameter values from ``id=value`` pairs, checked before anything slow happens."""
    from proda_core import parameters

    values: dict[str, float] = {}
    for pair in pairs:
        id_, _, text = pair.partition("=")
        try:
            values[id_.strip()] = float(text)
        except ValueError:
            raise UsageError(f"expected --set as ID=VALUE with a number, got {pair!r}") from None
    try:
        parameters.vector(values)
    except KeyError as error:
        raise UsageError(str(error.args[0])) from None
    return values


def _run(source: Path, change: Scenario, values: dict[str, float]) -> tuple[xr.Dataset, xr.Dataset]:
    """The baseline and the scenario on the globe; one and the same where nothing is changed."""
    from proda_core import simulation

    with _progress("simulation") as report:
        report(0.0, "climate")
        world = simulation.load_world(source, values)
        steps = 1 if change.is_baseline else 2
        report(0.2, "baseline")
        baseline = simulation.run(world, progress=lambda part: report(0.2 + 0.8 * part / steps, "baseline"))
        if change.is_baseline:
            return baseline, baseline
        return baseline, simulation.run(world, change, progress=lambda part: report(0.6 + 0.4 * part, "scenario"))


def _write(dataset: xr.Dataset, out: Path) -> None:
    """Write a run as compressed NetCDF, whole or not at all."""
    packed = {str(name): {"zlib": True, "complevel": 4} for name, values in dataset.variables.items() if values.ndim}
    with store.atomic_path(out) as temporary:
        dataset.assign_attrs(source=f"PRODA Explorer {__version__}").to_netcdf(temporary, engine="netcdf4", encoding=packed)


def _show(baseline: xr.Dataset, changed: xr.Dataset | None) -> None:
    """The global stocks as a table, the change beside them, and where the parameters come from."""
    console = Console()
    table = Table()
    scenario = ("scenario [Pg C]", "change [Pg C]", "change [%]") if changed is not None else ()
    for heading in ("depth [m]", "baseline [Pg C]", *scenario):
        table.add_column(escape(heading), justify="right")
    for row, depth in enumerate(baseline["depth"].values):
        before = float(baseline["global_stock"].values[row])
        cells = [f"0-{depth:g}", f"{before:,.1f}"]
        if changed is not None:
            after = float(changed["global_stock"].values[row])
            cells += [f"{after:,.1f}", f"{after - before:+,.1f}", f"{100 * (after / before - 1):+.2f}"]
        table.add_row(*cells)
    typer.echo("Soil organic carbon on all land, once in balance")
    console.print(table)
    cue = float(baseline.attrs["bulk_cue"])
    line = f"Bulk carbon use efficiency {cue:.4f}"
    if changed is not None:
        new = float(changed.attrs["bulk_cue"])
        line += f", in the scenario {new:.4f} ({100 * (new / cue - 1):+.2f} %)"
    land = float(baseline["area"].sum()) / 1e12
    typer.echo(f"{line}. {baseline.sizes['cell']:,} land cells, {land:.1f} million km2.")
    typer.echo(f"Parameters: {baseline.attrs['parameters']}")


def _embedded_climate() -> Path:
    return store.data_directory() / "climate.nc"


def _check_output(target: Path, force: bool) -> None:
    """Find out before the work begins whether its result can be written."""
    if target.is_dir():
        raise Failure(f"expected a file to write to, got the directory {target}; name a file in it")
    if target.exists() and not force:
        raise Failure(f"expected a new file to write, got {target}, which exists; choose another with --out, or add --force")
    if not target.parent.is_dir():
        raise Failure(f"expected an existing directory to write {target.name} to, got {target.parent}; create it first")
    try:
        with tempfile.TemporaryFile(dir=target.parent):
            pass
    except OSError as error:
        raise Failure(
            f"expected a directory that can be written to, got {target.parent} ({error.strerror}); choose another with --out"
        ) from error


@contextmanager
def _progress(title: str) -> Iterator[Callable[[float, str], None]]:
    """A progress bar on standard error; gives the function that moves it: part done [1], words on what comes next."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f} %"), TimeElapsedColumn(),
        console=console, transient=True, disable=not console.is_terminal,
    )  # fmt: skip
    with bar:
        task = bar.add_task(title, total=1.0)
        yield lambda part, words: bar.update(task, completed=part, description=f"{title}: {words}")


def main() -> None:
    """Entry point of the ``proda`` script and of ``python -m proda_core``."""
    app()


if __name__ == "__main__":
    main()
