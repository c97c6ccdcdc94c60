from __future__ import annotations

import inspect

import numpy as np
import pytest

import xaigeo as xg
from xaigeo.errors import InputError
from xaigeo.explainers import EXPLAINERS, TEXT_EXPLAINERS
from xaigeo.explainers.lime import LimeExplainer


def test_explain_is_the_class_with_its_parameters(species, birds):
    by_name = xg.explain(
        species, birds.head(2), method="lime", background=birds, random_state=3, n_samples=70
    )
    by_class = LimeExplainer(n_samples=70).explain(
        species, birds.head(2), background=birds, random_state=3
    )
    by_name_told, by_class_told = dict(by_name.provenance), dict(by_class.provenance)
    assert by_name_told.pop("created_at") < by_class_told.pop("created_at")
    assert by_name_told == by_class_told
    np.testing.assert_array_equal(by_name.array("attribution"), by_class.array("attribution"))


def test_kernel_shap_is_the_method_unless_named(species, birds):
    result = xg.explain(species, birds.head(1), background=birds, random_state=0, n_background=5)
    assert result.method == "kernel_shap"


def test_unknown_method_raises(species, birds):
    with pytest.raises(InputError, match=r"a known method .* Did you mean 'lime'"):
        xg.explain(species, birds.head(1), method="limes", background=birds)


def test_unknown_argument_raises(species, birds):
    message = r"arguments known to method 'lime' \(alpha, .*\), got 'n_sample'. Did you mean"
    with pytest.raises(InputError, match=message):
        xg.explain(species, birds.head(1), method="lime", background=birds, n_sample=100)


def test_the_documentation_of_explain_tells_every_argument_and_method():
    text = xg.explain.__doc__
    for name in (*EXPLAINERS.builtin, *TEXT_EXPLAINERS.builtin):
        assert f'"{name}"' in text
    for name, parameter in inspect.signature(xg.explain).parameters.items():
        stars = "**" if parameter.kind is parameter.VAR_KEYWORD else ""
        assert f"    {stars}{name}" in text
    assert "help(TEXT_EXPLAINERS.get(method))" in text
    assert "xaigeo methods NAME --texts" in " ".join(text.split())
