import numpy as np
import pandas as pd
import pytest

import xaigeo as xg
from tests.text_models import linear_text_ensemble
from xaigeo.audit import audit
from xaigeo.checks import beats_random
from xaigeo.errors import InputError
from xaigeo.faithfulness import deletion, insertion
from xaigeo.text import ABSENT

TEXTS = pd.Series(
    ["a good film with a good plot", "fine", "not a good film", "the plot is thin"],
    index=["a", "b", "c", "d"],
)


@pytest.fixture(scope="module")
def linear():
    return linear_text_ensemble(TEXTS.tolist(), n_seeds=3)


@pytest.fixture(scope="module")
def exact(linear):
    """What each token adds to the logits of a linear model."""
    return xg.explain(linear, TEXTS, method="occlusion", scale="logit")


def test_deletion_equals_a_loop_over_the_tokens(linear, exact):
    check = deletion(exact, linear, output="class1")
    shares = check.data["step"].to_numpy()
    assert shares.tolist() == pytest.approx(np.arange(8) / 7)
    for place in range(4):
        tokens = np.flatnonzero(exact.mask[place])
        at = np.arange(len(tokens) + 1) / len(tokens)
        for seed in range(3):
            amounts = exact.array("attribution")[seed, place, tokens, 1]
            order = tokens[np.argsort(-amounts)]
            row = exact.array("input")[place]
            asked = np.tile(row, (len(tokens) + 1, 1))
            for n in range(len(tokens)):
                asked[n + 1 :, order[n]] = ABSENT
            curve = linear.members.values(asked, "logit")[seed, :, 1]
            # Equal words tie, and then either order has the same curve.
            assert check.array("curve")[seed, place] == pytest.approx(np.interp(shares, at, curve))
            if len(tokens) > 1:
                assert check.array("area")[seed, place] == pytest.approx(np.trapezoid(curve, at))
    # Nothing is left of a linear model but its bias, and no order falls faster.
    np.testing.assert_allclose(
        check.array("curve")[:, :, -1], linear.members.bias[:, [1]] * np.ones(4)
    )
    gain = check.array("random_area") - check.array("area")[..., None]
    assert np.nanmin(gain) > -1e-9
    assert check.provenance["parameters"]["order"] == "signed"
    assert "replace" not in check.provenance["parameters"]


def test_insertion_puts_tokens_back_into_an_empty_text(linear, exact):
    taken, put = deletion(exact, linear), insertion(exact, linear)
    np.testing.assert_allclose(put.array("curve")[..., 0], taken.array("curve")[..., -1])
    np.testing.assert_allclose(put.array("curve")[..., -1], taken.array("curve")[..., 0])
    whole, empty = taken.array("curve")[..., [0]], taken.array("curve")[..., [-1]]
    # What an additive model loses by a token it gains when the token comes back.
    np.testing.assert_allclose(put.array("curve") - empty, whole - taken.array("curve"))


def test_random_orders_are_shared_and_follow_from_the_text(linear, exact):
    one = deletion(exact, linear, n_random=5)
    other = xg.explain(linear, TEXTS, method="saliency", scale="logit")
    two = deletion(other, linear, n_random=5, order="absolute")
    alone = deletion(exact.sel(instance=["c"]), linear, n_random=5)
    np.testing.assert_allclose(one.array("random_area")[:, [2]], alone.array("random_area"))
    assert (
        one.array("random_area")
        != deletion(exact, linear, n_random=5, random_state=1).array("random_area")
    )[:, 0].any()
    assert (two.array("curve") <= 1e-12).all()


def test_a_text_of_one_token_has_one_order(linear, exact):
    won = beats_random(deletion(exact, linear))
    assert np.isnan(won[1])
    assert (won[[0, 2, 3]] > 0.7).all()


def test_the_audit_answers_f4(linear):
    many = pd.Series(
        [
            f"{a} {b} film with a {c} plot"
            for a in ("good", "not", "fine")
            for b in ("thin", "the", "is")
            for c in ("good", "thin", "a")
        ]
    )
    ensemble = linear_text_ensemble([*TEXTS, *many], n_seeds=3)
    explained = xg.explain(ensemble, many, method="occlusion", scale="logit")
    answer = audit(explained, checks=deletion(explained, ensemble))
    found = {f.id: f for f in answer.findings}
    assert found["F4"].value > 0.9
    assert "tokens are taken away" in found["F4"].reason
    assert "Tokens were not taken away" in {f.id: f for f in audit(explained).findings}["F4"].reason


def test_tokens_that_are_not_explained_stay(exact):
    ensemble = linear_text_ensemble(TEXTS.tolist(), marked=True)
    explained = xg.explain(ensemble, TEXTS, method="occlusion", scale="logit")
    check = deletion(explained, ensemble, output=0)
    mark = ensemble.members.weights[:, -1, 0] + ensemble.members.bias[:, 0]
    np.testing.assert_allclose(check.array("curve")[:, :, -1], mark[:, None] * np.ones(4))


def test_attention_is_followed_as_a_probability():
    ensemble = linear_text_ensemble(TEXTS.tolist(), pooled=True)
    explained = xg.explain(ensemble, TEXTS, method="attention")
    check = deletion(explained, ensemble)
    assert check.provenance["parameters"]["scale"] == "probability"
    assert check.provenance["parameters"]["order"] == "absolute"
    with pytest.raises(InputError, match="sizes without a sign"):
        deletion(explained, ensemble, order="signed")


def test_fewer_steps_and_little_memory(linear, exact, monkeypatch):
    few = deletion(exact, linear, steps=2)
    assert few.data["step"].to_numpy().tolist() == pytest.approx([0, 4 / 7, 1])
    whole = deletion(exact, linear, random_state=3)
    monkeypatch.setattr("xaigeo.faithfulness.feature_curves.LEAST_MEMORY", 1)
    small = deletion(exact, linear, max_memory=1, random_state=3)
    np.testing.assert_allclose(whole.array("area"), small.array("area"))


def test_tokens_have_no_stand_in(linear, exact):
    for given, name in (
        ({"replace": "background_mean"}, "replace"),
        ({"n_background": 7}, "n_background"),
        ({"background": TEXTS}, "background"),
    ):
        with pytest.raises(InputError, match="nothing in their place") as raised:
            deletion(exact, linear, **given)
        assert f"{name} given" in str(raised.value)


def test_words_alone_are_not_followed(linear):
    anchors = xg.explain(linear, TEXTS, method="anchors", background=TEXTS, random_state=0)
    with pytest.raises(InputError, match="anchors of texts"):
        deletion(anchors, linear)
