"""What the page says, word for word."""

import pytest

from dashboard import words
from proda_core.scenario import Scenario


def say(scenario: Scenario, stock: float = 2000.0, cue: float = 0.4, depth: str = "1m") -> str:
    return words.headline(scenario, depth, stock, 2000.0, cue, 0.4)


def test_baseline() -> None:
    assert say(Scenario()) == (
        "The soils of the model hold 2,000 Pg C in the top metre; microbes use 40.0 % of what they decompose."
    )


def test_baseline_with_its_spread() -> None:
    assert words.headline(Scenario(), "1m", 2000.0, 2000.0, 0.4, 0.4, 61.8).startswith(
        "The soils of the model hold 2,000 ± 60 Pg C in the top metre; "
    )


def test_a_change_is_said_without_the_spread_of_the_baseline() -> None:
    assert "±" not in words.headline(Scenario(cue=0.01), "1m", 2040.0, 2000.0, 0.4, 0.4, 61.8)


def test_rise() -> None:
    assert say(Scenario(cue=0.01), 2041.23, 0.4032) == (
        "A 1 % rise in microbial CUE everywhere adds 41.2 Pg C to the top metre (+2.06 %), once soils reach their new balance; "
        "bulk CUE itself changes by +0.80 % (requested +1 %)."
    )


def test_fall() -> None:
    assert say(Scenario(cue=-0.025), 1900.0, 0.39, "full") == (
        "A 2.5 % fall in microbial CUE everywhere takes 100 Pg C from the full depth (−5.00 %), once soils reach their new "
        "balance; bulk CUE itself changes by −2.5 % (requested −2.5 %)."
    )


def test_several_sliders() -> None:
    many = Scenario(cue=0.08, carbon_input=-0.1, warming=2.0)
    assert say(many, 1234.0, depth="0.3m") == (
        "An 8 % rise in microbial CUE, a 10 % fall in plant carbon input and a warming of 2 °C everywhere together take 766 Pg C "
        "from the top 30 cm (−38.3 %), once soils reach their new balance; bulk CUE itself does not change (requested +8 %)."
    )


@pytest.mark.parametrize(
    ("change", "stock", "words_of_it"),
    [
        (4.0, 1500.0, "A warming of 4 °C everywhere takes 500 Pg C from the top two metres (−25.0 %)"),
        (-1.5, 2500.0, "A cooling of 1.5 °C everywhere adds 500 Pg C to the top two metres (+25.0 %)"),
    ],
)
def test_warming(change: float, stock: float, words_of_it: str) -> None:
    assert say(Scenario(warming=change), stock, 0.44, "2m") == (
        f"{words_of_it}, once soils reach their new balance; bulk CUE, left alone, changes by +10 %."
    )


def test_no_change() -> None:
    assert say(Scenario(vertical_transport=0.5), 2000.5) == (
        "A 50 % rise in vertical transport everywhere hardly changes the carbon in the top metre (+0.0250 %), once soils reach "
        "their new balance; bulk CUE, left alone, does not change."
    )
    assert "together hardly change the carbon" in say(Scenario(vertical_transport=0.5, input_allocation=0.01), 2000.5)


@pytest.mark.parametrize(
    ("value", "article"), [(0.01, "A 1 %"), (0.08, "An 8 %"), (0.11, "An 11 %"), (0.18, "An 18 %"), (0.1, "A 10 %")]
)
def test_articles(value: float, article: str) -> None:
    assert say(Scenario(cue=value), 2100.0).startswith(article + " rise in microbial CUE everywhere adds 100 Pg C")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (9.996, "10.0"),
        (999.6, "1,000"),
        (0.09996, "0.100"),
        (-0.5, "−0.500"),
        (0.0, "0"),
        (float("nan"), "no value"),
        (-float("inf"), "no value"),
    ],
)
def test_numbers_have_three_digits(value: float, text: str) -> None:
    assert words.number(value) == text


def test_signs() -> None:
    assert [words.signed(value) for value in (1.0, -1.0, 0.0)] == ["+1.00", "−1.00", "0"]
    assert words.signed(float("nan")) == "no value"


def test_per_cent_of_nothing_is_nothing() -> None:
    assert words.percent(1.0, 0.0) == 0.0
    assert words.percent(3.0, 2.0) == pytest.approx(50.0)


@pytest.mark.parametrize(
    ("place", "text"),
    [((0.0, 0.0), "0.00° N, 0.00° E"), ((-33.75, 151.25), "33.75° S, 151.25° E"), ((64.25, -21.75), "64.25° N, 21.75° W")],
)
def test_places(place: tuple[float, float], text: str) -> None:
    assert words.place(*place) == text


def test_titles() -> None:
    assert words.map_title("Microbial CUE", "1", "percent", None) == "Microbial CUE: change from baseline [%]"
    assert words.map_title("Soil organic carbon", "kg C m⁻²", "baseline", "0–30 cm") == (
        "Soil organic carbon, 0–30 cm: baseline [kg C m⁻²]"
    )
    assert words.map_title("Residence time", "yr", "uncertainty", None) == "Residence time: spread (SD) of the ensemble [yr]"
    assert words.map_title("Training profiles", "per block", "", None) == "Training profiles [per block]"


@pytest.mark.parametrize(
    ("value", "spread", "text"),
    [
        (1484.0, 118.0, "1,480 ± 120"),
        (1484.0, 4.4, "1,484 ± 4"),
        (-3.2, 0.5, "−3.20 ± 0.50"),
        (0.0, 1.0, "0 ± 1.00"),
        (12.0, float("nan"), "12.0 ± no value"),
    ],
)
def test_a_number_and_its_spread_end_at_the_same_place(value: float, spread: float, text: str) -> None:
    assert words.with_spread(value, spread) == text


def test_small_chosen_numbers_are_written_out() -> None:
    assert [words.plain(value) for value in (5e-05, 0.0003, 0.0)] == ["0.00005", "0.0003", "0"]


def test_ticks_lie_on_the_scale() -> None:
    for low, high in ((0.02, 3.0), (1.0, 1000.0), (7.0, 60.0)):
        found = words.ticks(low, high, logarithmic=True)
        assert len(found) >= 2
        assert low * 0.999 <= found[0] < found[-1] <= high * 1.001
