"""Whether the output comes back when the features that an explanation names are put back."""

from __future__ import annotations

from xaigeo.checks import Check
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.base import MAX_MEMORY
from xaigeo.explanations import Attributions
from xaigeo.faithfulness.feature_curves import CurveSettings, Order, Replace
from xaigeo.faithfulness.subject import Subject
from xaigeo.faithfulness.token_curves import curves
from xaigeo.schema import Frame


def insertion(
    explanation: Attributions,
    ensemble: SeedEnsemble,
    *,
    background: Frame | None = None,
    output: str | int | None = None,
    order: Order | None = None,
    replace: Replace = "background_rows",
    n_random: int = 20,
    n_background: int = 50,
    steps: int = 50,
    random_state: int = 0,
    max_memory: int = MAX_MEMORY,
) -> Check:
    """Put features back in the order of their attributions and follow every seed's output.

    The counterpart of `deletion`, whose parameters it has: all features start away, and those
    that speak for the output come back first. A large `area` is good. The random orders are
    those of `deletion`, backwards, so that doing both asks the models about them once.

    Parameters
    ----------
    explanation : Attributions
    ensemble : SeedEnsemble
    background : DataFrame or ndarray, optional
    output : str or int, optional
    order : {"signed", "absolute"}, optional
    replace : {"background_rows", "background_mean"}
    n_random : int
    n_background : int
    steps : int
    random_state : int
    max_memory : int
        All as of `deletion`.

    Returns
    -------
    Check
        Of the kind "insertion"; `step` is the share of features that are back.

    Raises
    ------
    InputError
        As of `deletion`.

    Notes
    -----
    ``curve(t) = v({π(1), ..., π(t)})`` in the terms of `deletion`; Petsiuk et al. (2018),
    arXiv:1806.07421.
    """
    settings = CurveSettings(
        order, replace, n_random, n_background, steps, random_state, max_memory
    )
    subject = Subject.of(explanation, ensemble, background=background, output=output)
    return curves("insertion", subject, settings)
