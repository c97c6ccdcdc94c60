from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import xaigeo as xg
from xaigeo.agreement import gathered, per_instance, score_rows, seed_matrix, summary
from xaigeo.agreement.gathered import batch_length, gather
from xaigeo.agreement.intraclass import pooled_icc, pooled_icc_of, pooled_icc_terms
from xaigeo.agreement.score import SCORES


@pytest.fixture
def in_batches(monkeypatch):
    """Have a batch hold few instances of an explanation."""

    def shrink(explanation):
        monkeypatch.setattr(gathered, "BATCH_BYTES", 2**30)
        whole = batch_length(explanation)
        monkeypatch.setattr(gathered, "BATCH_BYTES", int(7.5 * 2**30 // whole))
        assert batch_length(explanation) == 7

    return shrink


def everything(build, distinct, tied):
    rng = np.random.default_rng(4)
    lower, upper = rng.uniform(0, 0.5, size=(4, 60, 2)), rng.uniform(0.5, 1, size=(4, 60, 2))
    points = rng.uniform(size=(4, 60, 2, 3))
    return [
        build.make_attributions(np.tile(distinct, (1, 10, 1)) * rng.normal(size=(5, 70, 1))),
        build.make_attributions(np.tile(tied, (1, 12, 1))),
        build.make_anchors(lower, upper),
        build.make_counterfactuals(points, valid=rng.random((4, 60, 2)) < 0.8),
    ]


def test_batches_change_nothing(build, distinct, tied, in_batches):
    for explanation in everything(build, distinct, tied):
        whole = summary(explanation, n_bootstrap=40)
        rows = per_instance(explanation)
        in_batches(explanation)
        parts = summary(explanation, n_bootstrap=40)
        pd.testing.assert_frame_equal(parts, whole, rtol=1e-12)
        pd.testing.assert_frame_equal(per_instance(explanation), rows, rtol=1e-12)


def test_a_lazy_explanation_gives_the_same_to_the_bit(build, distinct, tied, in_batches, tmp_path):
    for place, explanation in enumerate(everything(build, distinct, tied)):
        lazy = xg.load(explanation.save(tmp_path / str(place)), lazy=True)
        in_batches(explanation)
        pd.testing.assert_frame_equal(
            summary(lazy, n_bootstrap=40), summary(explanation, n_bootstrap=40), check_exact=True
        )
        pd.testing.assert_frame_equal(
            per_instance(lazy), per_instance(explanation), check_exact=True
        )


def test_terms_of_any_centre_give_the_pooled_correlation():
    rng = np.random.default_rng(0)
    values = 100 + rng.normal(size=(4, 9, 3)) + 3 * rng.normal(size=(1, 9, 3))
    weights = rng.integers(0, 3, size=(5, 9)).astype(float)
    sums = weights @ pooled_icc_terms(values, 99.0)
    np.testing.assert_allclose(pooled_icc_of(sums), pooled_icc(values, weights), rtol=1e-9)


def test_a_pooled_score_without_terms_reads_all_at_once(build, distinct, monkeypatch):
    from dataclasses import replace

    explanation = build.make_attributions(distinct)
    expected = summary(explanation, n_bootstrap=20).set_index("score").loc["icc_agreement"]
    bare = replace(SCORES.get("icc_agreement"), pooled_terms=None, pooled_of=None)
    monkeypatch.setitem(SCORES._entries, "icc_agreement", bare)
    found = summary(explanation, n_bootstrap=20).set_index("score").loc["icc_agreement"]
    assert found["value"] == pytest.approx(expected["value"])
    assert found["low"] == pytest.approx(expected["low"])


def test_scores_on_as_many_instances_share_their_draws(build, distinct, monkeypatch):
    from xaigeo.agreement import bootstrap

    drawn = []
    weights = bootstrap.resampling_weights

    def counting(n, n_bootstrap, rng):
        drawn.append((n, n_bootstrap))
        return weights(n, n_bootstrap, rng)

    monkeypatch.setattr(bootstrap, "resampling_weights", counting)
    gather(build.make_attributions(distinct)).rows(random_state=0, n_bootstrap=30)
    assert drawn == [(7, 30)]
    drawn.clear()
    monkeypatch.setattr(bootstrap, "WEIGHT_BYTES", 8 * 7 * 12)
    gather(build.make_attributions(distinct)).rows(random_state=0, n_bootstrap=30)
    assert drawn == [(7, 12), (7, 12), (7, 6)]


@pytest.mark.parametrize("n_bootstrap", [10, 40])
def test_a_score_has_one_chance_level_everywhere(build, distinct, tied, n_bootstrap):
    """What is simulated is so from one draw, in the table, by row and by pair of seeds."""
    for explanation in everything(build, distinct, tied)[:2]:  # the attributions
        nulls = summary(explanation, n_bootstrap=n_bootstrap).set_index("score")["null"].dropna()
        for name, null in nulls.items():
            assert score_rows(explanation, name).null == pytest.approx(null, rel=1e-12)
        for name in ("sign_agreement", "mean_cosine"):
            assert seed_matrix(explanation, name).null == pytest.approx(nulls[name], rel=1e-12)
