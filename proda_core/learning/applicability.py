"""Where the networks were taught nothing: how unlike a place is to every place that they were trained on.

The dissimilarity index of Meyer & Pebesma 2021 (doi:10.1111/2041-210X.13650): the distance to the nearest training place in the
space of the standardised predictors, over the mean distance between training places.  Its threshold comes from the training
places themselves, each compared with those of other spatial folds: their upper quartile plus 1.5 interquartile ranges, or the
largest where that is less.  Predictors count alike here; the authors also weigh them by their importance.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from proda_core.learning.validation import FOLDS, blocks, folds

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

CHUNK = 4096
"""Places compared at a time."""


def folds_of(latitude: FloatArray, longitude: FloatArray, seed: int = 0) -> IntArray:
    """Spatial folds of the training places, as many as there are blocks for, at most ``validation.FOLDS`` (place,).

    Where all places lie in one block, each is a fold of its own: it is then compared with its neighbours, so that the threshold
    is lower and more of the land counts as unlike.

    Args:
        latitude: [degrees north] (place,).
        longitude: [degrees east] (place,).
        seed: of the folds.

    Raises:
        ValueError: fewer than two places.
    """
    if len(latitude) < 2:
        raise ValueError(
            f"expected profiles in at least 2 half-degree cells, to tell how unlike others are, got {len(latitude)}; add profiles"
        )
    count = min(FOLDS, int(blocks(latitude, longitude).max()) + 1)
    return (
        folds(latitude, longitude, np.ones(len(latitude)), "block", count, seed=seed) if count > 1 else np.arange(len(latitude))
    )


def dissimilarity(places: FloatArray, training: FloatArray, fold: IntArray) -> tuple[FloatArray, float]:
    """How unlike places are to the training places.

    Args:
        places: standardised predictors (place, feature), not clipped: a place beyond all limits is unlike, not at the limit.
        training: the same of the training places (training, feature), at least two.
        fold: spatial fold of each training place (training,), at least two different ones.

    Returns:
        index, 0 for a training place (place,), and the threshold above which a place is unlike all training places.

    Raises:
        ValueError: too few training places or folds.
    """
    if len(training) < 2 or len(np.unique(fold)) < 2:
        raise ValueError(f"expected training places of at least two folds, got {len(training)} of {len(np.unique(fold))}")
    known = torch.as_tensor(training, dtype=torch.float64)
    between = torch.cdist(known, known)
    mean = float(between.sum() / (len(known) * (len(known) - 1)))
    same_fold = torch.as_tensor(fold[:, None] == fold[None, :])
    own = (between.masked_fill(same_fold, np.inf).min(1).values / mean).numpy()
    lower, upper = np.quantile(own, [0.25, 0.75])
    threshold = min(float(upper + 1.5 * (upper - lower)), float(own.max()))
    parts = torch.split(torch.as_tensor(places, dtype=torch.float64), CHUNK)
    nearest = [torch.cdist(part, known).min(1).values for part in parts]
    return (torch.cat(nearest) / mean).numpy(), threshold
