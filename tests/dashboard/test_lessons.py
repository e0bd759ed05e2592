"""Lessons and presentations: whole in every language, true by the model at hand, and no answer told before it was asked for."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest
import yaml

from dashboard import engine as running
from dashboard import guides, lessons, link, presentations, quantities
from dashboard.app import Page
from dashboard.choice import Choice, Guide
from dashboard.engine import Engine
from dashboard.language import LANGUAGES, speaking
from dashboard.lessons import Lesson, Step
from dashboard.presentations import Presentation
from dashboard.quantities import KINDS, PUBLISHED, Number, Quantity, Reckoner
from dashboard.reading import Entry, GuideFileError, load
from dashboard.views.lesson import revealed
from proda_core.scenario import Scenario
from tests.dashboard.visit import after, slide

HERE = Path(__file__).parents[2]
LESSONS = lessons.lessons()
STEPS = {f"{lesson.name}.{i}": step for lesson in LESSONS.values() for i, step in enumerate(lesson.steps, start=1)}
PLACEHOLDER = re.compile(r"{[a-z_]+(?::[a-z]+)?}")


@pytest.fixture(scope="module")
def known() -> Reckoner:
    """Quantities of the model that the page shows."""
    return quantities.reckoner(running.shared())


def texts(content: object) -> list[dict[str, str]]:
    """All texts of a file: tables with an entry ``en``."""
    if isinstance(content, dict):
        return [content] if "en" in content else [text for part in content.values() for text in texts(part)]
    return [text for part in content for text in texts(part)] if isinstance(content, list) else []


def test_there_are_lessons_for_every_theme() -> None:
    assert list(LESSONS) == ["soc", "cue", "predict", "warming", "depth", "evidence"]
    for lesson in LESSONS.values():
        assert 4 <= len(lesson.steps) <= 7
        assert any(step.question for step in lesson.steps)
        assert lesson.goals


@pytest.mark.parametrize("path", sorted(HERE.glob("dashboard/*s/*.yaml")), ids=lambda path: path.stem)
def test_every_text_is_told_in_every_language(path: Path) -> None:
    found = texts(yaml.safe_load(path.read_text(encoding="utf-8")))
    assert len(found) > 10
    for text in found:
        assert set(text) == set(LANGUAGES)
        assert re.search("[\u4e00-\u9fff]", text["zh"]) or text["zh"] == text["en"], text
        assert sorted(PLACEHOLDER.findall(text["en"])) == sorted(PLACEHOLDER.findall(text["zh"])), text


def test_a_text_speaks_the_language_that_is_spoken() -> None:
    title = LESSONS["cue"].title
    assert str(title) == "What is carbon use efficiency?"
    with speaking("zh"):
        assert str(title) == "什么是碳利用效率？"


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_texts_are_true_by_the_model_at_hand(step: Step, known: Reckoner) -> None:
    numbers = known.numbers(step.numbers)
    assert all(number.value is not None for number in numbers.values()), numbers
    for name, (low, high) in step.holds.items():
        value = numbers[name].value
        assert value is not None
        assert low <= value <= high, f"{name} is {value}: what the texts of this step say no longer holds; write it anew"
    question = step.question
    if question is None:
        return
    if question.predict:
        value = numbers[question.predict].value
        assert value is not None
        assert question.between[0] < value < question.between[1]
    else:
        assert question.right(numbers) is not None
    for language in LANGUAGES:
        with speaking(language):
            assert "{" not in lessons.filled(question.explain, numbers)


def test_numbers_are_those_of_the_model(engine: Engine) -> None:
    reckoner = Reckoner(engine)

    def value(text: str) -> float | None:
        return reckoner.number(quantities.parse(text, Choice(depth="full"))).value

    one = engine.outcome(Scenario(cue=0.01))
    assert value("change of cue=1&depth=full") == pytest.approx(one.total[3] - engine.baseline.total[3])
    assert value("stock of depth=1m") == pytest.approx(engine.baseline.total[1])
    assert value("stock") == pytest.approx(engine.baseline.total[3])
    assert value("share_below of depth=1m") == pytest.approx(100 * (1 - engine.baseline.total[1] / engine.baseline.total[3]))
    assert value("cue_change of cue=1") == pytest.approx(100 * (one.cue / engine.baseline.cue - 1))
    assert value("density") == pytest.approx(engine.baseline.total[3] * 1e12 / engine.model.land.area.sum())
    input_of = engine.baseline.mechanism["carbon_input"] @ engine.model.land.area / 1e15
    assert value("input") == pytest.approx(input_of)
    assert value("residence_time") == pytest.approx(engine.baseline.total[3] / input_of)
    ratio = value("change_ratio of cue=1&depth=full to input=1&depth=full")
    plants = engine.outcome(Scenario(carbon_input=0.01)).total[3] - engine.baseline.total[3]
    assert ratio == pytest.approx((one.total[3] - engine.baseline.total[3]) / plants)


@pytest.mark.parametrize("text", ["spread of depth=1m", "profiles", "unlike_land", "skill of proda/block", "density of zone=ET"])
def test_what_the_data_at_hand_do_not_tell_is_no_number(engine: Engine, text: str) -> None:
    number = Reckoner(engine).number(quantities.parse(text, Choice()))
    assert number.value is None
    assert f"{number}" == f"{number:size}" == "—"


def test_a_number_is_written_as_its_text_needs() -> None:
    change = Number(-74.28, KINDS["change"])
    assert (f"{change}", f"{change:size}", f"{change:bare}") == ("−74.3\u00a0Pg C", "74.3\u00a0Pg C", "−74.3")
    assert f"{Number(11903.0, KINDS['profiles'])}" == "11,903"
    assert f"{Number(76.0, KINDS['published'], PUBLISHED['cue'])}" == "76 ± 3\u00a0Pg C"
    assert f"{Number(1400.0, KINDS['published'], PUBLISHED['1m'])}" == "1,325–1,548\u00a0Pg C"
    with pytest.raises(ValueError, match="expected size, bare or nothing"):
        f"{change:.3f}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("wealth of cue=1", "expected one of stock, change"),
        ("change of cue=99", "expected cue between -20 and 20"),
        ("change of v=1&cue=1", "expected keys of a link that set the page, got v"),
        ("change of cue=1 to cue=2", "only for a ratio"),
        ("density_ratio of zone=ET", "only for a ratio"),
        ("skill of proda", "expected a method"),
        ("published of wealth", "expected a published"),
        ("experiment_change of nothing", "expected a scenario"),
    ],
)
def test_what_is_no_quantity_is_refused(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        quantities.parse(text, Choice())


def _broken(tmp_path: Path, old: str, new: str) -> Path:
    whole = (lessons.FOLDER / "predict.yaml").read_text(encoding="utf-8")
    assert old in whole
    path = tmp_path / "broken.yaml"
    path.write_text(whole.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("  zh: 先预测，再揭晓：CUE 提高百分之一\n", "", "broken.yaml, title: expected zh, got"),
        ("zh: 百分之一\n", 'zh: ""\n', "broken.yaml, steps 1, title, zh: expected a text"),
        ("page: view=baseline&depth=full", "page: view=everything", "broken.yaml, steps 1, page: expected view to be one of"),
        ("card: headline", "card: tail", "broken.yaml, steps 1, card: expected one of headline, map"),
        ("predict: gain", "predict: loss", "expected one of the step's numbers, gain, percent, spread, stock; got loss"),
        ("between: [-50, 300]", "between: [300, -50]", "expected a lower and an upper end"),
        ("between: [-50, 300]", "options: []", "expected predict and between, options and by, or options and best"),
        ("gain: change of cue=1&depth=full", "gain: 74.3", "broken.yaml, steps 1, numbers, gain: expected a text"),
        ("hold {stock} in", "gain {gain} in", "an answer is not told before"),
        ("hold {stock} in", "hold {stock:.1f} in", "expected size or bare behind the colon"),
        ("hold {stock} in", "hold {stock in", "expected braces in pairs"),
        ("Tao et al. 2021, ISMC2021-10", "somebody said so", "expected authors, a year and a doi"),
        ("minutes: 20", "minutes: soon", "broken.yaml, minutes: expected a number from 1 to 120"),
        ("minutes: 20", "hours: 20", "broken.yaml: expected minutes, got"),
        ("minutes: 20", "minutes: 20\nhours: 2", "broken.yaml: expected only order, minutes"),
        ("minutes: 20", "minutes: [", "broken.yaml: expected YAML"),
    ],
)
def test_an_unsound_lesson_is_refused_with_its_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(GuideFileError, match=re.escape(told)):
        lessons.read(_broken(tmp_path, old, new))


def test_literature_is_that_of_the_project() -> None:
    elsewhere = "".join(
        path.read_text(encoding="utf-8") for folder in ("proda_core", "dashboard") for path in (HERE / folder).rglob("*.py")
    )
    cited = {source for step in STEPS.values() for source in step.sources}
    assert len(cited) >= 8
    assert [source for source in cited if source.partition("doi:")[2] not in elsewhere] == []


def test_lesson_and_step_are_in_the_link(engine: Engine) -> None:
    page = Page(engine)
    after(page, lambda: page.lessons._do({"what": "start", "name": "cue"}), lambda: page.lessons._do({"what": "next"}))
    assert page.state.choice.guide == Guide("lesson", "cue", 2)
    query = link.query(page.state.choice, engine.version)
    assert "lesson=cue.2" in query
    found = guides.resolved(link.open_link({"lesson": [b"cue.2"]}, engine.version))
    assert found.choice == page.state.choice
    assert found.choice.variable == "cue"


@pytest.mark.parametrize("query", [b"cue.9", b"cooking.1"])
def test_a_step_that_is_not_there_is_told(query: bytes) -> None:
    found = guides.resolved(link.open_link({"v": [b"1"], "cue": [b"1"], "lesson": [query]}, "m"))
    assert found.choice == Choice(Scenario(cue=0.01))
    assert query.decode() in found.notice
    assert "soc, cue, predict" in found.notice


def test_the_visitors_own_view_comes_back_with_its_steps(engine: Engine) -> None:
    page = Page(engine)
    after(page, slide(page, "warming", 3.0))
    mine = page.state.choice
    moves = [{"what": "start", "name": "predict"}, {"what": "next"}, {"what": "next"}]
    after(page, *(lambda move=move: page.lessons._do(move) for move in moves), slide(page, "cue", 7.0))  # type: ignore[misc]
    assert page.state.choice != mine
    after(page, lambda: page.lessons._do({"what": "close"}))
    assert page.state.choice == mine
    assert page.sliders.sliders["warming"].value == 3.0
    assert not page.lessons.is_open
    after(page, page.state.undo)
    assert page.state.choice == Choice()
    assert not page.state.history.can_undo


def test_a_lesson_that_a_link_opened_ends_where_it_is(engine: Engine) -> None:
    page = Page(engine, guides.resolved(link.open_link({"lesson": [b"warming.2"]}, engine.version)))
    assert page.lessons.is_open
    after(page, lambda: page.lessons._do({"what": "close"}))
    assert page.state.choice == lessons.step_of(Guide("lesson", "warming", 2)).page  # type: ignore[union-attr]


def test_undo_leads_out_of_a_lesson(engine: Engine) -> None:
    page = Page(engine)
    after(page, lambda: page.lessons._do({"what": "start", "name": "soc"}))
    assert page.lessons.is_open
    after(page, page.state.undo)
    assert not page.lessons.is_open
    assert page.state.choice == Choice()


def _told(page: Page) -> None:
    """Put in the numbers that a step waits for."""
    step = page.lessons.step
    assert step is not None
    page.lessons.tell((step, quantities.reckoner(page.engine).numbers(step.numbers)))


def test_the_answer_is_not_in_the_browser_before_the_prediction(engine: Engine) -> None:
    page = Page(engine)
    after(page, lambda: page.lessons._do({"what": "start", "name": "predict"}))
    _told(page)
    gain = quantities.reckoner(engine).number(quantities.parse("change of cue=1&depth=full", Choice()))
    answer = f"{gain:size}"
    sent = json.dumps(page.lessons.dock.shown, ensure_ascii=False)
    assert "revealed" not in sent
    assert answer not in sent
    assert "76" not in sent
    after(page, lambda: page.lessons._do({"what": "answer", "value": 120}))
    shown = page.lessons.dock.shown["question"]
    assert [row[1] for row in shown["revealed"]["rows"]] == ["+120\u00a0Pg C", f"{gain}", "76 ± 3\u00a0Pg C"]
    assert page.state.choice.scenario == Scenario(cue=0.01)
    assert page.state.choice.guide == Guide("lesson", "predict", 1)


@pytest.mark.parametrize("value", [None, "x", float("nan"), 1e9, -51, {}, True])
def test_what_cannot_be_predicted_reveals_nothing(engine: Engine, value: object) -> None:
    page = Page(engine)
    after(page, lambda: page.lessons._do({"what": "start", "name": "predict"}))
    _told(page)
    after(page, lambda: page.lessons._do({"what": "answer", "value": value}))
    assert page.lessons.dock.shown["question"]["answer"] is None


@pytest.mark.parametrize(
    "asked", [None, 7, {}, {"what": "start"}, {"what": "start", "name": "x"}, {"what": "next"}, {"what": ["a"]}]
)
def test_what_a_browser_makes_up_does_nothing(engine: Engine, asked: object) -> None:
    page = Page(engine)
    after(page, lambda: page.lessons._do(asked))
    assert page.state.choice == Choice()
    assert not page.lessons.is_open


def test_the_first_and_the_last_step_are_the_ends(engine: Engine) -> None:
    page = Page(engine)
    after(page, lambda: page.lessons._do({"what": "start", "name": "soc"}), lambda: page.lessons._do({"what": "back"}))
    assert page.state.choice.guide == Guide("lesson", "soc", 1)
    after(page, *[lambda: page.lessons._do({"what": "next"})] * 9)
    assert page.state.choice.guide == Guide("lesson", "soc", len(LESSONS["soc"].steps))


def _question_with_options() -> lessons.Question:
    question = LESSONS["cue"].steps[4].question
    assert question is not None
    return question


def test_an_option_is_right_by_the_numbers() -> None:
    question, kind = _question_with_options(), KINDS["change"]
    numbers = {"cue": Number(1.0, kind), "input": Number(3.0, kind), "decay": Number(2.0, kind), "times": Number(1.0, kind)}
    assert question.right(numbers) == 1
    assert revealed(question, 1.0, numbers)["verdict"] == "Right."
    assert revealed(question, 0.0, numbers)["verdict"] == "Not quite."
    unknown = {**numbers, "decay": Number(None, kind)}
    assert question.right(unknown) is None
    assert revealed(question, 0.0, unknown)["verdict"] == "The data at hand do not tell."


def test_an_option_is_right_where_the_number_lies_within() -> None:
    question = LESSONS["soc"].steps[2].question
    assert question is not None
    years = KINDS["residence_time"]
    assert [question.right({"years": Number(value, years)}) for value in (3.0, 10.0, 5000.0, -1.0)] == [0, 1, 2, None]


def test_a_failure_is_told_and_the_lesson_goes_on(engine: Engine) -> None:
    page = Page(engine)
    after(page, lambda: page.lessons._do({"what": "start", "name": "soc"}))
    page.lessons.fail(ValueError("x"))
    assert "could not be computed" in page.lessons.dock.shown["trouble"]
    after(page, lambda: page.lessons._do({"what": "next"}))
    assert page.lessons.dock.shown["trouble"] == ""


def test_the_numbers_of_a_step_come_by_themselves(engine: Engine) -> None:
    page = Page(engine)

    async def live() -> None:
        page.lessons._do({"what": "start", "name": "predict"})
        await page.answers.settled()
        await page.taught.settled()

    asyncio.run(live())
    assert "…" not in " ".join(page.lessons.dock.shown["text"])


def test_a_quantity_is_computed_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []
    monkeypatch.setitem(KINDS, "stock", KINDS["stock"]._replace(compute=lambda *_: runs.append(1) or 1.0))
    reckoner = Reckoner(engine)
    reckoner.numbers({"a": Quantity("stock"), "b": Quantity("stock")})
    assert len(runs) == 1


def test_presentations_are_whole() -> None:
    story: Presentation = presentations.presentations()["story"]
    assert 6 <= len(story.views) <= 12
    assert guides.page_of(Guide("present", "story", 1)) == story.views[0].page
    assert guides.page_of(Guide("present", "story", 99)) is None


def test_an_entry_knows_its_place() -> None:
    entry = Entry("file.yaml", {"a": [1, "x"]})
    second = entry.table(("a",))["a"].items(1, 3)[1]
    with pytest.raises(GuideFileError, match=re.escape("file.yaml, a 2: expected a number from 0 to 1, got 'x'")):
        second.number(0, 1)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(GuideFileError, match=r"x\.yaml: expected YAML"):
        load(path)


def test_lessons_follow_their_order() -> None:
    ordered: list[Lesson] = list(LESSONS.values())
    assert [lesson.order for lesson in ordered] == sorted(lesson.order for lesson in ordered)
