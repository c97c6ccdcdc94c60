"""Whether explanations change when what the models learnt is taken away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Any, Literal, Protocol

import numpy as np
import xarray as xr
from scipy.stats import rankdata

from xaigeo import dims
from xaigeo.agreement.pairs import mean_defined
from xaigeo.agreement.rank_correlation import spearman
from xaigeo.checks import Check
from xaigeo.checks.check import LAYER
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.base import MAX_MEMORY
from xaigeo.explanations import Attributions, TokenAttributions
from xaigeo.faithfulness.call import Call, explanation_bar
from xaigeo.faithfulness.random_labels import RandomLabels, Refit
from xaigeo.faithfulness.subject import Subject
from xaigeo.options import check_count, check_flag, check_option

Mode = Literal["cascading", "independent", "labels"]
Score = Callable[..., np.ndarray]


class Steps(Protocol):
    """Ensembles that lose more and more of what the explained one learnt."""

    @property
    def names(self) -> Sequence[str]:
        """Label of each step; the last is judged."""
        ...

    @property
    def n_models(self) -> int:
        """Ensembles of a repeat; where they are one short, the last stands for two steps."""
        ...

    @property
    def described(self) -> dict[str, Any]:
        """What the provenance tells of them."""
        ...

    def models(self, repeat: int) -> Iterator[SeedEnsemble]:
        """Yield the ensemble of each step, drawn anew for every repeat."""
        ...


def randomisation(
    explanation: Attributions,
    ensemble: SeedEnsemble,
    *,
    output: str | int | None = None,
    mode: Mode = "cascading",
    n_repeats: int = 3,
    y: Any = None,
    refit: Refit | None = None,
    random_state: int = 0,
    control: bool = True,
    n_jobs: int | None = None,
    progress: bool = False,
    max_memory: int = MAX_MEMORY,
) -> Check:
    """Compare the attributions with those of models whose weights or labels are random.

    Of texts the explained tokens of each are compared, without those that the tokenizer adds.

    Parameters
    ----------
    explanation : Attributions
    ensemble : SeedEnsemble
        The models that were explained.
    output : str or int, optional
        The class or target whose attributions are looked at. By default the class that most seeds
        predict at the instance, one for all seeds, and a regression's first target.
    mode : {"cascading", "independent", "labels"}
        New weights layer by layer from the output down, all above staying random; in one layer
        alone; or models that are trained on shuffled labels, which any models can be.
    n_repeats : int
        How often weights (labels) are drawn anew; at least 2.
    y : Series or array-like, shape (n_rows,) or (n_rows, n_targets)
        For "labels": what is shuffled, row by row.
    refit : callable
        For "labels": from shuffled `y` to the ensemble trained on it, with the same seeds, such
        as ``lambda y: SeedEnsemble.fit(estimator, X, y, seeds=range(20))``.
    random_state : int
        Seed of weights or shuffles. Torch's own random state is left alone.
    control : bool
        Whether to explain once more with another explainer seed, as the upper reference.
    n_jobs : int, optional
        Workers for joblib; None follows ``joblib.parallel_config``.
    progress : bool
        Show a progress bar.
    max_memory : int
        Bytes that the work in one process may hold at once.

    Returns
    -------
    Check
        Of the kind "randomisation", its layers from the output down and then "all", every layer
        at once; or "labels" alone. Each array is a mean over repeats, NaN where undefined:

        - `rank_correlation` (seed, instance, layer), Spearman's correlation of absolute
          attributions with the original ones; `signed_rank_correlation`, of signed ones;
        - `between_random` (seed, instance), the first between every two repeats of the last
          layer: two models of which neither learnt anything;
        - `self_correlation` (seed, instance), with `control`: the first between the explanation
          and itself by another explainer seed (the explanation's own + 1).

    Raises
    ------
    InputError
        For anything but attributions of these models, for models without layers unless mode is
        "labels", and for `y` or `refit` that do not fit.

    Notes
    -----
    The sanity checks of Adebayo et al. 2018, arXiv:1810.03292: an explanation of what a model
    learnt cannot stay the same when that is taken away. Rows, background, perturbations and the
    explained output are those of the explanation; preprocessing and the scale of targets stay.
    `RandomWeights` tells how a layer gets its weights.

    Correlations do not fall to 0 for every sound method. Where attributions are proportional to
    how far a value is from a reference (SHAP, integrated gradients, input × gradient), that factor
    is the same for random models, and unusual values rank high whatever the weights; and a layer
    that is randomised passes on part of what the layers below computed (Yona and Greenfeld 2021,
    arXiv:2110.14297; Binder et al. 2023, arXiv:2211.12486). `between_random` measures what two
    models that learnt nothing share in this way: compare with it rather than with 0. A method may
    lie below it. Noise is as unlike itself as it is unlike random models: without a
    `self_correlation` above it, a low correlation says nothing.
    """
    check_option("mode", mode, Mode)
    check_count("n_repeats", n_repeats, at_least=2)
    check_count("random_state", random_state, at_least=0)
    check_flag("control", control)
    check_flag("progress", progress)
    subject = Subject.of(explanation, ensemble, output=output)
    if len(explanation.features) < 2:
        raise InputError(
            expected="at least two features, to rank them",
            arrived="one",
            do="A model of one column has no ranking to check.",
        )
    steps = _steps(subject, mode, y, refit, random_state)
    call = Call.of(subject, n_jobs=n_jobs, max_memory=max_memory)
    found = _measured(call, steps, n_repeats, control, progress)
    shape = (dims.SEED, dims.INSTANCE)
    return Check(
        kind="randomisation",
        method=explanation.method,
        data=xr.Dataset(
            {n: ((*shape, LAYER) if a.ndim == 3 else shape, a) for n, a in found.items()},
            coords={d: explanation.data[d] for d in shape} | {LAYER: list(steps.names)},
        ),
        seeds=explanation.seeds,
        provenance=subject.provenance(
            {"mode": mode, "n_repeats": int(n_repeats)} | steps.described, random_state
        ),
    )


def _measured(
    call: Call, steps: Steps, n_repeats: int, control: bool, progress: bool
) -> dict[str, np.ndarray]:
    own, explanation = call.values, call.subject.explanation

    def alike(score: Score, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return _of_explained(explanation, score, a, b)

    by_size, by_value, last = [], [], []
    with explanation_bar(n_repeats * steps.n_models + control, "randomisation", progress) as bar:
        for repeat in range(n_repeats):
            made = []
            for ensemble in steps.models(repeat):
                made.append(call.again(ensemble=ensemble))
                bar.update(1)
            # Where the last layer is all that is left, it is not explained twice.
            made += [made[-1]] * (len(steps.names) - len(made))
            by_size.append([alike(spearman, own, other) for other in made])
            by_value.append([alike(_signed_spearman, own, other) for other in made])
            last.append(made[-1])
        found = {
            "rank_correlation": np.moveaxis(mean_defined(np.array(by_size)), 0, -1),
            "signed_rank_correlation": np.moveaxis(mean_defined(np.array(by_value)), 0, -1),
            "between_random": mean_defined(
                np.array([alike(spearman, a, b) for a, b in combinations(last, 2)])
            ),
        }
        if control:
            again = call.again(random_state=call.random_state + 1)
            found["self_correlation"] = alike(spearman, own, again)
            bar.update(1)
    return found


def _steps(subject: Subject, mode: str, y: Any, refit: Refit | None, random_state: int) -> Steps:
    if mode == "labels":
        return RandomLabels(subject.ensemble, y, refit, random_state)
    if y is not None or refit is not None:
        raise InputError(
            expected="y and refit with mode='labels' only",
            arrived=f"mode={mode!r}",
            do="Drop them, or pass mode='labels'.",
        )
    members = subject.ensemble.members
    if members.kind not in ("torch", "text") or _is_foreign(members):
        raise InputError(
            expected="torch networks, whose layers can be randomised",
            arrived="text models trained elsewhere, or that are no networks"
            if members.kind == "text"
            else f"{members.kind} models",
            do="Use mode='labels' with y=... and refit=..., which trains them on shuffled labels.",
        )
    from xaigeo.faithfulness.random_layers import RandomLayers

    return RandomLayers.of(subject.ensemble, subject.rows[:1], random_state, mode=mode)


def _is_foreign(members: object) -> bool:
    """Return whether these are text models that were not trained here."""
    from xaigeo.ensemble.texts.stacked_text_members import StackedTextMembers

    return getattr(members, "kind", None) == "text" and not isinstance(members, StackedTextMembers)


def _of_explained(explanation: Attributions, score: Score, *values: np.ndarray) -> np.ndarray:
    """Return a score of two attributions, of texts over the explained tokens of each alone.

    Parameters
    ----------
    explanation : Attributions
    score : callable
        From two arrays (..., n_features) to (...).
    *values : ndarray, shape (n_seeds, n_instances, n_features)

    Returns
    -------
    ndarray, shape (n_seeds, n_instances)
    """
    if not isinstance(explanation, TokenAttributions):
        return score(*values)
    mask = explanation.word_mask
    parts = [score(*(v[:, place, mask[place]] for v in values)) for place in range(len(mask))]
    return np.stack(parts, axis=1)


def _signed_spearman(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return Spearman's rank correlation of signed attributions, shape (...)."""
    # Ranks are positive, so that ranking them by size keeps their order.
    return spearman(rankdata(a, axis=-1), rankdata(b, axis=-1))
