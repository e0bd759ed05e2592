"""From a YAML file of lessons or presentations to checked entries; errors name the file and the place in it.

Every text stands there in all languages of the page::

    title:
      en: What is soil organic carbon?
      zh: 什么是土壤有机碳?
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, NoReturn

import yaml

from dashboard.language import LANGUAGES, spoken
from proda_core.scenario import finite


class GuideFileError(ValueError):
    """A lesson or presentation that cannot be read or does not make sense."""


class Text(NamedTuple):
    """A text in all languages of the page, in the order of ``language.LANGUAGES``."""

    told: tuple[str, ...]

    def __str__(self) -> str:
        return self.told[list(LANGUAGES).index(spoken())]


class Entry(NamedTuple):
    """A part of a file, and where it stands."""

    where: str
    value: object

    def refuse(self, expected: str, hint: str) -> NoReturn:
        """Say what was expected."""
        raise GuideFileError(f"{self.where}: expected {expected}, got {self.value!r:.80}; {hint}")

    def table(self, needed: tuple[str, ...], allowed: tuple[str, ...] = ()) -> dict[str, Entry]:
        """Its parts by their keys."""
        if not isinstance(self.value, dict):
            self.refuse(f"a table with {', '.join(needed)}", "write one key a line")
        for key in needed:
            if key not in self.value:
                raise GuideFileError(
                    f"{self.where}: expected {key}, got only {', '.join(map(str, self.value))}; write {key}: ..."
                )
        for key in self.value:
            if key not in (*needed, *allowed):
                raise GuideFileError(
                    f"{self.where}: expected only {', '.join((*needed, *allowed))}, got {key}; check the spelling"
                )
        return {key: Entry(f"{self.where}, {key}", value) for key, value in self.value.items()}

    def items(self, least: int, most: int) -> list[Entry]:
        """Its parts in order."""
        if not isinstance(self.value, list) or not least <= len(self.value) <= most:
            self.refuse(f"a list of {least} to {most}", "begin each with a hyphen")
        return [Entry(f"{self.where} {i}", value) for i, value in enumerate(self.value, start=1)]

    def named(self) -> dict[str, Entry]:
        """Its parts by names that may be any."""
        if not isinstance(self.value, dict) or not all(isinstance(key, str) and key.isidentifier() for key in self.value):
            self.refuse("a table of names", "names are made of letters and _")
        return {key: Entry(f"{self.where}, {key}", value) for key, value in self.value.items()}

    def words(self) -> str:
        """A text that needs no translation."""
        if not isinstance(self.value, str):
            self.refuse("a text", "put it in quotation marks")
        return " ".join(self.value.split())

    def text(self) -> Text:
        """A text in all languages; an empty line begins a new paragraph."""
        parts = self.table(tuple(LANGUAGES))
        for part in parts.values():
            if not isinstance(part.value, str) or not part.value.strip():
                part.refuse("a text", "write some words")
        return Text(tuple(_paragraphs(str(parts[language].value)) for language in LANGUAGES))

    def number(self, low: float, high: float) -> float:
        """A number."""
        number = finite(self.value)
        if number is None or not low <= number <= high:
            self.refuse(f"a number from {low:g} to {high:g}", "write it without unit")
        return number

    def one_of(self, known: Mapping[str, object] | tuple[str, ...]) -> str:
        """A word of a table."""
        if not isinstance(self.value, str) or self.value not in known:
            self.refuse(f"one of {', '.join(known)}", "check the spelling")
        return self.value


def load(path: Path) -> Entry:
    """The content of a file.

    Raises:
        GuideFileError: it is no YAML.
    """
    try:
        return Entry(path.name, yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise GuideFileError(
            f"{path.name}: expected YAML, got {' '.join(str(error).split())}; check the line it names"
        ) from error


def _paragraphs(text: str) -> str:
    r"""A text whose paragraphs are single lines.

    >>> _paragraphs("one\ntwo\n\nthree\n")
    'one two\n\nthree'
    """
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))
