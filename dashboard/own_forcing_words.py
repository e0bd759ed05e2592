"""A visitor's own forcing in words and tables; whatever comes from a file is escaped."""

from __future__ import annotations

from html import escape

from dashboard import own_forcing, words
from dashboard.catalogue import DEPTH_WORDS
from dashboard.language import mark, tr
from dashboard.own_forcing import EXAMPLE_TITLE, Comparison, Forced
from proda_core.grid import STOCK_DEPTHS, LandGrid
from proda_core.simulation.forcing_file import NPP
from proda_core.variables import FORCING

MEANINGS = {
    "soil_temperature": mark("soil temperature"),
    "water_scalar": mark("water scalar"),
    "oxygen_scalar": mark("oxygen scalar"),
    "nitrogen_scalar": mark("nitrogen scalar"),
    "active_layer": mark("thaw depth"),
    "active_layer_last_year": mark("thaw depth of the year before"),
    "bedrock_layer": mark("bedrock"),
    "litter_input": mark("plant carbon input"),
}

COUNTED = {
    "filled_down": mark("At {count} places values missing in deep layers are taken from the layer above."),
    "incomplete": mark("{count} places are left out: the file has their soil temperature but not all that it has elsewhere."),
    "negative_input": mark("At {count} places negative plant input is taken as none."),
}


def introduction() -> str:
    """What a file of forcing is for, as HTML."""
    said = tr(
        "Or bring forcing: a NetCDF file with a year of monthly means on a regular grid of the world or of a region, with CLM5's "
        "names ({names}) or the model's own. The model is solved under it; the page's climate stands in for what it lacks.",
        names="TSOI, W_SCALAR, O_SCALAR, FPI_vr, ALTMAX, nbedrock, NPP",
    )
    return f"<p>{escape(said)}</p>"


def account(forced: Forced, land: LandGrid) -> str:
    """What was read, in a sentence."""
    given = forced.given
    return tr(
        "{name}: forcing at {places} places for {cells} land cells of the model, {area} million km².",
        name=forced.name, places=f"{len(next(iter(given.fields.values()))):,}", cells=f"{len(given.cells):,}",
        area=words.number(float(land.area[given.cells].sum()) / 1e12),
    )  # fmt: skip


def accounted(forced: Forced) -> str:
    """What was read under which name, what stands in for what is missing, and what was mended, as HTML."""
    given = forced.given
    notes = [tr(COUNTED[what], count=f"{count:,}") for what, count in given.counts.items() if what in COUNTED]
    if given.stood_in:
        names = ", ".join(tr(MEANINGS[name]) for name in given.stood_in)
        notes.insert(0, tr("The file lacks these, and the page's climate stands in for them: {names}.", names=names))
    title = tr(given.title) if given.title == EXAMPLE_TITLE else given.title
    head = f"<p><b>{escape(title)}</b></p>" if title else ""
    rows = "".join(f"<tr><th scope=row>{tr(MEANINGS[name])}</th><td>{escape(_from(forced, name))}</td></tr>" for name in FORCING)
    said = "".join(f"<p>{escape(note)}</p>" for note in notes)
    columns = f"<th scope=col></th><th scope=col>{tr('From')}</th>"
    return (
        f"{head}{said}<details><summary>{tr('What was read')}</summary><table><thead><tr>{columns}</tr></thead>"
        f"<tbody>{rows}</tbody></table></details>"
    )


def _from(forced: Forced, name: str) -> str:
    """Where a variable comes from."""
    given = forced.given
    if name in given.fields:
        return given.names[name]
    if name in given.stood_in:
        return tr("the page's climate")
    if name == "litter_input":
        return tr("{name}, divided among litter as in the page's climate", name=given.names[NPP.name])
    return tr("{name}, as in this year", name=given.names["active_layer"])


def stock_table(comparison: Comparison, land: LandGrid) -> str:
    """Stocks of the covered cells at the four depths, as HTML."""
    found = own_forcing.stocks(comparison, land)
    sides = (tr("baseline"), tr("scenario")) if comparison.moved else (tr("baseline"),)
    rows = "".join(
        f"<tr><th scope=row>{escape(tr(DEPTH_WORDS[depth]))}</th>"
        + "".join(_cells(*found[k, :, i]) for k in range(len(sides)))
        + "</tr>"
        for i, depth in enumerate(STOCK_DEPTHS)
    )
    columns = (tr("this page"), tr("your forcing"), tr("difference"))
    head = "".join(f"<th scope=col>{column}<small>{side}</small></th>" for side in sides for column in columns)
    caption = tr(
        "Soil organic carbon of the {count} cells that your forcing covers [Pg C]",
        count=f"{len(comparison.forced.given.cells):,}",
    )
    return (
        f"<div class=scroll><table><caption>{escape(caption)}</caption><thead><tr><th scope=col>{tr('Depth')}</th>{head}</tr>"
        f"</thead><tbody>{rows}</tbody></table></div>"
    )


def _cells(page: float, yours: float) -> str:
    change = f"{words.signed(yours - page)} <small>({words.signed(words.percent(yours, page), 2)} %)</small>"
    return f"<td>{words.number(page)}</td><td>{words.number(yours)}</td><td>{change}</td>"


def limits() -> str:
    """What the comparison is not, as HTML."""
    said = tr(
        "Both sides have the page's parameters, which were learned under the page's climate: under other forcing the model is no "
        "longer fitted to profiles. Stocks are those of the balance that soils would reach if the forcing stayed for ever."
    )
    return f"<p class=quiet>{escape(said)}</p>"
