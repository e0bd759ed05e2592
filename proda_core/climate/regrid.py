"""Area-true averaging of longitude-latitude fields onto the half-degree grid.

A target cell takes the mean of the source cells that it overlaps, weighted by overlap area and by a weight of the caller's,
usually the land fraction, so that sea temperatures do not leak into coastal cells:

    mean = (R (w f) C^T) / (R w C^T),   R, C: overlap of rows (in sine of latitude) and of columns (in longitude).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from proda_core.grid import FloatArray

SIZE = 0.5
"""Edge of a target cell [degrees]."""

LEAST_SHARE = 1e-5
"""Cells with less than this part of the largest total weight count as having none [1]."""


@dataclass(frozen=True)
class Edges:
    """Edges of a regular grid, rising: ``row`` south to north [degrees north], ``column`` west to east [degrees east]."""

    row: FloatArray
    column: FloatArray


def regular_edges(size: float) -> Edges:
    """Edges of the global grid with cells of ``size`` degrees, from the south pole and from 180 degrees west."""
    return Edges(np.linspace(-90.0, 90.0, round(180 / size) + 1), np.linspace(-180.0, 180.0, round(360 / size) + 1))


def node_edges(latitude: FloatArray, longitude: FloatArray) -> Edges:
    """Edges half-way between the nodes of a regular grid, rows clipped at the poles; nodes must rise."""
    return Edges(np.clip(_half_way(latitude), -90.0, 90.0), _half_way(longitude))


def _half_way(nodes: FloatArray) -> FloatArray:
    half = (nodes[1] - nodes[0]) / 2
    return np.concatenate([nodes - half, nodes[-1:] + half])


def overlap(source: FloatArray, target: FloatArray) -> FloatArray:
    """Length that each target interval shares with each source interval (target, source).

    >>> overlap(np.array([0.0, 1.0, 2.0]), np.array([0.5, 2.0]))
    array([[0.5, 1. ]])
    """
    upper = np.minimum(source[None, 1:], target[1:, None])
    lower = np.maximum(source[None, :-1], target[:-1, None])
    return np.asarray(np.clip(upper - lower, 0.0, None))


def average(field: FloatArray, source: Edges, target: Edges, weight: FloatArray | None = None) -> FloatArray:
    """Area- and weight-true mean of ``field`` over each target cell.

    Args:
        field: values (..., source row, source column); where the weight is zero they may be anything finite.
        source: edges of the field's cells.
        target: edges of the wanted cells.
        weight: weight of each source cell [1] (source row, source column); everywhere one when left out.

    Returns:
        means (..., target row, target column); NaN where no weight falls into a cell.
    """
    rows = overlap(np.sin(np.deg2rad(source.row)), np.sin(np.deg2rad(target.row))).astype(np.float32)
    columns = overlap(source.column, target.column).astype(np.float32)
    share = np.ones(field.shape[-2:], np.float32) if weight is None else weight.astype(np.float32)
    total = rows @ share @ columns.T
    mass = rows @ (field.astype(np.float32) * share) @ columns.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(total > LEAST_SHARE * total.max(), mass / total, np.nan).astype(np.float64)


def block_mean(field: np.ndarray, factor: int) -> FloatArray:
    """Mean over blocks of ``factor`` x ``factor`` pixels; for sources whose pixels nest in the target grid.

    >>> block_mean(np.arange(8.0).reshape(2, 4), 2)
    array([[2.5, 4.5]])
    """
    rows, columns = field.shape
    blocks = field.reshape(rows // factor, factor, columns // factor, factor)
    return np.asarray(blocks.mean(axis=(1, 3), dtype=np.float64))
