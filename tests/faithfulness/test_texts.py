"""Checks of texts: what can be randomised is, and what needs columns says so."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

import xaigeo as xg
from tests.text_models import linear_text_ensemble
from xaigeo.checks import randomised_correlation
from xaigeo.errors import InputError
from xaigeo.faithfulness import off_support, randomisation
from xaigeo.faithfulness.call import Call
from xaigeo.faithfulness.subject import Subject

TEXTS = pd.Series(
    ["good fine film a plot", "bad thin plot film", "a good plot", "a bad film", "fine"],
    index=list("abcde"),
)
LABELS = ["yes", "no", "yes", "no", "yes"]


def train(labels):
    return xg.TextEnsemble.train(
        [*TEXTS] * 4,
        list(labels) * 4,
        seeds=range(3),
        embedding_size=4,
        hidden_size=3,
        kernel_sizes=(1, 3),
        epochs=2,
        validation_share=0.0,
    )


@pytest.fixture(scope="module")
def trained():
    return train(LABELS)


@pytest.fixture(scope="module")
def explained(trained):
    return xg.explain(trained, TEXTS, method="occlusion")


def test_weights_lose_what_they_learnt_layer_by_layer(trained, explained):
    check = randomisation(explained, trained, n_repeats=2)
    layers = check.data["layer"].to_numpy().tolist()
    assert layers[0] == "output"
    assert layers[-2:] == ["embedding", "all"]
    found = check.array("rank_correlation")
    assert np.isnan(found[:, 4]).all()  # a single token
    assert np.isfinite(found[:, :4, -1]).any()
    assert randomised_correlation(check).layer == "all"
    np.testing.assert_allclose(check.array("self_correlation")[:, :4], 1.0)


def test_correlations_are_over_the_tokens_of_each_text(trained, explained):
    from xaigeo.faithfulness.random_weights import RandomWeights

    check = randomisation(explained, trained, n_repeats=2, mode="independent", control=False)
    weights = RandomWeights(trained, explained.array("input")[:1], 0)
    others = [
        xg.explain(weights.randomised(["output"], repeat), TEXTS, method="occlusion")
        for repeat in range(2)
    ]
    place = check.data["layer"].to_numpy().tolist().index("output")
    outputs = explained.array("prediction").mean(axis=0).argmax(axis=-1)
    for text in range(4):
        at = explained.mask[text]
        for seed in range(3):
            own = np.abs(explained.array("attribution")[seed, text, at, outputs[text]])
            each = [
                spearmanr(own, np.abs(o.array("attribution")[seed, text, at, outputs[text]]))[0]
                for o in others
            ]
            assert check.array("rank_correlation")[seed, text, place] == pytest.approx(
                np.mean(each), abs=1e-6
            )


def test_labels_are_shuffled_for_any_text_models(trained, explained):
    check = randomisation(
        explained, trained, mode="labels", y=LABELS, refit=train, n_repeats=2, control=False
    )
    assert check.data["layer"].to_numpy().tolist() == ["labels"]


def test_models_trained_elsewhere_have_no_layers_to_randomise():
    linear = linear_text_ensemble(TEXTS.tolist())
    explained = xg.explain(linear, TEXTS, method="occlusion")
    with pytest.raises(InputError, match="torch networks, whose layers can be randomised") as told:
        randomisation(explained, linear)
    assert "text models trained elsewhere" in str(told.value)


def test_a_background_of_unknown_words_is_explained_again(trained):
    """It cannot be written in words of the vocabulary, but its tokens are known."""
    background = ["good strange film", "bad"]
    explained = xg.explain(
        trained, TEXTS, method="integrated_gradients", baseline="mean", background=background
    )
    again = Call.of(Subject.of(explained, trained), n_jobs=None, max_memory=2**24)
    np.testing.assert_array_equal(again.again(), again.values)
    assert randomisation(explained, trained, n_repeats=2).kind == "randomisation"


def test_texts_are_never_off_the_data(trained):
    with pytest.raises(InputError, match="This check is not for texts") as raised:
        off_support(trained, TEXTS, TEXTS)
    assert "models of texts: words have no range" in str(raised.value)
