"""Numbers of tokens, and their errors, of gradients at noisy word vectors."""

from __future__ import annotations

from typing import Literal

import numpy as np

from xaigeo.explainers.texts.gradients.reductions import Reduction, reduced, slopes

Smoothing = Literal["smoothgrad", "smoothgrad_sq", "vargrad"]


def smoothed(
    gradients: np.ndarray, nt_type: Smoothing, reduction: Reduction
) -> tuple[np.ndarray, np.ndarray]:
    """Return one number a token, made of the mean over draws, and its standard error.

    Parameters
    ----------
    gradients : ndarray, shape (..., n_draws, T, d)
    nt_type : {"smoothgrad", "smoothgrad_sq", "vargrad"}
        The mean of the draws, of their squares, or their variance.
    reduction : str
        From the mean vector to a number.

    Returns
    -------
    numbers, errors : ndarray, shape (..., T)
        Errors are exact for a sum, and to first order for sizes and lengths, whose slope at the
        mean they take (the delta method); NaN for a single draw.
    """
    each = gradients
    if nt_type == "vargrad":
        each = (gradients - gradients.mean(axis=-3, keepdims=True)) ** 2
    elif nt_type == "smoothgrad_sq":
        each = gradients**2
    vectors = each.mean(axis=-3)
    numbers = reduced(vectors, reduction)
    n_draws = gradients.shape[-3]
    if n_draws < 2:
        return numbers, np.full_like(numbers, np.nan)
    along = np.einsum("...ntd,...td->...nt", each, slopes(vectors, reduction))
    return numbers, np.asarray(along.std(axis=-2, ddof=1) / np.sqrt(n_draws))
