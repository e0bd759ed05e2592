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

WARMING = Range(3.3, 5.7, "K", "IPCC AR6, Working Group I, 2021, Table SPM.1 (doi:10.1017/9781009157896.001)")
"""Very likely warming of the surface in 2081-2100 over 1850-1900 under very high emissions (SSP5-8.5)."""

ONE_PERCENT_CUE = Range(73, 79, "Pg", "Tao et al. 2021, ISMC Conference abstract ISMC2021-10")
"""Change of the global stock for +1 % carbon use efficiency, 76 +- 3 Pg; the stated spread is that of resampling."""

CUE_TIMES = 4.0
"""So many times as important as any other mechanism is carbon use efficiency at least, for the stock and for its variation in
space; Tao et al. 2023 (doi:10.1038/s41586-023-06042-3), who also find that it goes up with soil carbon."""


@dataclass(frozen=True)
class Measured:
    """Measured carbon use efficiency of soil microbes against temperature, ``at_20 + slope (T - 20 degC)``.

    Attributes:
        at_20: at 20 degC [1].
        slope: change with temperature [degC-1].
        sd: standard deviation of single measurements [1].
        source: who published it.
    """

    at_20: float
    slope: float
    sd: float
    source: str


CUE_TEMPERATURE = Measured(0.475, -0.016, 0.25, "Qiao et al. 2019, doi:10.1038/s41598-019-42145-6")
CUE_RECOMMENDED, CUE_MOST, CUE_SOURCE = 0.30, 0.60, "Sinsabaugh et al. 2013, doi:10.1111/ele.12113"
"""Carbon use efficiency recommended for models of whole ecosystems, and the largest that is to be expected [1]."""
