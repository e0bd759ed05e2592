"""Which profiles judge and which teach: folds of cross-validation, at random and by blocks of latitude and longitude.

Soil profiles come in clusters, and neighbours are alike.  Held out at random, a profile is predicted from its neighbours, which
says how well gaps between profiles are filled; held out with its whole block, it is predicted from other landscapes, which says
how well the model does where nobody has dug (Roberts et al. 2017, doi:10.1111/ecog.02881; Ploton et al. 2020,
doi:10.1038/s41467-020-18321-y).  The truth for a world map lies in between, so both are stated, beside the fit in sample.

Blocks are cells of a latitude-longitude lattice, so that they narrow towards the poles, and blocks that touch may fall to
different folds: layers near an edge are still predicted from near by.  Folds are chosen by place alone, never by carbon.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Progress = Callable[[float, str], None]

FOLDS = 5
"""Folds of a cross-validation by default."""

BLOCK_SIZE = 5.0
"""Side of a block by default [degrees]."""

IN_SAMPLE = "in-sample"
KINDS: tuple[str, ...] = ("random", "block")
VALIDATIONS: dict[str, str] = {
    IN_SAMPLE: "profiles that the method was fitted to",
    "random": "profiles held out at random, those of one place together",
    "block": "profiles held out with their whole block of latitude and longitude",
}
"""How profiles were kept apart, with its meaning, from the most lenient to the strictest."""


def blocks(latitude: FloatArray, longitude: FloatArray, size: float = BLOCK_SIZE) -> IntArray:
    """Block of each place, counted from 0 over the blocks that hold any.

    Args:
        latitude: [degrees north] (place,).
        longitude: [degrees east] (place,); 180 and -180 are the same meridian.
        size: side of a block [degrees].

    Raises:
        ValueError: ``size`` not within 0..180, or places that are not finite.

    >>> blocks(np.array([1.0, 2.0, -1.0]), np.array([12.0, 14.9, 12.0])).tolist()
    [1, 1, 0]
    """
    if not 0 < size <= 180:
        raise ValueError(f"expected blocks of more than 0 and at most 180 degrees, got {size:g}")
    if not (np.isfinite(latitude).all() and np.isfinite(longitude).all()):
        raise ValueError("expected the place of every profile, got missing ones; leave those profiles out")
    row = np.minimum(np.floor((latitude + 90) / size), np.ceil(180 / size) - 1).astype(np.int64)  # the pole, to the row below
    column = np.floor(((longitude + 180) % 360) / size).astype(np.int64)
    return _numbered(np.column_stack([row, column]))


def places(latitude: FloatArray, longitude: FloatArray) -> IntArray:
    """Number of each place; profiles at identical coordinates have the same (place,)."""
    return _numbered(np.column_stack([latitude, longitude]))


def importance(latitude: FloatArray, longitude: FloatArray, sampling_weight: FloatArray) -> FloatArray:
    """How much each profile counts, in learning and in judging: profiles at identical coordinates share the weight of one.

    They say little that one of them does not: the networks see one place, and plots of one experiment are near copies.  Counted
    singly, 918 profiles of a single place, one in thirteen of the default's, moved every figure of skill.

    Args:
        latitude: [degrees north] (profile,).
        longitude: [degrees east] (profile,).
        sampling_weight: of each profile among those of its kind [1] (profile,).

    Returns:
        (profile,), positive.

    >>> importance(np.array([1.0, 1.0, 2.0]), np.array([5.0, 5.0, 5.0]), np.array([1.0, 0.5, 2.0])).tolist()
    [0.5, 0.25, 2.0]
    """
    place = places(latitude, longitude)
    shared: FloatArray = sampling_weight / np.bincount(place)[place]
    return shared


def _numbered(rows: npt.NDArray[np.generic]) -> IntArray:
    number: IntArray = np.unique(rows, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
    return number


def folds(
    latitude: FloatArray,
    longitude: FloatArray,
    weight: npt.ArrayLike,
    kind: str,
    count: int = FOLDS,
    size: float = BLOCK_SIZE,
    seed: int = 0,
) -> IntArray:
    """The fold in which each profile is held out.

    Profiles that must stay together (of one place, or of one block) are dealt as one: the heaviest first, each to a fold drawn at
    random from those that still have room for it, or to the lightest where none has.

    Args:
        latitude: [degrees north] (profile,).
        longitude: [degrees east] (profile,).
        weight: what the folds shall share evenly, such as the number of layers (profile,).
        kind: ``random`` or ``block``.
        count: number of folds.
        size: side of a block [degrees].
        seed: of the random numbers.

    Returns:
        fold of each profile, 0..count-1, none of them empty (profile,).

    Raises:
        ValueError: another kind, fewer than two folds, or fewer places or blocks than folds.
    """
    if kind not in KINDS:
        raise ValueError(f"expected folds out of {', '.join(KINDS)}; got {kind!r}")
    if count < 2:
        raise ValueError(f"expected at least 2 folds, got {count}")
    group = blocks(latitude, longitude, size) if kind == "block" else places(latitude, longitude)
    groups = int(group.max(initial=-1)) + 1
    if groups < count:
        what = f"blocks of {size:g} degrees with profiles" if kind == "block" else "places with profiles"
        raise ValueError(
            f"expected at least {count} {what} for {count} folds, got {groups}; ask for fewer folds or smaller blocks"
        )
    heavy = np.bincount(group, weights=np.asarray(weight, dtype=np.float64), minlength=groups).astype(np.float64)
    dealt: IntArray = _deal(heavy, count, np.random.default_rng([seed, KINDS.index(kind)]))[group]
    return dealt


def _deal(weight: FloatArray, count: int, rng: np.random.Generator) -> IntArray:
    """Fold of each group; see :func:`folds`."""
    shuffled = rng.permutation(len(weight))
    order = shuffled[np.argsort(-weight[shuffled], kind="stable")]
    fold = np.zeros(len(weight), dtype=np.int64)
    fold[order[:count]] = rng.permutation(count)  # one each, so that none stays empty
    load, share = np.bincount(fold[order[:count]], weights=weight[order[:count]], minlength=count), weight.sum() / count
    for group in order[count:]:
        room = np.flatnonzero(load + weight[group] <= share)
        fold[group] = rng.choice(room) if len(room) else int(np.argmin(load))
        load[fold[group]] += weight[group]
    return fold


class Predict(Protocol):
    """What a method does: learn from some profiles, predict the layers of all."""

    def __call__(self, method: str, train: BoolArray, progress: Progress) -> FloatArray:
        """SOC density of every layer of all profiles [gC m-3] (observation,), learnt from profiles in ``train`` (profile,)."""
        ...


class Keep(Protocol):
    """Remembers what a fold gave, so that an interrupted validation goes on; see ``learning.kept``."""

    def get(self, method: str, validation: str, fold: int, train: BoolArray) -> FloatArray | None:
        """Predictions that are there already (held-out observation,)."""
        ...

    def put(self, method: str, validation: str, fold: int, train: BoolArray, predicted: FloatArray) -> None:
        """Keep the predictions of a fold."""
        ...


def validate(
    predict: Predict,
    methods: tuple[str, ...],
    held_out: Mapping[str, IntArray],
    profile_index: IntArray,
    keep: Keep | None = None,
    progress: Progress = lambda part, words: None,
) -> FloatArray:
    """Predictions of every layer, by every method, under every validation.

    Args:
        predict: fits and predicts.
        methods: names of the methods.
        held_out: by validation, the fold in which each profile is held out (profile,); all -1 for a fit in sample.
        profile_index: profile of each layer (observation,).
        keep: where finished folds are kept.
        progress: called with the part done [1] and words.

    Returns:
        SOC density [gC m-3] (method, validation, observation); NaN where a method gives none.

    Raises:
        ValueError: a method gives another number of layers than there are.
    """
    predicted = np.full((len(methods), len(held_out), len(profile_index)), np.nan)
    work = [(m, v, int(f)) for m in range(len(methods)) for v, name in enumerate(held_out) for f in np.unique(held_out[name])]
    names = list(held_out)
    for done, (m, v, fold) in enumerate(work):
        method, validation = methods[m], names[v]
        test = held_out[validation] == fold
        train = ~test if fold >= 0 else np.ones_like(test)
        rows = test[profile_index]
        title = f"{method}, {validation}" + (f", fold {fold + 1}" if fold >= 0 else "")

        def show(part: float, words: str, done: int = done, title: str = title) -> None:
            progress((done + min(max(part, 0.0), 1.0)) / len(work), f"{title}: {words}" if words else title)

        show(0.0, "")
        found = keep.get(method, validation, fold, train) if keep else None
        if found is None:
            found = _checked(predict(method, train, show), method, len(profile_index))[rows]
            if keep:
                keep.put(method, validation, fold, train, found)
        predicted[m, v, rows] = found
    progress(1.0, "done")
    return predicted


def _checked(predicted: FloatArray, method: str, count: int) -> FloatArray:
    if np.shape(predicted) != (count,):
        raise ValueError(f"expected method {method} to predict {count} layers, got an array of shape {np.shape(predicted)}")
    return np.asarray(predicted, dtype=np.float64)
