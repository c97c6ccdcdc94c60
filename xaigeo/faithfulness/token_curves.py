"""Outputs as the tokens of a text are taken out one after another, or are put back."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import asdict
from typing import Literal, cast
from weakref import WeakKeyDictionary

import numpy as np
import xarray as xr

from xaigeo import dims
from xaigeo.checks import Check
from xaigeo.checks.check import DRAW
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.blocks.threads import one_thread
from xaigeo.explanations import TokenAttributions
from xaigeo.faithfulness.feature_curves import (
    CurveSettings,
    chosen_order,
    falling_orders,
    feature_curves,
    is_moving,
    kept_by_steps,
    removal_counts,
)
from xaigeo.faithfulness.subject import Subject
from xaigeo.schema import Matrix
from xaigeo.text.schema import ABSENT, reached

Kind = Literal["deletion", "insertion"]
# Copies that may exist of a row, between its matrix and a model's own inputs.
COPIES = 4
# Settings that say what stands in for a feature; a token that is taken out leaves nothing.
STAND_INS = ("replace", "n_background")

# The last answers along random orders by ensemble; see `xaigeo.faithfulness.feature_curves`.
_RANDOM: WeakKeyDictionary[SeedEnsemble, tuple[Hashable, list[np.ndarray]]] = WeakKeyDictionary()


def curves(kind: Kind, subject: Subject, settings: CurveSettings) -> Check:
    """Return the check of one kind, of columns or of texts; see `deletion` and `insertion`."""
    if isinstance(subject.explanation, TokenAttributions):
        return token_curves(kind, subject, settings)
    return feature_curves(kind, subject, settings)


def token_curves(kind: Kind, subject: Subject, settings: CurveSettings) -> Check:
    """Return the check of attributions to tokens.

    Every text has its own steps, from all explained tokens to none of them, over which areas are
    taken; the curves that are kept are read from these at common shares.
    """
    _check(subject, settings)
    explanation = cast(TokenAttributions, subject.explanation)
    order = chosen_order(subject, settings.order)
    keys = subject.contributions if order == "signed" else np.abs(subject.values)
    backwards = kind == "insertion"
    rows = reached(subject.rows)
    texts = [_Text(subject, settings, rows, at, keys, backwards) for at in range(len(rows))]
    with one_thread():
        random = _random_answers(subject, texts, settings)
        own = _own_answers(subject, texts, settings.max_memory)
    most = int(explanation.n_tokens.max())
    shares = removal_counts(most, settings.steps) / most
    found = [
        text.curves(mine, dealt, shares, absolute=order == "absolute")
        for text, mine, dealt in zip(texts, own, random, strict=True)
    ]
    curve, random_curve, area, random_area = (
        np.stack(arrays, axis=1) for arrays in zip(*found, strict=True)
    )
    along = (dims.SEED, dims.INSTANCE, dims.STEP)
    chosen = {**asdict(settings), "order": order, "outputs": subject.output_names}
    for name in STAND_INS:
        del chosen[name]
    random_state = int(chosen.pop("random_state"))
    return Check(
        kind=kind,
        method=explanation.method,
        data=xr.Dataset(
            {
                "curve": (along, curve),
                "random_curve": (along, random_curve),
                "area": (along[:2], area),
                "random_area": ((*along[:2], DRAW), random_area),
            },
            coords={
                dims.SEED: explanation.data[dims.SEED],
                dims.INSTANCE: explanation.instances,
                dims.STEP: shares,
                DRAW: np.arange(settings.n_random),
            },
        ),
        seeds=explanation.seeds,
        provenance=subject.provenance({**chosen, "scale": subject.asked_scale}, random_state),
    )


class _Text:
    """One text, and the orders in which its tokens are taken out.

    Parameters
    ----------
    subject : Subject
    settings : CurveSettings
    rows : ndarray, shape (n_instances, length)
        Encoded texts, as far as any has tokens.
    place : int
        Of the instance.
    keys : ndarray, shape (n_seeds, n_instances, n_tokens)
        What the orders of the seeds fall by.
    backwards : bool
        Whether tokens are put back: taken out in the reversed order, read backwards.
    """

    def __init__(
        self,
        subject: Subject,
        settings: CurveSettings,
        rows: Matrix,
        place: int,
        keys: np.ndarray,
        backwards: bool,
    ) -> None:
        self.row = rows[place]
        self.output = int(subject.places[place])
        self.backwards = backwards
        self.tokens = np.flatnonzero(cast(TokenAttributions, subject.explanation).mask[place])
        n = len(self.tokens)
        drawn = np.tile(np.arange(n), (settings.n_random + 1, 1))
        subject.generator(settings.random_state, place).permuted(drawn, axis=-1, out=drawn)
        self.random_orders = drawn[1:]
        self.orders = falling_orders(keys[:, [place]][:, :, self.tokens], drawn[:1])[:, 0]
        if backwards:
            self.orders = self.orders[:, ::-1]
        self.counts = removal_counts(n, settings.steps)

    @property
    def n_steps(self) -> int:
        """Number of points of a curve."""
        return len(self.counts)

    def rows_of(self, orders: np.ndarray) -> Matrix:
        """Return the text at every step of every order, (n_orders * n_steps, length)."""
        kept = kept_by_steps(orders, self.counts)
        rows = np.tile(self.row, (len(kept), 1))
        rows[:, self.tokens] = np.where(kept, self.row[self.tokens], ABSENT)
        return rows

    def curves(
        self, own: np.ndarray, random: np.ndarray, shares: np.ndarray, *, absolute: bool
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return curve, random curve, area and random areas of every seed.

        Parameters
        ----------
        own : ndarray, shape (n_seeds, n_steps)
            Answers as tokens are taken out.
        random : ndarray, shape (n_seeds, n_random, n_steps)
        shares : ndarray, shape (n_shares,)
            At which curves are read.
        absolute : bool
            Whether minus the distance from the whole text's answer is followed.
        """
        moving = is_moving(own[:, None], random[:, None])[:, 0]
        if absolute:
            full = own[:, :1]
            own, random = -np.abs(own - full), -np.abs(random - full[:, None])
        at = self.counts / len(self.tokens)
        if self.backwards:
            at, own, random = 1.0 - at[::-1], own[:, ::-1], random[..., ::-1]
        area, random_area = (np.trapezoid(c, at, axis=-1) for c in (own, random))
        area[~moving], random_area[~moving] = np.nan, np.nan
        read = [
            np.stack([np.interp(shares, at, each) for each in curve])
            for curve in (own, random.mean(axis=1))
        ]
        return read[0], read[1], area, random_area


def _random_answers(
    subject: Subject, texts: list[_Text], settings: CurveSettings
) -> list[np.ndarray]:
    """Return answers of all seeds along orders that they share, (K, n_random, n_steps) each."""
    key = (
        subject.asked_scale,
        *(
            (t.output, t.row.tobytes(), t.tokens.tobytes(), t.random_orders.tobytes(), t.n_steps)
            for t in texts
        ),
    )
    held = _RANDOM.get(subject.ensemble)
    if held is not None and held[0] == key:
        return held[1]
    found = []
    for text in texts:
        answers = _asked(subject, text.rows_of(text.random_orders), settings.max_memory)
        shape = (len(answers), settings.n_random, text.n_steps)
        found.append(answers[..., text.output].reshape(shape))
    _RANDOM[subject.ensemble] = (key, found)
    return found


def _own_answers(subject: Subject, texts: list[_Text], max_memory: int) -> list[np.ndarray]:
    """Return each seed's answers along its own order, shape (K, n_steps) each."""
    found = [np.empty((len(text.orders), text.n_steps)) for text in texts]
    for place, seed in enumerate(subject.ensemble.seeds):
        alone = subject.ensemble.select([seed])
        rows = [text.rows_of(text.orders[[place]]) for text in texts]
        answers = _asked(subject, np.concatenate(rows), max_memory, alone)[0]
        start = 0
        for text, each in zip(texts, found, strict=True):
            each[place] = answers[start : start + text.n_steps, text.output]
            start += text.n_steps
    return found


def _asked(
    subject: Subject, rows: Matrix, max_memory: int, ensemble: SeedEnsemble | None = None
) -> np.ndarray:
    """Return outputs, shape (n_seeds, n_rows, n_outputs); equal texts are asked once."""
    asked = ensemble or subject.ensemble
    distinct, places = np.unique(rows, axis=0, return_inverse=True)
    answers = [
        asked.outputs_encoded(part, scale=subject.asked_scale)
        for part in _cut(distinct, 8 * 2 * asked.n_seeds * asked.n_outputs, max_memory)
    ]
    return np.concatenate(answers, axis=1)[:, places.reshape(-1)]


def _cut(rows: Matrix, bytes_of_answers: int, max_memory: int) -> Iterator[Matrix]:
    step = max(1, max_memory // (8 * COPIES * rows.shape[1] + bytes_of_answers))
    for start in range(0, len(rows), step):
        yield rows[start : start + step]


def _check(subject: Subject, settings: CurveSettings) -> None:
    """Raise for what stands in for features, which tokens do not need."""
    plain = CurveSettings()
    given = [n for n in STAND_INS if getattr(settings, n) != getattr(plain, n)]
    given += ["background"] if subject.own_background else []
    if given:
        raise InputError(
            expected="texts, whose tokens are taken out and have nothing in their place",
            arrived=f"{', '.join(given)} given",
            do="Leave it out; it is for the columns of a table.",
        )
