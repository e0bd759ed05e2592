"""What stands in ``retrieved.nc``: name, meaning, unit, dimensions, precision, range; and what its attributes say.

Normalised parameters are packed at the *middle* of equal steps, ``(code + 1/2) / steps``: no value becomes exactly 0, where the
model would divide by it, and the error is at most half a step everywhere.  Stocks and their spread run over many orders of
magnitude; they are stored as float32 whose mantissa keeps :data:`KEPT_BITS` bits, so that the relative error is the same for
deserts and for peat, any NetCDF reader sees physical values, and the zero bits compress away.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from proda_core import mechanisms, parameters
from proda_core.grid import STOCK_DEPTHS

FloatArray = npt.NDArray[np.float64]
AnyArray = npt.NDArray[np.generic]

SCHEMA_VERSION = "1"
"""Value of the file's ``proda_retrieved_schema`` attribute; raised whenever a variable changes its meaning."""

SCHEMA_ATTRIBUTE = "proda_retrieved_schema"
"""Global attribute by which the file is recognised."""

KEPT_BITS = 9
"""Bits that stay in the mantissa of rounded floats: a relative error of at most 2**-10, one in a thousand."""

COORDINATES: dict[str, tuple[str, ...]] = {
    "parameter": parameters.IDS,
    "depth": tuple(STOCK_DEPTHS),
    "mechanism": tuple(mechanisms.UNITS),
}
"""Dimensions whose length and order are ours; each stands in an attribute of its name and is compared when a file is read."""

LARGEST: dict[str, int] = {"cell": 360 * 720, "member": 200}
"""Most entries of the other dimensions that are read, so that a small file cannot claim all memory."""

MEMBERS_NEEDED = 2
"""Fewest members of which a spread can be told."""

ATTRIBUTES: dict[str, str] = {
    "title": "what the file is",
    "method": "how the parameters were learned",
    "source": "what they were learned from, in a sentence",
    "licence": "under which terms the file may be used",
    "climate_sha256": "checksum of the climate file whose cells and forcing they belong to",
    "parents": "JSON: file name, after its role where two share it -> sha256 of everything they were made from",
    "seed": "seed of the random numbers",
    "created_by": "program and version",
    "dissimilarity_threshold": "dissimilarity index at the edge of the area of applicability",
}
"""Attributes that a file must carry, and what each says."""

BEDROCK_ATTRIBUTE = "bedrock_layer"
"""Attribute with the last soil layer in which carbon was mixed when the maps were learned; older files have none."""

RELATIONS_ATTRIBUTE = "relations"
"""Attribute with numbers of :data:`RELATIONS` as JSON, by name; older files have none."""

RELATIONS: dict[str, str] = {
    "nse_best": "Nash-Sutcliffe efficiency of the best estimate on the layers that it was learned from",
    "nse_members": "the same of the mean carbon of the members",
    "cue_temperature": "correlation over the land of CUE with mean annual air temperature",
    "cue_carbon": "correlation over the land of CUE with soil carbon to 1 m",
    "cue_p5": "CUE, 5 % of the land below",
    "cue_p95": "CUE, 95 % of the land below",
    "cue_plausible": "part of the land with CUE within 0.2-0.6",
    "unlike": "part of the land more unlike every place with profiles than those are to one another",
}
"""What the best estimate says as a whole: name and meaning, all without unit, over the land weighted by area."""


def relations_of(attributes: Mapping[str, object]) -> dict[str, float]:
    """The numbers of :data:`RELATIONS` in the attributes of a file; none where it does not tell any.

    Raises:
        ValueError: something else stands there.

    >>> relations_of({"relations": '{"unlike": 0.12}'})
    {'unlike': 0.12}
    """
    found = json.loads(str(attributes.get(RELATIONS_ATTRIBUTE, "{}")))
    numbers = isinstance(found, dict) and all(type(value) in (int, float) and abs(value) < math.inf for value in found.values())
    if not numbers or not set(found) <= set(RELATIONS):
        raise ValueError(f"expected finite numbers of {', '.join(RELATIONS)}, got {str(found)[:100]!r}")
    return {name: float(found[name]) for name in RELATIONS if name in found}


@dataclass(frozen=True)
class Stored:
    """One variable of the file.

    Attributes:
        name: name in the file.
        meaning: long name.
        units: UDUNITS string.
        dims: dimensions, in order.
        dtype: type in the file; ``float32`` is rounded to :data:`KEPT_BITS`, ``float64`` is exact.
        step: unit of the packed integer [units]; without meaning for floats.
        offset: value of the integer 0 [units]; without meaning for floats.
        limits: range of values that make sense [units]; of rounded floats a power of two, which rounding does not exceed.
        saturates: whether larger values are stored as the largest that fits.
        comment: what a reader should know, in a sentence.
    """

    name: str
    meaning: str
    units: str
    dims: tuple[str, ...]
    dtype: str
    step: float = 1.0
    offset: float = 0.0
    limits: tuple[float, float] = (0.0, 1.0)
    saturates: bool = False
    comment: str = ""

    @property
    def is_integer(self) -> bool:
        """Whether it is packed into integers."""
        return "int" in self.dtype

    def pack(self, values: FloatArray) -> AnyArray:
        """Values as they stand in the file.

        Raises:
            ValueError: a value is missing or outside the range of the table.
        """
        low, high = (float(values.min()), float(values.max())) if values.size else (np.nan, np.nan)
        lower, upper = self.limits
        if not (low >= lower and (high <= upper or (self.saturates and high < np.inf))):  # also catches NaN
            raise ValueError(
                f"expected {self.name} [{self.units}] within {lower:g}..{upper:g}, got {low:.4g}..{high:.4g}; "
                "missing values, or another unit?"
            )
        if self.is_integer:
            codes = np.rint((values - self.offset) / self.step)
            return np.clip(codes, 0, np.iinfo(self.dtype).max).astype(self.dtype)
        return rounded(values) if self.dtype == "float32" else values.astype(self.dtype)

    def unpack(self, stored: AnyArray) -> FloatArray:
        """Values [units] from what stands in the file, float64."""
        if self.is_integer:
            return self.offset + self.step * stored.astype(np.float64)
        return stored.astype(np.float64)

    def attributes(self) -> dict[str, str]:
        """CF attributes of the values."""
        return {"long_name": self.meaning, "units": self.units, **({"comment": self.comment} if self.comment else {})}

    def packing(self) -> dict[str, float]:
        """CF attributes of the packing, where there is one."""
        scale = {"scale_factor": self.step} if self.is_integer and self.step != 1.0 else {}
        return {**scale, **({"add_offset": self.offset} if self.is_integer and self.offset else {})}


def rounded(values: FloatArray) -> npt.NDArray[np.float32]:
    """Float32 with the mantissa rounded to :data:`KEPT_BITS` bits, half to even; relative error at most 2**-10.

    >>> [float(value) for value in rounded(np.array([0.0, 1.0, 3.14159265]))]
    [0.0, 1.0, 3.140625]
    """
    dropped = 23 - KEPT_BITS
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    bits = bits + np.uint32((1 << (dropped - 1)) - 1) + ((bits >> np.uint32(dropped)) & np.uint32(1))
    found: npt.NDArray[np.float32] = (bits & np.uint32(~((1 << dropped) - 1) & 0xFFFFFFFF)).view(np.float32)
    return found


def _normalised(name: str, meaning: str, dims: tuple[str, ...], dtype: str, comment: str) -> Stored:
    """A normalised parameter at the middle of equal steps between 0 and 1."""
    step = 1.0 / (np.iinfo(dtype).max + 1)
    return Stored(name, meaning, "1", dims, dtype, step, step / 2, comment=comment)


_PHYSICAL = "Physical value: lower + x (upper - lower), with the bounds of the parameter table."
_OVER = "Sample standard deviation over the members."
_UNITS = ", ".join(f"{name} [{units}]" for name, units in mechanisms.UNITS.items())

STORED: dict[str, Stored] = {
    v.name: v
    for v in (
        _normalised("parameter_unit", "best estimate of the parameters, normalised", ("parameter", "cell"), "uint16", _PHYSICAL),
        _normalised("member_unit", "members of the ensemble, normalised", ("member", "parameter", "cell"), "uint8", _PHYSICAL),
        Stored("parameter_unit_sd", "spread of the normalised parameters", "1", ("parameter", "cell"), "uint8", 1 / 510,
            limits=(0.0, 0.5), saturates=True, comment=_OVER),
        Stored("soc_mean", "soil organic carbon above the depth, mean of the members", "kg m-2", ("depth", "cell"),
            "float32", limits=(0.0, 2.0**17)),
        Stored("soc_sd", "soil organic carbon above the depth, spread", "kg m-2", ("depth", "cell"),
            "float32", limits=(0.0, 2.0**17), comment=_OVER),
        Stored("mechanism_sd", "spread of the mechanisms", "as of each mechanism", ("mechanism", "cell"),
            "float32", limits=(0.0, 2.0**30), comment=f"{_OVER} Units: {_UNITS}."),
        Stored("dissimilarity", "dissimilarity to the training profiles, 1 at the edge of the area of applicability", "1",
            ("cell",), "uint8", 0.02, limits=(0.0, 5.1), saturates=True,
            comment="Dissimilarity index of Meyer & Pebesma 2021 (doi:10.1111/2041-210X.13650) over its threshold."),
        Stored("profile_count", "profiles of the training in the cell", "1", ("cell",), "uint16", limits=(0.0, 65535.0)),
        Stored("global_stock", "global soil organic carbon above the depth", "Pg", ("member", "depth"),
            "float64", limits=(0.0, 1e6)),
        Stored("one_percent", "change of the global stock when carbon use efficiency rises by 1 %", "Pg", ("member", "depth"),
            "float64", limits=(-1e6, 1e6)),
    )
}  # fmt: skip
"""Variables of the file, by name."""
