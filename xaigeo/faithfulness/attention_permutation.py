"""Whether the answer changes when attention is dealt to the tokens of a text at random."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import xarray as xr

from xaigeo import dims
from xaigeo.checks import Check
from xaigeo.checks.check import SHAPES
from xaigeo.ensemble.row_labels import instance_labels
from xaigeo.ensemble.targets import check_order, encode_labels
from xaigeo.ensemble.texts.text_ensemble import TextEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.base import LEAST_MEMORY, MAX_MEMORY
from xaigeo.explainers.blocks.streams import instance_seed
from xaigeo.faithfulness.subject import TOLERANCE, provenance
from xaigeo.options import check_count
from xaigeo.schema import Matrix
from xaigeo.text.schema import ABSENT, Texts

# Copies of the weights between ours and a model's own.
COPIES = 4
FEWEST_TOKENS = 2


def attention_permutation(
    ensemble: TextEnsemble,
    texts: Texts,
    y: Any = None,
    *,
    n_draws: int = 100,
    random_state: int = 0,
    max_memory: int = MAX_MEMORY,
) -> Check:
    """Shuffle the attention weights of every text and see how far the answers move.

    Where other weights give the same answer, the weights do not say why it was given.

    Parameters
    ----------
    ensemble : TextEnsemble
        Classifiers that pool the tokens of a text by attention.
    texts : Series, array or list of str
        Texts of a single token cannot be shuffled and are left out;
        ``provenance["parameters"]["n_left_out"]`` tells how many.
    y : Series or array-like, shape (n_texts,), optional
        True classes, by which `xaigeo.checks.permutation_bins` tells right answers from wrong ones.
    n_draws : int
        Shuffles of each text, the same for every model.
    random_state : int
        Seed of the shuffles. Those of a text follow from it and from the text alone.
    max_memory : int
        Bytes that weights and answers may take at once.

    Returns
    -------
    Check
        Of the kind "attention_permutation", about the class that each model predicts:
        `median_change` and `mean_change` (seed, instance) of its probability, without sign, over
        the shuffles;
        `uniform_change`, the same when every token of the text gets the same weight;
        `swap_change`, the mean when the weights are those of each other seed's model (NaN with a
        single seed); `largest_weight`, the largest weight of the text; `confidence` and
        `predicted`, the probability and the place of the class; `n_tokens` (instance); and `label`
        (instance), the place of the true class, with `y`. `classes` are in
        ``provenance["parameters"]``.

    Raises
    ------
    InputError
        For models that are no text classifiers or do not pool by attention, models whose answers
        do not follow from their weights, texts that are none or all of a single token, and labels
        that do not fit.

    Notes
    -----
    With α the weights of a text, α′ = α∘π those of a random permutation π of its tokens, and c the
    class that the model predicts, a draw is ``|p_c(α′) − p_c(α)|``. The median over 100 draws is
    that of Jain and Wallace (2019, arXiv:1902.10186, section 4.2), who set it against the largest
    weight; Jain (2019) takes the mean and sets it against the confidence. Shuffled weights may be
    such as no training would give (Wiegreffe and Pinter 2019, arXiv:1908.04626); those of another
    seed's model are not.
    """
    _check(ensemble, n_draws, random_state, max_memory)
    every = ensemble.schema.encode(texts)
    n_tokens = (every != ABSENT).sum(axis=1)
    kept = n_tokens >= FEWEST_TOKENS
    if not kept.any():
        raise InputError(
            expected=f"texts of at least {FEWEST_TOKENS} tokens, whose attention can be shuffled",
            arrived=f"{len(kept)} of a single one",
            do="Pass longer texts.",
        )
    rows = every[kept]
    found = _measured(ensemble, rows, n_draws, random_state, max_memory)
    coordinates = {
        dims.SEED: list(ensemble.seeds),
        dims.INSTANCE: instance_labels(cast("Any", texts))[kept],
    }
    shape = (dims.SEED, dims.INSTANCE)
    arrays: dict[str, tuple[tuple[str, ...], np.ndarray]] = {
        name: (shape, values) for name, values in found.items()
    }
    arrays["n_tokens"] = (shape[1:], n_tokens[kept])
    if y is not None:
        check_order(texts, y)
        labels = encode_labels(y, ensemble.classes, ensemble.task, n_rows=len(every))
        arrays["label"] = (shape[1:], labels[kept])
    told = {
        "n_draws": int(n_draws),
        "n_left_out": int((~kept).sum()),
        "classes": ensemble.output_names,
    }
    described = {
        "task": ensemble.task,
        "kind": ensemble.members.kind,
        "seeds": [int(seed) for seed in ensemble.seeds],
        "record": ensemble.record,
    }
    return Check(
        kind="attention_permutation",
        method="",
        data=xr.Dataset(arrays, coords=coordinates),
        seeds=np.asarray(ensemble.seeds),
        provenance=provenance(told, random_state, described),
    )


@dataclass(frozen=True, eq=False)
class _Part:
    """Some texts, the weights of every model over them, and the shuffles.

    Attributes
    ----------
    where : slice
    rows : ndarray, shape (n_texts, max_tokens)
    own : ndarray, shape (n_seeds, n_texts, max_tokens)
    orders : ndarray of int, shape (n_texts, n_draws, max_tokens)
        Place from which each place takes its weight.
    """

    where: slice
    rows: Matrix
    own: np.ndarray
    orders: np.ndarray

    def weights(self) -> np.ndarray:
        """Return those of every seed's model, uniform ones and shuffled ones along axis 2."""
        n_seeds, n_texts, width = self.own.shape
        of_seeds = np.broadcast_to(
            self.own.transpose(1, 0, 2)[None], (n_seeds, n_texts, n_seeds, width)
        )
        there = self.rows != ABSENT
        even = self.own.sum(axis=-1, keepdims=True) * there / there.sum(axis=-1, keepdims=True)
        shuffled = np.take_along_axis(self.own[:, :, None], self.orders[None], axis=-1)
        return np.concatenate([of_seeds, even[:, :, None], shuffled], axis=2)


def _measured(
    ensemble: TextEnsemble, rows: Matrix, n_draws: int, random_state: int, max_memory: int
) -> dict[str, np.ndarray]:
    n_seeds, n_texts = ensemble.n_seeds, len(rows)
    names = SHAPES["attention_permutation"]
    found = {name: np.full((n_seeds, n_texts), np.nan) for name in names if name != "n_tokens"}
    found["predicted"] = np.zeros((n_seeds, n_texts), dtype=np.intp)
    seeds = np.arange(n_seeds)
    for part in _parts(ensemble, rows, n_draws, random_state, max_memory):
        outputs = ensemble.members.outputs_with_attention(part.rows, part.weights(), "probability")
        base = outputs[seeds, :, seeds]
        _check_answers(ensemble, part.rows, base)
        predicted = base.argmax(axis=-1)
        confidence = np.take_along_axis(base, predicted[..., None], axis=-1)
        asked = np.take_along_axis(outputs, predicted[:, :, None, None], axis=-1)[..., 0]
        change = np.abs(asked - confidence)
        dealt = change[:, :, n_seeds + 1 :]
        told = {
            "median_change": np.median(dealt, axis=-1),
            "mean_change": dealt.mean(axis=-1),
            "uniform_change": change[:, :, n_seeds],
            "largest_weight": part.own.max(axis=-1),
            "confidence": confidence[..., 0],
            "predicted": predicted,
        }
        if n_seeds > 1:
            others = change[:, :, :n_seeds].copy()
            others[seeds, :, seeds] = 0.0
            told["swap_change"] = others.sum(axis=-1) / (n_seeds - 1)
        for name, values in told.items():
            found[name][:, part.where] = values
    return found


def _parts(
    ensemble: TextEnsemble, rows: Matrix, n_draws: int, random_state: int, max_memory: int
) -> Iterator[_Part]:
    """Yield as many texts at a time as memory allows."""
    n_seeds, width = ensemble.n_seeds, rows.shape[1]
    each = 8 * n_seeds * (n_seeds + 1 + n_draws) * (COPIES * width + 2 * ensemble.n_outputs)
    step = max(1, max_memory // each)
    for start in range(0, len(rows), step):
        some = rows[start : start + step]
        maps = ensemble.members.attention(some)
        if not maps.pooling or maps.weights.shape[2:5] != (1, 1, 1):
            raise InputError(
                expected="models that pool the tokens of a text by one attention",
                arrived=f"attention in {', '.join(maps.layers)}, of {maps.weights.shape[3]} heads "
                f"and {maps.weights.shape[4]} queries",
                do="Train with encoder='cnn' or 'lstm', or wrap with attention= the part that "
                "pools.",
            )
        orders = np.stack([_orders(row, n_draws, random_state) for row in some])
        where = slice(start, start + len(some))
        yield _Part(where, some, maps.weights[:, :, 0, 0, 0], orders)


def _orders(row: np.ndarray, n_draws: int, random_state: int) -> np.ndarray:
    """Return permutations of a text's tokens, a function of the text, (n_draws, max_tokens)."""
    rng = np.random.default_rng(instance_seed(random_state, row))
    orders = np.tile(np.arange(len(row)), (n_draws, 1))
    n = int((row != ABSENT).sum())
    orders[:, :n] = rng.permuted(orders[:, :n], axis=1)
    return orders


def _check(ensemble: object, n_draws: object, random_state: object, max_memory: object) -> None:
    if not isinstance(ensemble, TextEnsemble):
        raise InputError(
            expected="a TextEnsemble, whose attention is shuffled",
            arrived=type(ensemble).__name__,
            do="Train one with xaigeo.TextEnsemble.train(texts, y).",
        )
    if ensemble.task != "classification":
        raise InputError(
            expected="classifiers, whose probability of the predicted class is looked at",
            arrived=f"a {ensemble.task}",
            do="Train on class labels.",
        )
    check_count("n_draws", n_draws)
    check_count("random_state", random_state, at_least=0)
    check_count("max_memory", max_memory, at_least=LEAST_MEMORY)


def _check_answers(ensemble: TextEnsemble, rows: Matrix, answers: np.ndarray) -> None:
    """Raise where models under their own weights do not answer as they do."""
    gap = float(np.abs(ensemble.outputs_encoded(rows) - answers).max())
    if gap > TOLERANCE:
        raise InputError(
            expected="models that give the same answer when they are handed their own attention",
            arrived=f"probabilities that differ by up to {gap:.3g}",
            do="Name the part that pools with attention= when wrapping, and the part's weights as "
            "they are used.",
        )
