from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.text_models import TEXTS, linear_text_ensemble
from xaigeo.explainers.background import Background
from xaigeo.explainers.blocks.block import Block
from xaigeo.explainers.texts.gradients.vector_work import VectorWork, kept_bytes
from xaigeo.text import ABSENT


@pytest.fixture
def block():
    ensemble = linear_text_ensemble(n_outputs=3)
    rows = ensemble.schema.encode(TEXTS)
    seeds = [np.random.SeedSequence(i) for i in range(len(rows))]
    background = Background.from_frame(ensemble.schema, rows)
    return Block(ensemble, rows, background, seeds, np.random.SeedSequence(9))


def every_gradient(work):
    found = work.empty()
    for part in work.parts():
        vectors = part.gradients(part.points[:, :, None])[:, :, :, 0]
        work.put(found, part, vectors[..., 0])
    return found


@pytest.mark.parametrize("scale", ["logit", "probability"])
def test_gradients_are_those_of_autograd_text_by_text(block, scale):
    found = every_gradient(VectorWork(block, scale))
    members = block.ensemble.members
    for i, row in enumerate(block.rows):
        for c in range(3):
            leaf = members.embed(row[None]).requires_grad_()
            members.outputs_of_embedded(leaf, row[None], scale)[..., c].sum().backward()
            length = int((row != ABSENT).sum())
            assert found[:, i, :length, c] == pytest.approx(leaf.grad[:, 0, :length, 0].numpy())
            assert not found[:, i, length:].any()


def test_little_memory_cuts_texts_and_then_models(block):
    whole = every_gradient(VectorWork(block, "probability"))
    for max_memory in (20_000, 1):
        work = VectorWork(replace(block, max_memory=max_memory), "probability")
        parts = list(work.parts())
        assert len(parts) > 1
        assert every_gradient(work) == pytest.approx(whole, abs=1e-15)
    assert len(parts) == 3 * len(TEXTS)
    assert {part.members.n_members for part in parts} == {1}


def test_texts_of_a_part_have_similar_lengths(block):
    work = VectorWork(replace(block, max_memory=40_000), "probability")
    parts = list(work.parts())
    lengths = [(part.rows >= 0).sum(axis=1) for part in parts]
    assert len(parts) > 1
    assert (np.diff(np.concatenate(lengths)) >= 0).all()
    assert sorted(np.concatenate([part.texts for part in parts])) == [0, 1, 2, 3]
    for part in parts:
        assert (part.rows == block.rows[part.texts]).all()


def test_kept_gradients_count(block):
    work = VectorWork(replace(block, max_memory=200_000), "probability")
    assert len(list(work.parts(n_kept=1))) < len(list(work.parts(n_kept=30)))


def test_several_draws_are_asked_in_turns(block):
    work = VectorWork(block, "logit")
    (part,) = work.parts()
    points = part.points[:, :, None].repeat(1, 1, 7, 1, 1)
    few = replace(part, copies=3).gradients(points)
    assert few.shape == (3, 3, len(TEXTS), 7, *part.points.shape[2:])
    assert few == pytest.approx(part.gradients(points))


def test_outputs_at_the_texts_own_vectors_are_the_models_answers(block):
    work = VectorWork(block, "probability")
    (part,) = work.parts()
    expected = work.explained_value[:, part.texts]
    assert part.outputs(part.points) == pytest.approx(expected)


def test_bytes_of_a_graph_are_counted_once_each():
    class Squares:
        def embed(self, rows):
            return torch.ones((2, len(rows), 5, 4), dtype=torch.float64)

        def outputs_of_embedded(self, embedded, rows, scale):
            squared = embedded * embedded  # keeps `embedded`, twice the same
            return (squared * squared).sum(dim=(2, 3))[..., None]  # keeps `squared`

    one, two = (kept_bytes(Squares(), np.zeros((n, 5)), "logit") for n in (1, 2))
    assert two - one == 2 * 8 * 2 * 5 * 4
