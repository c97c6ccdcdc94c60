from __future__ import annotations

import re

import numpy as np
import pytest

from tests.text_models import TEXTS, linear_text_ensemble
from xaigeo.errors import InputError
from xaigeo.explainers.texts.gradients.vector_baselines import (
    background_vectors,
    baseline_vectors,
    check_vector_baseline,
    plain_tokens,
    vectors_of,
)
from xaigeo.text import ABSENT


@pytest.fixture(scope="module")
def marked():
    """Models of texts with a token at their start that the tokenizer added."""
    return linear_text_ensemble(marked=True)


def test_every_token_counts_as_often_as_it_occurs(marked):
    members, rows = marked.members, marked.schema.encode(TEXTS)
    mark = members.schema.tokenizer.words.n_tokens
    tokens = [int(t) for row in rows for t in row if t not in (ABSENT, mark)]
    vectors = members.weights[:, tokens]
    mean, spread = background_vectors(members, rows)
    assert mean.shape == spread.shape == (3, 1, 1, 2)
    assert mean[:, 0, 0].numpy() == pytest.approx(vectors.mean(axis=1))
    assert spread[:, 0, 0].numpy() == pytest.approx(vectors.std(axis=1))
    assert dict(zip(*plain_tokens(members.schema, rows), strict=True)) == {
        t: tokens.count(t) for t in tokens
    }


def test_baselines_are_one_vector_a_model(marked):
    members, rows = marked.members, marked.schema.encode(TEXTS)
    points = members.embed(rows)
    found = {b: baseline_vectors(b, members, rows, points) for b in ("zero", "unknown", "mean")}
    assert not found["zero"].any()
    assert (found["unknown"][:, 0, 0].numpy() == members.weights[:, 0]).all()
    assert (found["mean"] == background_vectors(members, rows)[0]).all()
    assert {tuple(vectors.shape) for vectors in found.values()} == {(3, 1, 1, 2)}


def test_vectors_of_tokens_are_those_that_models_read(marked):
    found = vectors_of(marked.members, np.array([3, 1]))
    assert (found.numpy() == marked.members.weights[:, [3, 1]]).all()


def test_without_an_unknown_token_there_is_no_such_baseline():
    ensemble = linear_text_ensemble(hides=False)
    for baseline in ("zero", "mean"):
        check_vector_baseline(baseline, ensemble)
    message = (
        "Expected a tokenizer with a mask or an unknown token, for baseline='unknown', got one of "
        "kind 'marked' without. Use baseline='zero' or 'mean'."
    )
    with pytest.raises(InputError, match=re.escape(message)):
        check_vector_baseline("unknown", ensemble)
