"""Explanations of texts made by hand, from the container alone."""

import numpy as np
import xarray as xr

from xaigeo.explanations import TokenAttributions
from xaigeo.text import ABSENT, TextSchema, WordTokenizer

VOCABULARY = ("<unk>", *(f"w{n}" for n in range(1, 30)))
CLASSES = ("no", "yes")


def ragged_mask(lengths, n_places, *, first=0):
    """Return where tokens are explained: `lengths` of them, from the place `first` on."""
    places = np.arange(n_places)
    return (places >= first) & (places < first + np.asarray(lengths)[:, None])


def some_values(rng, n_seeds, mask, *, tied=False):
    """Return values (n_seeds, n_texts, n_places), 0 where no token is explained."""
    shape = (n_seeds, *mask.shape)
    drawn = rng.integers(-2, 3, shape).astype(float) if tied else rng.normal(size=shape)
    return np.where(mask, drawn, 0.0)


def make_tokens(
    build,
    values,
    mask,
    *,
    tokens=None,
    probability=None,
    method="lime",
    arrays=(),
    additive=False,
    **info,
):
    """Attributions of tokens from `values` (seed, text, place) of class 1; class 0 mirrors it.

    Every place up to the last explained one holds a token; `probability` (seed, text) is that of
    class 1. `arrays` are further ones, of the names that `TokenAttributions` knows.
    """
    values, mask = np.asarray(values, dtype=float), np.asarray(mask, dtype=bool)
    n_seeds, n_texts, n_places = values.shape
    rng = np.random.default_rng(0)
    schema = TextSchema.of(WordTokenizer(words=VOCABULARY), n_places)
    if tokens is None:
        tokens = rng.integers(1, len(VOCABULARY), (n_texts, n_places)).astype(float)
    last = n_places - np.argmax(mask[:, ::-1], axis=1)
    rows = np.where(np.arange(n_places) < last[:, None], tokens, ABSENT)
    if probability is None:
        probability = np.full((n_seeds, n_texts), 0.9) - 1e-9 * np.arange(n_seeds)[:, None]
    prediction = np.stack([1 - probability, probability], axis=-1)
    background = rows[: min(5, n_texts)]
    words = [[VOCABULARY[int(t)] for t in row if t != ABSENT] for row in rows]
    told = {
        "input": rows,
        "prediction": prediction,
        "background": background,
        "background_prediction": prediction[:, : len(background)],
        "attribution": np.stack([-values, values], axis=-1),
        "mask": mask,
        **dict(arrays),
    }
    if additive:
        told["base_value"] = np.full((n_seeds, n_texts, 2), 0.5)
        told["explained_value"] = 0.5 + told["attribution"].sum(axis=2)
    shapes = TokenAttributions.common | TokenAttributions.required | TokenAttributions.optional
    seeds = list(range(n_seeds))
    coordinates = {
        "seed": seeds,
        "instance": np.arange(n_texts) + 100,
        "token": schema.names,
        "output": list(CLASSES),
        "text": ("instance", np.array([" ".join(text) for text in words], dtype=object)),
        "words": ("instance", np.array(["\n".join(text) for text in words], dtype=object)),
    }
    if any("other_seed" in shapes[name] for name in told):
        coordinates["other_seed"] = seeds
    data = xr.Dataset({n: (shapes[n], a) for n, a in told.items()}, coords=coordinates)
    provenance = build.provenance(seeds, background, **{"additive": additive} | info)
    return TokenAttributions(data=data, schema=schema, method=method, provenance=provenance)


def as_tables(build, explanation, **info):
    """Yield each text's explained tokens as attributions to the columns of a table of one row."""
    mask = explanation.mask
    values = explanation.array("attribution")[..., 1]
    for place in range(len(mask)):
        one = build.make_attributions(values[:, [place]][:, :, mask[place]], **info)
        prediction = explanation.array("prediction")[:, [place]]
        one.data["prediction"] = one.data["prediction"].copy(data=prediction)
        yield one
