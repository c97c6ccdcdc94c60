"""What an audit says of seeds of which some have copies of one model."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import xaigeo as xg
from xaigeo.agreement.identical_answers import different_models
from xaigeo.audit.copies import BETWEEN_MODELS, said_copies

QUICK = {"settings": {"n_bootstrap": 20}}


def networks(n, jitter=0.0):
    """Return untrained networks: the first nine are copies of one, moved by the jitter."""
    torch.manual_seed(0)
    one, *others = (
        nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)).double() for _ in range(n - 8)
    )
    copies = [deepcopy(one) for _ in range(9)]
    for copy in copies[1:]:
        for weights in copy.parameters():
            weights.data += jitter * torch.randn_like(weights)
    return [*copies, *others]


@pytest.mark.parametrize("jitter", [0.0, 1e-6])
def test_copies_count_once_and_agreement_of_copies_does_not_pass(jitter):
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 4)), columns=list("abcd"))
    y = (X["a"] > 0).astype(int)
    ensemble = xg.SeedEnsemble.wrap(networks(10, jitter), schema=X, classes=[0, 1])
    explained = xg.explain(ensemble, X[:12], method="kernel_shap", background=X, random_state=0)
    evaluation = ensemble.evaluate(X, y)
    assert different_models(explained, evaluation) == [list(range(9)), [9]]
    found = xg.audit(explained, evaluation=evaluation, thresholds=QUICK)
    assert (found["P1"].value, found["P1"].status) == (2, "fail")
    said = "Only 2 of 10 models differ: seeds 0, 1, 2, 3, 4, 5, 6, 7 and 8 are copies of one model."
    assert said in found["P1"].reason
    assert found["P1"].evidence["seeds_by_model"] == [list(range(9)), [9]]
    for name in BETWEEN_MODELS:
        assert found[name].status != "pass", name
        if found[name].status != "not_evaluated":
            assert f"{said} Copies agree by construction" in found[name].reason


def test_alike_answers_with_other_reasons_are_other_models(build, agreeing):
    assert len(different_models(build.make_attributions(agreeing))) == 6


def test_another_answer_on_labelled_rows_tells_models_apart(build, agreeing, evaluation):
    same = build.make_attributions(np.repeat(agreeing[:1], 6, axis=0))
    assert different_models(same) == [[0, 1, 2, 3, 4, 5]]
    apart = evaluation.prediction.copy()
    apart[5, 0] = apart[5, 0, ::-1]
    other = replace(evaluation, prediction=apart)
    assert different_models(same, other) == [[0, 1, 2, 3, 4], [5]]


def test_models_that_were_trained_for_their_seeds_are_different(build, agreeing, record):
    told = record | {"source": "train"}
    same = build.make_attributions(np.repeat(agreeing[:1], 6, axis=0), record=told)
    assert len(different_models(same)) == 6
    assert different_models([]) == []


def test_words():
    assert said_copies([[0], [1]]) == ""
    assert said_copies([[0, 2], [1, 3]]) == (
        "Only 2 of 4 models differ: seeds 0 and 2 are copies of one model; seeds 1 and 3 are "
        "copies of one model."
    )
