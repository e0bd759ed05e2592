"""Colours say what the numbers say; no data is no colour; figures are composed once and then only fed."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard import plots, projection


def distance(one: str, other: str) -> int:
    """The largest difference between two colours in red, green or blue."""
    return max(abs(int(one[i : i + 2], 16) - int(other[i : i + 2], 16)) for i in (1, 3, 5))


def test_values_beyond_the_ends_take_the_colours_of_the_ends() -> None:
    mapper = plots.mapper()
    assert mapper.low_color is None
    assert mapper.high_color is None


def test_no_data_is_transparent() -> None:
    assert plots.mapper().nan_color == "rgba(0,0,0,0)"


@pytest.mark.parametrize(("name", "logarithmic"), [("vik", False), ("batlow", False), ("lajolla_r", True)])
def test_a_scale_ends_where_its_colour_map_ends(name: str, logarithmic: bool) -> None:
    palette = plots.palette(name, (2.0, 50.0), logarithmic)
    first, last = plots.colours(name, 2)
    assert distance(palette[0], first) < 8
    assert distance(palette[-1], last) < 8


def test_a_logarithmic_scale_has_its_middle_at_the_geometric_mean() -> None:
    palette = plots.palette("batlow", (1.0, 100.0), logarithmic=True)
    at_ten = palette[int((10.0 - 1.0) / 99.0 * len(palette))]
    assert distance(at_ten, plots.colours("batlow", 3)[1]) < 8


def test_each_page_has_a_colour_scale_of_its_own() -> None:
    assert plots.mapper() is not plots.mapper()


def test_the_middle_of_the_scale_of_changes_is_nearly_white() -> None:
    middle = plots.colours("vik", 3)[1]
    assert min(int(middle[i : i + 2], 16) for i in (1, 3, 5)) > 200


def test_the_map_is_drawn_from_one_image_that_keeps_its_gaps() -> None:
    x, y = np.linspace(-3, 3, 4), np.linspace(-1, 1, 3)
    frame = np.arange(12, dtype=np.float32).reshape(3, 4)
    frame[1, 2] = np.nan
    square = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, -1.0]])
    shown = plots.filled(plots.rendered(plots.world(x, y, frame, [square], square, [square])))
    (source,) = plots.sources(shown, "Image")
    (renderer,) = plots.renderers(shown, "Image")
    drawn = np.asarray(source.data["image"][0])
    assert drawn.dtype == np.float32
    assert np.array_equal(drawn, frame, equal_nan=True)
    # the middle of the first pixel lies half a pixel inside the corner
    assert (source.data["x"][0], source.data["dw"][0]) == pytest.approx((-4.0, 8.0))
    assert (source.data["y"][0], source.data["dh"][0]) == pytest.approx((-1.5, 3.0))
    assert renderer.glyph.color_mapper.nan_color in ("rgba(0,0,0,0)", "rgba(0, 0, 0, 0)", "transparent")
    assert [len(plots.sources(shown, glyph)) for glyph in ("Line", "Scatter", "Patch", "MultiPolygons")] == [3, 1, 2, 0]


def test_an_image_is_gathered_from_its_cells() -> None:
    x, y = np.linspace(-3, 3, 4), np.linspace(-1, 1, 3)
    square = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, -1.0]])
    shown = plots.rendered(plots.world(x, y, np.zeros((3, 4), np.float32), [square], square, [square]))
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4) % 5
    source = plots.gather(shown, plots.pixel_source(pixels), np.arange(5, dtype=np.float32))
    assert source is plots.sources(shown, "Image")[0]
    assert sorted(source.data) == ["cells", "dh", "dw", "x", "y"]
    expression = plots.renderers(shown, "Image")[0].glyph.image.expr
    assert np.array_equal(expression.args["pixels"].data["cell"][0], pixels)


def test_nothing_is_drawn_for_looks_that_never_show() -> None:
    """Glyphs for what is selected or muted are fed and coloured with every frame, whether they are seen or not."""
    values = np.array([-1.0, 0.0, 1.0])
    for renderer in plots.rendered(plots.curve(values, values, "Change", "Pg C")).renderers:
        assert (renderer.selection_glyph, renderer.nonselection_glyph, renderer.muted_glyph) == (None, None, None)


def test_the_profile_runs_downwards() -> None:
    depth = np.array([0.1, 1.0, 2.0])
    shown = plots.rendered(plots.profile(depth, np.ones(3), 2 * np.ones(3), 3.0))
    assert (shown.y_range.start, shown.y_range.end) == (3.0, 0)
    *_, before, after = plots.sources(shown, "MultiLine")
    assert np.array_equal(before.data["xs"][0], np.ones(3))
    assert np.array_equal(after.data["xs"][0], 2 * np.ones(3))


def test_the_curve_goes_through_its_points() -> None:
    values = np.array([-1.0, 0.0, 1.0])
    shown = plots.rendered(plots.curve(values, 10 + values, "Change", "Pg C"))
    (line,) = plots.sources(shown, "Line")
    assert np.array_equal(line.data["change"], values)
    assert np.array_equal(line.data["stock"], 10 + values)
    assert len(plots.sources(shown, "Scatter")) == 3  # the baseline, the scenario, and A


def test_outlines_are_on_the_map() -> None:
    rings = projection.outlines()
    points = plots.joined(rings)
    inside = points[np.isfinite(points).all(axis=1)]
    assert len(rings) > 100
    assert np.all(np.abs(inside[:, 0]) <= projection.X_LIMITS[1] * 1.0001)
    assert np.all(np.abs(inside[:, 1]) <= projection.Y_LIMITS[1] * 1.0001)
    assert np.isnan(points).any(axis=1).sum() == len(rings) - 1
