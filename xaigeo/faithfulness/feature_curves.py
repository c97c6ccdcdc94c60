"""Outputs as features are taken away one after another: what deletion and insertion share."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import asdict, dataclass
from typing import Literal
from weakref import WeakKeyDictionary

import numpy as np
import xarray as xr

from xaigeo import dims
from xaigeo.checks import Check
from xaigeo.checks.check import DRAW
from xaigeo.ensemble.members import MixingMembers
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.base import LEAST_MEMORY, MAX_MEMORY
from xaigeo.explainers.blocks.streams import shared_seed
from xaigeo.explainers.blocks.threads import one_thread
from xaigeo.explainers.shapley.reference_rows import ReferenceRows, sampled_places
from xaigeo.explainers.shapley.worths import worths
from xaigeo.faithfulness.subject import Subject
from xaigeo.options import check_count, check_option

Order = Literal["signed", "absolute"]
Replace = Literal["background_rows", "background_mean"]

# Curves that move by no more than this share of the largest output are rounding (float32).
ROUNDING = 1e-6

# The last curves along random orders by ensemble: checks of several explanations of the same
# rows, and deletion and insertion of one, follow the same orders, and these take most of the time.
_RANDOM: WeakKeyDictionary[SeedEnsemble, tuple[Hashable, np.ndarray]] = WeakKeyDictionary()


@dataclass(frozen=True)
class CurveSettings:
    """How features are taken away; `deletion` tells what each setting means."""

    order: Order | None = None
    replace: Replace = "background_rows"
    n_random: int = 20
    n_background: int = 50
    steps: int = 50
    random_state: int = 0
    max_memory: int = MAX_MEMORY

    def __post_init__(self) -> None:
        if self.order is not None:
            check_option("order", self.order, Order)
        check_option("replace", self.replace, Replace)
        check_count("n_random", self.n_random)
        check_count("n_background", self.n_background)
        check_count("steps", self.steps)
        check_count("random_state", self.random_state, at_least=0)
        check_count("max_memory", self.max_memory, at_least=LEAST_MEMORY)


def feature_curves(
    kind: Literal["deletion", "insertion"], subject: Subject, settings: CurveSettings
) -> Check:
    """Return the check of one kind; see `deletion` and `insertion`."""
    order = chosen_order(subject, settings.order)
    keys = subject.contributions if order == "signed" else np.abs(subject.values)
    n_features = keys.shape[-1]
    counts = removal_counts(n_features, settings.steps)
    random_orders, ties = _drawn_orders(subject, settings)
    orders = falling_orders(keys, ties)
    # Putting features back in an order is taking them away in the reversed order, read backwards.
    backwards = kind == "insertion"
    if backwards:
        orders = orders[..., ::-1]
    with one_thread():
        reference = reference_of(subject, settings)
        random = _random_curves(subject, reference, random_orders, counts, settings)
        own = _own_curves(subject, reference, orders, counts, settings.max_memory)
    moving = is_moving(own, random)
    shares = counts / n_features
    if order == "absolute":
        # Sizes do not say which way the output goes, only that it goes.
        full = own[..., :1]
        own, random = -np.abs(own - full), -np.abs(random - full[:, :, None])
    if backwards:
        shares, own, random = 1.0 - shares[::-1], own[..., ::-1], random[..., ::-1]
    areas = [np.trapezoid(curves, shares, axis=-1) for curves in (own, random)]
    area, random_area = areas[0], areas[1]
    area[~moving] = random_area[~moving] = np.nan
    curve = (dims.SEED, dims.INSTANCE, dims.STEP)
    arrays = {
        "curve": (curve, own),
        "random_curve": (curve, random.mean(axis=2)),
        "area": (curve[:2], area),
        "random_area": ((*curve[:2], DRAW), random_area),
    }
    coordinates = {
        # As the explanation has them: labels of several levels are one object each.
        dims.SEED: subject.explanation.data[dims.SEED],
        dims.INSTANCE: subject.explanation.data[dims.INSTANCE],
        dims.STEP: shares,
        DRAW: np.arange(settings.n_random),
    }
    chosen = {**asdict(settings), "order": order, "outputs": subject.output_names}
    random_state = int(chosen.pop("random_state"))
    return Check(
        kind=kind,
        method=subject.explanation.method,
        data=xr.Dataset(arrays, coords=coordinates),
        seeds=subject.explanation.seeds,
        provenance=subject.provenance({**chosen, "scale": subject.asked_scale}, random_state),
    )


def removal_counts(n_features: int, steps: int) -> np.ndarray:
    """Return how many features are gone at each step, from none to all."""
    return np.rint(np.linspace(0, n_features, min(n_features, steps) + 1)).astype(np.intp)


def falling_orders(values: np.ndarray, ties: np.ndarray) -> np.ndarray:
    """Return features from the largest value to the least.

    Parameters
    ----------
    values : ndarray, shape (n_seeds, n_instances, n_features)
    ties : ndarray of int, shape (n_instances, n_features)
        A random order that equal values keep: the order of columns would favour some.

    Returns
    -------
    ndarray of int, of the shape of `values`
    """
    before = np.broadcast_to(ties, values.shape)
    order = np.argsort(-np.take_along_axis(values, before, axis=-1), axis=-1, kind="stable")
    return np.take_along_axis(before, order, axis=-1)


def reference_of(subject: Subject, settings: CurveSettings) -> ReferenceRows:
    """Return the rows from which removed features take their values."""
    background = subject.background
    if settings.replace == "background_mean":
        commonest = np.array([np.argmax(s) if len(s) else 0 for s in background.frequencies])
        mean = np.where(background.schema.discrete, commonest, background.location)
        return ReferenceRows(mean[None])
    n_rows = len(background.rows)
    if n_rows <= settings.n_background:
        return ReferenceRows(background.rows)
    seed = shared_seed(settings.random_state)
    places = sampled_places(n_rows, settings.n_background, seed)
    return ReferenceRows(background.rows[places], places=places)


def chosen_order(subject: Subject, wanted: Order | None) -> Order:
    """Return what orders go by: the wanted, or signs where there are any."""
    if wanted == "signed" and not subject.meaning.signed:
        raise InputError(
            expected="order='absolute' for attributions that are sizes without a sign",
            arrived=f"order='signed' for {subject.explanation.method!r}",
            do="Leave order out, or explain with absolute=False.",
        )
    return wanted or ("signed" if subject.meaning.signed else "absolute")


def _drawn_orders(subject: Subject, settings: CurveSettings) -> tuple[np.ndarray, np.ndarray]:
    """Return random orders, (n_instances, n_random, n_features), and one more for ties."""
    n_instances, n_features = subject.rows.shape
    drawn = np.empty((n_instances, settings.n_random + 1, n_features), dtype=np.intp)
    drawn[:] = np.arange(n_features)
    for i, orders in enumerate(drawn):
        subject.generator(settings.random_state, i).permuted(orders, axis=-1, out=orders)
    return drawn[:, 1:], drawn[:, 0]


def kept_by_steps(orders: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return which features each step leaves, shape (n_orders * n_steps, n_features)."""
    rank = np.argsort(orders, axis=-1)
    return np.asarray(rank[:, None] >= counts[:, None]).reshape(-1, orders.shape[-1])


def _random_curves(
    subject: Subject,
    reference: ReferenceRows,
    orders: np.ndarray,
    counts: np.ndarray,
    settings: CurveSettings,
) -> np.ndarray:
    """Return curves of all seeds along orders that they share, (K, I, n_random, n_steps)."""
    ensemble = subject.ensemble
    asked = (subject.rows, reference.rows, orders, counts, subject.places)
    key = (subject.asked_scale, *(part.tobytes() for part in asked))
    held = _RANDOM.get(ensemble)
    if held is not None and held[0] == key:
        return held[1]
    n_orders = orders.shape[1]
    found = np.empty((ensemble.n_seeds, len(orders), n_orders, len(counts)))
    for i, place in enumerate(subject.places):
        masks = kept_by_steps(orders[i], counts)
        worth = worths(
            ensemble, subject.asked_scale, subject.rows[i], reference, masks, settings.max_memory
        )
        found[:, i] = worth[..., place].reshape(-1, n_orders, len(counts))
    _RANDOM[ensemble] = (key, found)
    return found


def _own_curves(
    subject: Subject,
    reference: ReferenceRows,
    orders: np.ndarray,
    counts: np.ndarray,
    max_memory: int,
) -> np.ndarray:
    """Return each seed's curves along its own orders, shape (K, I, n_steps)."""
    ensemble, scale = subject.ensemble, subject.asked_scale
    found = np.empty((*orders.shape[:2], len(counts)))
    # Compiled loops answer all seeds for all orders sooner than they start once for each seed.
    together = isinstance(ensemble.members, MixingMembers)
    models = [ensemble] if together else [ensemble.select([seed]) for seed in ensemble.seeds]
    parts = [slice(None)] if together else [slice(k, k + 1) for k in range(len(models))]
    for model, part in zip(models, parts, strict=True):
        for i, place in enumerate(subject.places):
            masks = kept_by_steps(orders[part, i], counts)
            worth = worths(model, scale, subject.rows[i], reference, masks, max_memory)
            answers = worth[..., place].reshape(model.n_seeds, -1, len(counts))
            found[part, i] = np.einsum("kks->ks", answers)
    return found


def is_moving(own: np.ndarray, random: np.ndarray) -> np.ndarray:
    """Return whether taking features away does anything, shape (n_seeds, n_instances)."""
    every = np.concatenate([own[:, :, None], random], axis=2)
    largest = np.abs(every).max(axis=(1, 2, 3), keepdims=True)[..., 0, 0]
    return np.asarray(np.ptp(every, axis=(2, 3)) > ROUNDING * largest)
