"""Every method explains the models that it claims to, and refuses others in words."""

from __future__ import annotations

import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.explainers import EXPLAINERS, describe_methods


def test_every_method_has_a_case(cases):
    assert set(cases.CASES) == set(EXPLAINERS.builtin)


def test_models_that_it_claims_are_explained(ask, case, cases, ensemble_of):
    X = cases.data().iloc[:2]
    for kind in case.kinds:
        ensemble, answer = ensemble_of(kind), ask(kind, X)
        assert answer.seeds.tolist() == list(cases.SEEDS), kind
        assert answer.outputs == ensemble.output_names, kind
        assert answer.task == ensemble.task, kind
        assert np.array_equal(answer.array("prediction"), ensemble.outputs(X)), kind


def test_other_models_are_refused_in_words(ask, case):
    for kind in case.refuses:
        with pytest.raises(InputError, match="'kernel_shap'") as told:
            ask(kind)
        assert "'kernel_shap'" in told.value.do, kind


def test_the_table_of_methods_tells_what_is_refused(method, case):
    row = describe_methods().set_index("method").loc[method]
    told = {
        "callable": "any",
        "network": "torch networks",
        "forest": "tree ensembles",
        "linear": "linear models",
    }
    assert row["models"] == told[case.family]
    assert (row["models"] == "any") == (not case.refuses)
