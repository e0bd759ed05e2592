"""Whole files that cannot be right: swapped columns and wrong units, told from how many layers look wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd

from proda_core.observations.report import Ledger

MOST = 0.5
"""If more than this part of all layers fails for one of :data:`MISTAKES`, the file is refused."""

MISTAKES = {
    "impossible coordinates": "are latitude and longitude swapped or missing?",
    "inverted depths": "are upper and lower depth swapped?",
    "impossible depth": "are depths given in another unit?",
    "absurd carbon": "is organic carbon given in another unit?",
    "absurd carbon density": "is carbon or bulk density given in another unit?",
    "ocean cell": "are latitude and longitude swapped?",
}
"""Reasons that, where they hit most layers, come from a mistake in the file, and the question to ask."""

THINNEST, THICKEST = 0.005, 5.0
"""Median thickness of layers [m] outside of which depths are in another unit."""

POOREST = 0.001
"""Median organic carbon [1] below which a unit is doubted: soils hold some ten times as much."""


def check_losses(ledger: Ledger) -> None:
    """Refuse files most of whose layers fail alike; raises ``ValueError``."""
    for reason, question in MISTAKES.items():
        lost = ledger.dropped(reason)
        if lost > MOST * ledger.layers_read:
            raise ValueError(f"expected few layers with {reason}, got {lost} of {ledger.layers_read}; {question}")
    densities = ledger.repaired("absurd bulk density")
    if densities > MOST * ledger.densities_read:
        got = f"{densities} of {ledger.densities_read}"
        raise ValueError(f"expected few layers with absurd bulk density, got {got}; is it given in another unit?")
    absurd = ledger.dropped("absurd carbon")
    if absurd:
        ledger.remark(f"{absurd} layers with more organic carbon than organic matter holds; are there two units in one column?")


def check_values(layers: pd.DataFrame, ledger: Ledger) -> None:
    """Refuse depths in another unit (raises ``ValueError``), and remark on carbon that may be.

    Args:
        layers: all layers that the first part of quality control kept.
        ledger: takes the remarks.
    """
    thickness = float(np.median(layers["layer_bottom"] - layers["layer_top"]))
    if not THINNEST <= thickness <= THICKEST:
        raise ValueError(
            f"expected layers some {THINNEST:g}..{THICKEST:g} m thick, got a median of {thickness:.3g} m; "
            "are depths given in another unit?"
        )
    carbon = layers["carbon"].to_numpy()
    median = float(np.median(carbon[~np.isnan(carbon)])) if not np.isnan(carbon).all() else np.nan
    if median < POOREST:
        ledger.remark(f"half of the layers hold less than {100 * median:.2g} % organic carbon; is it given in another unit?")
