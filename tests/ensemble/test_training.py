"""What `SeedEnsemble.train` checks and records; its weights are compared in test_trainer."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from xaigeo.ensemble import SeedEnsemble
from xaigeo.errors import ConstantFeatureWarning, InputError, SingleSeedWarning


def network(n_inputs: int, n_outputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(n_inputs, 8), nn.ReLU(), nn.Linear(8, n_outputs))


def train(X, y, make_model=network, **options):
    return SeedEnsemble.train(make_model, X, y, **({"seeds": range(3), "epochs": 2} | options))


class Gated(nn.Module):
    """A module no description knows, with a buffer of its own."""

    def __init__(self, n_inputs: int, n_outputs: int) -> None:
        super().__init__()
        self.value = nn.Linear(n_inputs, n_outputs)
        self.gate = nn.Linear(n_inputs, n_outputs)
        self.register_buffer("shift", torch.rand(n_outputs), persistent=False)

    def forward(self, x):
        return self.value(x) * torch.sigmoid(self.gate(x)) + self.shift


def test_categories_and_classes_come_out_as_they_went_in(mixed):
    X, y = mixed
    ensemble = train(X, y, epochs=60)
    assert ensemble.classes == ("large", "middle", "small")
    assert ensemble.predict_proba(X).shape == (3, 90, 3)
    predicted = ensemble.predict(X)
    assert set(predicted.ravel()) <= set(y)
    assert (predicted == y.to_numpy()).mean() > 0.8


def test_one_row_is_enough_to_predict_but_not_to_train(mixed):
    X, y = mixed
    assert train(X, y).predict(X.iloc[[0]]).shape == (3, 1)
    with pytest.raises(InputError, match="at least two rows to train on, got 1"):
        train(X.iloc[[0]], y.iloc[[0]])


def test_any_module_is_trained_by_the_functional_engine(mixed):
    ensemble = train(*mixed, Gated, epochs=40)
    assert ensemble.record["engine"] == "functional"
    assert ensemble.record["validation"]["scores"]["accuracy"][0] > 0.6
    inputs = ensemble.members.inputs(ensemble.schema.encode(mixed[0]))
    alone = torch.stack([module(inputs) for module in ensemble.members.modules])
    torch.testing.assert_close(ensemble.members.forward_inputs(inputs, "logit"), alone)


def test_frozen_parameters_stay_as_they_are(plane):
    def make_model(n_inputs, n_outputs):
        module = network(n_inputs, n_outputs)
        module[0].requires_grad_(False)
        return module

    ensemble = train(*plane, make_model)
    for place, seed in enumerate(ensemble.seeds):
        torch.manual_seed(seed)
        initial = network(2, 2).state_dict()
        state = ensemble.members.network.state
        assert torch.equal(state["0.weight"][place], initial["0.weight"])
        assert not torch.equal(state["2.weight"][place], initial["2.weight"])


def test_the_split_is_the_same_whatever_the_seeds(plane):
    first, second = train(*plane, seeds=[1, 2]), train(*plane, seeds=[7, 8])
    for one, other in ((first, second),):
        torch.testing.assert_close(
            one.members.preprocessor.location, other.members.preprocessor.location
        )
    third = train(*plane, seeds=[1, 2], split_random_state=1)
    assert not torch.equal(first.members.preprocessor.location, third.members.preprocessor.location)


def test_the_record_is_json_and_tells_that_only_the_seed_differs(plane):
    first, again = train(*plane), train(*plane, seeds=range(3, 8))
    twice = train(*plane).record
    # Nothing else of the clock is in it.
    assert twice["trained_at"] > first.record["trained_at"]
    assert twice == first.record | {"trained_at": twice["trained_at"]}
    record = json.loads(json.dumps(first.record))
    assert record["seeds"] == record["order_seeds"] == record["init_seeds"] == [0, 1, 2]
    assert len(record["architecture_sha256"]) == 3
    assert len(set(record["architecture_sha256"])) == 1
    assert record["epochs_run"] == [2, 2, 2]
    assert (record["n_train"], record["n_validation"], record["n_rows"]) == (48, 12, 60)
    assert set(record["validation"]["scores"]) >= {"seed", "accuracy", "f1_macro"}
    for name in ("data_sha256", "config_sha256"):
        assert first.record[name] == again.record[name]
    other = train(plane[0] + 1e-9, plane[1], learning_rate=0.1)
    assert other.record["data_sha256"] != first.record["data_sha256"]
    assert other.record["config_sha256"] != first.record["config_sha256"]


def test_balanced_weights_equal_weights_by_hand(plane):
    X, _ = plane
    y = (np.arange(60) < 15).astype(int)
    by_hand = {0: 60 / (2 * 45), 1: 60 / (2 * 15)}
    options = {"validation_share": 0, "dtype": "float64"}
    one = train(X, y, class_weight="balanced", **options)
    other = train(X, y, class_weight=by_hand, **options)
    torch.testing.assert_close(
        one.members.network.state["0.weight"], other.members.network.state["0.weight"]
    )


def test_a_lone_seed_is_warned_about(plane):
    with pytest.warns(SingleSeedWarning, match=r"One seed only \(5\).*Pass several seeds") as told:
        train(*plane, seeds=[5])
    assert told[0].filename == __file__


def test_a_constant_column_is_named(mixed):
    X, y = mixed
    with pytest.warns(ConstantFeatureWarning, match="Constant in all training rows: year") as told:
        ensemble = train(X.assign(year=2009), y)
    assert told[0].filename == __file__
    assert np.isfinite(ensemble.predict_proba(X.assign(year=2010))).all()


def bad(X, y, **options):
    return {"X": X, "y": y} | options


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y: bad(X.assign(mass=np.nan), y), "no missing values in column 'mass' of X"),
        (lambda X, y: bad(X.assign(mass=np.inf), y), "finite numbers in column 'mass' of X"),
        (lambda X, y: bad(X, y[::-1]), "y in the order of X, got the same row labels in another"),
        (lambda X, y: bad(X, y[:-1]), "y with 90 values, one a row of X, got 89"),
        (lambda X, y: bad(X, y.replace("small", None)), "y without missing values"),
        (lambda X, y: bad(X, ["same"] * 90), r"at least two classes, got 1 \(same\)"),
        (lambda X, y: bad(X, y, seeds=[1, 2, 1]), "all different, got 1 more than once"),
        (lambda X, y: bad(X, y, seeds=[]), "seeds as a sequence of whole numbers"),
        (lambda X, y: bad(X, y, seeds=5), r"whole numbers from 0 .* got 5.*seeds=range\(20\)"),
        (lambda X, y: bad(X, y, seeds=[0.5, 1]), "got 0.5"),
        (lambda X, y: bad(X, y, order_seeds=[1, 2]), "order_seeds with 3 values, one a seed"),
        (lambda X, y: bad(X, y, optimizer="adma"), "Did you mean 'adam'"),
        (lambda X, y: bad(X, y, engine="fast"), "engine to be one of 'auto', 'stacked'"),
        (lambda X, y: bad(X, y, task="ranking"), "task to be one of 'classification'"),
        (lambda X, y: bad(X, y, class_weight={"small": 1.0}), "positive number for each of large"),
        (lambda X, y: bad(X, y, class_weight="even"), "class_weight to be one of 'balanced'"),
        (
            lambda X, y: bad(X, np.arange(90) / 7.0, class_weight="balanced"),
            "class_weight=None for regression",
        ),
        (
            lambda X, y: bad(X, ["rare"] + ["often"] * 89),
            r"every class on both sides, got 90 rows, 1 of 'rare', the rarest class",
        ),
        (lambda X, y: bad(X, y, make_model=nn.Linear(5, 3)), "builds a new nn.Module on every"),
        (lambda X, y: bad(X, y, make_model=lambda: 3), "return a torch.nn.Module, got int"),
        (
            lambda X, y: bad(X, y, make_model=lambda: network(4, 3)),
            r"takes 5 inputs \(3 columns, 5 numbers after one-hot encoding\)",
        ),
        (
            lambda X, y: bad(X, y, make_model=lambda: network(5, 4)),
            r"shape \(n_rows, 3\): one logit a class, got shape \(16, 4\) for 16 rows",
        ),
        (
            lambda X, y: bad(X, y, make_model=lambda: nn.Sequential(network(5, 3), nn.Softmax(1))),
            "ends in logits or values, got one that ends in Softmax",
        ),
        (
            lambda X, y: bad(X, y, make_model=lambda n_inputs, n_outputs, width: network(5, 3)),
            r"or make_model\(n_inputs, n_outputs\), got make_model\(n_inputs, n_outputs, width\)",
        ),
        (lambda X, y: bad(X, y, make_model=nn.Identity), r"\(n_rows, 3\): one logit a class"),
        (
            lambda X, y: bad(X, y, make_model=Gated, engine="stacked"),
            "for engine='stacked', got a Gated with other layers",
        ),
        (
            lambda X, y: bad(
                X,
                y,
                make_model=lambda: nn.Sequential(nn.Linear(5, 3), nn.BatchNorm1d(3)),
                batch_size=71,
            ),
            "72 training rows in batches of 71, which leaves a batch of 1",
        ),
    ],
)
def test_bad_input_is_told(change, message, mixed):
    given = change(*mixed)
    with pytest.raises(InputError, match=message):
        train(given.pop("X"), given.pop("y"), given.pop("make_model", network), **given)


def test_columns_and_categories_are_checked_when_predicting(mixed):
    X, y = mixed
    ensemble = train(X, y)
    with pytest.raises(InputError, match=r"without 'mass' and with unknown 'maas'.*looks like"):
        ensemble.predict(X.rename(columns={"mass": "maas"}))
    with pytest.raises(InputError, match="with unknown 'more'"):
        ensemble.predict(X.assign(more=1))
    with pytest.raises(InputError, match=r"'island' in X to be one of Biscoe.*got Atlantis"):
        ensemble.predict(X.assign(island="Atlantis"))


def test_seeds_must_not_change_the_architecture(plane):
    def make_model():
        return nn.Linear(2, 2, bias=bool(torch.rand(()) < 0.5))

    with pytest.raises(InputError, match="same architecture for every seed, got another one"):
        train(*plane, make_model, seeds=range(20))


def test_state_outside_parameters_and_buffers_is_refused(plane):
    class Tempered(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(2, 2)
            self.temperature = torch.rand(()).item()

        def forward(self, x):
            return self.linear(x) / self.temperature

    with pytest.raises(InputError, match=r"other attributes differ between seeds.*register_buffer"):
        train(*plane, Tempered)


def test_modules_that_vmap_cannot_run_are_refused(plane):
    class Branching(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(2, 2)

        def forward(self, x):
            out = self.linear(x)
            return out if out.sum() > 0 else -out

    with pytest.raises(InputError, match=r"torch.func.vmap\) can train.*torch.where"):
        train(*plane, Branching)


def test_branches_on_rows_are_refused_as_each_seed_has_rows_of_its_own(plane):
    class Branching(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(2, 2)

        def forward(self, x):
            return self.linear(x if x.sum() > 0 else -x)

    class Itemised(Branching):
        def forward(self, x):
            return self.linear(x) * x.mean().item()

    for make_model, told in ((Branching, "data-dependent control flow"), (Itemised, "calling .it")):
        with pytest.raises(InputError, match=told) as refused:
            train(*plane, make_model)
        message = str(refused.value)
        assert "engine='functional'" in message
        assert "common layers" in message
        assert "SeedEnsemble.wrap" in message
        assert "please" not in message


def test_modules_without_parameters_are_refused(plane):
    with pytest.raises(InputError, match="parameters to train, got a Identity without any"):
        train(*plane, nn.Identity)


def test_factories_with_defaults_are_called_without_sizes(plane):
    def make_model(width=5, depth=1):
        assert (width, depth) == (5, 1)
        return nn.Sequential(nn.Linear(2, width), nn.ReLU(), nn.Linear(width, 2))

    assert train(*plane, make_model).n_seeds == 3


def test_an_array_may_predict_as_it_trained(plane):
    X, y = plane
    ensemble = train(X, y)
    assert ensemble.schema.from_array
    assert ensemble.predict(X[:1]).shape == (3, 1)
    with pytest.raises(InputError, match="columns x0, x1"):
        ensemble.predict(pd.DataFrame(X, columns=["a", "b"]))
