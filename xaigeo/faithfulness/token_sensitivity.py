"""How much an explanation of a text changes when words change a little."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
import xarray as xr

from xaigeo import dims
from xaigeo.checks import Check
from xaigeo.explanations import TokenAttributions
from xaigeo.faithfulness.call import Call, explanation_bar
from xaigeo.faithfulness.near_words import NearWords
from xaigeo.faithfulness.noisy_vectors import noisy_ensembles
from xaigeo.faithfulness.relative_change import relative_change, relative_changes, undefined

Change = Literal["words", "vectors"]


@dataclass(frozen=True)
class TokenChanges:
    """How texts are changed; the parameters of `sensitivity` that are for texts."""

    change: Change
    radius: float
    n_nearest: int
    n_samples: int
    n_noise: int
    random_state: int


def token_sensitivity(call: Call, settings: TokenChanges, *, progress: bool) -> Check:
    """Return the check of attributions to tokens; see `sensitivity`."""
    explanation = cast(TokenAttributions, call.subject.explanation)
    measure = _by_words if settings.change == "words" else _by_vectors
    arrays, told = measure(call, settings, progress)
    shape = (dims.SEED, dims.INSTANCE)
    nothing = undefined(call.values, explanation.word_mask)
    for name in ("largest", "mean", "noise"):
        arrays[name] = np.where(nothing, np.nan, arrays[name])
    told |= {"change": settings.change, "n_samples": settings.n_samples}
    return Check(
        kind="sensitivity",
        method=explanation.method,
        data=xr.Dataset(
            {name: (shape, values) for name, values in arrays.items()},
            coords={d: explanation.data[d] for d in shape},
        ),
        seeds=explanation.seeds,
        provenance=call.subject.provenance(told, settings.random_state),
    )


def _by_words(
    call: Call, settings: TokenChanges, progress: bool
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return what a near word in a word's place does, and the settings that tell it."""
    within = cast(TokenAttributions, call.subject.explanation).word_mask
    near = NearWords(call.subject, settings.n_nearest, settings.random_state, call.max_memory)
    rows, tokens = near.draw(settings.n_samples)
    n_noise = settings.n_noise if call.explainer.randomised else 0
    with explanation_bar(settings.n_samples + n_noise, "sensitivity", progress) as bar:
        found = relative_changes(call, rows, bar, within=within)
        noise = _noise(call, n_noise, within, bar)
    still = (tokens < 0).all(axis=0)
    arrays = {
        "largest": np.where(still, np.nan, found.max(axis=0)),
        "mean": np.where(still, np.nan, found.mean(axis=0)),
        "noise": noise,
        "similarity": near.similarity(rows, tokens),
    }
    return arrays, {"n_nearest": settings.n_nearest, "n_noise": settings.n_noise}


def _by_vectors(
    call: Call, settings: TokenChanges, progress: bool
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return what moved word vectors do, and the settings that tell it."""
    subject = call.subject
    within = cast(TokenAttributions, subject.explanation).word_mask
    moved = noisy_ensembles(subject, settings.radius, settings.n_samples, settings.random_state)
    found = []
    with explanation_bar(settings.n_samples, "sensitivity", progress) as bar:
        for ensemble in moved:
            found.append(relative_change(call.again(ensemble=ensemble), call.values, within))
            bar.update(1)
    each = np.stack(found)
    # The text is the same, and with it all that the explainer draws.
    arrays = {"largest": each.max(axis=0), "mean": each.mean(axis=0), "noise": 0 * each[0]}
    return arrays, {"radius": settings.radius}


def _noise(call: Call, n_noise: int, within: np.ndarray, bar: Any) -> np.ndarray:
    """Return the mean change by other explainer seeds alone, shape (n_seeds, n_instances)."""
    total = np.zeros(call.values.shape[:2])
    for repeat in range(1, n_noise + 1):
        again = call.again(random_state=call.random_state + repeat)
        total += relative_change(again, call.values, within)
        bar.update(1)
    return total / max(n_noise, 1)
