import numpy as np
import pytest

from xaigeo.agreement import SCORES, Score, compare, summary
from xaigeo.agreement.compared import ComparedAttributions
from xaigeo.agreement.score import register, scores_for
from xaigeo.errors import InputError


def a_score(**changes):
    described = {
        "name": "new",
        "label": "New",
        "kind": ComparedAttributions,
        "low": 0.0,
        "high": 1.0,
        "higher_is_better": True,
        "compute": lambda c: np.ones(c.n_instances),
        "chance": "0",
        "reference": "none",
        "meaning": "Nothing.",
    }
    return Score(**described | changes)


def test_every_score_is_described():
    for name in SCORES.names():
        score = SCORES.get(name)
        assert score.name == name
        assert score.low < score.high
        assert score.meaning.endswith(".")
        assert score.chance
        assert score.reference


def test_a_duplicate_raises():
    with pytest.raises(InputError, match="a new score name, got 'spearman', which is already"):
        register(a_score(name=SCORES.get("spearman").name))


def test_an_unknown_score_lists_the_known_ones():
    with pytest.raises(InputError, match=r"a known score \(.*kendall_w.*Did you mean 'kendall_w'"):
        SCORES.get("kendal_w")


def test_a_range_rises():
    with pytest.raises(InputError, match="a range for score 'new' that rises, got"):
        a_score(low=1.0)


def test_scores_come_in_reading_order(build, distinct):
    names = [score.name for score in scores_for(compare(build.make_attributions(distinct)))]
    assert names[:4] == ["flip_rate", "churn", "feature_agreement", "rank_agreement"]
    assert "mass_iou" not in names


def test_sizes_have_no_scores_of_signs(build, distinct):
    signed = build.make_attributions(distinct)
    sizes = build.make_attributions(np.abs(distinct), parameters={"absolute": True, "scale": "x"})
    assert signed.signed
    assert not sizes.signed
    of_signed, of_sizes = (
        {score.name for score in scores_for(compare(one))} for one in (signed, sizes)
    )
    signs = {"sign_agreement", "signed_rank_agreement", "sign_consensus"}
    assert of_signed - of_sizes == signs
    assert not signs & set(summary(sizes, n_bootstrap=10)["score"])
