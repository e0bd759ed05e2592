"""The ``proda`` command as a user calls it: what it prints, and the exit code it leaves with."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner, Result

from proda_core import __main__ as command


def proda(*arguments: str | Path, width: int = 200) -> Result:
    """The command in a terminal of so many columns, without colours."""
    return CliRunner(env={"COLUMNS": str(width), "NO_COLOR": "1"}).invoke(command.app, [str(argument) for argument in arguments])


def fails(*arguments: str | Path, code: int = 1) -> str:
    """The one line that a failing command prints, and nothing else."""
    result = proda(*arguments)
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: " if code == 2 else "error: expected "), line
    return line
