"""What all removal methods owe: the same numbers however the work is cut, kept or taken up."""

from __future__ import annotations

import joblib
import numpy as np
import pytest

import xaigeo as xg
from tests.text_models import TEXTS, linear_text_ensemble
from xaigeo.errors import StoreError
from xaigeo.explainers import explain

METHODS = {
    "occlusion": {"window": 2},
    "lime": {"n_samples": 200, "n_repeats": 2},
    "kernel_shap": {"n_samples": 40, "n_repeats": 2},
    "permutation_shap": {"n_permutations": 3},
    "sampling_shap": {"n_samples": 60, "min_samples": 6},
    "exact_shap": {},
    "anchors": {"n_samples": 200, "n_search": 400},
    "counterfactuals": {"max_changes": 2},
}
MANY = [*TEXTS, "fine", "not fine music", "the film is a plot"]


@pytest.fixture(scope="module")
def ensemble():
    return linear_text_ensemble(pooled=True, n_outputs=3)


def same(one, other):
    assert set(one.data.data_vars) == set(other.data.data_vars)
    for name in one.data.data_vars:
        np.testing.assert_array_equal(one.array(name), other.array(name), err_msg=name)


@pytest.mark.parametrize("method", METHODS)
def test_a_text_gets_the_same_whatever_stands_beside_it(ensemble, method):
    parameters = METHODS[method]
    whole = explain(ensemble, MANY, method, background=TEXTS, random_state=3, **parameters)
    last = explain(ensemble, MANY[:1:-1], method, background=TEXTS, random_state=3, **parameters)
    for name in whole.data.data_vars:
        if "instance" not in whole.data[name].dims:
            continue
        axis = whole.data[name].dims.index("instance")
        own = np.take(whole.array(name), range(6, 1, -1), axis=axis)
        np.testing.assert_allclose(own, last.array(name), atol=1e-12, err_msg=name)


@pytest.mark.parametrize("method", METHODS)
def test_results_are_stored_as_they_are(ensemble, method, tmp_path):
    parameters = {"background": TEXTS, "random_state": 3, **METHODS[method]}
    direct = explain(ensemble, MANY, method, **parameters)
    stored = explain(ensemble, MANY, method, store=tmp_path / "store", **parameters)
    same(direct, stored)
    same(direct, xg.load(tmp_path / "store"))


@pytest.mark.parametrize("other", ["QWERTY good film", "zzxq  good film", "Zzxq good film"])
def test_texts_of_equal_tokens_are_not_taken_for_each_other(ensemble, other, tmp_path):
    arguments = {"method": "occlusion", "background": TEXTS, "store": tmp_path / "store"}
    first = explain(ensemble, ["zzxq good film"], **arguments)
    same(first, explain(ensemble, ["zzxq good film"], **arguments))
    with pytest.raises(StoreError, match="that of another, other in: text"):
        explain(ensemble, [other], **arguments)
    replaced = explain(ensemble, [other], overwrite=True, **arguments)
    assert replaced.texts == [other]
    assert replaced.tokens == [other.lower().split()]


@pytest.mark.parametrize("method", ["lime", "kernel_shap", "anchors", "counterfactuals"])
def test_two_workers_give_the_same_to_the_bit(ensemble, method):
    parameters = {"random_state": 3, "background": TEXTS, **METHODS[method]}
    one = explain(ensemble, MANY * 2, method, n_jobs=1, **parameters)
    with joblib.parallel_config("threading"):  # processes take longer to start than all of this
        two = explain(ensemble, MANY * 2, method, n_jobs=2, **parameters)
    same(one, two)


@pytest.mark.parametrize("method", METHODS)
def test_a_small_memory_changes_nothing_but_rounding(ensemble, method):
    parameters = {"random_state": 3, "background": TEXTS, **METHODS[method]}
    wide = explain(ensemble, TEXTS, method, **parameters)
    narrow = explain(ensemble, TEXTS, method, max_memory=2**20, **parameters)
    for name in wide.data.data_vars:
        own, less = (found.array(name).astype(float) for found in (wide, narrow))
        np.testing.assert_allclose(own, less, atol=1e-10, err_msg=name)
