from __future__ import annotations

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import xaigeo as xg
from xaigeo.checks import Check
from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.faithfulness.call import Call
from xaigeo.faithfulness.sensitivity import changed_rows, nudged_rows, sensitivity
from xaigeo.faithfulness.subject import Subject
from xaigeo.schema import FeatureSchema
from xaigeo.store import digest, load_check

SEEDS = (4, 7, 9)


class Frames:
    """Class probabilities of a frame with mixed columns; bent, so that they are no closed form."""

    def __init__(self, seed):
        self.weights = np.random.default_rng(seed).normal(size=4)

    def __call__(self, frame):
        columns = [
            np.tanh((frame["length"] - 50) / 5),
            (frame["count"] - 4) / 3,
            frame["colour"] == "red",
            frame["wild"],
        ]
        score = np.column_stack(columns).astype(float) @ self.weights
        return 1 / (1 + np.exp(-score))


def modules(*, n_inputs=3, n_outputs=1, hidden=0):
    made = []
    for seed in SEEDS:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            wide = [nn.Linear(n_inputs, hidden), nn.Tanh()] if hidden else []
            made.append(nn.Sequential(*wide, nn.Linear(hidden or n_inputs, n_outputs)).double())
    return made


@pytest.fixture(scope="module")
def cloud():
    return np.random.default_rng(0).normal(size=(40, 3)) * [1.0, 10.0, 0.1]


@pytest.fixture(scope="module")
def linear(cloud):
    return xg.SeedEnsemble.wrap(
        modules(), seeds=SEEDS, schema=cloud, task="regression", classes=("y",)
    )


@pytest.fixture(scope="module")
def bent(cloud):
    return xg.SeedEnsemble.wrap(modules(n_outputs=3, hidden=5), seeds=SEEDS, schema=cloud)


@pytest.mark.parametrize("method", ["integrated_gradients", "linear_shap"])
def test_closed_form_of_linear_models(method, linear, cloud):
    explanation = xg.explain(linear, cloud[:5], method=method, background=cloud, random_state=0)
    check = sensitivity(explanation, linear, radius=0.3, n_samples=7, random_state=3)
    reach = 0.3 * cloud.std(axis=0)
    background = Background.from_frame(linear.schema, cloud)
    rows = changed_rows(cloud[:5], background, reach, 7, 3)
    for k, member in enumerate(linear.members.modules):
        weight = member[0].weight.numpy()[0]
        for i, row in enumerate(cloud[:5]):
            phi = weight * (row - cloud.mean(axis=0))
            change = [
                np.linalg.norm(weight * (other - row)) / np.linalg.norm(phi) for other in rows[:, i]
            ]
            assert check.array("largest")[k, i] == pytest.approx(max(change), rel=1e-6)
            assert check.array("mean")[k, i] == pytest.approx(np.mean(change), rel=1e-6)


@pytest.mark.parametrize("method", ["kernel_shap", "lime"])
def test_naive_loop_seed_by_seed(method, mixed_frame):
    models = [Frames(seed) for seed in SEEDS]
    ensemble = xg.SeedEnsemble.wrap(models, seeds=SEEDS, schema=mixed_frame.iloc[:, :4])
    frame = mixed_frame.iloc[:, :4]
    few = {"lime": {"n_samples": 60}}.get(method, {})
    explanation = xg.explain(
        ensemble, frame.iloc[:2], method=method, background=frame, random_state=5, **few
    )
    check = sensitivity(explanation, ensemble, radius=0.4, n_samples=3, random_state=1)
    background = Background.from_frame(ensemble.schema, ensemble.schema.encode(frame))
    reach = 0.4 * background.spread * [1, 1, 0, 0]
    rows = changed_rows(ensemble.schema.encode(frame.iloc[:2]), background, reach, 3, 1)
    output = explanation.array("prediction").mean(axis=0).argmax(axis=1)
    for k, seed in enumerate(SEEDS):
        one = ensemble.select([seed])
        for i in range(2):
            own = explanation.array("attribution")[k, i, :, output[i]]
            found = []
            for sample in range(3):
                changed = ensemble.schema.decode(rows[sample, [i]])
                again = xg.explain(
                    one, changed, method=method, background=frame, random_state=5, **few
                )
                found.append(again.array("attribution")[0, 0, :, output[i]])
            change = np.linalg.norm(np.array(found) - own, axis=1) / np.linalg.norm(own)
            assert check.array("largest")[k, i] == pytest.approx(change.max(), rel=1e-6)
            assert check.array("mean")[k, i] == pytest.approx(change.mean(), rel=1e-6)


def test_a_changed_row_stays_possible(mixed_frame, mixed_schema):
    rows = mixed_schema.encode(mixed_frame)
    background = Background.from_frame(mixed_schema, rows)
    reach = np.array([2.0, 1.7, 0.0, 0.0, 0.0])
    found = changed_rows(rows, background, reach, 50, 0)
    moved = found - rows
    assert np.abs(moved).max(axis=(0, 1)) == pytest.approx([2.0, 1.0, 0, 0, 0], abs=0.02)
    assert set(np.unique(moved[..., 1])) == {-1.0, 0.0, 1.0}
    inside = found[..., 0]
    assert inside.min() >= mixed_schema["length"].lower
    assert inside.max() <= mixed_schema["length"].upper
    assert found[..., 1].min() >= 0
    outside = rows[:1].copy()
    outside[0, 0] += 100.0  # further out than the schema saw
    found = changed_rows(outside, background, reach, 50, 0)
    assert found[..., 0].max() <= outside[0, 0]
    assert found[..., 0].min() < outside[0, 0]


def test_changes_follow_from_the_row_alone(mixed_frame, mixed_schema):
    rows = mixed_schema.encode(mixed_frame)
    background = Background.from_frame(mixed_schema, rows)
    reach = 0.1 * background.spread
    whole = changed_rows(rows, background, reach, 4, 0)
    few = changed_rows(rows[[7, 3]], background, reach, 4, 0)
    np.testing.assert_array_equal(few, whole[:, [7, 3]])
    others = changed_rows(rows, background, reach, 4, 1)[..., 0]
    assert (others != whole[..., 0]).mean() > 0.9  # but for what is held at the range's end


def test_nudged_rows_are_told_apart_and_hardly_move(mixed_frame, mixed_schema):
    rows = mixed_schema.encode(mixed_frame)
    background = Background.from_frame(mixed_schema, rows)
    found = nudged_rows(rows, background, np.array([0.5, 0.0, 0.0, 0.0, 0.0]), 3)
    width = mixed_schema["length"].upper - mixed_schema["length"].lower
    assert np.abs(found - rows).max() <= 1e-5 * width
    known = np.array([background.identities(r) for r in [rows, *found]])
    assert all((known[a] != known[b]).any(axis=1).all() for a in range(4) for b in range(a))
    assert found[..., 0].max() <= mixed_schema["length"].upper


def test_noise_is_what_other_draws_alone_do(bent, cloud):
    quiet = xg.explain(bent, cloud[:6], method="integrated_gradients", background=cloud)
    assert (sensitivity(quiet, bent).array("noise") == 0).all()
    loud = xg.explain(
        bent, cloud[:4], method="lime", background=cloud, random_state=0, n_samples=30
    )
    tiny = sensitivity(loud, bent, radius=1e-4, n_samples=25, n_noise=25)
    # Where rows hardly move, noise is all there is.
    ratio = tiny.array("noise").mean() / tiny.array("mean").mean()
    assert ratio == pytest.approx(1.0, abs=0.15)
    assert tiny.array("noise").mean() > 0.05
    # What all rows of a call share is no part of it: all coalitions of three columns are shown.
    shared = xg.explain(bent, cloud[:4], method="kernel_shap", background=cloud, random_state=0)
    assert sensitivity(shared, bent).array("noise").max() < 1e-4


def test_seeds_in_another_order(bent, cloud):
    order = [9, 4, 7]
    one, other = (
        sensitivity(xg.explain(e, cloud[:4], method="saliency", background=cloud), e)
        for e in (bent, bent.select(order))
    )
    places = [SEEDS.index(seed) for seed in order]
    for name in ("largest", "mean", "noise"):
        np.testing.assert_allclose(other.array(name), one.array(name)[places], rtol=1e-9)


def test_parts_that_fit_the_memory_give_the_same(bent):
    rows = np.random.default_rng(2).normal(size=(900, 3)) * [1.0, 10.0, 0.1]
    explanation = xg.explain(bent, rows, method="input_x_gradient", background=rows)
    whole = sensitivity(explanation, bent, n_samples=3)
    cut = sensitivity(explanation, bent, n_samples=3, max_memory=2**20)
    np.testing.assert_allclose(cut.array("largest"), whole.array("largest"), rtol=1e-9)


def test_undefined_where_nothing_is_attributed(cloud):
    flat = modules()
    for member in flat[:2]:
        nn.init.zeros_(member[0].weight)
    ensemble = xg.SeedEnsemble.wrap(
        flat, seeds=SEEDS, schema=cloud, task="regression", classes=("y",)
    )
    explanation = xg.explain(ensemble, cloud[:4], method="saliency", background=cloud)
    check = sensitivity(explanation, ensemble)
    for name in ("largest", "mean", "noise"):
        assert np.isnan(check.array(name)[:2]).all()
        assert not np.isnan(check.array(name)[2]).any()


def test_what_the_check_says_of_itself(bent, cloud, tmp_path):
    explanation = xg.explain(bent, cloud[:4], method="saliency", background=cloud, random_state=1)
    check = sensitivity(explanation, bent, output=2, radius=0.2, n_samples=2, random_state=6)
    assert isinstance(check, Check)
    assert (check.kind, check.method) == ("sensitivity", "saliency")
    told = check.provenance
    assert told["random_state"] == 6
    assert told["explanation_sha256"] == digest(explanation)
    assert {n: told["parameters"][n] for n in ("radius", "n_samples", "n_noise")} == {
        "radius": 0.2,
        "n_samples": 2,
        "n_noise": 3,
    }
    assert list(told["parameters"]["reach"].values()) == pytest.approx(0.2 * cloud.std(axis=0))
    check.check_belongs(explanation)
    again = load_check(check.save(tmp_path / "check.npz"))
    np.testing.assert_array_equal(again.array("noise"), check.array("noise"))


def test_the_output_looked_at(bent, cloud):
    explanation = xg.explain(bent, cloud[:4], method="saliency", background=cloud)
    by_output = [sensitivity(explanation, bent, output=c).array("mean") for c in range(3)]
    most = Subject.of(explanation, bent).places
    chosen = np.stack(by_output)[most, :, np.arange(4)].T
    np.testing.assert_allclose(sensitivity(explanation, bent).array("mean"), chosen)


def test_a_call_gives_the_explanation_again(bent, cloud):
    explanation = xg.explain(
        bent, cloud[:4], method="kernel_shap", background=cloud, random_state=3, n_background=10
    )
    call = Call.of(Subject.of(explanation, bent), n_jobs=None, max_memory=2**30)
    np.testing.assert_array_equal(call.again(), call.values)
    assert not np.array_equal(call.again(random_state=4), call.values)


def test_stored_explanations_are_checked_as_new_ones(mixed_frame, tmp_path):
    frame = mixed_frame.iloc[:, :4]
    models = [Frames(seed) for seed in SEEDS]
    ensemble = xg.SeedEnsemble.wrap(models, seeds=SEEDS, schema=frame)
    explanation = xg.explain(
        ensemble,
        frame.iloc[:3],
        method="occlusion",
        background=frame,
        baseline={"length": 50.0, "count": 4, "colour": "green", "wild": False},
    )
    kept = xg.load(explanation.save(tmp_path / "kept"), lazy=True)
    one, other = (sensitivity(e, ensemble).array("largest") for e in (explanation, kept))
    np.testing.assert_array_equal(one, other)


def test_messages(bent, cloud):
    explanation = xg.explain(bent, cloud[:3], method="saliency", background=cloud)
    for wrong, text in (
        ({"radius": 0}, "radius to be a finite number above zero"),
        ({"n_samples": 0}, "n_samples to be a whole number of at least 1"),
        ({"n_noise": 0}, "n_noise to be a whole number of at least 1"),
        ({"random_state": -1}, "random_state to be a whole number of at least 0"),
        ({"progress": "yes"}, "progress to be True or False"),
        ({"output": "4"}, "an output"),
    ):
        with pytest.raises(InputError, match=text):
            sensitivity(explanation, bent, **wrong)
    with pytest.raises(InputError, match="the models that were explained"):
        sensitivity(explanation, bent.select([4, 7]))
    with pytest.raises(InputError, match="Expected Attributions"):
        sensitivity(cloud, bent)


def test_workers_and_progress(bent, cloud, capsys):
    explanation = xg.explain(
        bent, cloud[:12], method="kernel_shap", background=cloud[:10], random_state=0
    )
    alone = sensitivity(explanation, bent, n_samples=2)
    assert capsys.readouterr().err == ""
    with joblib.parallel_config(backend="threading"):
        together = sensitivity(explanation, bent, n_samples=2, n_jobs=2, progress=True)
    assert "sensitivity" in capsys.readouterr().err
    np.testing.assert_array_equal(together.array("largest"), alone.array("largest"))


def test_columns_that_cannot_move_are_refused():
    counts = np.arange(12).reshape(-1, 1) % 3
    frame = pd.DataFrame({"count": counts[:, 0], "kind": np.where(counts[:, 0] > 1, "a", "b")})
    models = [lambda f: 0.1 + 0.3 * f["count"].to_numpy() * (f["kind"] == "a") for _ in SEEDS]
    for columns, text in (
        (["count", "kind"], "none at radius=0.1: columns are categorical, constant, or whole"),
        (["kind"], "categorical columns only"),
    ):
        rows = frame[columns]
        own = models if len(columns) == 2 else [lambda f: 0.1 + 0.5 * (f["kind"] == "a")] * 3
        ensemble = xg.SeedEnsemble.wrap(own, seeds=SEEDS, schema=FeatureSchema.from_data(rows))
        explanation = xg.explain(ensemble, rows[:2], method="occlusion", background=rows)
        with pytest.raises(InputError, match=text):
            sensitivity(explanation, ensemble)
