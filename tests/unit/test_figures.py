"""Pictures of evidence: the numbers in them are those of the evidence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, QuadMesh
from matplotlib.lines import Line2D
from PIL import Image

from proda_core.learning import figures
from proda_core.learning.evidence import Density, Evidence, Profiles, Skill, Training

METHODS = ("default", "middling", "good")
NSE = {"default": -1.4, "middling": 0.2, "good": 0.6}
COST = {"in-sample": 0.0, "random": 0.1, "block": 0.25}


def row(method: str, validation: str, group: str, name: str, off: float = 0.0) -> Skill:
    nse = NSE[method] - COST[validation] - off
    return Skill(
        method, validation, group, name, 90, 400, nse, nse - 0.1, nse + 0.06, 9000.0, -1500.0, 0.7, nse - 0.05, 0.6, 0.1, 0.65
    )


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    rng = np.random.default_rng(0)
    edges = np.linspace(-1, 2, 13)
    names = [
        ("all", "all"),
        ("depth", "0-0.3 m"),
        ("depth", "0.3-1 m"),
        ("region", "Africa"),
        ("region", "Asia"),
        ("source", "x"),
    ]
    rows = [row(m, v, g, n, 0.05 * i) for m in METHODS for v in COST for i, (g, n) in enumerate(names)]
    density = {m: {v: Density(edges, rng.integers(0, 40, (12, 12))) for v in COST} for m in METHODS}
    step = np.arange(0.0, 50.0, 10.0)
    curves = {m: Training(step, 1 / (1 + step), 0.2 + np.abs(step - 30) / 50) for m in METHODS[1:]}
    profiles = Profiles(100, 80, {"Africa": 60, "Asia": 40}, {"x": 100})
    return Evidence({m: f"{m} in words" for m in METHODS}, tuple(rows), density, curves, profiles, (), "made up", 0)


def labelled(axes: Axes, label: str) -> Line2D:
    (line,) = (line for line in axes.lines if line.get_label() == label)
    return line


def test_skill_stands_at_its_number(evidence: Evidence) -> None:
    left, right = figures.skill_figure(evidence).axes
    for validation, words in figures.TITLES.items():
        for axes, measure in ((left, "nse"), (right, "log_nse")):
            line = labelled(axes, words)
            expected = [getattr(r, measure) for r in evidence.rows(validation=validation, group="all")]
            shown = np.array(line.get_xdata())
            np.testing.assert_allclose(shown[1:], expected[1:])
            assert np.isnan(shown[0])
            assert np.round(line.get_ydata()).tolist() == [0, 1, 2]
    assert [label.get_text() for label in left.get_yticklabels()] == list(METHODS)


def test_intervals_have_their_ends(evidence: Evidence) -> None:
    left, right = figures.skill_figure(evidence).axes
    ends = {
        tuple(np.round(segment[:, 0], 6))
        for c in left.collections
        if isinstance(c, LineCollection)
        for segment in c.get_segments()
    }
    shown = [r for r in evidence.rows(group="all") if r.nse >= figures.LOWEST]
    assert ends == {(round(r.nse_low, 6), round(r.nse_high, 6)) for r in shown}
    assert not right.collections


def test_what_lies_beyond_the_axis_is_told_in_words(evidence: Evidence) -> None:
    left, _ = figures.skill_figure(evidence).axes
    assert [text.get_text() for text in left.texts] == ["−1.40", "−1.50", "−1.65"]
    assert left.get_xlim() == (figures.LOWEST, 1)


def test_an_interval_that_is_not_known_is_not_drawn(evidence: Evidence, tmp_path: Path) -> None:
    unknown = tuple(replace(r, nse_low=float("nan"), nse_high=float("nan")) for r in evidence.skill)
    figure = figures.skill_figure(replace(evidence, skill=unknown))
    figures.save(figure, tmp_path / "skill.png")
    segments = [segment for c in figure.axes[0].collections if isinstance(c, LineCollection) for segment in c.get_segments()]
    assert [len(segment) for segment in segments] == [0] * 6  # two methods whose marks are on the axis, three validations


def test_counts_stand_between_their_edges(evidence: Evidence) -> None:
    figure = figures.density_figure(evidence, "random")
    for axes, method in zip(figure.axes, METHODS, strict=False):
        assert axes.get_title(loc="left") == method
        (mesh,) = (held for held in axes.collections if isinstance(held, QuadMesh))
        counts = evidence.density[method]["random"].counts
        assert np.ma.filled(mesh.get_array(), 0).reshape(12, 12).tolist() == counts.tolist()
        corners = mesh.get_coordinates()
        np.testing.assert_allclose(corners[0, :, 0], 10 ** evidence.density[method]["random"].edges_log10)
        np.testing.assert_allclose(corners[:, 0, 1], 10 ** evidence.density[method]["random"].edges_log10)
        assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
        one_to_one = axes.lines[0]
        assert np.array_equal(one_to_one.get_xdata(), one_to_one.get_ydata())
        (words,) = (text.get_text() for text in axes.texts)
        found = evidence.rows(method=method, validation="random", group="all")[0]
        assert words.replace("−", "-").startswith(f"NSE {found.nse:.2f}\nlog NSE {found.log_nse:.2f}\nbias -1.5 kg C")


def test_observed_is_up_and_modelled_to_the_right(evidence: Evidence) -> None:
    figure = figures.density_figure(evidence)
    assert figure.get_supylabel() == "Observed SOC density [kg C m$^{-3}$]"
    assert figure.get_supxlabel() == "Modelled SOC density [kg C m$^{-3}$]"


def test_groups_stand_at_their_numbers(evidence: Evidence) -> None:
    figure = figures.group_figure(evidence, "block")
    by_title = {axes.get_title(loc="left"): axes for axes in figure.axes}
    for title, kind in (("By depth of the layer", "depth"), ("By region", "region"), ("By source", "source")):
        axes = by_title[title]
        for method in METHODS[1:]:
            expected = [r.nse for r in evidence.rows(method=method, validation="block", group=kind)]
            np.testing.assert_allclose(labelled(axes, method).get_xdata(), expected)
        names = [label.get_text().split("\n") for label in axes.get_yticklabels()]
        assert [name for name, _ in names] == list(dict.fromkeys(r.name for r in evidence.rows(group=kind)))
        assert {layers for _, layers in names} == {"400 layers"}


def test_rows_of_methods_do_not_lie_on_one_another(evidence: Evidence) -> None:
    axes = figures.group_figure(evidence, "block").axes[0]
    heights = np.concatenate([labelled(axes, method).get_ydata() for method in METHODS])
    assert len(np.unique(np.round(heights, 6))) == len(heights)


def test_curves_are_those_of_training(evidence: Evidence) -> None:
    figure = figures.training_figure(evidence)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["middling", "good"]
    for axes in figure.axes:
        curve = evidence.training[axes.get_title(loc="left")]
        for label, values in (("profiles that teach", curve.training), ("profiles kept back", curve.validation)):
            line = labelled(axes, label)
            assert np.array_equal(line.get_xdata(), curve.step)
            assert np.array_equal(line.get_ydata(), values)
        assert labelled(axes, "best").get_xdata() == [30.0]


def test_what_is_not_there_cannot_be_drawn(evidence: Evidence) -> None:
    bare = replace(evidence, skill=(), density={}, training={})
    for draw in (figures.density_figure, figures.group_figure, figures.training_figure):
        with pytest.raises(ValueError, match=r"expected .*, got none; make (it|them) with proda (evaluate|learn)"):
            draw(bare)


@pytest.mark.parametrize("draw", [figures.skill_figure, figures.density_figure, figures.group_figure, figures.training_figure])
@pytest.mark.parametrize("count", [1, 3])
def test_pictures_are_whole_files_with_something_on_them(evidence: Evidence, tmp_path: Path, draw: object, count: int) -> None:
    names = METHODS[-count:]
    some = replace(
        evidence,
        methods={name: evidence.methods[name] for name in names},
        skill=tuple(r for r in evidence.skill if r.method in names),
        density={name: evidence.density[name] for name in names},
        training={name: curve for name, curve in evidence.training.items() if name in names},
    )
    figures.save(draw(some), tmp_path / "picture.png")  # type: ignore[operator]
    with Image.open(tmp_path / "picture.png") as picture:
        grey = np.asarray(picture.convert("L"))
    assert grey.min() < 100
    assert 0.3 < np.mean(grey > 250) < 0.99
    assert [path.name for path in tmp_path.iterdir()] == ["picture.png"]


def test_colours_can_be_told_apart_in_grey() -> None:
    for count in (3, 5):
        light = [0.21 * r + 0.72 * g + 0.07 * b for r, g, b, _ in figures._colours(count)]
        assert np.all(np.diff(light) > 0.05)
        assert max(light) < 0.8
