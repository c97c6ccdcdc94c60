"""How much an explanation changes under small changes of its row."""

from __future__ import annotations

import numpy as np
import xarray as xr

from xaigeo import dims
from xaigeo.checks import Check
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.explainers.base import MAX_MEMORY
from xaigeo.explainers.blocks.streams import instance_seed
from xaigeo.explanations import Attributions, TokenAttributions
from xaigeo.faithfulness.call import Call, explanation_bar
from xaigeo.faithfulness.near_words import PERTURBED
from xaigeo.faithfulness.relative_change import relative_changes, undefined
from xaigeo.faithfulness.subject import Subject
from xaigeo.faithfulness.token_sensitivity import Change, TokenChanges, token_sensitivity
from xaigeo.options import check_count, check_flag, check_option, check_positive
from xaigeo.schema import FeatureSchema, Matrix

RADIUS = 0.1
N_NEAREST = 5
# Of a column's range: beyond the sixth decimal, to which rows are told apart.
NUDGE = 2e-6


def sensitivity(
    explanation: Attributions,
    ensemble: SeedEnsemble,
    *,
    output: str | int | None = None,
    radius: float = RADIUS,
    change: Change | None = None,
    n_nearest: int | None = None,
    n_samples: int = 10,
    n_noise: int = 3,
    random_state: int = 0,
    n_jobs: int | None = None,
    progress: bool = False,
    max_memory: int = MAX_MEMORY,
) -> Check:
    """Measure how much the attributions change under small changes of the row.

    Parameters
    ----------
    explanation : Attributions
    ensemble : SeedEnsemble
        The models that were explained.
    output : str or int, optional
        The class or target whose attributions are looked at. By default the class that most seeds
        predict at the instance, one for all seeds, and a regression's first target.
    radius : float
        Reach of the changes, in standard deviations of each numeric column over the background; of
        "vectors", of each number of a word vector over the background's words.
    change : {"vectors", "words"}, optional
        Of texts: whether word vectors move, which only methods that read their gradients can be
        asked, and which is their default; or one word gives way to a near one, as for all others.
    n_nearest : int, optional
        Of "words": how many near words may take a word's place; 5 unless given.
    n_samples : int
        Changed rows for each instance.
    n_noise : int
        Rows that are all but equal, for each instance, to measure the explainer's noise with; of
        texts other explainer seeds.
    random_state : int
        Seed of the changes. Those of a row follow from it and from the row alone.
    n_jobs : int, optional
        Workers for joblib; None follows ``joblib.parallel_config``.
    progress : bool
        Show a progress bar.
    max_memory : int
        Bytes that the work in one process may hold at once.

    Returns
    -------
    Check
        Of the kind "sensitivity", with `largest` and `mean` (seed, instance) over the changed
        rows, and `noise` (seed, instance), the mean over rows that are all but equal. From 0,
        lower is better; NaN where the explanation is zero. Of "words" `similarity` (seed, instance)
        too, the mean cosine between the vectors of a word and of what took its place, from -1 to 1.

    Raises
    ------
    InputError
        For anything but attributions of these models, where no column or word can be changed, and
        for settings of columns given for texts or the other way round.

    Notes
    -----
    With φ the attributions at a row x, and φ′ those at a changed row x′, a sample is
    ``‖φ′ − φ‖ / ‖φ‖`` (Euclidean norms over features). `largest` is the Monte Carlo estimate of
    the max-sensitivity of Yeh et al. 2019, arXiv:1901.09392, made relative, and `mean` is its
    average counterpart. As it is the largest of `n_samples` draws, it grows with their number;
    compare at one number.

    Each numeric column is moved by a uniform draw from ±`radius` standard deviations, all columns
    at once. A changed row stays a possible one: categorical, ordinal and constant columns keep
    their value, whole numbers move by whole numbers (and not at all where the reach is below 1),
    and no value leaves the range that the schema saw, or goes further outside than it was.

    What a sampling explainer draws for a row follows from the row, so a changed row gets other
    draws, and sampling error counts as sensitivity. `noise` is what this part alone comes to: the
    same measurement where a column moves by millionths of its range, so that draws are others and
    the row is the same to the models. A `mean` that hardly exceeds it shows the explainer's noise
    and no sensitivity. It is exactly 0 for methods that draw nothing. Draws that all rows of a
    call share, such as a sample of the background, are the same throughout and no part of either.

    Of a text, whose tokens are there or not, either of two things is changed; norms are over its
    words, without tokens that the tokenizer added.

    - "vectors": every number of every token's vector moves by a uniform draw from ±`radius`
      standard deviations, model by model, the draws being those of all seeds. No text has such
      vectors, but the change is small, as that of Yeh et al. Draws of the explainer stay, so that
      `noise` is 0.
    - "words": one token, drawn at random, gives way to one of the `n_nearest` tokens whose word
      vectors lie nearest to its own (by cosine, mean over the seeds, among the 2000 commonest
      tokens of the background: explain with ``background=train_texts``, or these are the words of
      the explained texts alone). That is the kind of change by which the stability of explanations
      of texts is measured (Yin et al. 2022, arXiv:2104.08782; Ivankay et al. 2022,
      arXiv:2206.03178); theirs are searched for the worst, these are drawn. It asks all methods,
      attention too, about the same texts. How small it is depends on the vectors that the models
      have: where `similarity` is low, a near word is another word, and a large value no fault.
      `noise` is the change by another explainer seed at the same text.
    """
    check_positive("radius", radius)
    check_count("n_samples", n_samples)
    check_count("n_noise", n_noise)
    check_count("random_state", random_state, at_least=0)
    check_flag("progress", progress)
    _check_kind(explanation, change, n_nearest)
    subject = Subject.of(explanation, ensemble, output=output)
    call = Call.of(subject, n_jobs=n_jobs, max_memory=max_memory)
    if isinstance(explanation, TokenAttributions):
        changes = TokenChanges(
            change=_checked_change(call, change, radius, n_nearest),
            radius=float(radius),
            n_nearest=N_NEAREST if n_nearest is None else n_nearest,
            n_samples=n_samples,
            n_noise=n_noise,
            random_state=random_state,
        )
        return token_sensitivity(call, changes, progress=progress)
    background = subject.background
    reach = _reach(background, radius)
    rows = changed_rows(subject.rows, background, reach, n_samples, random_state)
    near = nudged_rows(subject.rows, background, reach, n_noise)
    if not call.explainer.randomised:
        near = near[:0]
    with explanation_bar(n_samples + len(near), "sensitivity", progress) as bar:
        found, same = (relative_changes(call, each, bar) for each in (rows, near))
    nothing = undefined(call.values)
    shape = (dims.SEED, dims.INSTANCE)
    arrays = {
        "largest": found.max(axis=0),
        "mean": found.mean(axis=0),
        "noise": same.sum(axis=0) / n_noise,
    }
    return Check(
        kind="sensitivity",
        method=explanation.method,
        data=xr.Dataset(
            {name: (shape, np.where(nothing, np.nan, a)) for name, a in arrays.items()},
            coords={d: explanation.data[d] for d in shape},
        ),
        seeds=explanation.seeds,
        provenance=subject.provenance(
            {
                "radius": float(radius),
                "n_samples": int(n_samples),
                "n_noise": int(n_noise),
                "reach": dict(zip(explanation.features, reach.tolist(), strict=True)),
            },
            random_state,
        ),
    )


def changed_rows(
    rows: Matrix, background: Background, reach: np.ndarray, n_samples: int, random_state: int
) -> np.ndarray:
    """Return possible rows close to each row, shape (n_samples, n_rows, n_features).

    Parameters
    ----------
    rows : ndarray, shape (n_rows, n_features)
        Encoded.
    background : Background
    reach : ndarray, shape (n_features,)
        The largest change of each column, in its unit.
    n_samples : int
    random_state : int
        The draws for a row follow from it and from the row.
    """
    features = background.schema.features
    whole = np.array([feature.integer for feature in features])
    lower, upper = np.array([(f.lower, f.upper) for f in features]).T
    found = np.empty((n_samples, *rows.shape))
    for place, identity in enumerate(background.identities(rows)):
        key = instance_seed(random_state, identity).spawn_key
        seed = np.random.SeedSequence(random_state, spawn_key=(*key, PERTURBED))
        share = np.random.default_rng(seed).random((n_samples, rows.shape[1]))
        steps = np.floor(share * (2 * np.floor(reach) + 1)) - np.floor(reach)
        row = rows[place]
        moved = row + np.where(whole, steps, (2 * share - 1) * reach)
        found[:, place] = np.clip(moved, np.minimum(lower, row), np.maximum(upper, row))
    return found


def nudged_rows(
    rows: Matrix, background: Background, reach: np.ndarray, n_repeats: int
) -> np.ndarray:
    """Return rows that are equal but for what draws follow from, (n_repeats, n_rows, n_features).

    One column moves by some millionths of its range, the last ones that `Background.identities`
    tells apart.

    Parameters
    ----------
    rows : ndarray, shape (n_rows, n_features)
        Encoded.
    background : Background
    reach : ndarray, shape (n_features,)
        Above 0 where a column may move.
    n_repeats : int
    """
    features = background.schema.features
    whole = np.array([feature.integer for feature in features])
    column = int(np.argmax(np.where(reach > 0, np.where(whole, 1, 2), 0)))
    lower, upper = features[column].lower, features[column].upper
    step = NUDGE * (upper - lower if upper > lower else 1.0)
    inwards = np.where(rows[:, column] > (lower + upper) / 2, -step, step)
    found = np.repeat(rows[None], n_repeats, axis=0)
    found[:, :, column] += np.arange(1, n_repeats + 1)[:, None] * inwards
    return found


def _reach(background: Background, radius: float) -> np.ndarray:
    """Return the largest change of each column, 0 where it keeps its value."""
    schema = background.schema
    reach = np.where(schema.discrete, 0.0, radius * background.spread)
    whole = np.array([feature.integer for feature in schema.features])
    reach[whole & (reach < 1)] = 0.0
    if not reach.any():
        raise InputError(
            expected="a numeric column that can move within the radius",
            arrived=_unmoved(schema, radius),
            do="Raise radius for whole numbers; categories and constant columns never move.",
        )
    return np.asarray(reach)


def _unmoved(schema: FeatureSchema, radius: float) -> str:
    if schema.discrete.all():
        return "categorical columns only"
    return f"none at radius={radius:g}: columns are categorical, constant, or whole numbers"


def _check_kind(explanation: object, change: object, n_nearest: int | None) -> None:
    """Raise for what is set for texts where columns are checked, and for unknown settings."""
    if n_nearest is not None:
        check_count("n_nearest", n_nearest)
    if change is not None:
        check_option("change", change, Change)
    given = {"change": change, "n_nearest": n_nearest}
    named = [name for name, value in given.items() if value is not None]
    if named and not isinstance(explanation, TokenAttributions):
        raise InputError(
            expected="radius for the columns of a table",
            arrived=f"{', '.join(named)} given",
            do="Leave it out; it is for texts.",
        )


def _checked_change(
    call: Call, change: Change | None, radius: float, n_nearest: int | None
) -> Change:
    """Return what is changed of texts, after checking that it fits the method and the settings."""
    reads_vectors = call.explainer.needs_gradients
    chosen: Change = change or ("vectors" if reads_vectors else "words")
    if chosen == "vectors" and not reads_vectors:
        raise InputError(
            expected="a method that reads gradients of word vectors for change='vectors'",
            arrived=repr(call.subject.explanation.method),
            do="Use change='words', which all methods can be asked.",
        )
    if chosen == "words" and radius != RADIUS:
        raise InputError(
            expected="n_nearest for texts in which one word gives way to a near one",
            arrived=f"radius={radius!r}",
            do="Leave radius out; it is for numeric columns and word vectors.",
        )
    if chosen == "vectors" and n_nearest is not None:
        raise InputError(
            expected="radius for texts whose word vectors move",
            arrived=f"n_nearest={n_nearest!r}",
            do="Leave n_nearest out, or pass change='words'.",
        )
    return chosen
