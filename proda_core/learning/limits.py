"""Where not to trust the retrieved maps: what their making cannot know, in sentences for the page and the model card."""

from __future__ import annotations

LIMITS: tuple[str, ...] = (
    "Four of five profiles are African; South America, Asia and the boreal forest outside permafrost are almost unseen. "
    "There the maps are extrapolated, and the map of dissimilarity shows where.",
    "Peatlands: half-degree predictors know little of peat. Forested and tropical peatlands are missed, and boreal zones show a "
    "mixture of peat and mineral soil that is nowhere found as such.",
    "Permafrost: carbon there was frozen in while it accumulated over millennia; the model explains it by a steady state. Stocks "
    "of Yedoma and deltas below 3 m are not in it.",
    "Deserts: hardly any carbon and hardly any profile; relative errors are large, and inorganic carbon is not modelled.",
    "Below 2 m little is measured: the decline with depth is pulled towards a published global ratio, and mixing is taken to end "
    "at 3.26 m everywhere, as no map of bedrock is at hand.",
    "Wet rice, drained, ploughed and eroded soils are not in steady state with today's climate and plants, which the model "
    "assumes.",
    "CUE varies little over the map and is not higher where there is more carbon, unlike in the published result: its pattern is "
    "unsettled.",
    "Missing volumes of stones count as none, which makes stocks too large in stony soil.",
    "A parameter on its own is often not determined by carbon profiles: other combinations give nearly the same carbon.",
)
"""The sentences."""
