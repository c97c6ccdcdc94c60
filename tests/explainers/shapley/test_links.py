from __future__ import annotations

import numpy as np
import pytest

import xaigeo as xg
from xaigeo.errors import InputError
from xaigeo.explainers.shapley.links import check_link, linked


def test_links_are_those_of_shap():
    from shap.utils._legacy import convert_to_link

    p = np.array([0.0, 1e-20, 0.3, 0.5, 1.0])
    for name in ("identity", "logit"):
        np.testing.assert_array_equal(linked(p, name), convert_to_link(name).f(p))


@pytest.mark.parametrize("scale", ["logit", "value"])
def test_logits_of_anything_but_probabilities_raise(scale):
    with pytest.raises(InputError, match=f"probabilities for link='logit', got outputs .*{scale}"):
        check_link("logit", scale)
    check_link("identity", scale)
    check_link("logit", "probability")


ROWS = np.random.default_rng(0).normal(size=(12, 3))
TEXTS = ["a good film", "a bad film", "a plot", "no plot", "good", "bad"]


def functions():
    models = [lambda rows, k=k: 1 / (1 + np.exp(-rows[:, 0] * k)) for k in (1.0, 2.0)]
    return xg.SeedEnsemble.wrap(models, schema=ROWS), ROWS[:1], {"background": ROWS}


def functions_of_texts():
    models = [lambda texts, k=k: [0.5 + k * ("good" in text) for text in texts] for k in (0.1, 0.2)]
    return xg.TextEnsemble.wrap(models, texts=TEXTS), TEXTS[:1], {}


@pytest.mark.parametrize("made", [functions, functions_of_texts])
@pytest.mark.parametrize("method", ["kernel_shap", "exact_shap", "permutation_shap"])
def test_where_there_are_no_logits_the_link_is_named(made, method):
    ensemble, asked, options = made()
    with pytest.raises(InputError, match=r"for scale='logit', .* pass link='logit', which"):
        xg.explain(ensemble, asked, method, scale="logit", **options)
    found = xg.explain(ensemble, asked, method, link="logit", random_state=0, **options)
    whole = ensemble.predict_proba(asked)[:, 0, 1]
    np.testing.assert_allclose(found.array("explained_value")[:, 0, 1], np.log(whole / (1 - whole)))


@pytest.mark.parametrize("made", [functions, functions_of_texts])
def test_a_method_without_a_link_names_none(made):
    ensemble, asked, options = made()
    with pytest.raises(InputError, match=r"a scale that .* got 'logit'. Use scale='probability'"):
        xg.explain(ensemble, asked, "sampling_shap", scale="logit", **options)
