"""Where not to trust retrieved maps, whatever the profiles: what their making cannot know, for the page and the model card."""

from __future__ import annotations

LIMITS: tuple[str, ...] = (
    "Profiles are unevenly spread, as the counts by region show. Where there are none the maps are extrapolated, and the map of "
    "dissimilarity shows where.",
    "Skill is that of places near profiles: blocks that are held out touch blocks that teach, and most of the land lies farther "
    "from any profile than most of what is judged. The skill by distance shows how far from profiles the networks still gain "
    "over one set of parameters for the whole world.",
    "Within a few hundred kilometres of profiles the maps follow these more closely than predictors alone could: patches of that "
    "size are traces of where people dug.",
    "Peatlands: half-degree predictors know little of peat. Forested and tropical peatlands are missed, and boreal zones show a "
    "mixture of peat and mineral soil that is nowhere found as such.",
    "Permafrost: carbon there was frozen in while it accumulated over millennia; the model explains it by a steady state. Stocks "
    "of Yedoma and deltas below 3 m are not in it.",
    "Deserts: hardly any carbon and hardly any profile; relative errors are large, and inorganic carbon is not modelled.",
    "Below 2 m little is measured: the decline with depth is pulled towards a published global ratio, and mixing is taken to end "
    "at 3.26 m everywhere, as no map of bedrock is at hand.",
    "Wet rice, drained, ploughed and eroded soils are not in steady state with today's climate and plants, which the model "
    "assumes.",
    "Missing volumes of stones count as none, which makes stocks too large in stony soil.",
    "A parameter on its own is often not determined by carbon profiles: other combinations give nearly the same carbon.",
)
"""The sentences."""
