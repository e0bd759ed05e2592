"""What is said of a place: what its numbers rest on, and how it is called."""

from __future__ import annotations

import re
from html import escape

from dashboard import words
from dashboard.engine import Profile, Support
from dashboard.ensemble import EDGE
from dashboard.fields import BLOCK
from dashboard.language import tr


def rests_on(support: Support) -> str:
    """What the baseline of a place rests on, in words."""
    known = {
        "here": _profiles(support.profiles),
        "around": _profiles(support.around),
        "block": f"{BLOCK:g}",
        "far": words.number(support.dissimilarity, 2),
    }
    if support.dissimilarity > EDGE:
        return tr(
            "Trained on {here} in this cell, {around} within its block of {block}°. Unlike any training site (dissimilarity "
            "{far}; 1 is the edge): take the numbers as a guess.",
            **known,
        )
    return tr(
        "Trained on {here} in this cell, {around} within its block of {block}°. Like training sites elsewhere (dissimilarity "
        "{far}; 1 is the edge).",
        **known,
    )


def _profiles(count: int) -> str:
    if count == 0:
        return tr("no profile")
    return tr("1 profile") if count == 1 else tr("{count} profiles", count=f"{count:,}")


def whereabouts(soil: Profile) -> str:
    """Where a place lies, by the town nearest to it or its country; empty where neither is known."""
    if soil.setting.town:
        return tr("near {town}", town=soil.setting.town)
    return soil.setting.country


def lowered(label: str) -> str:
    """A label as HTML, an index that follows an underscore lowered.

    >>> lowered("Turnover time τ_S2"), lowered("a < b")
    ('Turnover time τ<sub>S2</sub>', 'a &lt; b')
    """
    return re.sub(r"_(\S+?)(?=[:,]|$| )", r"<sub>\1</sub>", escape(label))
