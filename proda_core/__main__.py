"""The ``proda`` command, put together from ``proda_core.commands``."""

from __future__ import annotations

from typing import Annotated

import typer

from proda_core import __version__
from proda_core.commands import (
    assimilate,
    card,
    climate,
    control,
    error_model,
    evaluate,
    fetch,
    findings,
    learn,
    observe,
    posterior,
    relearn,
    scenario,
    sensitivity,
    serve,
    simulate,
    sobol,
    target,
    transient,
)
from proda_core.commands.base import Command, help_unless_chosen

app = typer.Typer(cls=Command, add_completion=False, help="PRODA Explorer: what controls the world's soil carbon.")
app.add_typer(climate.app, name="climate")
app.add_typer(posterior.app, name="posterior")
app.command("assimilate")(assimilate.assimilate)
app.command("card")(card.card)
app.command("control")(control.control)
app.command("error-model")(error_model.error_model)
app.command("evaluate")(evaluate.evaluate)
app.command("fetch")(fetch.fetch)
app.command("findings")(findings.findings)
app.command("learn")(learn.learn)
app.command("observe")(observe.observe)
app.command("relearn")(relearn.relearn)
app.command("scenario")(scenario.scenario)
app.command("sensitivity")(sensitivity.sensitivity)
app.command("serve")(serve.serve)
app.command("simulate")(simulate.simulate)
app.command("sobol")(sobol.sobol)
app.command("target")(target.target)
app.command("transient")(transient.transient)


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
    help_unless_chosen(context)


def main() -> None:
    """Entry point of the ``proda`` script and of ``python -m proda_core``."""
    app()


if __name__ == "__main__":
    main()
