"""The process model, one file a term of ``dC/dt = B I + (A xi K - V) C``.

``environment`` is xi, ``litter`` B I, ``cascade`` A and K, ``transport`` V; ``column`` joins them and solves; ``linear`` and
``kernel`` solve and know no soil; ``dense`` writes the matrix out for reading and testing.
"""
