"""What can be moved and what can be shown: the table of the sliders and the table of the maps."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.language import later, mark
from proda_core import mechanisms, parameters, scenario
from proda_core.published import ONE_PERCENT_CUE

TAO_2023 = "Tao et al. 2023, doi:10.1038/s41586-023-06042-3"
CLM5 = "CLM5 technical note, chapter 2.21; Lawrence et al. 2019, doi:10.1029/2018MS001583"


@dataclass(frozen=True)
class Control:
    """One slider.

    Attributes:
        name: the change of a scenario that it sets, a key of ``scenario.LIMITS``.
        label: its name on the page.
        short: how the fields beside it are called.
        noun: the mechanism in a sentence.
        unit: unit of the slider's value.
        scale: slider values per unit of the scenario.
        meaning: what it means, in words.
        equation: what it does to ``dC/dt = B I + (A xi K - V) C``.
        source: where that comes from.
        plain: what it is, in a few words without any term of the field.
        plainly: what it means, without any term of the field.
    """

    name: str
    label: str
    short: str
    noun: str
    unit: str
    scale: float
    meaning: str
    equation: str
    source: str
    plain: str = ""
    plainly: str = ""

    @property
    def limits(self) -> tuple[float, float]:
        """Range of the slider [unit]."""
        lower, upper = scenario.LIMITS.get(self.name, scenario.PARAMETER_LIMITS)
        return lower * self.scale, upper * self.scale


CONTROLS: dict[str, Control] = {
    control.name: control
    for control in (
        Control(
            "cue", mark("Microbial CUE"), mark("CUE"), "microbial CUE", "%", 100.0,
            mark("Carbon use efficiency: the share of decomposed carbon that microbes pass on to soil carbon, not respire."),
            mark("A: every transfer fraction f → (1 + x) f, at most all that a pool loses"),
            TAO_2023, mark("How much microbes keep of what they eat"),
            mark(
                "When microbes eat dead plants, they breathe out part of the carbon and build the rest into their bodies, which "
                "become soil in time. This is the part that they keep."
            ),
        ),
        Control(
            "carbon_input", mark("Plant carbon input"), mark("plant input"), "plant carbon input", "%", 100.0,
            mark("Dead leaves, roots and wood that enter the soil each year."),
            "I → (1 + x) I",
            TAO_2023, mark("How much dead plant matter reaches the soil"),
            mark("Dead leaves, roots and wood that enter the soil each year."),
        ),
        Control(
            "input_allocation", mark("Input allocation"), mark("allocation"), "input allocation", "%", 100.0,
            mark("How deep the plants place their carbon: the Jackson coefficient β of the input profile. More means deeper."),
            mark("B: β → (1 + x) β, held within its range; share above depth z (cm) is 1 − β^z"),
            TAO_2023 + "; Jackson et al. 1996, doi:10.1007/BF00333714",
            mark("How deep plants place their carbon"),
            mark("More means that plants leave more of their carbon deep in the ground, where it decays slowly."),
        ),
        Control(
            "baseline_decomposition", mark("Baseline decomposition"), mark("decomposition"), "baseline decomposition", "%", 100.0,
            mark("How fast each pool decays when temperature and water do not hold it back."),
            mark("K: every turnover rate 1/τ → (1 + x)/τ"),
            CLM5, mark("How fast dead matter rots in the best conditions"),
            mark("How fast dead matter decays where it is warm, moist and airy. Faster decay leaves less carbon in the soil."),
        ),
        Control(
            "environmental_modifier", mark("Environmental modifiers"), mark("environment"), "the environmental modifiers", "%",
            100.0,
            mark("How strongly temperature, water, oxygen, nitrogen and depth slow decomposition. More means faster decay."),
            "ξ → (1 + x) ξ",
            CLM5, mark("How little cold, drought and depth slow the rotting"),
            mark("Cold, drought, lack of air and depth slow decay down. More means that they slow it less: less carbon stays."),
        ),
        Control(
            "vertical_transport", mark("Vertical transport"), mark("transport"), "vertical transport", "%", 100.0,
            mark("Mixing of carbon between layers by soil animals and by freezing and thawing."),
            "V → (1 + x) V",
            CLM5, mark("How fast worms and frost mix the soil"),
            mark("Animals in the soil, and freezing and thawing, carry carbon up and down. More means faster mixing."),
        ),
        Control(
            "warming", mark("Warming"), mark("temperature"), "warming", "°C", 1.0,
            mark("A uniform warming of the soil. Plant input, water and thaw depth stay as they are: not a climate projection."),
            "ξ → ξ · Q₁₀^(ΔT/10)",
            CLM5, mark("How much warmer the soil gets"),
            mark(
                "The soil gets warmer by as much everywhere, and decay quickens. Plants, water and frost stay as they are: not a "
                "climate projection."
            ),
        ),
    )
}  # fmt: skip
"""The seven sliders, in the order of the page."""


STOCKS, MECHANISMS, SENSITIVITY, PARAMETERS, EVIDENCE = GROUPS = (
    mark("Stocks"),
    mark("Mechanisms"),
    mark("Sensitivity"),
    mark("Parameters"),
    mark("Evidence"),
)
"""Groups of maps: a scenario changes the first two."""


@dataclass(frozen=True)
class MapVariable:
    """One map.

    Attributes:
        name: ``soc``, a key of ``mechanisms.UNITS`` or :data:`GAINS`, a parameter's id, ``profile_count`` or ``dissimilarity``.
        label: its name on the page; a symbol's index follows an underscore.
        unit: unit as it is printed.
        colours: name of its colour map in ``cmcrameri``.
        logarithmic: whether its colours follow the logarithm.
        group: one of ``GROUPS``.
        about: what it is, in sentences.
    """

    name: str
    label: str
    unit: str
    colours: str
    logarithmic: bool = False
    group: str = MECHANISMS
    about: str = ""

    @property
    def has_depth(self) -> bool:
        """Whether it is a stock above a chosen depth, or what such a stock gains."""
        return self.group in (STOCKS, SENSITIVITY)

    @property
    def follows_scenarios(self) -> bool:
        """Whether a scenario changes it."""
        return self.group in (STOCKS, MECHANISMS)


_SYMBOLS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def symbol(tex: str) -> str:
    r"""A parameter's symbol as plain text; an index of letters follows an underscore.

    >>> symbol("Q_{10}"), symbol(r"\tau_{S2}"), symbol("f_{S1,S2}")
    ('Q₁₀', 'τ_S2', 'f_S1→S2')
    """
    name, _, index = tex.replace(r"\tau", "τ").replace(r"\beta", "β").partition("_")
    index = index.strip("{}").replace(r"\tau", "τ").replace(",", "→")
    return name + (index.translate(_SYMBOLS) if index.isdigit() else f"_{index}" if index else "")


def printed_unit(udunits: str) -> str:
    """A unit as it is printed.

    >>> printed_unit("m2 yr-1")
    'm² yr⁻¹'
    """
    return udunits.replace("m2", "m²").replace("yr-1", "yr⁻¹")


def _parameter(parameter: parameters.Parameter) -> MapVariable:
    """The map of a parameter, in its physical unit."""
    unit = printed_unit(parameter.unit)
    printed = "" if unit == "1" else f" {unit}"
    about = (
        f"{parameter.meaning[:1].upper()}{parameter.meaning[1:]}, one of the 21 parameters. It may lie between "
        f"{number(parameter.lower)} and {number(parameter.upper)}{printed}; CLM5 uses {number(parameter.clm5_default)}{printed}. "
        f"{parameter.note}"
    )
    label = f"{parameter.meaning[:1].upper()}{parameter.meaning[1:]} {symbol(parameter.symbol)}"
    return MapVariable(parameter.id, label, unit, "batlow", group=PARAMETERS, about=about.strip())


def number(value: float) -> str:
    """A number of a table, as it was given there.

    >>> number(3e-05), number(0.9999), number(1000.0)
    ('0.00003', '0.9999', '1000')
    """
    return f"{value:.6f}".rstrip("0").rstrip(".")


_PROFILES = (
    "Profiles that the parameters were learnt from, counted in blocks of 2.5° × 2.5°. Where there are none, the maps rest on "
    "what climate and plants have in common with places elsewhere."
)
_UNLIKE = (
    "How far the climate, plants and land of a place lie from those of the most similar training profile; beyond 1, hatched on "
    "the maps, it is unlike any of them (dissimilarity index of Meyer & Pebesma 2021, doi:10.1111/2041-210X.13650, over the "
    "threshold of the area of applicability)."
)

GAINS: dict[str, str] = {
    f"gain_{name}": name for name in ("cue", "carbon_input", "input_allocation", "baseline_decomposition", "vertical_transport")
}
"""Maps of sensitivity, and the mechanism of each; that of the environmental modifiers would be that of decomposition."""

_GAIN = (
    "What the soil of each place gains in the end for one per cent more of this mechanism there, to first order: the derivative "
    "of its stock by the logarithm of the mechanism, over 100, at the baseline. The adjoint of the model gives it for all cells "
    "and mechanisms at once."
)
_SAME = " The map of the environmental modifiers is the same: both multiply the same rates."


def _gain(name: str, mechanism: str) -> MapVariable:
    short = CONTROLS[mechanism].short
    grows = mechanism in ("cue", "carbon_input")  # more of these never takes carbon from a soil
    about = _GAIN + (_SAME if mechanism == "baseline_decomposition" else "")
    colours = "lajolla_r" if grows else "vik"
    return MapVariable(name, f"Gain per +1 % {short}", "kg C m⁻²", colours, group=SENSITIVITY, about=about)


MAPS: dict[str, MapVariable] = {
    variable.name: variable
    for variable in (
        MapVariable("soc", "Soil organic carbon", "kg C m⁻²", "lajolla_r", group=STOCKS),
        MapVariable("cue", "Microbial CUE", "1", "batlow"),
        MapVariable("carbon_input", "Plant carbon input", "g C m⁻² yr⁻¹", "batlow"),
        MapVariable("input_allocation", "Input allocation β", "1", "batlow"),
        MapVariable("baseline_decomposition", "Baseline decomposition", "yr⁻¹", "batlow", logarithmic=True),
        MapVariable("environmental_modifier", "Environmental modifier", "1", "batlow", logarithmic=True),
        MapVariable("vertical_transport", "Vertical transport", "yr⁻¹", "batlow", logarithmic=True),
        MapVariable("residence_time", "Residence time", "yr", "lajolla_r", logarithmic=True),
        *(_gain(*pair) for pair in GAINS.items()),
        *map(_parameter, parameters.PARAMETERS),
        MapVariable("profile_count", "Training profiles", "per 2.5° block", "batlow_r", True, EVIDENCE, _PROFILES),
        MapVariable("dissimilarity", "How unlike the training sites", "1", "acton_r", False, EVIDENCE, _UNLIKE),
    )
}
"""The maps, in the order of the page."""

_WANTED = {"soc", *mechanisms.UNITS, *GAINS, *parameters.IDS, "profile_count", "dissimilarity"}
if set(MAPS) != _WANTED or len({variable.label for variable in MAPS.values()}) < len(MAPS):
    raise RuntimeError(f"expected a map with a label of its own for each of {', '.join(sorted(_WANTED))}; got {', '.join(MAPS)}")

DEPTHS: dict[str, str] = {"0.3m": "0–30 cm", "1m": "0–1 m", "2m": "0–2 m", "full": mark("Full depth")}
"""Keys of ``grid.STOCK_DEPTHS`` and how they are called on the page."""

DEPTH_WORDS: dict[str, str] = {
    "0.3m": mark("in the top 30 cm"),
    "1m": mark("in the top metre"),
    "2m": mark("in the top two metres"),
    "full": mark("in the full depth"),
}
"""The same in a sentence."""

DEPTH_NOUNS: dict[str, str] = {
    "0.3m": mark("the top 30 cm"),
    "1m": mark("the top metre"),
    "2m": mark("the top two metres"),
    "full": mark("the full depth"),
}
"""What lies above each depth."""

VIEWS: dict[str, str] = {
    "baseline": mark("Baseline"),
    "scenario": mark("Scenario"),
    "change": mark("Change"),
    "percent": mark("% change"),
    "uncertainty": mark("Uncertainty"),
}
"""Ways to look at a map; the last is the spread of the ensemble around the baseline."""

COMPARISONS: dict[str, str] = {"": mark("One map"), "side": mark("Side by side"), "swipe": mark("Swipe")}
"""Ways to look at two maps, and at one."""

PROJECTIONS: dict[str, str] = {"equal-earth": mark("Equal Earth"), "lonlat": mark("Longitude, latitude")}
"""How the globe is laid flat: areas as they are, or the grid of the data as it is."""

SCENARIO_VIEWS = ("scenario", "change", "percent")
"""Those that depend on the sliders."""

SPREAD_COLOURS = "acton_r"
"""Colour map of every spread."""

_MIDDLE = (ONE_PERCENT_CUE.low + ONE_PERCENT_CUE.high) / 2
_SPREAD = (ONE_PERCENT_CUE.high - ONE_PERCENT_CUE.low) / 2
PUBLISHED_RESPONSE = later(
    "Published: +1 % CUE adds {middle} ± {spread} Pg C ({source}).",
    middle=f"{_MIDDLE:.0f}",
    spread=f"{_SPREAD:.0f}",
    source=ONE_PERCENT_CUE.source,
)
"""The published answer; its abstract states no depth."""

METHODS: dict[str, str] = {
    "default": mark("CLM5 defaults"),
    "one-batch": mark("One set for all"),
    "proda": "PRODA",
    "end-to-end": mark("End to end"),
    "network-only": mark("Network without process"),
}
"""Methods of learning and how they are called on the page."""

VALIDATIONS: dict[str, str] = {
    "in-sample": mark("in sample"),
    "random": mark("random folds"),
    "block": mark("spatial blocks"),
}
"""Ways to judge them, from the most lenient to the strictest."""
