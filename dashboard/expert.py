"""The sliders of the 21 parameters, all made from the one table of the core, and how mechanisms group them."""

from __future__ import annotations

from dashboard.catalogue import CLM5, CONTROLS, Control, number, printed_unit, symbol
from dashboard.language import mark, tr
from proda_core.parameters import INDEX, MECHANISM_PARAMETERS, PARAMETERS, Parameter

RANGES = mark("Tao et al. 2020, doi:10.3389/fdata.2020.00017")
"""Where the ranges of the parameters were published."""


def _control(parameter: Parameter) -> Control:
    sign, meaning = symbol(parameter.symbol), parameter.meaning
    return Control(
        parameter.id, f"{meaning[:1].upper()}{meaning[1:]} {sign}", sign, f"the {meaning.partition(',')[0]}", "%", 100.0,
        meaning, f"{sign} → (1 + x) {sign}", f"{RANGES}; {CLM5}",
    )  # fmt: skip


EXPERT: dict[str, Control] = {parameter.id: _control(parameter) for parameter in PARAMETERS}
"""A slider for each parameter, by its id, in the order of the table."""

SLIDERS: dict[str, Control] = CONTROLS | EXPERT
"""Everything that can be moved, by the name that a scenario knows it by."""

GROUPS: dict[str, tuple[str, ...]] = {mechanism: ids for mechanism, ids in MECHANISM_PARAMETERS.items() if ids}
"""Parameters by the mechanism that they belong to; plant input has none."""


def span(id_: str) -> str:
    """Prior range of a parameter, in its unit."""
    row = PARAMETERS[INDEX[id_]]
    return tr("{low} to {high}{unit}", low=number(row.lower), high=number(row.upper), unit=_unit(row))


def bounds(id_: str) -> str:
    """Prior range and default of a parameter, in its unit."""
    row = PARAMETERS[INDEX[id_]]
    return tr("{range}; CLM5 uses {default}{unit}", range=span(id_), default=number(row.clm5_default), unit=_unit(row))


def _unit(row: Parameter) -> str:
    return "" if row.unit == "1" else f" {printed_unit(row.unit)}"
