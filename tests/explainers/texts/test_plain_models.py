"""Methods for texts on pipelines and functions, against formulas and lime's own explainer."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import Ridge, SGDClassifier
from sklearn.pipeline import make_pipeline

import xaigeo as xg
from tests.explainers.texts.conftest import SENTENCES
from xaigeo.errors import InputError, RebuiltTextWarning, StoreError
from xaigeo.text import WordTokenizer

SIZES = [3.0, -1, 2, -2, 0.5, 1, 2, -3] * 3
LABELS = ["good", "bad"] * 12
TEXTS = ["A good film with a good plot!", "not bad"]


def counts(place: int):
    """Ridge on counts of words, one letter too, fitted without the sentence at a place."""
    model = make_pipeline(CountVectorizer(token_pattern=r"(?u)\b\w+\b"), Ridge(0.1))
    return model.fit(np.delete(SENTENCES, place).tolist(), np.delete(SIZES, place))


@pytest.fixture(scope="module")
def linear():
    return xg.TextEnsemble.wrap([counts(0), counts(3)], texts=[*SENTENCES, *TEXTS])


@pytest.fixture(scope="module")
def forests():
    return xg.TextEnsemble.fit(
        make_pipeline(TfidfVectorizer(), RandomForestClassifier(5)),
        SENTENCES,
        LABELS,
        seeds=(3, 8),
        validation_share=0,
    )


@pytest.fixture(scope="module")
def reviews():
    """Bags of real sentences by three seeds, and texts that they were not fitted on."""
    data = xg.datasets.sentences("yelp").split(random_state=0)
    model = make_pipeline(TfidfVectorizer(), SGDClassifier(loss="log_loss", alpha=1e-4))
    ensemble = xg.TextEnsemble.fit(model, data.train_texts, data.train_y, seeds=range(3), n_jobs=2)
    known = [
        text
        for text in data.test_texts
        if all(number for _, number in ensemble.schema.tokenizer.split(text))
    ]
    texts = data.test_texts[data.test_texts.isin(known)]
    return ensemble, texts[texts.str.len() > 30][:4], data


def coefficients(model, text: str) -> np.ndarray:
    """Return the coefficient of each token of a text, 0 for what is no word to the pipeline."""
    vectoriser, ridge = model
    place = vectoriser.vocabulary_
    tokens = re.findall(r"\w+|[^\w\s]", text.lower())
    return np.array([ridge.coef_[place[t]] if t in place else 0.0 for t in tokens])


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("occlusion", {}),
        ("exact_shap", {}),
        ("kernel_shap", {}),
        ("permutation_shap", {}),
        ("sampling_shap", {}),
    ],
)
def test_a_word_s_part_of_a_linear_model_is_its_coefficient(linear, method, parameters):
    found = xg.explain(linear, TEXTS, method, random_state=0, **parameters)
    for place, model in enumerate(linear.members.answers.estimators):
        for i, text in enumerate(TEXTS):
            wanted = coefficients(model, text)
            own = found.array("attribution")[place, i, found.mask[i], 0]
            np.testing.assert_allclose(own, wanted, atol=1e-8)
            if "base_value" in found.data:
                assert found.array("base_value")[place, i, 0] == pytest.approx(model[1].intercept_)


def test_lime_finds_the_coefficients_of_a_linear_model(linear):
    n = 8  # tokens of the first text
    found = xg.explain(linear, TEXTS[0], "lime", n_samples=4000, random_state=0)
    # So many draws and hardly a penalty: what is linear is found, but for its ridge of 1.
    for place, model in enumerate(linear.members.answers.estimators):
        own = found.array("attribution")[place, 0, :n, 0]
        np.testing.assert_allclose(own, coefficients(model, TEXTS[0]), atol=0.02)


def test_occlusion_of_a_forest_asks_about_the_other_words(forests):
    text = "Not bad , a fine plot"
    words = text.split()
    found = xg.explain(forests, text, "occlusion")
    for place, model in enumerate(forests.members.answers.estimators):
        without = [" ".join(words[:k] + words[k + 1 :]) for k in range(len(words))]
        whole = model.predict_proba([text])
        np.testing.assert_allclose(
            found.array("attribution")[place, 0, : len(words)],
            whole - model.predict_proba(without),
            atol=1e-12,
        )
    unknown = xg.explain(forests, text, "occlusion", removal="unknown")
    hidden = [" ".join([*words[:k], "<unk>", *words[k + 1 :]]) for k in range(len(words))]
    np.testing.assert_allclose(
        unknown.array("attribution")[1, 0, : len(words)], whole - model.predict_proba(hidden)
    )


def test_the_top_word_is_that_of_lime_s_own_explainer(reviews):
    from lime.lime_text import LimeTextExplainer

    ensemble, texts, _ = reviews
    found = xg.explain(ensemble, texts, "lime", n_samples=1000, random_state=0)
    for place, model in enumerate(ensemble.members.answers.estimators):
        for text in texts.index:
            theirs = LimeTextExplainer(bow=False, random_state=0).explain_instance(
                texts[text], model.predict_proba, num_features=3, num_samples=1000
            )
            own = found.as_list(ensemble.seeds[place], text, "positive")
            assert own[0][0].lower() == theirs.as_list()[0][0].lower()
            assert own[0][1] == pytest.approx(theirs.as_list()[0][1], abs=0.03)


def test_both_engines_of_lime_agree(forests):
    one, two = (
        xg.explain(forests, TEXTS[1], "lime", n_samples=60, random_state=1, engine=engine)
        for engine in ("batched", "upstream")
    )
    np.testing.assert_allclose(one.array("attribution"), two.array("attribution"), atol=1e-9)


def has_good(texts):
    return np.array([0.9 if "good" in text.split() else 0.2 for text in texts])


def has_good_or_fine(texts):
    return np.array([0.8 if {"good", "fine"} & set(text.split()) else 0.1 for text in texts])


@pytest.fixture(scope="module")
def functions():
    return xg.TextEnsemble.wrap(
        [has_good, has_good_or_fine], texts=SENTENCES, classes=["bad", "good"]
    )


def test_anchors_are_the_words_that_are_enough(functions):
    found = xg.explain(functions, ["a good film"], "anchors", background=SENTENCES, random_state=0)
    assert found.array("chosen")[:, 0, :3].tolist() == [[False, True, False]] * 2
    assert found.array("precision").tolist() == [[1.0], [1.0]]
    assert found.array("coverage")[0, 0] == pytest.approx(3 / 8)


@pytest.mark.parametrize("units", ["tokens", "words"])
def test_counterfactuals_change_the_word_that_counts(functions, units):
    found = xg.explain(
        functions,
        ["a good film", "a bad film"],
        "counterfactuals",
        background=SENTENCES,
        units=units,
    )
    assert found.array("valid").all()
    assert found.array("chosen")[:, 0, :3].tolist() == [[False, True, False]] * 2
    replaced = found.array("replacement")[0, 1]
    assert "good" in [functions.schema.tokenizer.shown(int(t)) for t in replaced[replaced >= 0]]


@pytest.mark.parametrize(
    "method", ["saliency", "input_x_gradient", "integrated_gradients", "smooth_grad", "attention"]
)
def test_methods_that_look_inside_are_refused(forests, functions, method):
    what = "attention" if method == "attention" else "word vectors"
    for ensemble, name in ((forests, "estimators of scikit-learn"), (functions, "functions")):
        with pytest.raises(
            InputError,
            match=f"models whose {what} can be read, got {name}, .* Use a method that removes wo",
        ):
            xg.explain(ensemble, TEXTS[1], method)


def test_near_words_are_refused(forests):
    options = {"background": SENTENCES, "candidates": "near"}
    with pytest.raises(InputError, match=r"word vectors can be read.*candidates='frequent'"):
        xg.explain(forests, TEXTS[1], "counterfactuals", **options)


def test_checks_that_remove_words_and_those_that_cannot(forests):
    found = xg.explain(forests, SENTENCES[:4], "occlusion")
    fallen = xg.faithfulness.deletion(found, forests, n_random=3)
    assert fallen.array("area").shape == (2, 4)
    # Falls sooner than by chance, in the mean over the texts.
    assert (fallen.array("area").mean(axis=1) < fallen.array("random_area").mean()).all()
    with pytest.raises(InputError, match="word vectors can be read"):
        xg.faithfulness.sensitivity(found, forests)
    with pytest.raises(InputError, match="attention can be read"):
        xg.faithfulness.attention_permutation(forests, SENTENCES[:4])
    with pytest.raises(InputError, match="got text models trained elsewhere, or that are no netw"):
        xg.faithfulness.randomisation(found, forests)


def test_two_workers_give_the_same_numbers(forests):
    one, two = (
        xg.explain(forests, SENTENCES, "kernel_shap", random_state=0, n_jobs=n) for n in (1, 2)
    )
    for name in ("attribution", "base_value", "explained_value"):
        np.testing.assert_array_equal(one.array(name), two.array(name))


def test_a_store_is_opened_again_by_the_same_models_alone(tmp_path):
    def answers(other: float):
        # With certainty to the one text that is explained; words alone tell the two apart.
        return lambda texts: np.array([1.0 if len(t.split()) > 2 else other for t in texts])

    def wrapped(other):
        models = [answers(other), answers(other / 2)]
        return xg.TextEnsemble.wrap(models, texts=SENTENCES)

    first = xg.explain(wrapped(0.5), "a good film", "occlusion", store=tmp_path / "kept")
    again = xg.explain(wrapped(0.5), "a good film", "occlusion", store=tmp_path / "kept")
    np.testing.assert_array_equal(first.array("attribution"), again.array("attribution"))
    with pytest.raises(StoreError, match="predictions"):
        xg.explain(wrapped(0.4), "a good film", "occlusion", store=tmp_path / "kept")


def test_texts_that_are_read_otherwise_are_warned_about():
    def capitals(texts):
        return np.array([0.9 if "Good" in text else 0.3 for text in texts])

    written = ["Good film", "bad film", "Good plot", "bad plot"]
    ensemble = xg.TextEnsemble.wrap(
        [capitals, lambda texts: np.full(len(texts), 0.5)],
        texts=["Good film !", *written],
        tokenizer=WordTokenizer.from_texts(written, lowercase=False),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        xg.explain(ensemble, ["Good film!"], "occlusion")
        ensemble.predict(["GOOD film"])  # asked as it is written
    other = xg.TextEnsemble.wrap(
        [capitals, lambda texts: np.full(len(texts), 0.5)],
        texts=["a film"],
        tokenizer=WordTokenizer.from_texts(["film"], lowercase=False),
    )
    with pytest.warns(
        RebuiltTextWarning, match="To 1 of 1 texts .*1 word of the texts is not"
    ) as told:
        xg.explain(other, ["Good film"], "occlusion")
    assert told[0].filename == __file__
    with pytest.warns(RebuiltTextWarning, match="of 4 background texts"):
        xg.explain(other, ["film"], "anchors", background=written, n_samples=200)


def test_the_whole_chain(reviews, tmp_path):
    ensemble, texts, data = reviews
    evaluation = ensemble.evaluate(data.test_texts, data.test_y)
    assert evaluation.scores["accuracy"].min() > 0.7
    shap = xg.explain(ensemble, texts, "kernel_shap", random_state=0)
    removed = xg.explain(ensemble, texts, "occlusion")
    assert np.isfinite(xg.agreement.summary([shap, removed])["value"]).any()
    changed = ensemble.predict_proba(texts)
    np.testing.assert_allclose(shap.array("prediction"), changed, atol=1e-12)
    xg.audit([shap, removed], evaluation=evaluation).save(tmp_path / "audit.json")
    xg.report([shap, removed], path=tmp_path / "report.html", evaluation=evaluation)
    assert (tmp_path / "report.html").stat().st_size > 10_000
    apart = xg.agreement.prediction_difference(evaluation, n_bootstrap=20)
    assert (apart["value"] > 0).any()
    assert xg.agreement.model_difference(evaluation, n_bootstrap=20).sizes.shape[0] == 3
