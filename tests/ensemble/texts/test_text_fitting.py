from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

import xaigeo as xg
from xaigeo.errors import (
    IdenticalModelsWarning,
    InputError,
    RebuiltTextWarning,
    SingleSeedWarning,
)
from xaigeo.text import WordTokenizer


def forest(**options):
    return make_pipeline(TfidfVectorizer(), RandomForestClassifier(5, max_depth=6, **options))


def fit(labelled, estimator=None, **options):
    texts, label = labelled
    estimator = forest() if estimator is None else estimator
    return xg.TextEnsemble.fit(estimator, texts, label, **{"seeds": (3, 8)} | options)


def test_each_member_is_the_clone_fitted_on_the_texts_as_they_are_written(labelled):
    texts, label = labelled
    written = texts.str.capitalize() + "!"
    ensemble = fit((written, label), seeds=(3, 8), validation_share=0)
    assert isinstance(ensemble, xg.TextEnsemble)
    assert ensemble.classes == ("bad", "good")
    for place, seed in enumerate((3, 8)):
        alone = forest(random_state=seed).fit(written.tolist(), label)
        vocabulary = ensemble.members.answers.estimators[place][0].vocabulary_
        assert vocabulary == alone[0].vocabulary_
        np.testing.assert_array_equal(
            ensemble.predict_proba(written)[place], alone.predict_proba(written)
        )
    assert not np.array_equal(*ensemble.predict_proba(written))
    assert ensemble.record["validation"] is None


def test_the_split_and_the_scores_are_those_of_texts(labelled):
    texts, label = labelled
    # Each text twice, once shouted: both stay on one side.
    texts, label = [*texts, *(text.upper() + " !" for text in texts)], [*label, *label]
    ensemble = fit((texts, label), validation_share=0.25, split_random_state=3)
    networks = xg.TextEnsemble.train(
        texts, label, seeds=(3, 8), epochs=1, validation_share=0.25, split_random_state=3
    )
    counts = ("n_train", "n_validation", "n_rows")
    assert [ensemble.record[n] for n in counts] == [networks.record[n] for n in counts]
    assert ensemble.record["n_validation"] == 30
    seen = ensemble.members.answers.estimators[0][0].vocabulary_
    # The last word of a text is its own: it tells which texts were trained on.
    held = [
        place
        for place, text in enumerate(texts)
        if text.lower().split()[-1 - (place >= 60)] not in seen
    ]
    assert len(held) == 30
    assert {place % 60 for place in held} == {place for place in held if place < 60}
    right = ensemble.predict([texts[place] for place in held]) == [label[place] for place in held]
    scores = ensemble.record["validation"]["scores"]
    assert scores["accuracy"] == right.mean(axis=1).tolist()
    assert ensemble.record["source"] == "fit"
    assert ensemble.record["config"]["split_random_state"] == 3


def test_regression_and_nested_seeds(labelled):
    texts, _ = labelled
    lengths = texts.str.len().astype(float)
    ensemble = fit(
        (texts, lengths), make_pipeline(CountVectorizer(), RandomForestRegressor(3)), n_jobs=2
    )
    assert (ensemble.task, ensemble.classes) == ("regression", ("text",))
    states = [one[1].random_state for one in ensemble.members.answers.estimators]
    assert states == [3, 8]
    nested = CalibratedClassifierCV(make_pipeline(TfidfVectorizer(), SGDClassifier()), cv=2)
    inside = fit(labelled, nested).members.answers.estimators
    assert [one.estimator[1].random_state for one in inside] == [3, 8]


def test_what_is_known_and_read(labelled):
    ensemble = fit(labelled, max_tokens=20)
    assert ensemble.schema.max_tokens == 20
    known = dict(ensemble.schema.tokenizer.split("Fine AWFUL film unheard-of"))
    assert [number > 0 for number in known.values()] == [True, True, True, False]
    with warnings.catch_warnings():  # "<unk>" stands for words that occur once, which are read
        warnings.simplefilter("ignore", RebuiltTextWarning)
        rarer = fit(labelled, min_count=2).schema.tokenizer
    assert dict(rarer.split("fine no3")) == {"fine": rarer.split("fine")[0][1], "no3": 0}
    assert rarer.lowercase
    own = WordTokenizer.from_texts(labelled[0])
    assert fit(labelled, tokenizer=own).schema.tokenizer is own


def test_what_is_warned_about(labelled):
    with pytest.warns(SingleSeedWarning) as told:
        fit(labelled, seeds=[3])
    assert told[0].filename == __file__
    plain = make_pipeline(TfidfVectorizer(), LogisticRegression())
    with pytest.warns(IdenticalModelsWarning, match="All 2 models answer alike"):
        fit(labelled, plain)
    capitals = make_pipeline(
        TfidfVectorizer(lowercase=False), RandomForestClassifier(5, max_depth=6)
    )
    written = (labelled[0].str.upper(), labelled[1])
    with pytest.warns(RebuiltTextWarning, match="of 32 example texts .* one of lowercase=False"):
        fit(written, capitals, tokenizer=WordTokenizer.from_texts(written[0]))


def test_capitals_are_known_only_where_the_models_read_them(labelled):
    written = labelled[0].str.capitalize()
    small = fit((written, labelled[1]))
    assert small.schema.tokenizer == WordTokenizer.from_texts(written)
    assert small.record["config"]["schema_sha256"] == small.schema.digest
    capitals = make_pipeline(TfidfVectorizer(lowercase=False), SGDClassifier(loss="log_loss"))
    cased = fit((written, labelled[1]), capitals)
    assert not cased.schema.tokenizer.lowercase
    np.testing.assert_array_equal(
        cased.outputs_encoded(cased.schema.encode(written)), cased.predict_proba(written)
    )


class Refusing(TransformerMixin, BaseEstimator):
    """Lengths of texts, of which there must be one."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        if not all(X):
            raise ValueError("an empty text")
        return np.array([[len(text)] for text in X])


@pytest.mark.parametrize(
    ("estimator", "options", "message"),
    [
        (forest, {}, "a scikit-learn classifier or regressor, got function"),
        (
            make_pipeline(TfidfVectorizer(), LinearSVC()),
            {},
            "a classifier with predict_proba, got Pipeline without it",
        ),
        (
            make_pipeline(TfidfVectorizer(), CalibratedClassifierCV()),
            {},
            r"an estimator with a random_state .* explain one model with wrap\(\[model\], \.\.\.\)",
        ),
        (
            RandomForestClassifier(3),
            {},
            "data that RandomForestClassifier can be fitted on, .* It was given a list of texts: "
            "put a TfidfVectorizer or another vectoriser before the estimator in a Pipeline",
        ),
        (
            make_pipeline(Refusing(), RandomForestClassifier(3)),
            {},
            "models that take a list of str, the empty text among them, got model 0, which fails",
        ),
        (forest(), {"task": "regression"}, "a scikit-learn estimator for regression, got Pipel"),
        (forest(), {"validation_share": 1}, "validation_share to be a number of at least 0"),
        (forest(), {"n_jobs": 0}, "n_jobs"),
        (forest(), {"seeds": [1, 1]}, "seeds that are all different, got 1 more than once"),
        (forest(), {"min_count": 0}, "min_count to be a whole number of at least 1"),
        (
            forest(),
            {"min_count": 2, "tokenizer": WordTokenizer(("<unk>",))},
            "min_count only where the tokenizer is made of the texts, got min_count=2",
        ),
        (forest(), {"tokenizer": 3}, "a tokenizer of whole words"),
    ],
)
def test_what_cannot_be_fitted(labelled, estimator, options, message):
    with pytest.raises(InputError, match=message):
        fit(labelled, estimator, **options)


def test_texts_and_labels_are_checked(labelled):
    texts, label = labelled
    with pytest.raises(InputError, match="str in texts, got nan"):
        fit((texts.where(texts.index != "t3"), label))
    with pytest.raises(InputError, match="labels that texts share"):
        fit((label, texts))
    with pytest.raises(InputError, match="at least two texts to train on"):
        fit((texts[:1], label[:1]))


def test_seeds_are_chosen_and_kept(labelled, tmp_path):
    ensemble = fit(labelled, make_pipeline(TfidfVectorizer(), SGDClassifier(loss="log_loss")))
    chosen = ensemble.select([8])
    np.testing.assert_array_equal(
        chosen.predict_proba(labelled[0])[0], ensemble.predict_proba(labelled[0])[1]
    )
    ensemble.save(tmp_path / "kept")
    loaded = xg.TextEnsemble.load(tmp_path / "kept")
    np.testing.assert_array_equal(
        loaded.predict_proba(labelled[0]), ensemble.predict_proba(labelled[0])
    )
    assert loaded.record == ensemble.record
