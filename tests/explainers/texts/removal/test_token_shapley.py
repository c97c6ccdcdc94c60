from __future__ import annotations

import sys

import pytest

from tests.text_models import linear_text_ensemble
from xaigeo.explainers import explain

LONG = "a good film with a good plot and not a thin plot , the music is fine"


@pytest.fixture(scope="module")
def pooled():
    return linear_text_ensemble(pooled=True, marked=True, max_tokens=20)


@pytest.fixture(scope="module")
def plain_shap():
    """Run shap's compiled functions as plain Python: to compile them takes longer than the rest."""
    from numba.core.registry import CPUDispatcher

    with pytest.MonkeyPatch.context() as patch:
        import shap.explainers  # noqa: F401

        shaps = [module for name, module in sys.modules.items() if name.startswith("shap")]
        for module in shaps:
            for name, function in list(vars(module).items()):
                if isinstance(function, CPUDispatcher):
                    patch.setattr(module, name, function.py_func)
        yield


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("kernel_shap", {}),
        ("kernel_shap", {"removal": "unknown"}),
        ("kernel_shap", {"n_samples": 60, "n_repeats": 2}),
        ("kernel_shap", {"link": "logit"}),
        ("kernel_shap", {"n_samples": 60, "l1_reg": "num_features(3)"}),
        ("permutation_shap", {"n_permutations": 3}),
        ("permutation_shap", {"n_permutations": 3, "removal": "unknown", "link": "logit"}),
        ("sampling_shap", {"n_samples": 60, "min_samples": 6}),
        ("sampling_shap", {"n_samples": 60, "min_samples": 6, "allocation": "per_model"}),
        ("exact_shap", {}),
        ("exact_shap", {"link": "logit", "removal": "unknown"}),
    ],
)
def test_upstream_gives_the_same_on_the_same_draws(pooled, plain_shap, method, parameters):
    long = "n_samples" in parameters and method == "kernel_shap"
    texts = ["not a good zebra", LONG if long else "fine"]
    both = [
        explain(pooled, texts, method, random_state=1, engine=engine, **parameters)
        for engine in ("batched", "upstream")
    ]
    for name in ("attribution", "base_value", "explained_value"):
        # Sampling in shap adds 1e-6 of a variance to what it divides by.
        assert both[0].array(name) == pytest.approx(both[1].array(name), abs=1e-6), name


@pytest.mark.parametrize(
    "method", ["kernel_shap", "permutation_shap", "sampling_shap", "exact_shap"]
)
def test_every_method_adds_up(pooled, method):
    found = explain(pooled, ["not a good film", "fine , fine"], method, random_state=0)
    assert found.additive
    total = found.array("base_value") + found.array("attribution").sum(axis=2)
    assert total == pytest.approx(found.array("explained_value"))
    assert not found.array("attribution")[:, ~found.mask].any()
