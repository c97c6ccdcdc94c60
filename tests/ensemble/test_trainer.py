"""Weights of all seeds together against an independent plain loop, one seed after another."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from xaigeo.ensemble import SeedEnsemble
from xaigeo.errors import InputError

SEEDS = (3, 11, 4)
OPTIMIZERS = {
    "adam": lambda p, wd, m: torch.optim.Adam(p, lr=0.02, weight_decay=wd),
    "adamw": lambda p, wd, m: torch.optim.AdamW(p, lr=0.02, weight_decay=wd),
    "sgd": lambda p, wd, m: torch.optim.SGD(p, lr=0.02, weight_decay=wd, momentum=m),
    "rmsprop": lambda p, wd, m: torch.optim.RMSprop(p, lr=0.02, weight_decay=wd, momentum=m),
}


def data(n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(53, 3)) * [1.0, 5.0, 0.2] + [0.0, 10.0, 1.0]
    if n_classes == 1:
        return X, 7.0 + 3.0 * X[:, 0] + rng.normal(size=53)
    return X, rng.integers(0, n_classes, size=53)


def plain_loop(
    make_model,
    X,
    y,
    seed,
    *,
    epochs,
    batch_size,
    optimizer,
    weight_decay=0.0,
    momentum=0.0,
    n_classes=2,
    class_weight=None,
    validation=None,
    patience=None,
    order_seed=None,
):
    """Train one module as a user would by hand; arrays come standardised."""
    order_seed = seed if order_seed is None else order_seed
    torch.manual_seed(seed)
    model = make_model().double()
    X = torch.as_tensor(X)
    y = torch.as_tensor(y)
    order = torch.Generator().manual_seed(order_seed)
    torch.manual_seed(order_seed)  # dropout
    steps = OPTIMIZERS[optimizer](model.parameters(), weight_decay, momentum)
    weights = None if class_weight is None else torch.as_tensor(class_weight, dtype=torch.float64)

    def loss_of(x, target):
        out = model(x)
        if n_classes == 1:
            return functional.mse_loss(out[:, 0], target)
        if out.shape[1] > 1:
            return functional.cross_entropy(out, target, weight=weights)
        each = functional.binary_cross_entropy_with_logits(
            out[:, 0], target.double(), reduction="none"
        )
        if weights is None:
            return each.mean()
        return (each * weights[target]).sum() / weights[target].sum()

    best, best_epoch, kept = np.inf, 0, None
    for epoch in range(1, epochs + 1):
        model.train()
        permutation = torch.randperm(len(X), generator=order)
        for start in range(0, len(X), batch_size):
            batch = permutation[start : start + batch_size]
            steps.zero_grad()
            loss_of(X[batch], y[batch]).backward()
            steps.step()
        if patience is None:
            continue
        model.eval()
        with torch.no_grad():
            value = loss_of(*map(torch.as_tensor, validation)).item()
        if value < best:
            best, best_epoch = value, epoch
            kept = {k: v.clone() for k, v in model.state_dict().items()}
        if epoch - best_epoch >= patience:
            break
    return (kept if patience is not None else model.state_dict()), epoch, best_epoch


def mlp(n_outputs: int, *middle: nn.Module):
    def make_model() -> nn.Module:
        return nn.Sequential(nn.Linear(3, 6), nn.Tanh(), *middle, nn.Linear(6, n_outputs))

    return make_model


def standardised(X: np.ndarray, train: np.ndarray) -> np.ndarray:
    return (X - X[train].mean(axis=0)) / X[train].std(axis=0)


def largest_gap(
    ensemble: SeedEnsemble, place: int, expected: dict[str, torch.Tensor], but=frozenset()
) -> float:
    state = ensemble.members.network.state
    assert set(state) == set(expected)
    return max(
        (state[name][place] - value).abs().max().item()
        for name, value in expected.items()
        if name not in but
    )


@pytest.mark.parametrize("engine", ["stacked", "functional"])
@pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS))
@pytest.mark.parametrize(("n_classes", "n_outputs"), [(2, 1), (2, 2), (3, 3), (1, 1)])
def test_weights_equal_those_of_a_plain_loop(engine, optimizer, n_classes, n_outputs):
    X, y = data(n_classes)
    momentum = 0.9 if optimizer in ("sgd", "rmsprop") else 0.0
    ensemble = SeedEnsemble.train(
        mlp(n_outputs),
        X,
        y,
        seeds=SEEDS,
        epochs=4,
        batch_size=10,
        optimizer=optimizer,
        learning_rate=0.02,
        weight_decay=0.05,
        momentum=momentum,
        validation_share=0,
        dtype="float64",
        engine=engine,
    )
    assert ensemble.record["engine"] == engine
    everything = np.arange(len(X))
    target = (y - y.mean()) / y.std() if n_classes == 1 else y
    for place, seed in enumerate(SEEDS):
        expected, *_ = plain_loop(
            mlp(n_outputs),
            standardised(X, everything),
            target,
            seed,
            epochs=4,
            batch_size=10,
            optimizer=optimizer,
            weight_decay=0.05,
            momentum=momentum,
            n_classes=n_classes,
        )
        assert largest_gap(ensemble, place, expected) <= 1e-8


@pytest.mark.parametrize("engine", ["stacked", "functional"])
@pytest.mark.parametrize(
    "middle",
    [
        lambda: (nn.Dropout(0.4), nn.Linear(6, 6), nn.ReLU(), nn.Dropout(0.2)),
        lambda: (nn.BatchNorm1d(6), nn.ReLU()),
        lambda: (nn.Linear(6, 6, bias=False), nn.BatchNorm1d(6)),
        lambda: (nn.LayerNorm(6), nn.Dropout(0.3)),
        lambda: (
            nn.LayerNorm(6, bias=False),
            nn.Sequential(nn.Linear(6, 6, bias=False), nn.GELU()),
        ),
        lambda: (nn.Flatten(), nn.LeakyReLU(0.2), nn.Identity(), nn.ELU(0.7), nn.SiLU()),
        lambda: (nn.Softplus(2.0), nn.Linear(6, 6), nn.Sigmoid(), nn.GELU("tanh")),
    ],
)
def test_layers_train_as_in_a_plain_loop(engine, middle):
    check_layers(engine, middle)


def test_batch_norm_with_a_cumulative_average_is_stacked():
    check_layers("stacked", lambda: (nn.BatchNorm1d(6, momentum=None, affine=False),))


@pytest.mark.parametrize("engine", ["stacked", "functional"])
def test_a_bias_before_batch_norm_is_all_that_drifts(engine):
    # Its gradient is rounding noise; the running mean follows it, no other weight sees it.
    drifting = {"2.bias", "3.running_mean"}
    check_layers(engine, lambda: (nn.Linear(6, 6), nn.BatchNorm1d(6)), but=drifting)


def check_layers(engine, middle, but=frozenset()):
    X, y = data(3)

    def make_model() -> nn.Module:
        return mlp(3, *middle())()

    ensemble = SeedEnsemble.train(
        make_model,
        X,
        y,
        seeds=SEEDS,
        epochs=3,
        batch_size=10,
        learning_rate=0.02,
        validation_share=0,
        dtype="float64",
        engine=engine,
    )
    for place, seed in enumerate(SEEDS):
        expected, *_ = plain_loop(
            make_model,
            standardised(X, np.arange(len(X))),
            y,
            seed,
            epochs=3,
            batch_size=10,
            optimizer="adam",
            n_classes=3,
        )
        assert largest_gap(ensemble, place, expected, but) <= 1e-8


@pytest.mark.parametrize("engine", ["stacked", "functional"])
@pytest.mark.parametrize("n_outputs", [1, 2])
def test_class_weights_and_early_stopping_follow_the_plain_loop(engine, n_outputs):
    from sklearn.model_selection import train_test_split

    X, y = data(2)
    settings = {"epochs": 40, "batch_size": 8, "patience": 3}
    ensemble = SeedEnsemble.train(
        mlp(n_outputs),
        X,
        y,
        seeds=SEEDS,
        learning_rate=0.02,
        validation_share=0.3,
        split_random_state=5,
        class_weight={0: 1.0, 1: 2.5},
        dtype="float64",
        engine=engine,
        **settings,
    )
    train, held = train_test_split(np.arange(len(X)), test_size=0.3, random_state=5, stratify=y)
    train, held = np.sort(train), np.sort(held)
    Z = standardised(X, train)
    for place, seed in enumerate(SEEDS):
        expected, epochs_run, best_epoch = plain_loop(
            mlp(n_outputs),
            Z[train],
            y[train],
            seed,
            optimizer="adam",
            class_weight=[1.0, 2.5],
            validation=(Z[held], y[held]),
            **settings,
        )
        assert ensemble.record["epochs_run"][place] == epochs_run
        assert ensemble.record["epoch_kept"][place] == best_epoch
        assert largest_gap(ensemble, place, expected) <= 1e-8
    assert len(set(ensemble.record["epochs_run"])) > 1  # seeds did stop on their own


@pytest.mark.parametrize("engine", ["stacked", "functional"])
def test_a_seed_trained_alone_is_the_same_seed(engine):
    X, y = data(3)

    def make_model() -> nn.Module:
        return mlp(3, nn.Dropout(0.5), nn.BatchNorm1d(6))()

    options = {"epochs": 3, "batch_size": 10, "dtype": "float64", "engine": engine}
    together = SeedEnsemble.train(make_model, X, y, seeds=SEEDS, **options)
    with pytest.warns(UserWarning, match="One seed only"):
        alone = SeedEnsemble.train(make_model, X, y, seeds=[11], **options)
    for name, value in alone.members.network.state.items():
        assert (value[0] - together.members.network.state[name][1]).abs().max() <= 1e-8


def test_training_twice_is_the_same_to_the_bit():
    X, y = data(2)
    runs = [
        SeedEnsemble.train(mlp(2, nn.Dropout(0.5)), X, y, seeds=SEEDS, epochs=5) for _ in range(2)
    ]
    for name, value in runs[0].members.network.state.items():
        assert torch.equal(value, runs[1].members.network.state[name])


@pytest.mark.filterwarnings("ignore:All . models answer alike")
def test_order_seed_and_init_seed_are_separable():
    X, y = data(2)
    options = {"epochs": 2, "batch_size": 10, "dtype": "float64", "validation_share": 0}
    ensemble = SeedEnsemble.train(
        mlp(2), X, y, seeds=range(3), init_seeds=7, order_seeds=[5, 5, 9], **options
    )
    weights = ensemble.members.network.state["0.weight"]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    expected, *_ = plain_loop(
        mlp(2),
        standardised(X, np.arange(len(X))),
        y,
        7,
        order_seed=9,
        epochs=2,
        batch_size=10,
        optimizer="adam",
    )
    # The plain loop's learning rate is 0.02.
    again = SeedEnsemble.train(
        mlp(2), X, y, seeds=range(2), init_seeds=7, order_seeds=9, learning_rate=0.02, **options
    )
    assert largest_gap(again, 1, expected) <= 1e-8


def test_many_small_gathers_equal_one(monkeypatch):
    X, y = data(2)
    options = {"seeds": SEEDS, "epochs": 2, "batch_size": 7}
    whole = SeedEnsemble.train(mlp(2), X, y, **options)
    monkeypatch.setattr("xaigeo.ensemble.trainer.MEMORY_LIMIT", 1)
    pieces = SeedEnsemble.train(mlp(2), X, y, **options)
    for name, value in whole.members.network.state.items():
        assert torch.equal(value, pieces.members.network.state[name])


def test_a_loss_that_is_not_finite_names_the_seed_and_the_way_out():
    X, y = data(1)
    with pytest.raises(InputError, match=r"infinite values in seed 3, 11, 4 after .*Lower learn"):
        SeedEnsemble.train(
            mlp(1), X, y, seeds=SEEDS, optimizer="sgd", learning_rate=1e30, epochs=30
        )


def test_the_callers_random_state_and_threads_are_left_alone():
    X, y = data(2)
    torch.manual_seed(123)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    SeedEnsemble.train(mlp(2, nn.Dropout(0.1)), X, y, seeds=SEEDS, epochs=1)
    assert torch.equal(before, torch.get_rng_state())
    assert torch.get_num_threads() == threads


def test_early_stopping_ends_before_the_last_epoch_when_all_seeds_have_stopped():
    X, y = data(2)
    ensemble = SeedEnsemble.train(
        mlp(2), X, y, seeds=SEEDS, epochs=500, patience=2, learning_rate=0.1
    )
    assert max(ensemble.record["epochs_run"]) < 500
    assert np.isfinite(ensemble.record["validation_loss"]).all()


def test_progress_is_shown_when_asked(capsys):
    X, y = data(2)
    SeedEnsemble.train(mlp(2), X, y, seeds=SEEDS, epochs=2, progress=True)
    assert "training" in capsys.readouterr().err
