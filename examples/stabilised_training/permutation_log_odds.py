"""How far shuffled attention moves the log-odds of the predicted class, draw by draw."""

from collections.abc import Sequence

import numpy as np

import xaigeo as xg
from xaigeo.text.schema import ABSENT

FEWEST_TOKENS = 2  # as in `xg.faithfulness.attention_permutation`
STEP = 50  # texts at once


def log_odds(
    ensemble: xg.TextEnsemble, texts: Sequence[str], n_draws: int
) -> dict[str, np.ndarray]:
    """Return log-odds of the class that each seed's network predicts.

    They are the network's logit, so nothing is lost where a probability is all but 1. The
    shuffles are the same for all seeds and all ensembles.

    Returns
    -------
    dict
        `own` and `even` (seed, text), under the network's weights and under equal ones;
        `shuffled` (seed, text, draw). Texts of a single token are left out.
    """
    rows = ensemble.schema.encode(texts)
    rows = rows[(rows != ABSENT).sum(axis=1) >= FEWEST_TOKENS]
    rng = np.random.default_rng(0)
    parts = []
    for start in range(0, len(rows), STEP):
        some = rows[start : start + STEP]
        own = ensemble.members.attention(some).weights[:, :, 0, 0, 0]
        weights = _weights(own, some, n_draws, rng)
        # A network of two classes has one logit z, given as (-z, z): z is the log-odds.
        odds = ensemble.members.outputs_with_attention(some, weights, "logit")[..., 1]
        parts.append(np.where(odds[:, :, :1] > 0, odds, -odds))
    found = np.concatenate(parts, axis=1)
    return {
        "own": found[:, :, 0],
        "even": found[:, :, 1],
        "shuffled": found[:, :, 2:].astype(np.float32),
    }


def _weights(
    own: np.ndarray, rows: np.ndarray, n_draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Return own weights, even ones and shuffled ones along axis 2, given (seed, text, token)."""
    dealt = np.repeat(own[:, :, None], n_draws + 2, axis=2)
    for text, row in enumerate(rows):
        n = int((row != ABSENT).sum())
        dealt[:, text, 1, :n] = own[:, text, :n].mean(axis=-1, keepdims=True)
        for draw in range(n_draws):
            dealt[:, text, draw + 2, :n] = own[:, text, rng.permutation(n)]
    return dealt
