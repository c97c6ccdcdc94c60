"""Where attributions of word vectors start from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.ensemble.texts.text_members import TextMembers
from xaigeo.errors import InputError
from xaigeo.schema import Matrix
from xaigeo.text.schema import ABSENT, TextSchema

if TYPE_CHECKING:
    from torch import Tensor

VectorBaseline = Literal["zero", "unknown", "mean"]
# Words whose vectors are asked at a time.
WORDS = 1024


def check_vector_baseline(baseline: VectorBaseline, ensemble: SeedEnsemble) -> None:
    """Raise when a baseline needs a token that the tokenizer does not have.

    Raises
    ------
    InputError
    """
    assert isinstance(ensemble.schema, TextSchema)  # an ensemble of text models
    if baseline == "unknown" and ensemble.schema.tokenizer.unknown is None:
        raise InputError(
            expected="a tokenizer with a mask or an unknown token, for baseline='unknown'",
            arrived=f"one of kind {ensemble.schema.tokenizer.kind!r} without",
            do="Use baseline='zero' or 'mean'.",
        )


def baseline_vectors(
    baseline: VectorBaseline, members: TextMembers, background: Matrix, points: Tensor
) -> Tensor:
    """Return a baseline's word vector of every model, shape (n_members, 1, 1, d).

    Parameters
    ----------
    baseline : {"zero", "unknown", "mean"}
    members : TextMembers
    background : ndarray, shape (n_background, max_tokens)
    points : Tensor, shape (n_members, n_texts, T, d)
        Word vectors of the explained texts.
    """
    import torch

    if baseline == "mean":
        return background_vectors(members, background)[0].to(points.dtype)
    if baseline == "unknown":
        unknown = members.schema.tokenizer.unknown
        assert unknown is not None  # checked
        return vectors_of(members, np.array([unknown]))[:, :, None]
    return torch.zeros_like(points[:, :1, :1])


def background_vectors(members: TextMembers, background: Matrix) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation of the word vectors of a background's tokens.

    Each token counts as often as it occurs, those that the tokenizer added left out.

    Returns
    -------
    mean, spread : Tensor, shape (n_members, 1, 1, d)
        float64; the population's standard deviation.
    """
    import torch

    tokens, counts = plain_tokens(members.schema, background)
    shares = torch.as_tensor(counts / counts.sum())
    pieces = [
        vectors_of(members, tokens[start : start + WORDS]).to(torch.float64)
        for start in range(0, len(tokens), WORDS)
    ]
    vectors = torch.cat(pieces, dim=1)
    mean = torch.einsum("w,kwd->kd", shares, vectors)[:, None]
    variance = torch.einsum("w,kwd->kd", shares, (vectors - mean) ** 2)[:, None]
    return mean[:, :, None], variance.sqrt()[:, :, None]


def plain_tokens(schema: TextSchema, rows: Matrix) -> tuple[np.ndarray, np.ndarray]:
    """Return the different tokens of some texts and how often each occurs, no special ones."""
    plain = rows[(rows != ABSENT) & ~schema.special(rows)]
    return np.unique(plain, return_counts=True)


def vectors_of(members: TextMembers, tokens: np.ndarray) -> Tensor:
    """Return the word vectors of tokens, shape (n_members, n_words, d)."""
    rows = np.full((len(tokens), members.schema.max_tokens), ABSENT)
    rows[:, 0] = tokens
    return members.embed(rows)[:, :, 0].detach()
