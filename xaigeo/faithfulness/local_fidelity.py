"""How well attributions predict what the models answer around a row."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from xaigeo import dims
from xaigeo.checks import Check
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.base import LEAST_MEMORY, MAX_MEMORY
from xaigeo.explainers.blocks.threads import one_thread
from xaigeo.explainers.texts.removal.token_removal import Removal
from xaigeo.explanations import Attributions, TokenAttributions
from xaigeo.faithfulness.neighbours import KINDS, Neighbourhood, Neighbours, neighbourhoods_of
from xaigeo.faithfulness.subject import Subject
from xaigeo.faithfulness.token_neighbours import (
    TOKEN_KINDS,
    TokenNeighbours,
    TokenSurrogateNeighbours,
    check_token_settings,
    token_neighbourhoods_of,
)
from xaigeo.options import check_count, check_option, check_positive, suggestion
from xaigeo.schema import Frame

# Of the settings that are for columns alone.
RADIUS, N_BACKGROUND = 0.1, 50
# Answers that vary by no more than this share of the largest are one answer but for rounding.
ROUNDING = 1e-6


def local_fidelity(
    explanation: Attributions,
    ensemble: SeedEnsemble,
    *,
    background: Frame | None = None,
    output: str | int | None = None,
    neighbourhood: Neighbourhood | None = None,
    radius: float = RADIUS,
    n_samples: int = 500,
    n_background: int = N_BACKGROUND,
    removal: Removal | None = None,
    random_state: int = 0,
    max_memory: int = MAX_MEMORY,
) -> Check:
    """Compare what attributions say of a row's neighbours with what each seed's model answers.

    Parameters
    ----------
    explanation : Attributions
    ensemble : SeedEnsemble
        The models that were explained.
    background : DataFrame or ndarray, optional
        Rows that stand for the data. Unless given those of the explanation, and of them those
        that it used, or the baseline that it started from.
    output : str or int, optional
        The class or target, on the scale that was explained. By default the class that most seeds
        predict at the instance, and a regression's first target. Where logits of two classes were
        explained (margins of boosted trees) and the models tell probabilities alone, their
        log-odds are taken, which are the logits but where a probability is clipped (1e-15 from 0
        and 1).
    neighbourhood : {"surrogate", "removal", "slope"}, optional
        What neighbours are, and what attributions say of them; by default the first that the
        method's numbers speak of:

        - "surrogate" (LIME): rows drawn as LIME draws them, but anew, weighted by its kernel.
          The surrogate, ``intercept + Σ attribution z``, says their outputs. Unlike `local_r2`,
          which is taken on the rows of the fit, this is out of sample.
        - "removal" (amounts with a sign: SHAP, integrated gradients, ablation): the row without a
          random set of features, whose values come from background rows, outputs averaged; the
          sizes of sets are drawn by the Shapley kernel. The output at the row less the
          attributions of the set says the output. Numbers that leave interactions out, as any do
          that only add up, cannot reach 1 where features act together.
        - "slope" (gradients, and others with `slope`): numeric columns moved by normal steps. The
          output at the row plus slope times step says the output. Columns of categories stay.

        Of texts, for amounts with a sign and LIME (attention and gradients by word vectors are no
        amounts of the output):

        - "surrogate", the default: the text without words drawn as LIME draws them, but anew,
          weighted by its kernel, of 25 unless LIME had another. LIME's surrogate says the output,
          and for other methods the output for the text less the attributions of what was removed,
          so that all methods are measured on the same texts.
        - "removal": the text without a random set of tokens, sizes drawn by the Shapley kernel.
          The output for the text less the attributions of the set says the output.
    radius : float
        Standard deviation of the steps of "slope", in those of the columns over the background.
    n_samples : int
        Neighbours drawn for each instance, the same for all seeds.
    n_background : int
        The most background rows that "removal" averages over, where the explanation does not say
        which rows it used.
    removal : {"delete", "unknown"}, optional
        Of texts: whether a token is taken out or gives way to the tokenizer's mask token where it
        has one, else its unknown token. That of the explanation unless given, and "delete" for
        methods that remove nothing. Tokens that the tokenizer added stay.
    random_state : int
    max_memory : int
        Bytes that rows and outputs may take at once.

    Returns
    -------
    Check
        Of the kind "local_fidelity": `rmse`, the root of the (weighted) mean squared difference, in
        units of the output, and `r2`, 1 less the mean squared difference over the variance of the
        answers: 1 is perfect, and below 0 is worse than one number for all neighbours. `r2` is
        NaN where the answers do not vary, as by "removal" of a single token or feature, which has
        one neighbour.

    Raises
    ------
    InputError
        For settings that are not allowed, attributions that say nothing of neighbours (sizes
        without a sign and without slopes; gradients by word vectors), settings of columns given
        for texts or the other way round, and explained logits of more than two classes where the
        models tell probabilities alone.
    """
    subject = Subject.of(explanation, ensemble, background=background, output=output)
    neighbours = chosen_neighbours(
        subject,
        neighbourhood,
        radius=radius,
        n_samples=n_samples,
        n_background=n_background,
        removal=removal,
        random_state=random_state,
        max_memory=max_memory,
    )
    with one_thread():
        fits = [_fit(neighbours, place) for place in range(len(subject.rows))]
    r2, rmse = (np.stack(part, axis=1) for part in zip(*fits, strict=True))
    shape = (dims.SEED, dims.INSTANCE)
    told = {
        "neighbourhood": neighbours.name,
        "n_samples": int(n_samples),
        "max_memory": int(max_memory),
        "outputs": subject.output_names,
    }
    return Check(
        kind="local_fidelity",
        method=explanation.method,
        data=xr.Dataset(
            {"r2": (shape, r2), "rmse": (shape, rmse)},
            coords={dims.SEED: explanation.seeds, dims.INSTANCE: explanation.instances},
        ),
        seeds=explanation.seeds,
        provenance=subject.provenance(told | _told_of(neighbours), random_state),
    )


def chosen_neighbours(
    subject: Subject,
    neighbourhood: Neighbourhood | None,
    *,
    radius: float,
    n_samples: int,
    n_background: int,
    removal: Removal | None,
    random_state: int,
    max_memory: int,
) -> Neighbours:
    """Return the neighbours of a kind, after checking that the attributions speak of them."""
    check_positive("radius", radius)
    check_count("n_samples", n_samples, at_least=2)
    check_count("n_background", n_background)
    check_count("random_state", random_state, at_least=0)
    check_count("max_memory", max_memory, at_least=LEAST_MEMORY)
    shared = (subject, n_samples, n_background, radius, random_state, max_memory)
    if isinstance(subject.explanation, TokenAttributions):
        table_only = {
            "background": subject.own_background,
            "radius": radius != RADIUS,
            "n_background": n_background != N_BACKGROUND,
        }
        name = _checked(neighbourhood, token_neighbourhoods_of(subject), subject)
        way = check_token_settings(subject, removal, table_only)
        return TOKEN_KINDS[name](*shared, removal=way)
    if removal is not None:
        raise InputError(
            expected="removal for texts alone",
            arrived=f"removal={removal!r} with the columns of a table",
            do="Leave it out; background rows take the place of columns that are taken away.",
        )
    return KINDS[_checked(neighbourhood, neighbourhoods_of(subject), subject)](*shared)


def _checked(
    neighbourhood: Neighbourhood | None, possible: list[Neighbourhood], subject: Subject
) -> Neighbourhood:
    """Return the neighbourhood that was asked for, or the first that is possible."""
    if neighbourhood is None:
        return possible[0]
    check_option("neighbourhood", neighbourhood, Neighbourhood)
    if neighbourhood not in possible:
        raise InputError(
            expected=f"a neighbourhood that {subject.explanation.method!r} speaks of "
            f"({', '.join(possible)})",
            arrived=repr(neighbourhood),
            do=suggestion(neighbourhood, possible) or f"Use {possible[0]!r}.",
        )
    return neighbourhood


def _told_of(neighbours: Neighbours) -> dict[str, Any]:
    """Return the settings that neighbours were drawn by."""
    if not isinstance(neighbours, TokenNeighbours):
        return {
            "radius": float(neighbours.radius),
            "n_background": int(neighbours.n_background),
        }
    told: dict[str, Any] = {"removal": neighbours.removal}
    if isinstance(neighbours, TokenSurrogateNeighbours):
        told["kernel_width"] = float(neighbours.lime.kernel_width)
    return told


def _fit(neighbours: Neighbours, place: int) -> tuple[np.ndarray, np.ndarray]:
    """Return R² and RMSE of every seed at one instance."""
    answers = neighbours.answers(place)
    error, variance = answers.mean_square, answers.variance
    least = np.square(ROUNDING * np.abs(answers.given).max(axis=1))
    varies = variance > least
    r2 = 1.0 - error / np.where(varies, variance, 1.0)
    return np.where(varies, r2, np.nan), np.sqrt(error)
