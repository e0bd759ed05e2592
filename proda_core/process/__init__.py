"""The process model, one file a term of ``dC/dt = B I + (A xi K - V) C``.

``environment`` is xi, ``litter`` B I, ``cascade`` A and K, ``transport`` V; ``column`` joins them and solves; ``transient``
follows columns through time, ``age`` tells how old their carbon is; ``linear``, ``march`` and ``kernel`` solve and step and know
no soil; ``dense`` writes the matrix out for reading and testing.
"""
