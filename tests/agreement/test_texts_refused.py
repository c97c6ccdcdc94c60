"""What has no sense for texts says so, and what texts of words alone do not have."""

from dataclasses import replace

import numpy as np
import pytest

from xaigeo.agreement import (
    additive_steps,
    between_methods,
    change_patterns,
    change_use,
    cross_explanations,
    explainer_noise,
    partial_order,
    rule_use,
    seed_intervals,
    unstable,
)
from xaigeo.errors import InputError
from xaigeo.explanations import check_one_ensemble
from xaigeo.geometry import explanatory_modes, scene


@pytest.fixture
def explained(build, texts, rng):
    mask = texts.ragged_mask([2, 4, 3], 5)
    return texts.make_tokens(build, texts.some_values(rng, 3, mask), mask, additive=True)


@pytest.fixture
def anchors(build, texts):
    mask = texts.ragged_mask([2, 4, 3], 5)
    chosen = mask & (np.arange(5) == 0)
    ones = np.ones((3, 3))
    arrays = {
        "chosen": np.broadcast_to(chosen, (3, 3, 5)),
        "precision": ones,
        "met": ones.astype(bool),
    }
    return texts.make_tokens(build, np.zeros((3, 3, 5)), mask, method="anchors", arrays=arrays)


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (partial_order, "the order of features"),
        (rule_use, "the use of features"),
        (change_use, "the use of features"),
        (lambda e: change_patterns(e, 0), "patterns of change"),
        (lambda e: additive_steps(e, 0, 1), "steps from feature to feature"),
        (lambda e: cross_explanations([e]), "sources of disagreement"),
        (lambda e: scene(e, view=("1", "2")), "a scene"),
    ],
)
def test_columns_must_mean_the_same_in_every_row(explained, call, what):
    with pytest.raises(InputError, match=f"of the columns of a table, for {what}") as raised:
        call(explained)
    assert "one of the tokens of texts (lime), whose places are no columns" in str(raised.value)
    assert "xaigeo.agreement.summary, per_instance or score_bins" in str(raised.value)


@pytest.mark.parametrize(
    "call",
    [
        unstable,
        seed_intervals,
        lambda e: explainer_noise([e, e]),
        lambda e: between_methods([e, e]),
        explanatory_modes,
    ],
)
def test_words_alone_are_no_attributions(anchors, call):
    with pytest.raises(InputError, match="anchors of texts"):
        call(anchors)


def reworded(explanation, text, was, word):
    """Return the explanation with another word in one text, which is the same to the models."""
    data = explanation.data
    told = data["text"].to_numpy().copy()
    assert was in told[text].split()
    told[text] = " ".join(word if own == was else own for own in told[text].split())
    return replace(explanation, data=data.assign_coords(text=("instance", told)))


def test_other_words_that_the_models_read_alike_are_other_texts(build, texts, rng):
    mask = texts.ragged_mask([2, 4, 3], 5)
    tokens = np.array([[1.0, 2, 3, 4, 5]] * 3)

    def make(**info):
        return texts.make_tokens(
            build, texts.some_values(rng, 3, mask), mask, tokens=tokens, **info
        )

    one, other = make(random_state=1), make(random_state=2)
    same = make(method="saliency")
    between_methods([one, same], n_bootstrap=5)
    check_one_ensemble([one, same])
    explainer_noise([one, other], n_bootstrap=5)
    spaced = one.data.assign_coords(text=("instance", [f" {t} " for t in one.texts]))
    between_methods([replace(one, data=spaced), same], n_bootstrap=5)
    for call, pair, method in (
        (between_methods, [one, reworded(same, 1, "w4", "blarg")], "saliency"),
        (check_one_ensemble, [one, reworded(same, 1, "w4", "blarg")], "saliency"),
        (explainer_noise, [one, reworded(other, 1, "w4", "blarg")], "lime"),
    ):
        with pytest.raises(InputError) as raised:
            call(pair)
        wanted = (
            f"Expected explanations of the same texts, got 'w4' in lime and 'blarg' in {method} "
            "at 101, which the models read alike. Explain the same texts with every method."
        )
        assert str(raised.value) == wanted


def test_a_word_more_is_another_text(explained):
    data = explained.data
    longer = [*explained.texts[:2], explained.texts[2] + " more"]
    other = replace(explained, data=data.assign_coords(text=("instance", longer)), method="shap")
    with pytest.raises(InputError, match="got '' in lime and 'more' in shap at 102"):
        check_one_ensemble([explained, other])
    # Of other rows nothing is compared.
    check_one_ensemble([explained, other.at(slice(0, 2))])
