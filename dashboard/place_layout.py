"""Where the parts of the diagram of pools and flows lie, on the page and in print, in units of its own; y grows downwards."""

from __future__ import annotations

from typing import Any, NamedTuple

SIZE = (1030, 430)
BOX = (146, 76)
"""Width and height of a pool."""

BOXES = ((98, 232), (318, 62), (318, 190), (318, 318), (566, 62), (566, 318), (830, 190))
"""Upper left corners of the pools, in the order of ``grid.POOLS``."""

PLANTS = (4, 62, 10, 332)
"""Left, top, width and height of the bar from which litter comes."""

TIP, HALF = 11, 6
"""Length and half the width of an arrow's head; it begins 1 before the end of its way."""


class Way(NamedTuple):
    """The way of an arrow.

    Attributes:
        points: its two ends, or the four points of a Bezier curve.
        label: where its number stands.
        anchor: which part of the number stands there: ``start``, ``middle`` or ``end``.
    """

    points: tuple[tuple[int, int], ...]
    label: tuple[int, int]
    anchor: str


def _straight(x0: int, y0: int, x1: int, y1: int, *label: int, anchor: str = "middle") -> Way:
    return Way(((x0, y0), (x1, y1)), (label[0], label[1]), anchor)


def _up_or_down(x: int, y0: int, y1: int, *label: int, anchor: str = "start") -> Way:
    return _straight(x, y0, x, y1, *label, anchor=anchor)


WAYS = {
    "input-0": _straight(14, 270, 87, 270, 55, 261),
    "input-1": _straight(14, 100, 307, 100, 166, 91),
    "input-2": _straight(14, 212, 307, 212, 166, 203),
    "input-3": _straight(14, 372, 307, 372, 166, 363),
    "air-1": _up_or_down(336, 62, 44, 350, 46),
    "air-2": _up_or_down(336, 190, 172, 350, 174),
    "air-3": _up_or_down(336, 318, 300, 350, 302),
    "air-4": _up_or_down(584, 62, 44, 598, 46),
    "air-5": _up_or_down(584, 394, 412, 598, 420),
    "air-6": _up_or_down(850, 266, 284, 862, 292),
    "transfer-0": _straight(464, 100, 555, 100, 512, 91),
    "transfer-1": _straight(464, 224, 557, 132, 536, 178, anchor="start"),
    "transfer-2": _straight(464, 356, 555, 356, 512, 347),
    "transfer-3": _up_or_down(640, 138, 307, 633, 256, anchor="end"),
    "transfer-4": Way(((712, 92), (800, 92), (868, 104), (868, 179)), (850, 110), "start"),
    "transfer-5": _up_or_down(690, 318, 149, 698, 252),
    "transfer-6": Way(((712, 356), (780, 356), (820, 330), (836, 277)), (816, 338), "start"),
    "transfer-7": _straight(830, 214, 721, 131, 776, 166, anchor="start"),
    "transfer-8": _straight(244, 258, 307, 248, 280, 240),
    "transfer-9": _straight(244, 292, 308, 331, 268, 332, anchor="end"),
}
"""Of each flow by its id: from plants to a pool (``input-``), from a pool to the air (``air-``), and between two pools
(``transfer-``, in the order of ``linear.TRANSFERS``)."""


def geometry() -> dict[str, Any]:
    """The same for a browser."""
    return {
        "size": SIZE,
        "box": BOX,
        "boxes": BOXES,
        "plants": PLANTS,
        "head": (TIP, HALF),
        "ways": [[id_, id_.split("-")[0], *way] for id_, way in WAYS.items()],
    }
