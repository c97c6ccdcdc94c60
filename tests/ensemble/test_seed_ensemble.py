from __future__ import annotations

import numpy as np
import pytest
from torch import nn

from xaigeo.ensemble import SeedEnsemble
from xaigeo.errors import InputError, SingleSeedWarning


def sure(k: int):
    def model(rows):
        p = np.where(rows[:, 0] > k, 0.9, 0.2)
        return np.column_stack([1 - p, p])

    return model


@pytest.fixture
def ensemble(plane) -> SeedEnsemble:
    models = [sure(k) for k in range(3)]
    return SeedEnsemble.wrap(models, seeds=[7, 8, 9], schema=plane[0], classes=["no", "yes"])


def test_it_tells_what_it_is(ensemble, plane):
    assert len(ensemble) == ensemble.n_seeds == 3
    assert ensemble.n_outputs == 2
    assert ensemble.output_names == ["no", "yes"]
    assert repr(ensemble) == (
        "SeedEnsemble(3 callable models, 2 features, classification: no, yes)"
    )
    with pytest.warns(SingleSeedWarning):
        one = SeedEnsemble.wrap([sure(0)], seeds=[7], schema=plane[0], classes=["no", "yes"])
    assert repr(one).startswith("SeedEnsemble(1 callable model, 2 features")


def test_predictions_are_labels_of_the_likeliest_class(ensemble, plane):
    X, _ = plane
    expected = np.where(X[:, 0] > 1, "yes", "no")
    np.testing.assert_array_equal(ensemble.predict(X)[1], expected)
    np.testing.assert_array_equal(ensemble.outputs(X), ensemble.predict_proba(X))
    np.testing.assert_array_equal(
        ensemble.member_outputs_encoded(1, X), ensemble.predict_proba(X)[1]
    )


def test_evaluate_scores_every_seed(ensemble, plane):
    X, _ = plane
    truth = np.where(X[:, 0] > 1, "yes", "no")
    evaluation = ensemble.evaluate(X, truth)
    assert evaluation.scores["accuracy"].tolist()[1] == 1.0
    assert evaluation.scores["seed"].tolist() == [7, 8, 9]
    with pytest.raises(InputError, match="labels among no, yes, got maybe"):
        ensemble.evaluate(X, ["maybe"] * len(X))


def test_evaluate_takes_labels_in_the_order_of_the_rows(mixed):
    X, y = mixed
    ensemble = SeedEnsemble.train(nn.Linear, X, y, seeds=[0, 1], epochs=1)
    with pytest.raises(InputError, match=r"y in the order of X.*Pass y.loc\[X.index\]"):
        ensemble.evaluate(X, y[::-1])


def test_select_takes_seeds_by_name(ensemble, plane):
    chosen = ensemble.select([9, 7])
    assert chosen.seeds == (9, 7)
    assert chosen.record["seeds"] == [9, 7]
    np.testing.assert_array_equal(
        chosen.predict_proba(plane[0]), ensemble.predict_proba(plane[0])[[2, 0]]
    )


@pytest.mark.parametrize(("seeds", "told"), [([1], "1"), ([], "none"), ([7, 7], r"\[7, 7\]")])
def test_selecting_what_is_not_there_is_told(ensemble, seeds, told):
    with pytest.raises(InputError, match=rf"different seeds among \[7, 8, 9\], got .*{told}"):
        ensemble.select(seeds)


@pytest.mark.filterwarnings("ignore:All . models answer alike")
def test_scales_that_do_not_exist_are_told(ensemble, plane):
    with pytest.raises(InputError, match=r"a scale that .* callable models has, got 'logit'"):
        ensemble.logits(plane[0])
    with pytest.raises(InputError, match=r"got 'value'.*Use scale='probability'"):
        ensemble.outputs(plane[0], scale="value")
    with pytest.raises(InputError, match="scale to be one of"):
        ensemble.outputs(plane[0], scale="odds")
    values = SeedEnsemble.wrap([nn.Linear(2, 1)] * 2, schema=plane[0], task="regression")
    with pytest.raises(InputError, match=r"got 'probability'.*Use scale='value'"):
        values.outputs(plane[0], scale="probability")
