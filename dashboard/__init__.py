"""The page: sliders for the mechanisms of soil carbon, and a world that is solved again while they move.

``catalogue`` says what can be moved and shown, ``state`` what a visitor chose, ``engine`` what follows from it, ``projection``
where it lies on the map, ``plots`` and ``words`` how it looks and reads, ``views`` the parts of the page, ``app`` the page,
``serve`` the server.  The model itself is :mod:`proda_core`; nothing is computed here that it does not compute.
"""
