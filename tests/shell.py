"""The ``proda`` command as a user calls it: what it prints, and the exit code it leaves with."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner, Result

from proda_core import __main__ as command

PLAIN_AND_WIDE = {"COLUMNS": "200", "NO_COLOR": "1"}


def proda(*arguments: str | Path) -> Result:
    return CliRunner(env=PLAIN_AND_WIDE).invoke(command.app, [str(argument) for argument in arguments])


def fails(*arguments: str | Path, code: int = 1) -> str:
    """The one line that a failing command prints, and nothing else."""
    result = proda(*arguments)
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: " if code == 2 else "error: expected "), line
    return line
