from __future__ import annotations

import re

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

import xaigeo as xg
from xaigeo.errors import (
    IdenticalModelsWarning,
    InputError,
    RebuiltTextWarning,
    SingleSeedWarning,
    StoreError,
)
from xaigeo.text import WordTokenizer

TEXTS = ["A good film!", "not good", "a thin plot", "fine", "a film, fine film", "Not a film"]
Y = ["yes", "no", "no", "yes", "yes", "no"]


def pipeline(place: int, y=None, step=None):
    labels = (Y if y is None else y)[place:] + (Y if y is None else y)[:place]
    return make_pipeline(CountVectorizer(), LogisticRegression() if step is None else step).fit(
        TEXTS, labels
    )


def length(scale: float):
    return lambda texts: np.array([0.9 - scale * len(re.findall(r"\w+", text)) for text in texts])


def wrap(models=None, **options):
    models = [length(0.1), length(0.12)] if models is None else models
    return xg.TextEnsemble.wrap(models, **{"texts": TEXTS} | options)


def test_pipelines_answer_as_they_do_alone():
    models = [pipeline(place) for place in range(3)]
    ensemble = wrap(models, seeds=[4, 5, 6])
    assert (ensemble.task, ensemble.classes, ensemble.seeds) == (
        "classification",
        ("no", "yes"),
        (4, 5, 6),
    )
    assert (ensemble.schema.max_tokens, ensemble.schema.tokenizer.lowercase) == (5, True)
    unseen = ["A GOOD   unheard-of plot...", "?", ""]
    for place, model in enumerate(models):
        np.testing.assert_array_equal(
            ensemble.predict_proba(unseen)[place], model.predict_proba(unseen)
        )
        np.testing.assert_array_equal(
            ensemble.outputs_encoded(ensemble.schema.encode(TEXTS))[place],
            model.predict_proba(TEXTS),
        )
    assert ensemble.predict(TEXTS[:2])[0].tolist() == models[0].predict(TEXTS[:2]).tolist()
    empty = np.full((1, 5), -1.0)
    np.testing.assert_array_equal(ensemble.outputs_encoded(empty)[0], models[0].predict_proba([""]))
    assert ensemble.record["versions"]["scikit-learn"]
    assert len(set(ensemble.record["architecture_sha256"])) == 1


def test_columns_follow_the_classes_that_are_asked_for():
    models = [pipeline(place) for place in range(2)]
    turned = wrap(models, classes=["yes", "no"])
    np.testing.assert_array_equal(
        turned.predict_proba(TEXTS), wrap(models).predict_proba(TEXTS)[..., ::-1]
    )
    numbers = [pipeline(place, [1, 0, 0, 1, 1, 0]) for place in range(2)]
    named = wrap(numbers, classes=["bad", "fine"])
    np.testing.assert_array_equal(named.predict_proba(TEXTS)[1], numbers[1].predict_proba(TEXTS))
    assert named.predict(["fine"])[0, 0] == "fine"


def test_functions_answer_as_they_do_alone():
    models = [length(0.1), length(0.15)]
    ensemble = wrap(models, classes=["short", "long"])
    asked = ["Five words, and a sign!", ""]
    np.testing.assert_array_equal(ensemble.predict_proba(asked)[1, :, 1], models[1](asked))
    np.testing.assert_array_equal(
        ensemble.evaluate(TEXTS[:2], ["short", "long"]).prediction,
        ensemble.predict_proba(TEXTS[:2]),
    )
    values = wrap([length(10), length(20)], task="regression")
    assert values.classes == ("y",)
    assert values.predict(["one two"]).tolist() == [[0.9 - 20], [0.9 - 40]]
    with pytest.raises(InputError, match="a scale that classification with text models has"):
        ensemble.logits(asked)


def test_regressors_of_one_and_of_several_targets():
    one = [pipeline(place, [1.0, 2, 3, 4, 5, 7], Ridge()) for place in range(2)]
    assert (wrap(one).task, wrap(one).classes) == ("regression", ("y",))
    np.testing.assert_array_equal(wrap(one).predict(TEXTS)[1], one[1].predict(TEXTS))
    two = [pipeline(place, [[n, n**2] for n in range(6)], LinearRegression()) for place in range(2)]
    assert wrap(two).classes == ("y0", "y1")
    np.testing.assert_array_equal(wrap(two).predict(TEXTS)[0], two[0].predict(TEXTS))


def test_a_tokenizer_and_a_length_do_without_texts():
    words = WordTokenizer.from_texts(TEXTS)
    ensemble = wrap(
        [pipeline(place) for place in range(2)], texts=None, tokenizer=words, max_tokens=9
    )
    assert (ensemble.schema.tokenizer, ensemble.schema.max_tokens) == (words, 9)


def test_what_the_models_are_tried_on():
    asked = []

    def model(texts):
        asked.append(list(texts))
        return np.full(len(texts), 0.5)

    with pytest.warns(SingleSeedWarning):
        wrap([model], texts=["A good film!"])
    assert asked[0] == ["", *["A good film!"] * 6]


def test_what_is_warned_about():
    with pytest.warns(IdenticalModelsWarning, match="All 2 models answer alike") as told:
        assert wrap([length(0.1), length(0.1)]).record["identical"]
    assert told[0].filename == __file__
    with pytest.warns(RebuiltTextWarning, match="To 2 of 6 example texts models answer otherwise"):
        wrap(
            [
                lambda texts: np.array([0.5 - 0.1 * ("m!" in t or "m," in t) for t in texts]),
                length(0.1),
            ]
        )


def test_models_that_differ_in_what_no_word_holds_are_not_alike():
    def lines(texts):
        return np.array([float(text.count("\n")) for text in texts])

    with pytest.warns(RebuiltTextWarning) as told:
        ensemble = wrap(
            [lines, lambda texts: 2 * lines(texts)], texts=["a\nb\nc", "d"], task="regression"
        )
    assert [one.category for one in told] == [RebuiltTextWarning]
    assert told[0].filename == __file__
    assert "identical" not in ensemble.record


def test_a_tokenizer_of_small_letters_where_models_read_no_capitals():
    ensemble = wrap([pipeline(place) for place in range(2)])
    assert ensemble.schema.tokenizer == WordTokenizer.from_texts(TEXTS)
    np.testing.assert_array_equal(
        ensemble.outputs_encoded(ensemble.schema.encode(["NOT a Film"])),
        ensemble.predict_proba(["not a film"]),
    )
    own = WordTokenizer.from_texts(TEXTS, lowercase=False)
    assert wrap(tokenizer=own).schema.tokenizer is own

    def capitals(texts):
        return np.array([0.2 + 0.1 * ("Not" in text) for text in texts])

    cased = wrap([length(0.1), capitals]).schema.tokenizer
    assert not cased.lowercase
    assert {"not", "Not", "NOT", "film"} <= set(cased.words)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"models": length(0.1)}, "a list of models, got one function. Pass wrap"),
        ({"models": pipeline(0)}, "a list of models, got one Pipeline. Pass wrap"),
        ({"models": [pipeline(0), length(0.1)]}, "models of one kind: .*, got Pipeline, function"),
        ({"texts": None}, "texts whose words are known, or a tokenizer, got neither"),
        ({"gives": "probability"}, "output, gives, .* with torch modules only, not with callables"),
        ({"attention": "a", "reads": "mean"}, "torch modules only.*, got attention, reads. Leave"),
        ({"models": [pipeline(0)] * 2, "embedding": "e"}, "not with estimators, got embedding"),
        ({"models": [pipeline(0)] * 2, "output": len}, "not with estimators, got output"),
        ({"seeds": [1]}, "one seed for each of the 2 models, got 1 seeds"),
        ({"task": "ranking"}, "task to be one of 'classification', 'regression', got 'ranking'"),
        ({"classes": ["a", "b", "c"]}, "classes with 2 different labels, one an output, got a, b"),
        ({"max_tokens": 0}, "max_tokens to be a whole number of at least 1, got 0"),
        (
            {"models": [make_pipeline(CountVectorizer(), LogisticRegression())] * 2},
            "fitted estimators, got Pipeline at place 0, which is not fitted",
        ),
        (
            {"models": [pipeline(0), pipeline(0, step=MultinomialNB())]},
            r"estimators of one class, got Pipeline \(LogisticRegression\), Pipeline \(Multinomial",
        ),
        (
            {"models": [pipeline(0, step=LinearSVC())] * 2},
            "a classifier with predict_proba, got Pipeline without it",
        ),
        (
            {"models": [pipeline(0), pipeline(0, ["yes", "no", "so", "yes", "yes", "no"])]},
            "every model to know the classes no, yes, got no, so, yes in model 1",
        ),
        (
            {"models": [pipeline(0, [0, 1] * 3), pipeline(0, ["0", "1"] * 3)]},
            r"know the classes 0, 1 \(int\), got '0', '1' \(str\) in model 1. Fit all models on l",
        ),
        (
            {"models": [pipeline(0, ["0", "1"] * 3)] * 2, "classes": [0, 1]},
            r"know the classes 0, 1 \(int\), got '0', '1' \(str\) in model 0",
        ),
        ({"models": [pipeline(0)] * 2, "task": "regression"}, "a scikit-learn estimator for regr"),
        (
            {"models": [pipeline(0, [1.0, 2, 3, 4, 5, 7], Ridge())] * 2, "classes": ["a", "b"]},
            "classes with 1 different labels, one an output, got a, b",
        ),
        (
            {"models": [lambda text: np.array([0.2, len(text.lower())])] * 2},
            "models that take a list of str, the empty text among them, got model 0, which fails "
            "on one: AttributeError: 'list' object has no attribute 'lower'. Let every model",
        ),
        (
            {"models": [lambda texts: [1 / len(text) for text in texts]] * 2},
            "the empty text among them, got model 0, which fails on '': ZeroDivisionError",
        ),
        (
            {"models": [lambda texts: [0.5 if text else np.nan for text in texts]] * 2},
            "got shape .* with values that are not finite, asked about ''. Return one row",
        ),
        (
            {"models": [lambda texts: np.array([0.3, 0.7])] * 2},
            r"finite outputs of shape \(7, n_outputs\) from model 0, got shape \(2, 1\)",
        ),
        (
            {"models": [length(0.1), lambda texts: np.full((len(texts), 3), 1 / 3)]},
            "all models of the ensemble to return outputs of one shape",
        ),
    ],
)
def test_what_cannot_be_wrapped(options, message):
    with pytest.raises(InputError, match=message):
        wrap(**options)


def test_estimators_come_back_and_functions_are_not_written(tmp_path):
    ensemble = wrap([pipeline(place) for place in range(2)], classes=["yes", "no"])
    ensemble.save(tmp_path / "kept")
    loaded = xg.TextEnsemble.load(tmp_path / "kept")
    assert isinstance(loaded, xg.TextEnsemble)
    assert (loaded.schema, loaded.classes, loaded.record) == (
        ensemble.schema,
        ensemble.classes,
        ensemble.record,
    )
    rows = ensemble.schema.encode(TEXTS)
    np.testing.assert_array_equal(loaded.outputs_encoded(rows), ensemble.outputs_encoded(rows))
    with pytest.raises(InputError, match="save, got one of callable models, which are code"):
        wrap().save(tmp_path / "functions")
    assert not (tmp_path / "functions").exists()


def test_named_places_come_back_and_unknown_types_are_refused(tmp_path):
    numbers = [pipeline(place, [1, 0, 0, 1, 1, 0]) for place in range(2)]
    named = wrap(numbers, classes=["bad", "fine"])
    named.save(tmp_path / "kept")
    np.testing.assert_array_equal(
        xg.SeedEnsemble.load(tmp_path / "kept").predict_proba(TEXTS), named.predict_proba(TEXTS)
    )
    forests = [pipeline(0, step=RandomForestClassifier(3, random_state=n)) for n in range(2)]
    wrap(forests).save(tmp_path / "forests")
    with pytest.raises(StoreError, match="types that skops knows to be safe, or that you trust"):
        xg.TextEnsemble.load(tmp_path / "forests")
    trusted = xg.TextEnsemble.load(tmp_path / "forests", trust_estimators=True)
    np.testing.assert_array_equal(trusted.predict_proba(TEXTS), wrap(forests).predict_proba(TEXTS))
