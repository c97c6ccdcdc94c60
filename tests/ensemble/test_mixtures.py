from __future__ import annotations

import builtins
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from xaigeo.ensemble import SeedEnsemble, mixtures
from xaigeo.ensemble.preprocessing import Preprocessor
from xaigeo.errors import InputError
from xaigeo.schema import FeatureSchema

N_MEMBERS = 3


def table(n_numeric: int, categories: tuple[int, ...] = (), n_rows: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    columns = {f"x{j}": rng.normal(3.0 * j, 1.0 + j, n_rows) for j in range(n_numeric)}
    for place, n in enumerate(categories):
        columns[f"c{place}"] = np.array(list("abcdefghij"))[rng.permutation(n_rows) % n]
    return pd.DataFrame(columns)


def wrapped(make_module, data: pd.DataFrame, *, task: str = "classification", dtype=torch.float32):
    """Return an ensemble of modules with random weights, behind our own preprocessor."""
    schema = FeatureSchema.from_data(data)
    name = str(dtype).removeprefix("torch.")
    preprocessor = Preprocessor.from_rows(schema, schema.encode(data), dtype=name)
    torch.manual_seed(0)
    modules = [make_module(preprocessor.n_inputs).to(dtype).eval() for _ in range(N_MEMBERS)]
    for module in modules:
        for part in module.modules():
            if isinstance(part, nn.BatchNorm1d):
                nn.init.normal_(part.running_mean)
                nn.init.uniform_(part.running_var, 0.5, 2.0)
    return SeedEnsemble.wrap(modules, schema=schema, preprocess=preprocessor, task=task)


def two_layers(n_outputs: int, activation: type[nn.Module] = nn.ReLU, n_units: int = 7):
    return lambda n_inputs: nn.Sequential(
        nn.Linear(n_inputs, n_units), activation(), nn.Linear(n_units, n_outputs)
    )


def plain_outputs(raw: np.ndarray, scale: str) -> np.ndarray:
    if scale == "value":
        return raw
    logits = np.hstack([-raw, raw]) if raw.shape[1] == 1 else raw
    if scale == "logit":
        return logits
    if raw.shape[1] == 1:
        return 1 / (1 + np.exp(-logits))
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def naive(ensemble: SeedEnsemble, instance, background, masks, scale) -> np.ndarray:
    members = ensemble.members
    means = np.empty((N_MEMBERS, len(masks), ensemble.n_outputs))
    for place, module in enumerate(members.modules):
        for m, mask in enumerate(masks):
            rows = np.array([np.where(mask, instance, row) for row in background])
            raw = module(members.inputs(rows)).to(torch.float64).numpy()
            means[place, m] = plain_outputs(raw, scale).mean(axis=0)
    return means


def drawn_masks(n_features: int, n_masks: int = 12) -> np.ndarray:
    """Return masks with duplicates, complements, none and all features."""
    masks = np.random.default_rng(1).random((n_masks, n_features)) < 0.5
    ends = np.repeat([[False], [True]], n_features, axis=1)
    return np.vstack([masks, masks[:2], ~masks[2:5], ends])


def check(ensemble: SeedEnsemble, data: pd.DataFrame, scale: str, tolerance: float) -> None:
    rows = ensemble.schema.encode(data)
    masks = drawn_masks(rows.shape[1])
    own, other = ensemble.members.inputs(rows[:1]), ensemble.members.inputs(rows[5:24])
    found = mixtures.compiled_means(ensemble.members, own, other, masks, scale)
    assert found is not None
    expected = naive(ensemble, rows[0], rows[5:24], masks, scale)
    assert np.ptp(expected, axis=1).max() > 100 * tolerance
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
    np.testing.assert_array_equal(found[:, 12:14], found[:, :2])


@pytest.mark.parametrize("scale", ["probability", "logit"])
@pytest.mark.parametrize("n_outputs", [1, 2, 3])
def test_one_hidden_layer_equals_a_loop_over_rows(n_outputs, scale):
    data = table(3, (3, 2))
    check(wrapped(two_layers(n_outputs), data), data, scale, 2e-6)


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_float64_is_exact(n_outputs):
    data = table(3, (3, 2))
    check(wrapped(two_layers(n_outputs), data, dtype=torch.float64), data, "probability", 1e-12)


def test_regression():
    data = table(3, (3, 2))
    check(wrapped(two_layers(1), data, task="regression"), data, "value", 5e-6)


def test_regression_in_the_targets_units():
    data = table(3, (3, 2))
    y = 1000.0 + 50.0 * data.x0.to_numpy()
    ensemble = SeedEnsemble.train(two_layers(1), data, y, seeds=range(2), epochs=3)
    rows = ensemble.schema.encode(data)
    full = np.ones((1, rows.shape[1]), dtype=bool)
    means = ensemble.members.mixture_means(rows[0], rows[5:], np.vstack([full, ~full]), "value")
    values = ensemble.members.values(rows, "value")
    np.testing.assert_allclose(means[:, 0], values[:, 0], rtol=1e-6)
    np.testing.assert_allclose(means[:, 1], values[:, 5:].mean(axis=1), rtol=1e-6)


@pytest.mark.parametrize(
    "activation",
    [lambda: nn.LeakyReLU(0.3), lambda: nn.ELU(0.7), nn.Tanh, nn.Sigmoid, nn.SiLU, nn.GELU],
)
def test_activations(activation):
    data = table(3, (3, 2))
    check(wrapped(two_layers(1, activation), data), data, "probability", 2e-6)


@pytest.mark.parametrize(
    "middle",
    [
        lambda: [nn.ReLU(), nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3)],
        lambda: [nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout(0.5), nn.Linear(6, 3)],
        lambda: [nn.LayerNorm(6), nn.ELU(), nn.Linear(6, 20), nn.ReLU(), nn.Linear(20, 1)],
        lambda: [nn.Dropout(0.5), nn.ReLU(), nn.Identity(), nn.Linear(6, 10, bias=False)],
        list,
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_deeper_networks_and_other_layers(middle, dtype):
    data = table(3, (3, 2))
    ensemble = wrapped(
        lambda n: nn.Sequential(nn.Dropout(0.1), nn.Linear(n, 6), *middle()), data, dtype=dtype
    )
    check(ensemble, data, "probability", 5e-6 if dtype == torch.float32 else 1e-12)


@pytest.mark.parametrize("n_features", [1, 13, 65, 130])
def test_any_number_of_features(n_features):
    data = table(n_features)
    check(wrapped(two_layers(1), data, dtype=torch.float64), data, "probability", 1e-11)


def test_staged_first_layer_of_a_deep_network():
    data = table(65)
    ensemble = wrapped(lambda n: nn.Sequential(nn.Linear(n, 6), nn.GELU(), nn.Linear(6, 2)), data)
    check(ensemble, data, "probability", 1e-5)


@pytest.fixture
def ensemble():
    return wrapped(two_layers(3), table(3, (3, 2)))


def means(ensemble, masks, background=slice(5, 24), scale="probability"):
    rows = ensemble.schema.encode(table(3, (3, 2)))
    return ensemble.members.mixture_means(rows[0], rows[background], masks, scale)


def test_a_masks_answer_does_not_depend_on_the_masks_or_members_beside_it(ensemble):
    masks = drawn_masks(5)
    together = means(ensemble, masks)
    for m in range(len(masks)):
        np.testing.assert_array_equal(means(ensemble, masks[m : m + 1])[:, 0], together[:, m])
    one = ensemble.select([2])
    np.testing.assert_array_equal(means(one, masks)[0], together[2])


def test_pieces_of_masks_and_background_give_the_same_bits(ensemble, monkeypatch):
    masks = drawn_masks(5)
    for subject in (ensemble, wrapped(two_layers(2, nn.GELU), table(3, (3, 2)))):
        whole = means(subject, masks)
        with monkeypatch.context() as small:
            small.setattr("xaigeo.ensemble.mixture_layers.SUMS_BYTES", 5 * 2 * 64 * 3)
            small.setattr("xaigeo.ensemble.mixed_rows.TILES_BYTES", 1)
            np.testing.assert_array_equal(means(subject, masks), whole)


def test_a_feature_that_one_model_does_not_read_changes_no_bit_of_it(ensemble):
    with torch.no_grad():
        ensemble.members.network.state["0.weight"][1, :, 0] = 0.0
    masks = drawn_masks(5)
    with_it, without = masks.copy(), masks.copy()
    with_it[:, 0], without[:, 0] = True, False
    a, b = means(ensemble, with_it), means(ensemble, without)
    np.testing.assert_array_equal(a[1], b[1])
    assert (a[0] != b[0]).any()


def test_an_instance_equal_to_the_background_gives_its_output(ensemble):
    rows = ensemble.schema.encode(table(3, (3, 2)))
    found = ensemble.members.mixture_means(rows[0], rows[:1], drawn_masks(5), "probability")
    expected = ensemble.members.values(rows[:1], "probability")
    np.testing.assert_allclose(found, np.broadcast_to(expected, found.shape), atol=1e-6)


def test_probabilities_add_up_to_one(ensemble):
    np.testing.assert_allclose(means(ensemble, drawn_masks(5)).sum(axis=-1), 1.0, rtol=1e-15)


@pytest.mark.parametrize("name", ["0.weight", "0.bias", "2.weight", "2.bias"])
def test_weights_that_are_not_finite_are_named_as_ever(ensemble, name):
    ensemble.members.network.state[name][1] = np.nan
    with pytest.raises(InputError, match="NaN or infinite outputs from the model at place 1"):
        means(ensemble, drawn_masks(5))


def test_sums_that_overflow_are_named_too(ensemble):
    ensemble.members.network.state["2.weight"][1] = 3e38
    ensemble.members.network.state["0.weight"][1] = 3e38
    with pytest.raises(InputError, match="NaN or infinite outputs from the model at place 1"):
        means(ensemble, drawn_masks(5), scale="logit")


@pytest.mark.parametrize(
    "layers",
    [
        lambda n: nn.Sequential(nn.BatchNorm1d(n), nn.Linear(n, 3)),
        lambda n: nn.Sequential(nn.Tanh(), nn.Linear(n, 3)),
    ],
)
def test_networks_that_do_not_start_linear_take_the_plain_way(layers):
    ensemble = wrapped(layers, table(3, (3, 2)))
    masks = drawn_masks(5)
    rows = ensemble.schema.encode(table(3, (3, 2)))
    inputs = ensemble.members.inputs(rows)
    assert (
        mixtures.compiled_means(ensemble.members, inputs[:1], inputs[5:24], masks, "logit") is None
    )
    np.testing.assert_allclose(
        means(ensemble, masks, scale="logit"),
        naive(ensemble, rows[0], rows[5:24], masks, "logit"),
        atol=2e-6,
    )


def test_without_numba_the_plain_way_gives_the_same(ensemble, monkeypatch):
    masks = drawn_masks(5)
    compiled = means(ensemble, masks)
    imports = builtins.__import__

    def without_numba(name, *args, **kwargs):
        if name.partition(".")[0] == "numba":
            raise ImportError(name)
        return imports(name, *args, **kwargs)

    mixtures.load_kernels.cache_clear()
    with monkeypatch.context() as bare:
        bare.setattr(builtins, "__import__", without_numba)
        assert mixtures.load_kernels() is None
        np.testing.assert_allclose(means(ensemble, masks), compiled, atol=1e-6)
    mixtures.load_kernels.cache_clear()


def test_numba_with_its_compiler_off_is_not_used(monkeypatch):
    import numba

    mixtures.load_kernels.cache_clear()
    monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
    assert mixtures.load_kernels() is None
    mixtures.load_kernels.cache_clear()


def test_numba_loads_only_when_it_is_used():
    code = "import sys, xaigeo.ensemble.torch_members; print('numba' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert answer.stdout.strip() == b"False"
