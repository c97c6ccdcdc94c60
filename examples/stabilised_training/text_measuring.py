"""Numbers about one ensemble: by seed, by test text, and by explained text and pair of seeds."""

from typing import Any

import numpy as np
import pandas as pd
from text_cases import POSITIVE, Amounts, Texts

import xaigeo as xg
from xaigeo.agreement import score_bins
from xaigeo.agreement.distribution import jaccard_distance_matrix, relative_entropy_matrix, shares
from xaigeo.ensemble.texts.text_problem import split_texts
from xaigeo.explanations import TokenAttributions

METHODS = {"attention": {}, "saliency": {"reduction": "norm"}}
# Shares of the tokens whose sets are compared: that of the code in print, that of its text.
TOP_SHARES = {"jaccard_10": 0.1, "jaccard_20": 0.2}
VALIDATION_SHARE, SPLIT_STATE = 0.2, 0
Arrays = dict[str, np.ndarray]


def measure(texts: Texts, ensemble: xg.TextEnsemble, amounts: Amounts) -> tuple[Arrays, Any]:
    """Return arrays, and the bins of the scores for pictures as lists of rows.

    `accuracy`, `log_loss`, `confidence`, `training_loss`, `epoch` (seed); `prediction` (seed, test
    text), the probability of the positive class; of each method `relative_entropy` and `jaccard_..`
    (explained text, seed, seed), `evenness` and `from_even` (seed, explained text), the entropy of
    the weights as a share of the largest possible and their relative entropy to even weights.
    """
    evaluation = ensemble.evaluate(texts.test, texts.y_test)
    arrays: Arrays = {
        **performance(evaluation),
        "training_loss": training_loss(texts, ensemble),
        "epoch": np.array(ensemble.record["epoch_kept"], dtype=float),
        "prediction": evaluation.prediction[..., ensemble.classes.index(POSITIVE)],
        "labels": evaluation.labels == ensemble.classes.index(POSITIVE),
    }
    bins = {}
    for method, parameters in METHODS.items():
        found = xg.explain(ensemble, texts.explained, method=method, **parameters)
        for name, values in compared(found, ensemble.classes.index(POSITIVE)).items():
            arrays[f"{method}.{name}"] = values
        table = score_bins(found, output=POSITIVE, n_bootstrap=amounts.n_bootstrap)
        bins[method] = table.to_dict(orient="list")
    return arrays, bins


def performance(evaluation: xg.Evaluation) -> Arrays:
    scores = evaluation.scores
    return {
        "accuracy": scores["accuracy"].to_numpy(),
        "log_loss": scores["log_loss"].to_numpy(),
        "confidence": evaluation.prediction.max(axis=-1).mean(axis=1),
    }


def training_loss(texts: Texts, ensemble: xg.TextEnsemble) -> np.ndarray:
    """Return the mean cross-entropy on the texts that are trained on, shape (n_seeds,)."""
    places = trained_on(texts.train, texts.y_train)
    seen = ensemble.evaluate(texts.train.iloc[places], texts.y_train.iloc[places])
    return seen.scores["log_loss"].to_numpy()


def trained_on(texts: pd.Series, y: pd.Series) -> np.ndarray:
    """Return places of the texts that `TextEnsemble.train` does not hold back."""
    labels = np.unique(y.to_numpy(dtype=object), return_inverse=True)[1]
    return split_texts(
        list(texts),
        labels,
        "classification",
        validation_share=VALIDATION_SHARE,
        random_state=SPLIT_STATE,
    ).train


def compared(explanation: TokenAttributions, output: int) -> Arrays:
    """Return what pairs of seeds say of each text, on the tokens that it has."""
    attribution = explanation.array("attribution")[..., output]
    n_seeds, n_texts = attribution.shape[:2]
    names = ("relative_entropy", *TOP_SHARES)
    pairs = {name: np.zeros((n_texts, n_seeds, n_seeds)) for name in names}
    evenness, from_even = np.full((2, n_seeds, n_texts), np.nan)
    for place, there in enumerate(explanation.mask):
        values = attribution[:, [place]][..., there]
        pairs["relative_entropy"][place] = relative_entropy_matrix(values)[0]
        for name, share in TOP_SHARES.items():
            pairs[name][place] = jaccard_distance_matrix(values, share)[0]
        weights, largest = shares(values[:, 0]), np.log(there.sum())
        entropy = -(weights * np.log(weights)).sum(axis=-1)
        evenness[:, place] = entropy / largest
        from_even[:, place] = largest - entropy
    return {**pairs, "evenness": evenness, "from_even": from_even}
