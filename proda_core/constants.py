"""Physical constants and unit conversions, each with its unit and source.

Inside the process code time is counted in years of 365 days, length in metres and carbon in grams; temperatures are kelvin.
"""

FREEZING = 273.15
"""Melting point of ice [K]."""

REFERENCE_TEMPERATURE = 298.15
"""Temperature at which the CLM5 temperature scalar is one [K]; CLM5 technical note, section 2.21.5."""

EARTH_RADIUS = 6_371_008.8
"""Mean radius of the Earth [m]; IUGG mean radius R1 (Moritz 2000)."""

DAYS_PER_YEAR = 365.0
"""Days in a CLM year (no leap years) [d]."""

SECONDS_PER_DAY = 86_400.0
"""Seconds in a day [s d-1]."""

MONTHS = 12
"""Months in a climatological year."""

GRAMS_PER_PETAGRAM = 1e15
"""Grams in one petagram [g Pg-1]."""

GRAMS_PER_KILOGRAM = 1e3
"""Grams in one kilogram [g kg-1]."""

KILOGRAMS_PER_GRAM_PER_CUBIC_CENTIMETRE = 1e3
"""One g cm-3 (or kg dm-3) in kg m-3."""

CENTIMETRES_PER_METRE = 100.0
"""Centimetres in one metre [cm m-1]."""

ROCK_DENSITY = 2650.0
"""Density of mineral particles and coarse fragments [kg m-3]; quartz, the usual convention of soil surveys."""
