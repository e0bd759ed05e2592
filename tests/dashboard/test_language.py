"""The page in another language: every text has an entry, no entry is idle, and nothing of what is computed is lost on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import copy
from html import unescape
from html.parser import HTMLParser
from typing import Any

import numpy as np
import panel as pn
import pytest
from babel.messages.pofile import read_po
from bokeh.document import Document
from panel.io.state import set_curdoc

from dashboard import language, link, paper, printed, visitors, words
from dashboard.app import Page
from dashboard.catalogue import CONTROLS, DEPTHS, MAPS, METHODS, VALIDATIONS, VIEWS
from dashboard.choice import Choice
from dashboard.engine import Engine, _missing
from dashboard.language import later, mark, speaking, spoken, tr
from dashboard.views.where import ALL, DRAWN
from proda_core.learning import evidence
from proda_core.parameters import PARAMETERS
from proda_core.scenario import Scenario
from proda_core.scenarios import Region
from proda_core.sensitivity import findings
from proda_core.simulation import load_world
from tests.dashboard import texts
from tests.dashboard.visit import after, slide

OTHERS = [code for code in language.LANGUAGES if code != language.ENGLISH]
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
NUMERAL = re.compile(r"\b(one|two|six|half|tenths?|twelve|thirty|metres?|per cent)\b", re.IGNORECASE)
MARKUP = re.compile(r"</?\w+[^>]*>")


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_has_an_entry_and_every_entry_a_text(code: str) -> None:
    wanted, known = texts.of_everything(), language.catalogue(code)
    lacking = [f'# {wanted[text]}\nmsgid "{text}"\nmsgstr ""' for text in wanted if text not in known]
    idle = [text for text in known if text not in wanted]
    assert not lacking, f"{len(lacking)} texts lack an entry in languages/{code}.po:\n\n" + "\n\n".join(lacking)
    assert not idle, f"entries of languages/{code}.po that no text needs any more: {idle}"


@pytest.mark.parametrize("code", OTHERS)
def test_entries_keep_places_markup_and_numbers(code: str) -> None:
    for text, entry in language.catalogue(code).items():
        assert texts.places(entry) == texts.places(text), text
        assert sorted(MARKUP.findall(entry)) == sorted(MARKUP.findall(text)), text
        before, here = NUMBER.findall(text), NUMBER.findall(entry)
        assert not [number for number in before if here.count(number) < before.count(number)], text
        if not NUMERAL.search(text):  # a number that is written as a word may be a figure elsewhere
            assert len(here) == len(before), text


@pytest.mark.parametrize("code", OTHERS)
def test_no_text_has_two_entries(code: str) -> None:
    with (language.CATALOGUES / f"{code}.po").open(encoding="utf-8") as file:
        found = [line for line in file if line.startswith("msgid ")]
    assert len(found) == len(set(found))
    with (language.CATALOGUES / f"{code}.po").open("rb") as file:
        assert len([entry for entry in read_po(file) if entry.id]) == len(found) - 1


@pytest.mark.parametrize("code", OTHERS)
def test_what_is_chosen_by_its_name_has_a_name_of_its_own(code: str) -> None:
    countries = set(load_world().regions["country"].names)
    tables = [
        {variable.label for variable in MAPS.values()},
        {control.label for control in CONTROLS.values()},
        {control.short for control in CONTROLS.values()},
        {ALL, DRAWN} | countries,
        *(set(table.values()) for table in (DEPTHS, VIEWS, METHODS, VALIDATIONS)),
    ]
    with speaking(code):
        for table in tables:
            assert len({tr(name) for name in table}) == len(table)


def test_texts_are_found_wherever_they_stand_in_the_code() -> None:
    source = """
A = mark("of a table")
def said(count):
    return f"<p>{tr('within another')}</p>" + tr("of two " "parts {count}", count=count) + later("shared") + tr(A)
"""
    found = sorted(text for _, text in texts.in_code(source))
    assert found == ["of a table", "of two parts {count}", "shared", "within another"]


def test_a_text_without_an_entry_stays_english() -> None:
    with speaking("zh"):
        assert tr("no such text, {name}", name="not here") == "no such text, not here"


def test_what_was_said_for_all_is_put_into_each_language_where_it_is_shown() -> None:
    said = _missing(mark("How good the maps are cannot be shown: {why}."), OSError("gone"))
    assert said == "How good the maps are cannot be shown: gone."
    with speaking("zh"):
        assert tr(said) == "无法显示地图的好坏：gone。"
    assert tr(said) == said == later("How good the maps are cannot be shown: {why}.", why="gone")


def test_each_page_is_in_the_language_of_its_visitor() -> None:
    here, there = Document(), Document()
    visitors.speak(here, "zh")
    assert spoken() == "en"
    with set_curdoc(here):
        assert (spoken(), tr("Baseline")) == ("zh", "基线")
        with speaking("en"):
            assert tr("Baseline") == "Baseline"
    with set_curdoc(there):
        assert spoken() == "en"


def test_a_link_names_its_language(engine: Engine) -> None:
    choice = Choice(Scenario(cue=0.01))
    query = link.query(choice, engine.version, "zh")
    arguments = {key: [value.encode()] for key, value in (pair.split("=") for pair in query.split("&"))}
    assert link.open_link(arguments, engine.version) == link.Opened(choice, language="zh")
    assert link.open_link({"lang": [b"zh"]}, engine.version) == link.Opened(Choice(), language="zh")
    assert link.query(Choice(), engine.version, "zh") == "lang=zh"


@pytest.mark.parametrize("asked", [b"tlh", b"<img>", b"", b"\xff", b"z" * 5000])
def test_a_language_that_is_not_spoken_is_told_and_loses_nothing(asked: bytes) -> None:
    arguments = {"v": [b"1"], "cue": [b"1"], "lang": [asked]}
    opened = link.open_link(arguments, "0")
    assert opened.choice == Choice(Scenario(cue=0.01))
    assert not opened.broken
    assert opened.language == ""
    assert ("The page does not speak" in opened.notice) == bool(asked)
    assert len(opened.notice) < 200


class _Shown(HTMLParser):
    """The text of some HTML, without that which says that it is English."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self._english = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if self._english or ("lang", "en") in attributes:
            self._english += tag not in ("br", "img")
        self.text += [value or "" for name, value in attributes if name in ("aria-label", "title") and not self._english]

    def handle_endtag(self, tag: str) -> None:
        self._english = max(self._english - 1, 0)

    def handle_data(self, data: str) -> None:
        if not self._english:
            self.text.append(data)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _strings(part) if isinstance(key, str) else ()
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _strings(part)


READ = ("object", "text", "label", "options", "groups", "caption", "head", "rows", "texts", "about", "refused", "title")
"""Parameters of the page's parts that hold what a visitor reads."""

GIVEN = re.compile(
    r"doi:\S+|\bv?\d[\w.\-]*|\b[A-Z][\wäöüáéÖ]+(?: (?:et al\.?|& [A-Z]\w+))? (?:19|20)\d\d"
    r"|Batjes|Jobbágy|Jackson|Köchy|Tao|et al\.?"
    r"|\b[A-Z]{2,}\w*\b|\b(?:PRODA|Explorer|Python|Pg|kg|km|cm|yr|Yedoma|ISMC|Conference|abstract|developers"
    r"|afsp|sodah|isis|edgeroi|hugelius2013|Equal Earth|Shift|Page Up|Page Down|Alt|Home|End|Ctrl|Mac|Natural Earth|GeoNames"
    r"|WoSIS|technical note, chapter|nbedrock"
    r"|profile_id|latitude|longitude|layer_top|layer_bottom|organic_carbon|bulk_density|soc_density|ISRaD|Parquet|NetCDF)\b"
    rf"|\b(?:{'|'.join(parameter.id for parameter in PARAMETERS)})\b|\{{\w+\}}"
)
"""Names, citations, units, keys, columns of files and places in templates, which are the same in every language."""

KEY = re.compile(r"(?:pool|input|transfer|air)(?:-(?:\d+|all))?")
"""What the diagram of flows calls its numbers, where nobody reads it."""


def _english(shown: str) -> list[str]:
    """Runs of two English words or more in some HTML."""
    reader = _Shown()
    reader.feed(shown)
    plain = GIVEN.sub("·", unescape(" ".join(reader.text)))
    return re.findall(r"\b[A-Za-z][a-z]+(?: [A-Za-z]?[a-z]+)+\b|\b[A-Z]?[a-z]{4,}\b", plain)


def _left(page: Page) -> dict[str, list[str]]:
    """English that is still on a page, by the part of it."""
    found: dict[str, list[str]] = {}
    known = [page.evidence.places.bar] if page.evidence.places is not None else []  # a legend, as that of the map
    for name, part in vars(page).items():
        panel = getattr(part, "panel", None)
        if panel is None:
            continue
        for each in panel.select(lambda part: part not in known):
            for field in READ:
                held = getattr(each, field, None)
                for shown in _strings(list(held) if field == "options" and isinstance(held, dict) else held):
                    if not KEY.fullmatch(shown) and (english := _english(shown)):
                        found.setdefault(name, []).extend(english)
    for name in ("response", "mechanisms"):
        for pane in getattr(page, name).panel.select(pn.pane.Bokeh):
            for axis in (*pane.object.xaxis, *pane.object.yaxis):
                shown = " ".join([str(axis.axis_label or ""), *axis.major_label_overrides.values()])
                if english := _english(shown):
                    found.setdefault(name, []).extend(english)
    return found


def test_a_chinese_page_speaks_chinese(informed: Engine) -> None:
    engine = copy(informed)  # with the words of the data files that come with the project
    engine.evidence, engine.findings = evidence.read(), findings.read()
    with speaking("zh"):
        page = Page(engine, link.Opened(Choice(), tr("none")))
        page.evidence.open()
        page.mechanisms.open()
        seen = [_left(page), page.headline.sentence.text]
        after(page, slide(page, "cue", 5.0), lambda: page.state.visit(10.0, 20.0))
        seen += [_left(page), page.headline.sentence.text]
        after(page, lambda: page.state.look_at(Region(latitude=(-30.0, 30.0)), True), slide(page, "warming", -1.0))
        seen += [_left(page), page.headline.sentence.text]
    assert [part for part in seen if isinstance(part, dict)] == [{}, {}, {}]
    sentences = [part for part in seen if isinstance(part, str)]
    assert all(not _english(sentence) for sentence in sentences), sentences
    assert len(set(sentences)) == 3


def test_english_is_noticed_where_it_is_left() -> None:
    assert _english("<p>土壤 and some words</p>") == ["and some words"]
    assert _english("<p aria-label='Colour scale'>土壤</p>") == ["Colour scale"]
    assert _english("<p>土壤 <span lang=en>in its own words</span>（Tao et al. 2023），3.2 kg C m⁻²，CUE</p>") == []


def test_numbers_are_the_same_in_every_language(informed: Engine) -> None:
    for choice in (Choice(), Choice(Scenario(cue=0.05, warming=2.0)), Choice(Scenario(carbon_input=-0.1), depth="full")):
        said = {}
        for code in language.LANGUAGES:
            with speaking(code):
                page = Page(informed, link.Opened(choice))
                told = f"{page.headline.sentence.text} {page.headline.number.object} {page.stocks.table.object}"
                said[code] = NUMBER.findall(re.sub(r"<.*?>", " ", told))
        for code in OTHERS:
            # "the top metre" of the sentence is a figure elsewhere
            assert not np.setdiff1d(said["en"], said[code]).size
            assert set(said[code]) - set(said["en"]) <= {"1", "2"}


def test_a_sentence_reads_as_one() -> None:
    with speaking("zh"):
        france = Region(country=("France",))
        said = words.headline(Scenario(cue=0.01, warming=2.0), "1m", 1350.0, 1300.0, 0.374, 0.37, None, france)
    assert said == (
        "若全球各处微生物 CUE 提高 1 % 和 升温 2 °C，待土壤达到新平衡后，在法国，"
        "表层 1 m 土壤的碳合计将增加 50.0 Pg C（+3.85 %）；"
        "就全部陆地而言，整体 CUE 本身变化 +1.1 %（设定为 +1 %）。"
    )


def test_a_printed_map_is_chinese_where_there_is_a_font_for_it(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = engine.answer(Choice())
    fonts: list[list[str]] = []
    made = printed.figure(engine, answer, "svg")
    monkeypatch.setattr(printed, "caption", lambda *_: fonts.append([spoken(), *paper.lettering(spoken())]) or "")
    monkeypatch.setattr(paper, "_fonts", lambda: frozenset({"SimHei"}))
    monkeypatch.setattr(printed, "plain_title", lambda _: "")  # whether this machine has the font does not matter
    with speaking("zh"):
        printed.figure(engine, answer, "svg")
        monkeypatch.setattr(paper, "_fonts", lambda: frozenset({"DejaVu Sans"}))
        printed.figure(engine, answer, "svg")
    assert b"<svg" in made
    assert fonts == [["zh", "DejaVu Sans", "SimHei"], ["en", "DejaVu Sans"]]


def test_chinese_lines_end_behind_any_character_but_not_before_a_stop() -> None:
    text = "表层 1 m 土壤的碳将增加 34.6 Pg C（+2.14 %）；整体 CUE 本身变化 +0.85 %。" * 3
    lines = paper.wrapped(text, 40).split("\n")
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(paper.letters(line) <= 42 for line in lines)
    assert not [line for line in lines if line[0] in "，。；：、）"]
