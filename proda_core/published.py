"""Published numbers that ours are shown beside; each with where it was published."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Range:
    """A published range.

    Attributes:
        low: lower end [unit].
        high: upper end [unit].
        unit: unit of both.
        source: who published it.
    """

    low: float
    high: float
    unit: str
    source: str


_BATJES = "Batjes 1996 (doi:10.1111/j.1365-2389.1996.tb01386.x)"
_JOBBAGY = "Jobbagy & Jackson 2000 (doi:10.1890/1051-0761(2000)010[0423:TVDOSO]2.0.CO;2)"
_KOECHY = "Koechy et al. 2015 (doi:10.5194/soil-1-351-2015)"

STOCKS: dict[str, Range] = {
    "0.3m": Range(684, 724, "Pg", _BATJES),
    "1m": Range(1325, 1548, "Pg", f"{_KOECHY}; {_JOBBAGY}; {_BATJES}"),
    "2m": Range(1993, 2456, "Pg", f"{_JOBBAGY}; {_BATJES}"),
    "full": Range(3000, 3000, "Pg", f"{_KOECHY}: just under 3,000"),
}
"""Global soil organic carbon above each depth of ``grid.STOCK_DEPTHS``, from soil profiles and maps."""

ONE_PERCENT_CUE = Range(73, 79, "Pg", "Tao et al. 2021, ISMC Conference abstract ISMC2021-10")
"""Change of the global stock for +1 % carbon use efficiency, 76 +- 3 Pg; the stated spread is that of resampling."""
