"""Averaged weights of all seeds against literal loops, one seed and one step after another."""

from __future__ import annotations

import copy
import doctest
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, update_bn

from xaigeo.ensemble import SeedEnsemble
from xaigeo.errors import InputError, LoneAverageWarning

SEEDS = (3, 11)
OPTIMIZERS = {
    "adam": lambda p: torch.optim.Adam(p, lr=0.02),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.02, weight_decay=0.0),
    "sgd": lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.02, momentum=0.9),
}


def data(task: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(46, 3))
    if task == "regression":
        return X, X[:, 0] + rng.normal(size=46)
    score = X[:, 0] + 0.5 * rng.normal(size=46)
    return X, np.digitize(score, [-0.4, 0.4])


def plain(n_outputs: int):
    return lambda: nn.Sequential(
        nn.Linear(3, 6), nn.Tanh(), nn.Dropout(0.3), nn.Linear(6, n_outputs)
    )


def normalised(n_outputs: int):
    return lambda: nn.Sequential(
        nn.Linear(3, 6, bias=False),
        nn.BatchNorm1d(6),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(6, 6, bias=False),
        nn.BatchNorm1d(6, momentum=0.3),
        nn.Linear(6, n_outputs),
    )


class TorchAverage:
    """What torch itself has: a mean of the modules it is shown, or an exponential one."""

    def __init__(self, model, decay=None):
        self.model = AveragedModel(
            model, multi_avg_fn=None if decay is None else get_ema_multi_avg_fn(decay)
        )
        self.count = 0

    def show(self, model, step):
        self.model.update_parameters(model)
        self.count += 1

    def network(self):
        return self.model.module


class CorrectedEMA:
    """m <- d m + (1 - d) W from m = 0, divided by 1 - d^t."""

    def __init__(self, model, decay):
        self.copy, self.decay, self.count = copy.deepcopy(model), decay, 0
        self.moments = [torch.zeros_like(p) for p in model.parameters()]

    def show(self, model, step):
        self.count += 1
        for moment, weights in zip(self.moments, model.parameters(), strict=True):
            moment.copy_(self.decay * moment + (1 - self.decay) * weights.detach())

    def network(self):
        with torch.no_grad():
            for weights, moment in zip(self.copy.parameters(), self.moments, strict=True):
                weights.copy_(moment / (1 - self.decay**self.count))
        return self.copy


class Aggressive:
    """Algorithms 1 and 2 line by line; `norms` is None for the first."""

    def __init__(self, model, *, filtered, divisor, printed):
        self.copy = copy.deepcopy(model)
        self.norms = [] if filtered else None
        self.by_accepted, self.more, self.count = divisor == "accepted", int(printed), 0

    def show(self, model, step):
        pairs = list(zip(self.copy.parameters(), model.parameters(), strict=True))
        if self.norms is not None:
            norm = sum((w - a).abs().sum().item() for a, w in pairs)
            if self.norms and not norm > sum(self.norms) / len(self.norms):
                self.norms.append(norm)
                return
            self.norms = [norm]
        self.count += 1
        n = (self.count if self.by_accepted else step) + self.more
        with torch.no_grad():
            for a, w in pairs:
                a.add_((w - a) / n)

    def network(self):
        return self.copy


def average_of(model, options):
    kind = options["averaging"]
    if kind == "swa":
        return TorchAverage(model)
    if kind == "ema":
        decay = options.get("ema_decay", 0.999)
        corrected = options.get("ema_bias_correction", True)
        return CorrectedEMA(model, decay) if corrected else TorchAverage(model, decay)
    return Aggressive(
        model,
        filtered=kind == "naswa",
        divisor=options.get("naswa_divisor", "accepted"),
        printed=options.get("averaging_order") == "before_step",
    )


def literal_loop(
    make_model,
    X,
    y,
    seed,
    *,
    task,
    epochs,
    batch_size,
    optimizer,
    options,
    held,
    patience,
    by_class,
):
    """Train one module by hand and return its average, epochs, steps averaged and loss."""
    kind, every = options["averaging"], options.get("averaging_every")
    restarts, printed = kind in ("aswa", "naswa"), options.get("averaging_order") == "before_step"
    start = options.get("averaging_start", {"swa": -(-3 * epochs // 4)}.get(kind, 1))
    torch.manual_seed(seed)
    model = make_model().double()
    X, y = torch.as_tensor(X), torch.as_tensor(y)
    order = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)  # dropout
    steps = OPTIMIZERS[optimizer](model.parameters())
    average = average_of(model, options)
    weights = None if by_class is None else torch.as_tensor(by_class, dtype=torch.float64)

    def loss_of(network, x, target):
        out = network(x)
        if task == "regression":
            return functional.mse_loss(out[:, 0], target)
        return functional.cross_entropy(out, target, weight=weights)

    def batches(generator):
        permutation = torch.randperm(len(X), generator=generator)
        return [permutation[i : i + batch_size] for i in range(0, len(X), batch_size)]

    def judged():
        network = copy.deepcopy(average.network())
        first = [X[batch] for batch in batches(torch.Generator().manual_seed(seed))]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            update_bn(first, network)
        network.eval()
        with torch.no_grad():
            return network, loss_of(network, *map(torch.as_tensor, held)).item()

    kept, best, best_epoch, t, since = None, np.inf, 0, 0, 0
    for epoch in range(1, epochs + 1):
        model.train()
        for batch in batches(order):
            t += 1
            steps.zero_grad()
            loss_of(model, X[batch], y[batch]).backward()
            if printed:
                average.show(model, t)
            steps.step()
            if not printed and epoch >= start and (kind != "swa" or every):
                since += 1
                if since % (every or 1) == 0:
                    average.show(model, t)
        if kind == "swa" and not every and epoch >= start:
            average.show(model, t)
        if restarts:
            model.load_state_dict(
                model.state_dict() | dict(average.network().named_parameters()), strict=True
            )
            if options.get("restart_optimizer") == "reset":
                steps = OPTIMIZERS[optimizer](model.parameters())
        if patience is not None and average.count:
            network, value = judged()
            if value < best:
                kept, best, best_epoch = (network, average.count), value, epoch
            if epoch - best_epoch >= patience:
                break
    if patience is None:
        network, best = judged()
        kept = network, average.count
    return kept[0].state_dict(), epoch, kept[1], best


CASES = [
    ("adam", {"averaging": "swa"}),
    ("sgd", {"averaging": "swa", "averaging_start": 3}),
    ("rmsprop", {"averaging": "swa", "averaging_start": 2, "averaging_every": 3}),
    ("adamw", {"averaging": "ema"}),
    ("sgd", {"averaging": "ema", "ema_decay": 0.8, "ema_bias_correction": False}),
    ("adam", {"averaging": "ema", "averaging_start": 2, "averaging_every": 2, "ema_decay": 0.7}),
    ("adam", {"averaging": "aswa"}),
    ("sgd", {"averaging": "aswa", "restart_optimizer": "reset"}),
    ("rmsprop", {"averaging": "aswa", "averaging_order": "before_step"}),
    ("adam", {"averaging": "naswa"}),
    ("sgd", {"averaging": "naswa", "naswa_divisor": "iterations"}),
    ("adamw", {"averaging": "naswa", "restart_optimizer": "reset"}),
    (
        "rmsprop",
        {
            "averaging": "naswa",
            "averaging_order": "before_step",
            "naswa_divisor": "iterations",
        },
    ),
]


def check(make, optimizer, options, *, engine, patience, task="classification", by_class=None):
    X, y = data(task)
    split = train_test_split(
        np.arange(46),
        test_size=0.25,
        random_state=0,
        stratify=None if task == "regression" else y,
    )
    train, held = map(np.sort, split)
    make_model = make(1 if task == "regression" else 3)
    shared = {"epochs": 6 if patience is None else 15, "batch_size": 8, "patience": patience}
    ensemble = SeedEnsemble.train(
        make_model,
        X,
        y,
        seeds=SEEDS,
        task=task,
        optimizer=optimizer,
        learning_rate=0.02,
        momentum=0.9 if optimizer in ("sgd", "rmsprop") else 0.0,
        validation_share=0.25,
        class_weight=None if by_class is None else dict(enumerate(by_class)),
        dtype="float64",
        engine=engine,
        **shared,
        **options,
    )
    Z = (X - X[train].mean(axis=0)) / X[train].std(axis=0)
    if task == "regression":
        y = (y - y[train].mean()) / y[train].std()
    state = ensemble.members.network.state
    for place, seed in enumerate(SEEDS):
        expected, epochs_run, n_averaged, loss = literal_loop(
            make_model,
            Z[train],
            y[train],
            seed,
            task=task,
            optimizer=optimizer,
            options=options,
            held=(Z[held], y[held]),
            by_class=by_class,
            **shared,
        )
        assert ensemble.record["epochs_run"][place] == epochs_run
        assert ensemble.record["n_averaged"][place] == n_averaged
        assert ensemble.record["validation_loss"][place] == pytest.approx(loss, abs=1e-8)
        assert set(state) == set(expected)
        for name, value in expected.items():
            assert (state[name][place] - value).abs().max() <= 1e-8, name
    return ensemble


@pytest.mark.parametrize(("make", "patience"), [(plain, None), (normalised, 2)])
@pytest.mark.parametrize(("optimizer", "options"), CASES)
def test_averages_are_those_of_a_literal_loop(optimizer, options, make, patience):
    engine = "functional" if len(options) % 2 else "stacked"
    check(make, optimizer, options, engine=engine, patience=patience)


@pytest.mark.filterwarnings("ignore:averaging='swa' took in 1 step")  # patience keeps the first
@pytest.mark.parametrize("engine", ["stacked", "functional"])
@pytest.mark.parametrize("averaging", ["swa", "ema", "aswa", "naswa"])
def test_both_engines_weigh_classes(averaging, engine):
    options = {"averaging": averaging} | ({"ema_decay": 0.5} if averaging == "ema" else {})
    check(plain, "adam", options, engine=engine, patience=2, by_class=[1.0, 2.5, 0.5])


@pytest.mark.parametrize("averaging", ["swa", "ema", "aswa", "naswa"])
def test_regressions_are_averaged_too(averaging):
    options = {"averaging": averaging}
    check(normalised, "sgd", options, engine="auto", patience=None, task="regression")


def train(make_model, **options):
    X, y = data("classification")
    given = {"seeds": (3, 11, 4), "epochs": 12, "batch_size": 8, "dtype": "float64"}
    return SeedEnsemble.train(make_model, X, y, **given | options)


@pytest.mark.parametrize("averaging", ["swa", "ema", "aswa", "naswa"])
def test_a_seed_trained_alone_is_the_same_seed(averaging):
    options = {"averaging": averaging, "patience": 1, "epochs": 40, "learning_rate": 0.3}
    together = train(normalised(3), **options)
    assert len(set(together.record["epochs_run"])) > 1  # some went on without the others
    with pytest.warns(UserWarning, match="One seed only"):
        alone = train(normalised(3), seeds=[4], **options)
    assert alone.record["n_averaged"][0] == together.record["n_averaged"][2]
    for name, value in alone.members.network.state.items():
        assert (value[0] - together.members.network.state[name][2]).abs().max() <= 1e-8


def test_swa_over_every_step_is_the_mean_of_the_steps_of_plain_training():
    # One step an epoch: the weights after each step are those of a training that ends there.
    options = {"batch_size": 100, "optimizer": "sgd", "validation_share": 0}
    ends = [train(plain(3), epochs=n, **options) for n in (1, 2, 3, 4)]
    averaged = train(plain(3), epochs=4, averaging="swa", averaging_start=1, **options)
    assert averaged.record["n_averaged"] == [4, 4, 4]
    for name, value in averaged.members.network.state.items():
        mean = torch.stack([end.members.network.state[name] for end in ends]).mean(dim=0)
        assert (value - mean).abs().max() <= 1e-12


def test_patience_begins_with_the_average():
    ensemble = train(plain(3), averaging="swa", averaging_start=9, patience=1, learning_rate=1.0)
    assert min(ensemble.record["epochs_run"]) >= 10
    assert min(ensemble.record["epoch_kept"]) >= 9


def test_naswa_passes_over_steps_that_aswa_takes():
    counts = {
        kind: np.array(train(plain(3), averaging=kind).record["n_averaged"])
        for kind in ("aswa", "naswa")
    }
    assert (counts["aswa"] == 12 * 5).all()
    assert (counts["naswa"] < counts["aswa"]).all()
    assert (counts["naswa"] > 1).all()


@pytest.mark.parametrize("averaging", ["swa", "ema", "aswa", "naswa"])
def test_weights_in_single_precision_stay_so_and_are_the_same_twice(averaging):
    options = {"averaging": averaging, "dtype": "float32", "patience": 3}
    first, second = (train(normalised(3), **options).members.network.state for _ in range(2))
    for name, value in first.items():
        assert value.dtype == (torch.int64 if "num_batches" in name else torch.float32)
        assert torch.equal(value, second[name])


class Noting(nn.Module):
    """Keeps a running mean of its inputs and a count of its calls, and answers by both."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)
        self.register_buffer("seen", torch.ones(3))
        self.register_buffer("calls", torch.tensor(0))
        self.register_parameter("frozen", nn.Parameter(torch.ones(3), requires_grad=False))

    def forward(self, x):
        if self.training:
            self.seen = 0.7 * self.seen + 0.3 * x.mean(dim=0)
            self.calls = self.calls + 1
        return self.layer(x * self.frozen) + self.seen


def test_floating_buffers_are_averaged_and_restarted_and_counts_are_not():
    X, y = data("classification")
    options = {"epochs": 3, "learning_rate": 0.1, "optimizer": "sgd", "validation_share": 0}
    ensemble = train(Noting, averaging="aswa", batch_size=20, **options)
    Z = torch.as_tensor((X - X.mean(axis=0)) / X.std(axis=0))
    for place, seed in enumerate((3, 11, 4)):
        torch.manual_seed(seed)
        model, shown = Noting().double(), []
        order = torch.Generator().manual_seed(seed)
        steps = torch.optim.SGD([*model.layer.parameters()], lr=0.1)
        for _ in range(3):
            for batch in torch.randperm(46, generator=order).split(20):
                steps.zero_grad()
                functional.cross_entropy(model(Z[batch]), torch.as_tensor(y)[batch]).backward()
                steps.step()
                shown.append({k: v.clone() for k, v in model.state_dict().items() if k != "calls"})
            mean = {k: torch.stack([each[k] for each in shown]).mean(dim=0) for k in shown[0]}
            model.load_state_dict(mean | {"calls": model.calls})
        for name, value in model.state_dict().items():
            assert (ensemble.members.network.state[name][place] - value).abs().max() <= 1e-12, name
        assert ensemble.members.network.state["calls"][place] == 9


def test_too_few_steps_for_an_average_are_told_before_training():
    with pytest.raises(
        InputError,
        match=r"averaging_every of at most 20, the steps from epoch 9 to the last, got 21. "
        "Average more often, begin earlier",
    ):
        train(plain(3), averaging="swa", averaging_every=21)
    with pytest.warns(LoneAverageWarning, match="with a smaller averaging_every"):
        lone = train(plain(3), averaging="swa", averaging_every=20)
    assert lone.record["n_averaged"] == [1, 1, 1]


def test_the_record_tells_what_was_averaged():
    ensemble = train(plain(3), averaging="swa", averaging_every=2)
    told = ensemble.record["config"]
    assert (told["averaging"], told["averaging_start"], told["averaging_every"]) == ("swa", 9, 2)
    assert ensemble.record["n_averaged"] == [10, 10, 10]
    assert "n_averaged" not in train(plain(3), epochs=1).record


PAGE = Path(__file__).parents[2] / "docs" / "stabilised_training.md"


@pytest.mark.skipif(not PAGE.exists(), reason="source distributions have no docs")
def test_the_example_of_the_documentation():
    found = doctest.testfile(str(PAGE), module_relative=False)
    assert found.attempted == 8
    assert not found.failed
