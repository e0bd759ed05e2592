"""Values out of a file that anybody may have edited: each is checked when it is taken, and an error says where it stands."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

LARGEST = 2**53
"""Counts beyond it are refused; other programs could not hold them exactly."""


class EvidenceError(ValueError):
    """The file is missing, damaged, or not evidence of this version; the message says what to do."""


class Checked:
    """A value of JSON and where it stands.

    Args:
        value: what JSON holds.
        where: the file.
        remedy: what to do about an error.
        place: path to the value within the file.

    Every method raises :class:`EvidenceError` where the value is not what it asks for.
    """

    def __init__(self, value: Any, where: str, remedy: str, place: str = "") -> None:
        self._value, self._where, self._remedy, self._place = value, where, remedy, place

    def __getitem__(self, name: str) -> Checked:
        if not isinstance(self._value, Mapping):
            raise self.error("names and values", _kind(self._value))
        if name not in self._value:
            raise self.error(f"{name!r}", "none")
        return self._at(self._value[name], f"{self._place}.{name}" if self._place else name)

    def has(self, name: str) -> bool:
        """Whether there is a value of this name."""
        return isinstance(self._value, Mapping) and name in self._value

    def items(self) -> Iterator[tuple[str, Checked]]:
        """Names and values."""
        if not isinstance(self._value, Mapping):
            raise self.error("names and values", _kind(self._value))
        for name in self._value:
            yield name, self[name]

    def list(self) -> Iterator[Checked]:
        """The values of a list."""
        if not isinstance(self._value, list):
            raise self.error("a list", _kind(self._value))
        for i, held in enumerate(self._value):
            yield self._at(held, f"{self._place}[{i}]")

    def text(self) -> str:
        """A text."""
        if not isinstance(self._value, str):
            raise self.error("a text", _kind(self._value))
        return self._value

    def number(self, *, unknown: bool = False) -> float:
        """A finite number; NaN for null where it may be ``unknown``."""
        if self._value is None and unknown:
            return math.nan
        if isinstance(self._value, bool) or not isinstance(self._value, int | float):
            raise self.error("a number", _kind(self._value))
        if (isinstance(self._value, int) and abs(self._value) > LARGEST) or not math.isfinite(self._value):
            raise self.error("a finite number", str(self._value)[:20])
        return float(self._value)

    def count(self) -> int:
        """A whole number that is not negative."""
        if isinstance(self._value, bool) or not isinstance(self._value, int) or not 0 <= self._value <= LARGEST:
            raise self.error("a count", str(self._value)[:20])
        return self._value

    def numbers(self) -> FloatArray:
        """A list of finite numbers."""
        return np.array([held.number() for held in self.list()], dtype=np.float64)

    def table(self) -> IntArray:
        """Rows of counts, all of one length."""
        rows = [[held.count() for held in row.list()] for row in self.list()]
        if len({len(row) for row in rows}) > 1:
            raise self.error("rows of one length", "others")
        return np.array(rows, dtype=np.int64)

    def error(self, expected: str, got: str) -> EvidenceError:
        """An error about this value."""
        at = f"{self._place} of {self._where}" if self._place else self._where
        return EvidenceError(f"expected {expected} at {at}, got {got}; {self._remedy}")

    def _at(self, value: Any, place: str) -> Checked:
        return Checked(value, self._where, self._remedy, place)


def _kind(value: Any) -> str:
    names: dict[type, str] = {dict: "names and values", list: "a list", str: "a text", type(None): "null", bool: "true or false"}
    return names.get(type(value), "a number")
