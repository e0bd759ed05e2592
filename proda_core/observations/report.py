"""The account of quality control: what was read, kept, dropped and repaired, and why; nothing goes missing without a reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

DROPPED: dict[str, str] = {
    "nameless profile": "no name or number of the profile it belongs to",
    "impossible coordinates": "latitude or longitude missing, out of range, or exactly 0 N 0 E",
    "litter layer": "flagged as litter or organic surface, or lying above the mineral soil",
    "missing depth": "upper or lower depth missing",
    "inverted depths": "upper depth not above lower depth",
    "impossible depth": "reaching above the surface, or deeper than 100 m",
    "missing carbon": "no organic carbon",
    "absurd carbon": "negative, or more than 65 % organic carbon",
    "zero carbon density": "no carbon per volume; the model's stocks are positive",
    "absurd carbon density": "more than 400 kgC m-3",
    "ocean cell": "no land in its half-degree cell or the eight around it",
    "duplicate layer": "depths and carbon of another layer of the profile",
    "replicate layer": "depths of another layer of the profile, which now holds their mean",
    "overlapping depths": "beginning within the layer above it",
    "duplicate profile": "place, depths and carbon of another profile",
    "too few layers": "profile with fewer layers than asked for",
    "thinned": "more profiles in the grid cell than asked for; which ones stay is drawn at random",
}
"""Why layers are dropped, in the order of the checks."""

REPAIRED: dict[str, str] = {
    "longitude from 0..360": "wrapped to -180..180",
    "several places in a profile": "place of the profile's first layer used",
    "several weights in a profile": "weight of the profile's first layer used",
    "absurd bulk density": "density not within 20..2400 kg m-3, estimated instead",
    "absurd coarse fragments": "volume not within 0..1, taken as unknown",
    "mean of replicates": "carbon of several samples of one depth averaged",
}
"""What is repaired; a repaired layer may still be dropped by a later check."""

ASSUMED: dict[str, str] = {
    "bulk density estimated": "by a pedotransfer function, flagged",
    "coarse fragments unknown": "taken as none",
    "single-layer profile": "profile with one layer only",
    "weighted by soil class": "profile that counts as much as the area of its class of soil asks for, not as often as it was dug",
}
"""What is assumed about the layers that passed every check (the last two: how many profiles); thinning comes after it."""


@dataclass(frozen=True)
class Report:
    """What quality control did.  Always ``layers_read == layers_kept + sum(dropped.values())``, and so for profiles.

    Attributes:
        layers_read: layers in the files.
        layers_kept: layers in the result.
        profiles_read: profiles in the files.
        profiles_kept: profiles in the result.
        dropped: layers dropped, by reason.
        dropped_profiles: profiles without any layer left, by the reason that took the last of them.
        repaired: layers that were changed, by reason.
        assumed: layers that passed every check and about which something was assumed, by what.
        remarks: sentences on what looks odd and may be a mistake.
    """

    layers_read: int
    layers_kept: int
    profiles_read: int
    profiles_kept: int
    dropped: Mapping[str, int] = field(default_factory=dict)
    dropped_profiles: Mapping[str, int] = field(default_factory=dict)
    repaired: Mapping[str, int] = field(default_factory=dict)
    assumed: Mapping[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        accounts = (
            ("layers", self.layers_read, self.layers_kept, self.dropped),
            ("profiles", self.profiles_read, self.profiles_kept, self.dropped_profiles),
        )
        for what, read, kept, dropped in accounts:
            lost = sum(dropped.values())
            if read != kept + lost:
                raise ValueError(f"expected {read} {what} read to be kept or dropped, got {kept} kept and {lost} dropped")

    def keeping(self, layers: int, profiles: int, reason: str) -> Report:
        """The report once only so many layers and profiles are kept of those kept so far, the others dropped for one reason."""
        return replace(
            self,
            layers_kept=layers,
            profiles_kept=profiles,
            dropped={**self.dropped, reason: self.layers_kept - layers},
            dropped_profiles={**self.dropped_profiles, reason: self.profiles_kept - profiles},
        )

    def to_table(self) -> list[tuple[str, str, int, int | None]]:
        """Rows of (account, reason, layers, profiles); profiles is None where they are not counted."""
        rows: list[tuple[str, str, int, int | None]] = [("read", "", self.layers_read, self.profiles_read)]
        for reason, layers in self.dropped.items():
            rows.append(("dropped", reason, layers, self.dropped_profiles.get(reason, 0)))
        rows.append(("kept", "", self.layers_kept, self.profiles_kept))
        for account, counts in (("repaired", self.repaired), ("assumed", self.assumed)):
            rows.extend((account, reason, layers, None) for reason, layers in counts.items())
        return rows

    def to_json(self) -> str:
        """The report as JSON, with the meaning of each reason."""
        meanings = {**DROPPED, **REPAIRED, **ASSUMED}
        used = [*self.dropped, *self.repaired, *self.assumed]
        return json.dumps({**asdict(self), "meaning": {reason: meanings[reason] for reason in used}}, indent=2) + "\n"


class Ledger:
    """The books that a :class:`Report` is made from; layers pass through :meth:`drop` as long as reading lasts."""

    def __init__(self) -> None:
        self.layers_read = 0
        self.densities_read = 0
        self._remarks: list[str] = []
        self._order = {reason: rank for rank, reason in enumerate(DROPPED)}
        self._counts = {account: dict.fromkeys(names, 0) for account, names in _ACCOUNTS.items()}
        self._last: list[pd.Series] = []

    def read(self, layers: pd.DataFrame) -> None:
        """Count layers that have been read."""
        self.layers_read += len(layers)
        self.densities_read += int(layers["density"].notna().sum())
        self._note(layers["profile_id"], -1)

    def drop(self, layers: pd.DataFrame, bad: npt.NDArray[np.bool_], reason: str) -> pd.DataFrame:
        """The layers that are not ``bad``; the others are counted under ``reason``."""
        if not bad.any():
            return layers
        self._counts["dropped"][reason] += int(bad.sum())
        self._note(layers["profile_id"][bad], self._order[reason])
        return layers[~bad]

    def repair(self, reason: str, layers: int) -> None:
        """Count layers that were changed."""
        self._counts["repaired"][reason] += layers

    def assume(self, what: str, layers: int) -> None:
        """Count layers about which something was assumed."""
        self._counts["assumed"][what] += layers

    def remark(self, sentence: str) -> None:
        """Note what looks odd."""
        self._remarks.append(sentence)

    def dropped(self, reason: str) -> int:
        """Layers dropped so far for a reason."""
        return self._counts["dropped"][reason]

    def repaired(self, reason: str) -> int:
        """Layers repaired so far for a reason."""
        return self._counts["repaired"][reason]

    def losses(self) -> str:
        """What was read and dropped so far, in words."""
        lost = [f"{count} {reason}" for reason, count in self._counts["dropped"].items() if count]
        return f"{self.layers_read} layers read, {', '.join(lost) or 'none dropped'}"

    def _note(self, profiles: pd.Series, rank: int) -> None:
        names = profiles.unique()
        self._last.append(pd.Series(rank, index=names, dtype="int8"))

    def close(self, layers_kept: int, profiles_kept: pd.Index) -> Report:
        """The report, once every layer is kept or dropped."""
        last = pd.concat(self._last).groupby(level=0).max() if self._last else pd.Series(dtype="int8")
        lost = last[~last.index.isin(profiles_kept)].value_counts()
        profiles = {reason: int(lost.get(rank, 0)) for reason, rank in self._order.items()}
        counts = {account: {name: n for name, n in names.items() if n} for account, names in self._counts.items()}
        return Report(
            layers_read=self.layers_read,
            layers_kept=layers_kept,
            profiles_read=len(last),
            profiles_kept=len(profiles_kept),
            dropped=counts["dropped"],
            dropped_profiles={reason: n for reason, n in profiles.items() if n},
            repaired=counts["repaired"],
            assumed=counts["assumed"],
            remarks=tuple(self._remarks),
        )


_ACCOUNTS = {"dropped": DROPPED, "repaired": REPAIRED, "assumed": ASSUMED}
