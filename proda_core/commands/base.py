"""What the commands share: one-line errors with honest exit codes, checks of outputs, the progress bar.

Exit codes: 0 done, 1 something expected failed, 2 wrong usage, 130 interrupted.  What fails as expected says so in one line:
expected, got, what to do; ``--debug`` adds the traceback.  Nothing slow is imported here, so that help comes at once.
"""

from __future__ import annotations

import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn, cast

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from typer.core import TyperGroup

from proda_core import store

DONE, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130

UsageError = cast("type[Exception]", typer.BadParameter.__mro__[1])
"""What the command line parser raises for wrong usage; every version of typer derives ``BadParameter`` from it."""


class Failure(Exception):  # noqa: N818 -- it is what the command says, not an error of the program
    """An expected failure that comes as some other kind of exception than :data:`EXPECTED`."""


EXPECTED = (Failure, ValueError, OSError, ImportError, FloatingPointError)
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


FORCE = Annotated[bool, typer.Option("--force", help="Replace an output that is there already.")]
"""The option of every command that writes a file."""


def help_unless_chosen(context: typer.Context) -> None:
    """What a group of commands does when none of them is named."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def embedded_climate() -> Path:
    """Where the climate file that comes with the project lies."""
    return store.data_directory() / "climate.nc"


def check_output(target: Path, force: bool) -> None:
    """Find out before the work begins whether its result can be written; raises :class:`Failure`."""
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
def progress(title: str, time_left: bool = False) -> Iterator[Callable[[float, str], None]]:
    """A progress bar on standard error, seen in a terminal only.

    Args:
        title: what is going on.
        time_left: whether to show an estimate of the time left beside the time gone by, for work of minutes and hours.

    Yields:
        the function that moves the bar: part done [1], words on what comes next.
    """
    console = Console(stderr=True)
    columns: list[ProgressColumn] = [
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f} %"), TimeElapsedColumn()
    ]  # fmt: skip
    if time_left:
        columns += [TextColumn("left"), TimeRemainingColumn()]
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda part, words: bar.update(task, completed=part, description=f"{title}: {words}")
