"""Which output is compared at each row, and the attributions of it."""

from __future__ import annotations

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explanations import Attributions, Explanation
from xaigeo.explanations.majority import majority
from xaigeo.options import suggestion

# Attributions this small beside the largest at the instance are rounding: they count as zero,
# so that noise such as 1e-17 earns neither a rank nor a sign.
NUMERICAL_ZERO = 1e-10


def answer_of_most(explanation: Explanation) -> np.ndarray:
    """Return the place of the class that most seeds predict, shape (n_instances,).

    For a regression that of its first target, as in `Explanation.predicted`: amounts of several
    targets do not compare.
    """
    if explanation.task == "regression":
        return np.zeros(len(explanation.instances), dtype=np.intp)
    return majority(explanation.array("prediction"))


def outputs_compared(explanation: Explanation, output: str | int | None = None) -> np.ndarray:
    """Return the place of the compared output, shape (n_instances,).

    Parameters
    ----------
    explanation : Explanation
    output : str or int, optional
        Its name or place; by default `answer_of_most`, one output for all seeds at a row.

    Raises
    ------
    InputError
        If there is no such output.
    """
    if output is None:
        return answer_of_most(explanation)
    names = explanation.outputs
    if isinstance(output, str) and output in names:
        place = names.index(output)
    elif isinstance(output, int) and not isinstance(output, bool) and 0 <= output < len(names):
        place = output
    else:
        raise InputError(
            expected=f"an output ({', '.join(names)}) or its place",
            arrived=repr(output),
            do=suggestion(output, names) or "Name one of the listed outputs.",
        )
    return np.full(len(explanation.instances), place)


def values_at(
    explanation: Attributions, places: np.ndarray, within: np.ndarray | None = None
) -> np.ndarray:
    """Return the attributions of one output an instance.

    Parameters
    ----------
    explanation : Attributions
    places : ndarray of int, shape (n_instances,)
        Of the outputs.
    within : ndarray of bool, shape (n_instances, n_features), optional
        The features that are looked at, all unless given: beside a token that the tokenizer adds
        and that is not compared, a text's words could otherwise count as rounding.

    Returns
    -------
    ndarray, shape (n_seeds, n_instances, n_features)
        In units of the output; 0 where it is rounding beside the largest at the instance, and
        outside `within`.
    """
    attribution = explanation.array("attribution")
    values = attribution[:, np.arange(attribution.shape[1]), :, places].swapaxes(0, 1)
    if within is not None:
        values = np.where(within, values, 0.0)
    largest = np.abs(values).max(axis=(0, 2), keepdims=True)
    return np.where(np.abs(values) <= NUMERICAL_ZERO * largest, 0.0, values)
