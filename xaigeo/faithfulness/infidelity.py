"""Infidelity: the expected squared error of what attributions say of changes of a row."""

from __future__ import annotations

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.base import MAX_MEMORY
from xaigeo.explainers.blocks.threads import one_thread
from xaigeo.explainers.texts.removal.token_removal import Removal
from xaigeo.explanations import Attributions, TokenAttributions
from xaigeo.faithfulness.local_fidelity import N_BACKGROUND, RADIUS, chosen_neighbours
from xaigeo.faithfulness.neighbours import Neighbourhood, neighbourhoods_of
from xaigeo.faithfulness.subject import Subject
from xaigeo.faithfulness.token_neighbours import token_neighbourhoods_of
from xaigeo.schema import Frame


def infidelity(
    explanation: Attributions,
    ensemble: SeedEnsemble,
    *,
    background: Frame | None = None,
    output: str | int | None = None,
    perturbation: Neighbourhood | None = None,
    radius: float = RADIUS,
    n_samples: int = 500,
    n_background: int = N_BACKGROUND,
    removal: Removal | None = None,
    random_state: int = 0,
    max_memory: int = MAX_MEMORY,
) -> np.ndarray:
    """Return the infidelity of attributions, in squared units of the output.

    Parameters
    ----------
    explanation : Attributions
    ensemble : SeedEnsemble
        The models that were explained.
    background : DataFrame or ndarray, optional
    output : str or int, optional
    perturbation : {"removal", "slope"}, optional
        "removal" for amounts with a sign, "slope" for methods with slopes; what they are tells
        `local_fidelity`, as it does of the other parameters. By default the first that the
        method's numbers speak of. Of texts, whose tokens are removed, "removal" alone.
    radius : float
    n_samples : int
    n_background : int
    removal : {"delete", "unknown"}, optional
    random_state : int
    max_memory : int

    Returns
    -------
    ndarray, shape (n_seeds, n_instances)
        0 is perfect. It grows with the square of the output's scale, so compare it between
        methods at one instance, and not between instances.

    Raises
    ------
    InputError
        As `local_fidelity`, and for the perturbation "surrogate", which is no change of the row.

    Notes
    -----
    ``E_I [(I·φ − (f(x) − f(x − I)))²]`` of Yeh et al. (2019), arXiv:1901.09392. For slopes I is
    normal noise, their smooth variant. For amounts, which are slope times change already, I takes
    features away and ``I·φ`` is the sum of their amounts, as in the paper's removal of a subset,
    with ``f(x − I)`` averaged over the background rows that replace them. Of a text I is 1 for
    tokens that are removed and 0 for the others, and ``f(x − I)`` the output for the text without
    them; sizes of sets are drawn by the Shapley kernel. Of a single token or feature
    there is one set, itself, and infidelity is the one squared error. No factor is fitted to the
    attributions beforehand.
    """
    subject = Subject.of(explanation, ensemble, background=background, output=output)
    is_text = isinstance(explanation, TokenAttributions)
    known = token_neighbourhoods_of(subject) if is_text else neighbourhoods_of(subject)
    possible = [name for name in known if name != "surrogate"]
    if perturbation == "surrogate" or not possible:
        raise InputError(
            expected="perturbation 'removal' or 'slope', which change the row",
            arrived=repr(perturbation or "surrogate"),
            do="Leave perturbation out, or use xaigeo.faithfulness.local_fidelity.",
        )
    neighbours = chosen_neighbours(
        subject,
        perturbation or possible[0],
        radius=radius,
        n_samples=n_samples,
        n_background=n_background,
        removal=removal,
        random_state=random_state,
        max_memory=max_memory,
    )
    with one_thread():
        found = [neighbours.answers(place).mean_square for place in range(len(subject.rows))]
    return np.stack(found, axis=1)
