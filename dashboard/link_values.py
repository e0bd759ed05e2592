"""Values as they stand in a link; what comes in may come from anywhere."""

from __future__ import annotations

from collections.abc import Iterable

from dashboard.choice import DIGITS
from dashboard.language import tr

LONGEST = 40
"""Characters of a foreign value that a notice repeats."""


class RefusalError(ValueError):
    """Why a link cannot be followed."""


def not_among(key: str, known: Iterable[str], got: str) -> str:
    """Why a value that is not in a table cannot be followed."""
    some = ", ".join(list(known)[:6])
    return tr("expected {key} to be one of {some} …; got {got}", key=key, some=some, got=quoted(got))


def parsed(text: str) -> float | None:
    """A finite decimal number, or none."""
    # float() alone would take "nan", "1_0" and digits of other scripts
    if len(text) > 20 or not text or set(text) - set("0123456789.-+e"):
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e9 else None


def decimal(value: float) -> str:
    """A number as short as it can be."""
    return f"{round(value, DIGITS):.12g}"


def short(text: str) -> str:
    """The beginning of a foreign text."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def quoted(text: str) -> str:
    """A foreign text as a notice repeats it."""
    return f"“{short(text)}”"
