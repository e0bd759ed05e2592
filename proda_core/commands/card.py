"""``proda card``: the model card of retrieved maps, from the files beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from proda_core.commands.base import FORCE, check_output

CARD = "MODEL_CARD.md"


def card(
    directory: Annotated[Path, typer.Argument(metavar="DIRECTORY", help="Where retrieved.nc and evidence.json lie.")],
    force: FORCE = False,
) -> None:
    """Write the model card of retrieved maps: what they were learned from, how good they are, where not to trust them."""
    from proda_core import retrieved, store
    from proda_core.learning import card as cards
    from proda_core.learning import evidence

    out = directory / CARD
    check_output(out, force)
    words = cards.text(retrieved.read(directory / "retrieved.nc"), evidence.read(directory / "evidence.json"))
    with store.atomic_path(out) as temporary:
        temporary.write_text(words, encoding="utf-8")
    typer.echo(f"wrote {out}")
