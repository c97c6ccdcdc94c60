from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import xaigeo as xg
from xaigeo.ensemble.estimator_storage import read_estimator, write_estimator
from xaigeo.errors import InputError, StoreError

TREE = "sklearn.tree._tree.Tree"


@pytest.fixture
def forest(plane):
    return RandomForestClassifier(3, random_state=0).fit(*plane)


@pytest.mark.parametrize("trust", [True, [TREE], [TREE, "other.Type"]])
def test_a_trusted_estimator_comes_back(forest, plane, tmp_path, trust):
    write_estimator(forest, tmp_path / "0.skops")
    loaded = read_estimator(tmp_path / "0.skops", trust)
    np.testing.assert_array_equal(loaded.predict_proba(plane[0]), forest.predict_proba(plane[0]))


@pytest.mark.parametrize("trust", [False, ["other.Type"]])
def test_a_type_that_is_not_trusted_is_named_and_not_loaded(forest, tmp_path, trust):
    write_estimator(forest, tmp_path / "0.skops")
    with pytest.raises(StoreError, match=rf"or that you trust, got {TREE}. If you trust whoever"):
        read_estimator(tmp_path / "0.skops", trust)


def test_types_that_skops_knows_need_no_trust(plane, tmp_path):
    scaler = StandardScaler().fit(plane[0])
    write_estimator(scaler, tmp_path / "0.skops")
    np.testing.assert_array_equal(read_estimator(tmp_path / "0.skops", False).mean_, scaler.mean_)


def test_without_skops_the_way_to_it_is_told(forest, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "skops", None)
    monkeypatch.setitem(sys.modules, "skops.io", None)
    with pytest.raises(InputError, match=r"package skops.*pip install 'xaigeo\[estimators\]'"):
        write_estimator(forest, tmp_path / "0.skops")
    assert not list(tmp_path.iterdir())


LAMBDA = r"by its name in a module, got the function .*test_estimator_storage.* in Pipeline. Define"


def test_what_cannot_be_read_again_is_not_written(tmp_path):
    model = CountVectorizer(preprocessor=str.lower).fit(["a film"])
    with pytest.raises(InputError, match=r"an estimator that skops .*, got CountVectorizer, on w"):
        write_estimator(model, tmp_path / "0.skops")
    with pytest.raises(InputError, match=r"on which it fails: TypeError: cannot pickle"):
        write_estimator(FunctionTransformer(number for number in []), tmp_path / "0.skops")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["fitted", "wrapped"])
def test_ensembles_of_texts_with_a_lambda_are_not_saved(tmp_path, kind):
    texts, y = ["Fine film", "bad film", "a fine plot", "a bad plot"], ["good", "bad"] * 2

    def pipeline(**options):
        words = CountVectorizer(preprocessor=lambda text: text.lower())
        return make_pipeline(words, RandomForestClassifier(3, **options))

    if kind == "fitted":
        ensemble = xg.TextEnsemble.fit(pipeline(), texts, y, seeds=[0, 1], validation_share=0)
    else:
        models = [pipeline(random_state=seed).fit(texts, y) for seed in (0, 1)]
        ensemble = xg.TextEnsemble.wrap(models, texts=texts)
    with pytest.raises(InputError, match=LAMBDA):
        ensemble.save(tmp_path / "kept")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["fitted", "wrapped"])
def test_ensembles_of_rows_with_a_function_inside_a_function_are_not_saved(tmp_path, plane, kind):
    def halved(rows):
        return rows / 2

    def pipeline(**options):
        return make_pipeline(FunctionTransformer(halved), RandomForestClassifier(2, **options))

    if kind == "fitted":
        ensemble = xg.SeedEnsemble.fit(pipeline(), *plane, seeds=[0, 1])
    else:
        models = [pipeline(random_state=seed).fit(*plane) for seed in (0, 1)]
        ensemble = xg.SeedEnsemble.wrap(models, schema=plane[0])
    with pytest.raises(InputError, match=LAMBDA):
        ensemble.save(tmp_path / "kept")
    assert not list(tmp_path.iterdir())


PROGRAM = """
import sys, warnings
import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
import xaigeo as xg

def small(text):
    return text.lower()

T, y = ["Fine film", "bad film", "a fine plot", "a bad plot"], ["good", "bad"] * 2
P = make_pipeline(CountVectorizer(preprocessor=small), RandomForestClassifier(3))
ensemble = xg.TextEnsemble.fit(P, T, y, seeds=[0, 1], n_jobs=2, validation_share=0)
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    ensemble.save(sys.argv[1])
print([(w.category.__name__, w.filename == __file__) for w in told])
loaded = xg.TextEnsemble.load(sys.argv[1], trust_estimators=True)
assert np.array_equal(loaded.predict_proba(T), ensemble.predict_proba(T))
"""


def test_a_function_of_the_program_is_told_when_it_is_saved_and_when_it_is_missing(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, "program.py", "kept"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[('MainCodeWarning', True)]\n"
    with pytest.raises(StoreError, match=r"program without one of them: .*small.* Before load"):
        xg.TextEnsemble.load(tmp_path / "kept", trust_estimators=True)
