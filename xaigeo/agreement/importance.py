"""How much each feature counts for each seed: its mean size over rows, and its rank."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from xaigeo.agreement.compared_output import answer_of_most, values_at
from xaigeo.agreement.rank_correlation import spearman
from xaigeo.errors import InputError
from xaigeo.explanations import Attributions
from xaigeo.options import check_count, suggestion


def attribution_values(explanation: Attributions, output: str | None = None) -> np.ndarray:
    """Return the attributions of one output an instance.

    Parameters
    ----------
    explanation : Attributions
    output : str, optional
        By default the class that most seeds predict at the instance, one output for all seeds;
        of a regression the first target.

    Returns
    -------
    ndarray, shape (n_seeds, n_instances, n_features)
        In units of the output. Values that are rounding beside the largest at their instance
        are 0, so that they earn neither a rank nor a sign.

    Raises
    ------
    InputError
        If there is no such output.
    """
    return values_at(explanation, output_places(explanation, output))


def output_places(explanation: Attributions, output: str | None = None) -> np.ndarray:
    """Return the place of the output at each instance, shape (n_instances,).

    The one named; by default the class that most seeds predict, a regression's first target.
    """
    if output is None:
        return answer_of_most(explanation)
    if str(output) not in explanation.outputs:
        raise InputError(
            expected=f"an output of the explanation ({', '.join(explanation.outputs)})",
            arrived=repr(output),
            do=suggestion(output, explanation.outputs) or "Name one of the listed outputs.",
        )
    return np.full(len(explanation.instances), explanation.outputs.index(str(output)))


def importance(values: np.ndarray) -> np.ndarray:
    """Return the mean absolute attribution over rows, by seed and feature.

    Parameters
    ----------
    values : ndarray, shape (n_seeds, n_instances, n_features)

    Returns
    -------
    ndarray, shape (n_seeds, n_features)
        In units of the output, at least 0.

    Raises
    ------
    InputError
        For anything but an array of three dimensions, such as an explanation.

    Notes
    -----
    The global importance of the shap package's bar plot (Lundberg et al. 2020,
    doi:10.1038/s42256-019-0138-9), here for every seed.

    Examples
    --------
    >>> importance(np.array([[[1.0, -2.0], [3.0, 0.0]]])).tolist()
    [[2.0, 1.0]]
    """
    if not isinstance(values, np.ndarray) or values.ndim != 3:
        raise InputError(
            expected="an array of attributions, shape (n_seeds, n_instances, n_features)",
            arrived=_name(values),
            do="Pass those of one output of a table: explanation.array('attribution')[..., 0].",
        )
    return np.asarray(np.abs(values).mean(axis=1))


def importance_ranks(sizes: np.ndarray) -> np.ndarray:
    """Return the rank of each feature, 1 for the largest size; ties share their mean rank.

    Parameters
    ----------
    sizes : ndarray, shape (..., n_features)
        Signs do not count.

    Raises
    ------
    InputError
        For anything but an array, such as an explanation.

    Examples
    --------
    >>> importance_ranks(np.array([0.5, -2.0, 0.5, 0.0])).tolist()
    [2.5, 1.0, 2.5, 4.0]
    """
    if not isinstance(sizes, np.ndarray) or not sizes.ndim:
        raise InputError(
            expected="an array of sizes, shape (..., n_features)",
            arrived=_name(sizes),
            do="Pass what xaigeo.agreement.importance(values) returned.",
        )
    return np.asarray(rankdata(-np.abs(sizes), axis=-1))


def overall_order(sizes: np.ndarray) -> np.ndarray:
    """Return the places of the features by falling median size over seeds, ties by the mean.

    Parameters
    ----------
    sizes : ndarray, shape (n_seeds, n_features)
    """
    sizes = np.abs(sizes)
    return np.asarray(np.lexsort((-sizes.mean(axis=0), -np.median(sizes, axis=0))))


def first_places(sizes: np.ndarray) -> np.ndarray:
    """Return in how many seeds each feature alone is the largest, shape (n_features,).

    A seed whose largest features tie counts for none.

    Examples
    --------
    >>> first_places(np.array([[3.0, 1.0], [1.0, 2.0], [2.0, 2.0]])).tolist()
    [1, 1]
    """
    return np.asarray((importance_ranks(sizes) == 1.0).sum(axis=0))


def shared_top(sizes: np.ndarray, k: int) -> int:
    """Return how many features are among the `k` largest of every seed.

    A feature that ties for the last place with one that has to stay outside is not surely among
    them, and one of size 0 is not either.

    Parameters
    ----------
    sizes : ndarray, shape (n_seeds, n_features)
    k : int

    Examples
    --------
    >>> shared_top(np.array([[3.0, 2.0, 1.0], [3.0, 1.0, 2.0]]), 2)
    1
    """
    check_count("k", k)
    sizes = np.abs(sizes)
    last = rankdata(-sizes, method="max", axis=-1)
    return int(((last <= k) & (sizes > 0)).all(axis=0).sum())


def rank_likeness(sizes: np.ndarray) -> np.ndarray:
    """Return Spearman's correlation of the ranks of every two seeds, shape (n_seeds, n_seeds).

    A seed that ties all features has no order: it is like itself (1) and unlike others (0).

    Parameters
    ----------
    sizes : ndarray, shape (n_seeds, n_features)
    """
    likeness = np.nan_to_num(spearman(sizes[:, None], sizes[None]), nan=0.0)
    np.fill_diagonal(likeness, 1.0)
    return np.asarray(likeness)


def _name(values: object) -> str:
    if isinstance(values, np.ndarray):
        return f"an array of shape {values.shape}"
    return type(values).__name__
