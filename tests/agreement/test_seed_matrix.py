import itertools

import numpy as np
import pytest

from xaigeo.agreement.boxes import mass_iou, volume_iou
from xaigeo.agreement.compared import compare
from xaigeo.agreement.concordance import cosine
from xaigeo.agreement.rank_correlation import spearman
from xaigeo.agreement.seed_matrix import seed_matrix
from xaigeo.agreement.summary import summary
from xaigeo.agreement.top_k import feature_agreement, sign_agreement
from xaigeo.errors import InputError

NAIVE = {
    "feature_agreement": lambda a, b: feature_agreement(a, b, 3),
    "sign_agreement": lambda a, b: sign_agreement(a, b, 3),
    "spearman": spearman,
    "mean_cosine": cosine,
}


@pytest.mark.parametrize("name", NAIVE)
def test_attributions_against_a_loop(build, tied, name):
    matrix = seed_matrix(build.make_attributions(tied), name)
    for a, b in itertools.product(range(5), repeat=2):
        each = [float(NAIVE[name](tied[a, i], tied[b, i])) for i in range(7)]
        assert matrix.values[a, b] == pytest.approx(np.nanmean(each))
    assert not matrix.directed


@pytest.mark.parametrize("name", ["feature_agreement", "spearman", "pairwise_rank_agreement"])
def test_its_mean_is_that_of_the_summary(build, distinct, name):
    explanation = build.make_attributions(distinct)
    matrix = seed_matrix(explanation, name)
    row = summary(explanation, n_bootstrap=1).set_index("score").loc[name]
    assert matrix.pairs.mean() == pytest.approx(row["value"])
    assert matrix.null == pytest.approx(row["null"])
    np.testing.assert_allclose(np.diag(matrix.values), 1.0)


def test_rules_against_a_loop(build, rng):
    lower = rng.uniform(0, 0.4, (4, 5, 3))
    upper = rng.uniform(0.6, 1, (4, 5, 3))
    explanation = build.make_anchors(lower, upper, cross=rng.uniform(0, 1, (4, 4, 5)))
    c = compare(explanation)
    mass, volume = seed_matrix(explanation), seed_matrix(explanation, "volume_iou")
    cross = seed_matrix(explanation, "cross_precision")
    for a, b in itertools.product(range(4), repeat=2):
        each = [float(mass_iou(c.members[a, i], c.members[b, i])) for i in range(5)]
        assert mass.values[a, b] == pytest.approx(np.nanmean(each))
        boxes = lower[a], upper[a], lower[b], upper[b]
        iou = volume_iou(*boxes, low=c.low, high=c.high)
        assert volume.values[a, b] == pytest.approx(np.mean(iou))
        given = explanation.array("cross_precision")[a, b]
        assert cross.values[a, b] == pytest.approx(given.mean())
    assert mass.score.name == "mass_iou"
    assert mass.k is None
    assert cross.directed
    assert not mass.directed


def test_counterfactuals_against_a_loop(build, rng):
    points = rng.uniform(0, 1, (4, 5, 1, 3))
    valid = rng.uniform(size=(4, 5, 1)) > 0.2
    cross = rng.uniform(size=(4, 4, 5, 1)) > 0.5
    explanation = build.make_counterfactuals(points, valid=valid, cross=cross)
    matrix = seed_matrix(explanation)
    c = compare(explanation)
    turn, shared = (
        seed_matrix(explanation, "delta_cosine"),
        seed_matrix(explanation, "shared_changes"),
    )
    for a, b in itertools.product(range(4), repeat=2):
        held = [c.cross_validity[a, b, i] for i in range(5) if valid[a, i, 0]]
        assert matrix.values[a, b] == pytest.approx(np.mean(held))
        both = [i for i in range(5) if valid[a, i, 0] and valid[b, i, 0]]
        each = [float(cosine(c.deltas[a, i], c.deltas[b, i])) for i in both]
        assert turn.values[a, b] == pytest.approx(np.mean(each))
        alike = [
            (c.changed[a, i] & c.changed[b, i]).sum() / (c.changed[a, i] | c.changed[b, i]).sum()
            for i in both
        ]
        assert shared.values[a, b] == pytest.approx(np.mean(alike))
    assert matrix.directed


def test_the_frame_has_every_ordered_pair(build, distinct):
    explanation = build.make_attributions(distinct, seeds=[3, 5, 7, 8, 9])
    frame = seed_matrix(explanation).to_frame()
    assert frame.columns.tolist() == ["seed", "other_seed", "agreement"]
    assert len(frame) == 25
    assert set(frame["seed"]) == {3, 5, 7, 8, 9}


def test_messages(build, distinct):
    explanation = build.make_attributions(distinct)
    with pytest.raises(InputError, match=r"two seeds of these attributions .*Did you mean 'spear"):
        seed_matrix(explanation, "spearmann")
    with pytest.raises(InputError, match="'kendall_w'"):
        seed_matrix(explanation, "kendall_w")
    sizes = build.make_attributions(
        np.abs(distinct), parameters={"absolute": True, "scale": "probability"}
    )
    with pytest.raises(InputError, match=r"mean_cosine\), got 'sign_agreement'"):
        seed_matrix(sizes, "sign_agreement")
    anchors = build.make_anchors(np.zeros((5, 7, 6)), np.ones((5, 7, 6)))
    with pytest.raises(InputError, match=r"these anchors \(mass_iou, volume_iou\)"):
        seed_matrix(anchors, "cross_precision")
    with pytest.raises(InputError, match="at least two seeds"):
        seed_matrix(build.make_attributions(distinct[:1]))
