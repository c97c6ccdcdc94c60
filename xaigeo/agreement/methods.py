"""Methods against each other, beside the seeds of each method against each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd

from xaigeo.agreement.bootstrap import mean_interval
from xaigeo.agreement.common_tokens import on_common_tokens
from xaigeo.agreement.compared import ComparedAttributions, compare
from xaigeo.agreement.compared_tokens import ComparedTokens
from xaigeo.agreement.null import null_value
from xaigeo.agreement.pairs import mean_defined
from xaigeo.agreement.score import SCORES
from xaigeo.agreement.summary import method_names
from xaigeo.errors import InputError
from xaigeo.explanations import Attributions, Explanation
from xaigeo.explanations.amounts import gives_amounts, kind_name
from xaigeo.explanations.sameness import check_same_words, of_words

# Scores of two attributions at a time, which mean the same for two methods as for two seeds.
PAIRWISE = (
    "feature_agreement",
    "rank_agreement",
    "sign_agreement",
    "signed_rank_agreement",
    "spearman",
    "pairwise_rank_agreement",
    "mean_cosine",
)


def between_methods(
    explanations: Sequence[Explanation],
    k: int | None = None,
    *,
    output: str | int | None = None,
    random_state: int = 0,
    n_bootstrap: int = 1000,
) -> pd.DataFrame:
    """Return how far two methods agree at the same seed, beside how far seeds agree.

    Parameters
    ----------
    explanations : sequence of Attributions
        Of the same ensemble and rows, by different methods. Texts are compared on the tokens that
        all of them explain.
    k, output, random_state, n_bootstrap
        As in `xaigeo.agreement.summary`.

    Returns
    -------
    DataFrame
        One row per pair of methods and score: `value` (mean over seeds and instances) with
        `low`, `high` over instances and `null`; `across_seeds_a`, `across_seeds_b`, the same
        score between seeds within each method; `n_instances`. Where a method's attributions
        have no sign, sizes are compared with sizes and the scores of signs are left out.

    Raises
    ------
    InputError
        For fewer than two results, results that are no attributions, or of other rows, texts or
        seeds.
    """
    given = checked(explanations)
    compared = [compare(explanation, k=k, output=output) for explanation in given]
    names = method_names(given)
    rows = []
    for a, b in combinations(range(len(given)), 2):
        pair_a, pair_b = compared[a], compared[b]
        assert isinstance(pair_a, ComparedAttributions)  # `checked` let no other kind pass
        assert isinstance(pair_b, ComparedAttributions)
        signed = pair_a.signed and pair_b.signed
        if not signed:
            pair_a, pair_b = sizes(pair_a), sizes(pair_b)
        both = methods_as_seeds(pair_a, pair_b)
        for name in PAIRWISE:
            score, rng = SCORES.get(name), np.random.default_rng(random_state)
            if score.needs_sign and not signed:
                continue
            by_seed = score.compute(both).reshape(pair_a.n_seeds, pair_a.n_instances)
            values = mean_defined(by_seed)
            low, high = mean_interval(values, n_bootstrap=n_bootstrap, rng=rng)
            rows.append(
                {
                    "method_a": names[a],
                    "method_b": names[b],
                    "score": name,
                    "value": float(mean_defined(values)),
                    "low": low,
                    "high": high,
                    "null": null_value(score, both, rng),
                    "across_seeds_a": float(mean_defined(score.compute(pair_a))),
                    "across_seeds_b": float(mean_defined(score.compute(pair_b))),
                    "n_instances": int(np.isfinite(values).sum()),
                }
            )
    return pd.DataFrame(rows)


def methods_as_seeds(a: ComparedAttributions, b: ComparedAttributions) -> ComparedAttributions:
    """Return a comparison of two methods, every (seed, instance) of the two an instance."""
    flat = (-1, a.values.shape[-1])
    values = np.stack([a.values.reshape(flat), b.values.reshape(flat)])
    labels = np.stack([a.labels.reshape(-1), b.labels.reshape(-1)])
    reference = np.tile(a.reference, a.n_seeds)
    both = replace(a, values=values, labels=labels, reference=reference)
    if isinstance(both, ComparedTokens):
        return replace(both, n_tokens=np.tile(both.n_tokens, a.n_seeds))
    return both


def sizes(compared: ComparedAttributions) -> ComparedAttributions:
    """Return a comparison of the sizes of attributions, which have no sign."""
    return replace(compared, values=np.abs(compared.values), signed=False)


def checked(explanations: Sequence[Explanation]) -> list[Attributions]:
    """Return the explanations if they are attributions of the same seeds and rows, or raise.

    Of texts those parts are returned that all of them explain.
    """
    if isinstance(explanations, Explanation) or not isinstance(explanations, Iterable):
        raise InputError(
            expected="a list of at least two Attributions, of different methods",
            arrived=f"{type(explanations).__name__} alone",
            do="Pass for example [lime, kernel_shap], explained at the same rows.",
        )
    given = [e for e in explanations if gives_amounts(e)]
    if len(given) < 2 or len(given) < len(explanations):
        raise InputError(
            expected="at least two Attributions, of different methods",
            arrived=", ".join(kind_name(e) for e in explanations) or "an empty list",
            do="Pass for example [lime, kernel_shap], explained at the same rows.",
        )
    first = given[0]
    for other in given[1:]:
        same = (
            np.array_equal(other.seeds, first.seeds)
            and other.features == first.features
            and other.outputs == first.outputs
            and np.array_equal(other.array("input"), first.array("input"))
        )
        if not same:
            raise InputError(
                expected="explanations of the same seeds, features, outputs and rows",
                arrived=f"{first!r} and {other!r}",
                do="Pass explanation.by_words() of those of tokens, which adds them up by word."
                if of_words(first) != of_words(other)
                else "Explain the same rows of the same ensemble with every method.",
            )
        check_same_words(first, other)
    return on_common_tokens(given)
