from dataclasses import replace

import numpy as np
import pytest

from xaigeo.agreement import compare
from xaigeo.agreement import subset_scores as module
from xaigeo.agreement.gathered import gather
from xaigeo.agreement.pairs import mean_defined
from xaigeo.agreement.subset_scores import subset_scores

BY_SIZE = [np.array([[0, 1], [2, 4], [1, 3]]), np.array([[0, 2, 3, 4], [0, 1, 2, 3]])]


def explanations(build, rng):
    labels = rng.integers(0, 2, (5, 9))
    points = rng.uniform(size=(5, 9, 1, 3))
    return [
        build.make_attributions(rng.integers(-2, 3, (5, 9, 4)).astype(float), labels=labels),
        build.make_anchors(
            rng.uniform(0, 0.5, (5, 9, 3)),
            rng.uniform(0.5, 1, (5, 9, 3)),
            cross=rng.uniform(size=(5, 5, 9)),
            labels=labels,
        ),
        build.make_counterfactuals(
            points, valid=rng.random((5, 9, 1)) < 0.5, cross=rng.random((5, 5, 9, 1)) < 0.5
        ),
    ]


def check(explanation, found, scores):
    for subsets, values in zip(BY_SIZE, found, strict=True):
        assert set(values) == {score.name for score in scores}
        for place, subset in enumerate(subsets):
            alone = explanation.sel(seed=subset.tolist())
            compared = compare(alone)
            for score in scores:
                wanted = mean_defined(score.compute(compared))
                if score.pooled is not None:
                    wanted = score.pooled(compared, np.ones((1, compared.n_instances)))[0]
                np.testing.assert_allclose(
                    values[score.name][place], wanted, rtol=1e-9, atol=1e-12, err_msg=score.name
                )


@pytest.mark.parametrize("kind", [0, 1, 2])
@pytest.mark.parametrize("chunk", [1, 8 * 2**20])
def test_a_subset_scores_what_it_would_alone(build, rng, monkeypatch, kind, chunk):
    monkeypatch.setattr(module, "CHUNK_BYTES", chunk)
    explanation = explanations(build, rng)[kind]
    scores = gather(explanation).scores
    check(explanation, subset_scores(explanation, scores, BY_SIZE), scores)


def test_batches_of_instances_change_nothing(build, rng, monkeypatch):
    explanation = explanations(build, rng)[0]
    scores = gather(explanation).scores
    monkeypatch.setattr(module, "batch_length", lambda _: 4)
    check(explanation, subset_scores(explanation, scores, BY_SIZE), scores)


def test_a_pooled_score_without_terms_takes_all_instances(build, rng, monkeypatch):
    explanation = explanations(build, rng)[0]
    pooled = next(s for s in gather(explanation).scores if s.name == "icc_agreement")
    monkeypatch.setattr(module, "batch_length", lambda _: 4)
    scores = [replace(pooled, pooled_terms=None, pooled_of=None)]
    check(explanation, subset_scores(explanation, scores, BY_SIZE), scores)
