"""Attributions of the words of texts made by hand, with given words, values and answers."""

import numpy as np
import xarray as xr

from xaigeo.explanations import TokenAttributions
from xaigeo.text import ABSENT, TextSchema, WordTokenizer

CLASSES = ("negative", "positive")


def token_result(
    texts,
    values,
    probability,
    *,
    method="kernel_shap",
    classes=CLASSES,
    regression=False,
    unknown=(),
    special=(),
    arrays=(),
    resolved=(),
    parameters=(),
):
    """Attributions `values` (seed, text, place) of the last output; the first mirrors it.

    `texts` are lists of words; `probability` (seed, text) is of the last output, or the prediction
    of a regression. Words in `unknown` are not known to the models, those in `special` are not
    explained.
    """
    values = np.asarray(values, dtype=float)
    n_seeds, n_texts, n_places = values.shape
    words = sorted({w for text in texts for w in text} - set(unknown) - {"<unk>"})
    tokenizer = WordTokenizer(words=("<unk>", *words))
    schema = TextSchema.of(tokenizer, n_places)
    rows = np.full((n_texts, n_places), ABSENT)
    mask = np.zeros((n_texts, n_places), dtype=bool)
    for i, text in enumerate(texts):
        rows[i, : len(text)] = [tokenizer.words.index(w) if w in words else 0 for w in text]
        mask[i, : len(text)] = [w not in special for w in text]
    values = np.where(mask, values, 0.0)
    probability = np.asarray(probability, dtype=float)
    outputs = ["score"] if regression else list(classes)
    if regression:
        prediction, attribution = probability[..., None], values[..., None]
    else:
        rest = (1 - probability) / (len(outputs) - 1)
        prediction = np.stack([rest] * (len(outputs) - 1) + [probability], axis=-1)
        attribution = np.stack([-values] * (len(outputs) - 1) + [values], axis=-1)
    told = {
        "input": rows,
        "prediction": prediction,
        "background": rows[:1],
        "background_prediction": prediction[:, :1],
        "attribution": attribution,
        "mask": mask,
        **dict(arrays),
    }
    shapes = TokenAttributions.common | TokenAttributions.required | TokenAttributions.optional
    coordinates = {
        "seed": list(range(n_seeds)),
        "instance": [f"t{i}" for i in range(n_texts)],
        "token": schema.names,
        "output": outputs,
        "text": ("instance", np.array([" ".join(text) for text in texts], dtype=object)),
        "words": ("instance", np.array(["\n".join(text) for text in texts], dtype=object)),
    }
    scale = "value" if regression else "probability"
    provenance = {
        "method": method,
        "parameters": {"scale": scale, **dict(parameters)},
        "resolved": dict(resolved),
        "ensemble": {"task": "regression" if regression else "classification"},
    }
    data = xr.Dataset({n: (shapes[n], a) for n, a in told.items()}, coords=coordinates)
    return TokenAttributions(data=data, schema=schema, method=method, provenance=provenance)


def attention_result(texts, values, probability, **info):
    """The same as attention: amounts without a sign or a unit."""
    return token_result(
        texts,
        values,
        probability,
        method="attention",
        resolved={"signed": False, "unit": "weight"},
        **info,
    )
