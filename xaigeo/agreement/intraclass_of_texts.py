"""Intraclass correlation of texts: seeds against the tokens of a text, pooled over texts."""

from __future__ import annotations

import numpy as np

from xaigeo.agreement.intraclass import MeanSquares

# Below this share of the numerator the denominator is what rounding leaves of a zero.
ROUNDING = 1e-9


def text_icc_terms(values: np.ndarray) -> np.ndarray:
    """Return what each text adds to the sums that `text_icc_of` needs.

    Parameters
    ----------
    values : ndarray, shape (n_seeds, n_texts, n_tokens)
        Of texts of one number of tokens.

    Returns
    -------
    ndarray, shape (n_texts, 2)
        n_tokens − 1 times the numerator and the denominator of each text's ICC(2,1); zeros for a
        text of a single token, and for one whose attributions do not vary.

    Notes
    -----
    The numerator of text t, of m tokens, is MSR − MSE, k times the variance between its tokens; the
    denominator MSR + (k − 1) MSE + k (MSC − MSE)/m is k times that of tokens, of seeds and of error
    together (`xaigeo.agreement.intraclass.icc`). Weighted by m − 1 they add up to

        ICC = Σ (m − 1)(MSR − MSE) / Σ (m − 1)(MSR + (k − 1) MSE + k (MSC − MSE)/m).

    MSR and MSE are thereby pooled as in an analysis of variance of tokens within texts, with
    Σ (m − 1) and (k − 1) Σ (m − 1) degrees of freedom. What texts differ by is no part of it:
    weights that sum to one are larger in a short text whatever the seeds say, and would count as
    agreement if all tokens of all texts were targets of one table. Tokens dealt at random within
    each text give 0. Of one text it is that text's ICC(2,1), and of several it lies between their
    lowest and highest. Texts whose attributions are larger weigh more.
    """
    k, n_texts, m = values.shape
    if m < 2:
        return np.zeros((n_texts, 2))
    ms = MeanSquares.of(values)
    above = ms.targets - ms.error
    below = ms.targets + (k - 1 - k / m) * ms.error + k / m * ms.raters
    # A text that does not vary leaves rounding noise in its mean squares, not zeros.
    varies = values.max(axis=(0, -1)) > values.min(axis=(0, -1))
    return np.where(varies[:, None], (m - 1) * np.column_stack([above, below]), 0.0)


def text_icc_of(sums: np.ndarray) -> np.ndarray:
    """Return the correlation from weighted sums of terms, (n_draws, 2); NaN where none varies."""
    above, below = sums[:, 0], sums[:, 1]
    defined = below > ROUNDING * np.abs(above)
    return np.where(defined, above / np.where(defined, below, 1.0), np.nan)
