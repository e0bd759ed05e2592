"""Paper: a figure of print size as PNG or SVG, its letters in the visitor's language, and lines of a caption on it."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable
from functools import cache
from textwrap import fill
from typing import Any, Literal
from unicodedata import east_asian_width

from matplotlib import font_manager, rc_context, rcParams
from matplotlib.figure import Figure

from dashboard import theme
from dashboard.language import ENGLISH, spoken

Kind = Literal["png", "svg"]

WIDTH = 7.5
"""Of a figure [inches]: across a page."""

MARGIN = 0.15
"""Around what is printed [inches]."""

RESOLUTION = 300

LINE = 0.103
"""Height of a line of a caption [inches]."""

LETTERS = {ENGLISH: 158, "zh": 148}
"""Letters in a line of a caption; a Chinese character counts as two."""

DESCRIPTIONS: dict[str, dict[str, Any]] = {"png": {"Software": "PRODA Explorer"}, "svg": {"Creator": "PRODA Explorer"}}

_drawing = threading.Lock()  # Matplotlib's fonts and settings are shared and not safe for threads


def sheet(kind: Kind, height: float, compose: Callable[[Figure], None]) -> bytes:
    """A sheet of paper with a figure on it.

    Args:
        kind: of file; in an SVG letters are text, which others can search and change.
        height: of the sheet [inches].
        compose: draws on it.

    Returns:
        the bytes of the file.
    """
    settings: dict[Any, Any] = {"font.family": lettering(spoken()), "svg.fonttype": "none", "text.color": theme.INK}
    with _drawing, rc_context(settings):
        made = Figure((WIDTH, height), dpi=RESOLUTION, facecolor="white")
        compose(made)
        held = io.BytesIO()
        made.savefig(held, format=kind, metadata=DESCRIPTIONS[kind])
    return held.getvalue()


CHINESE = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "WenQuanYi Micro Hei", "SimHei",
    "Noto Sans CJK JP", "Heiti TC", "Arial Unicode MS",
)  # fmt: skip
"""Fonts with simplified Chinese, the best first; of a collection Matplotlib knows the first font alone, whatever its name."""


def lettering(language: str) -> list[str]:
    """Fonts for the letters of a language, one for what the other lacks; none where this machine has no font for it."""
    latin = str(rcParams["font.sans-serif"][0])
    if language != "zh":
        return [latin]
    known = _fonts()
    return next(([latin, name] for name in CHINESE if name in known), [])


@cache
def _fonts() -> frozenset[str]:
    return frozenset(font_manager.get_font_names())


def lines(text: str) -> list[str]:
    """A caption in lines as wide as the paper."""
    return wrapped(text, LETTERS[spoken()]).split("\n")


def wrapped(text: str, width: int) -> str:
    r"""A text in lines of so many letters; a Chinese character is as wide as two, and lines may end behind each.

    >>> wrapped("one two three", 7), wrapped("土壤 CUE 碳，一二", 8)
    ('one two\nthree', '土壤 CUE\n碳，一二')
    """
    if not any(_wide(letter) for letter in text):
        return fill(text, width)
    found = [""]
    for part in re.findall(r"\s+|[\u2e80-\uffef][，。；：、）]*|[^\s\u2e80-\uffef]+[，。；：、）]*", text):
        if found[-1] and letters(found[-1] + part.rstrip()) > width:
            found.append("")
        found[-1] += part if found[-1] else part.lstrip()
    return "\n".join(line.rstrip() for line in found)


def _wide(letter: str) -> bool:
    return east_asian_width(letter) in "WF"


def letters(text: str) -> int:
    """How wide a text is, in letters; a Chinese character counts as two.

    >>> letters("CUE 碳")
    6
    """
    return sum(2 if _wide(letter) else 1 for letter in text)
