from __future__ import annotations

import copy
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import spearmanr
from sklearn.tree import DecisionTreeClassifier
from torch import nn

import xaigeo as xg
from xaigeo.checks.randomised_correlation import randomised_correlation
from xaigeo.errors import InputError
from xaigeo.faithfulness.randomisation import randomisation
from xaigeo.store import digest, load_check

SEEDS = (4, 7, 9)
ROWS = np.random.default_rng(0).normal(size=(30, 5))
SALIENCY = {"method": "saliency", "random_state": 0, "scale": "logit", "absolute": False}


def networks(n_outputs=3):
    made = []
    with torch.random.fork_rng(devices=[]):
        for seed in SEEDS:
            torch.default_generator.manual_seed(seed)
            layers = nn.Linear(5, 8), nn.Tanh(), nn.LayerNorm(8), nn.Linear(8, n_outputs)
            made.append(nn.Sequential(*layers).double())
    return made


@pytest.fixture(scope="module")
def ensemble():
    return xg.SeedEnsemble.wrap(networks(), seeds=SEEDS, schema=ROWS)


@pytest.fixture(scope="module")
def explanation(ensemble):
    return xg.explain(ensemble, ROWS[:6], background=ROWS, **SALIENCY)


@pytest.fixture(scope="module")
def check(explanation, ensemble):
    return randomisation(explanation, ensemble, random_state=2)


def gradient(module, row, output):
    """Saliency by hand, in standard deviations of the background as the method gives it."""
    x = torch.tensor(row[None], requires_grad=True)
    module(x)[0, output].backward()
    return x.grad.numpy()[0] * ROWS.std(axis=0)


def by_hand(explanation, ensemble, mode, n_repeats, random_state):
    """Return correlations of size and value, and attributions of the last step, by loops."""
    names = ["3", "2", "0"]
    sets = [names[: n + 1] if mode == "cascading" else [names[n]] for n in range(3)] + [names]
    output = explanation.array("prediction").mean(axis=0).argmax(axis=1)
    votes = explanation.predicted
    for i in range(6):
        counts = np.bincount(votes[:, i], minlength=3)
        if (counts == counts.max()).sum() == 1:
            output[i] = counts.argmax()
    size = np.zeros((n_repeats, 3, 6, 4))
    value, last = np.zeros_like(size), np.zeros((n_repeats, 3, 6, 5))
    for repeat in range(n_repeats):
        for k, seed in enumerate(SEEDS):
            for step, layers in enumerate(sets):
                module = copy.deepcopy(ensemble.members.modules[k])
                for place, name in enumerate(names):
                    if name in layers:
                        key = np.random.SeedSequence(random_state, spawn_key=(repeat, place, seed))
                        with torch.random.fork_rng(devices=[]):
                            torch.default_generator.manual_seed(int(key.generate_state(1)[0]))
                            module.get_submodule(name).reset_parameters()
                for i in range(6):
                    own = explanation.array("attribution")[k, i, :, output[i]]
                    other = gradient(module, ROWS[i], output[i])
                    size[repeat, k, i, step] = spearmanr(abs(own), abs(other)).statistic
                    value[repeat, k, i, step] = spearmanr(own, other).statistic
                    last[repeat, k, i] = other
    return size, value, last


@pytest.mark.parametrize("mode", ["cascading", "independent"])
def test_naive_loop_over_plain_modules(mode, explanation, ensemble, check):
    if mode == "independent":
        check = randomisation(explanation, ensemble, mode=mode, random_state=2)
    size, value, last = by_hand(explanation, ensemble, mode, 3, 2)
    assert check.data["layer"].to_numpy().tolist() == ["3", "2", "0", "all"]
    np.testing.assert_allclose(check.array("rank_correlation"), size.mean(axis=0), atol=1e-9)
    found = check.array("signed_rank_correlation")
    np.testing.assert_allclose(found, value.mean(axis=0), atol=1e-9)
    for k in range(3):
        for i in range(6):
            floor = [
                spearmanr(abs(last[a, k, i]), abs(last[b, k, i])).statistic
                for a, b in combinations(range(3), 2)
            ]
            assert check.array("between_random")[k, i] == pytest.approx(np.mean(floor))


def test_the_last_layer_down_is_all(check):
    rank = check.array("rank_correlation")
    np.testing.assert_array_equal(rank[..., -1], rank[..., -2])


def test_seeds_in_another_order(check, ensemble):
    order = [9, 4, 7]
    chosen = ensemble.select(order)
    other = xg.explain(chosen, ROWS[:6], background=ROWS, **SALIENCY)
    found = randomisation(other, chosen, random_state=2)
    places = [SEEDS.index(seed) for seed in order]
    for name in ("rank_correlation", "signed_rank_correlation", "between_random"):
        np.testing.assert_allclose(found.array(name), check.array(name)[places], atol=1e-9)


def test_the_upper_reference(explanation, ensemble, check):
    # Nothing is drawn: the same again.
    np.testing.assert_allclose(check.array("self_correlation"), 1.0)
    assert "self_correlation" not in randomisation(explanation, ensemble, control=False).data
    loud = xg.explain(
        ensemble, ROWS[:3], method="lime", background=ROWS, random_state=5, n_samples=20
    )
    again = xg.explain(
        ensemble, ROWS[:3], method="lime", background=ROWS, random_state=6, n_samples=20
    )
    found = randomisation(loud, ensemble, output=1, n_repeats=2).array("self_correlation")
    for k in range(3):
        for i in range(3):
            one, other = (abs(e.array("attribution")[k, i, :, 1]) for e in (loud, again))
            assert found[k, i] == pytest.approx(spearmanr(one, other).statistic)


def test_torchs_random_state_and_the_models_are_left_alone(explanation, ensemble):
    torch.manual_seed(1)
    before, outputs = torch.get_rng_state(), ensemble.outputs(ROWS)
    randomisation(explanation, ensemble, n_repeats=2)
    assert torch.equal(torch.get_rng_state(), before)
    np.testing.assert_array_equal(ensemble.outputs(ROWS), outputs)


def test_undefined_where_nothing_is_attributed():
    made = networks()
    nn.init.zeros_(made[0][3].weight)
    flat = xg.SeedEnsemble.wrap(made, seeds=SEEDS, schema=ROWS)
    explanation = xg.explain(flat, ROWS[:4], method="saliency", background=ROWS)
    rank = randomisation(explanation, flat, n_repeats=2).array("rank_correlation")
    assert np.isnan(rank[0]).all()
    assert not np.isnan(rank[1:]).any()


def test_labels_are_shuffled_and_the_rest_stays():
    X = pd.DataFrame(ROWS[:, :3], columns=["a", "b", "c"], index=np.arange(30) + 100)
    y = pd.Series(np.where(X.a + X.b > 0, "yes", "no"), index=X.index)

    def fit(labels):
        tree = DecisionTreeClassifier(max_features=2)
        return xg.SeedEnsemble.fit(tree, X, labels, seeds=SEEDS, validation_share=0)

    given = []

    def refit(labels):
        given.append(labels)
        return fit(labels)

    ensemble = fit(y)
    options = {"method": "exact_shap", "background": X, "random_state": 0}
    explanation = xg.explain(ensemble, X.iloc[:4], **options)
    check = randomisation(
        explanation, ensemble, mode="labels", y=y, refit=refit, n_repeats=2, random_state=1
    )
    assert check.data["layer"].to_numpy().tolist() == ["labels"]
    assert check.provenance["parameters"] | {"scale": 0, "background_sha256": 0} == {
        "mode": "labels", "n_repeats": 2, "n_labels": 30, "scale": 0, "background_sha256": 0,
    }  # fmt: skip
    found = []
    for repeat, labels in enumerate(given):
        key = np.random.SeedSequence(1, spawn_key=(repeat,))
        order = np.random.default_rng(key).permutation(30)
        assert labels.index.tolist() == y.index.tolist()
        assert labels.tolist() == y.iloc[order].tolist()
        other = xg.explain(fit(labels), X.iloc[:4], **options)
        place = [int(np.bincount(explanation.predicted[:, i]).argmax()) for i in range(4)]
        found.append(
            [
                [
                    spearmanr(
                        *(
                            abs(e.array("attribution")[k, i, :, place[i]])
                            for e in (explanation, other)
                        )
                    ).statistic
                    for i in range(4)
                ]
                for k in range(3)
            ]
        )
    np.testing.assert_allclose(check.array("rank_correlation")[..., 0], np.mean(found, axis=0))
    as_list = randomisation(
        explanation, ensemble, mode="labels", y=y.tolist(), n_repeats=2, random_state=1,
        refit=lambda labels: fit(pd.Series(labels, index=X.index)),
    )  # fmt: skip
    np.testing.assert_array_equal(
        as_list.array("rank_correlation"), check.array("rank_correlation")
    )


def test_what_the_check_says_of_itself(check, explanation, tmp_path):
    assert (check.kind, check.method) == ("randomisation", "saliency")
    parameters = check.provenance["parameters"]
    assert (parameters["mode"], parameters["n_repeats"]) == ("cascading", 3)
    assert parameters["layers"] == {"3": "Linear", "2": "LayerNorm", "0": "Linear"}
    assert parameters["shuffled"] == []
    assert check.provenance["random_state"] == 2
    assert check.provenance["explanation_sha256"] == digest(explanation)
    check.check_belongs(explanation)
    again = load_check(check.save(tmp_path / "check.npz"))
    np.testing.assert_array_equal(again.array("between_random"), check.array("between_random"))
    judged, kept = randomised_correlation(check), randomised_correlation(again)
    assert judged.layer == kept.layer == "all"
    np.testing.assert_array_equal(judged.value, kept.value)


def test_messages(explanation, ensemble):
    for wrong, text in (
        ({"mode": "upwards"}, "mode to be one of 'cascading', 'independent', 'labels'"),
        ({"n_repeats": 1}, "n_repeats to be a whole number of at least 2"),
        ({"random_state": 0.5}, "random_state to be a whole number of at least 0"),
        ({"control": 1}, "control to be True or False"),
        ({"progress": None}, "progress to be True or False"),
        ({"y": [1, 2]}, "y and refit with mode='labels' only"),
        ({"mode": "labels"}, "y=None, refit=None"),
        ({"mode": "labels", "y": [0], "refit": 3}, "y=list, refit=int"),
        ({"output": "none"}, "an output"),
    ):
        with pytest.raises(InputError, match=text):
            randomisation(explanation, ensemble, **wrong)
    with pytest.raises(InputError, match=r"like the explained one .*seeds \[4, 7, 9\]"):
        randomisation(
            explanation,
            ensemble,
            mode="labels",
            y=[0, 1],
            refit=lambda y: ensemble.select([7, 4, 9]),
        )
    with pytest.raises(InputError, match="like the explained one"):
        randomisation(explanation, ensemble, mode="labels", y=[0, 1], refit=lambda y: None)
    with pytest.raises(InputError, match="the models that were explained"):
        randomisation(explanation, ensemble.select([4, 7]))


def test_progress(explanation, ensemble, capsys):
    randomisation(explanation, ensemble, n_repeats=2, progress=True)
    said = capsys.readouterr().err
    assert "randomisation" in said
    assert "7/7" in said  # three layers twice, and the control


def test_models_without_layers_are_sent_to_shuffled_labels():
    models = [lambda rows, w=w: 1 / (1 + np.exp(-rows @ np.ones(5) * w)) for w in (1, 2)]
    ensemble = xg.SeedEnsemble.wrap(models, schema=ROWS)
    explanation = xg.explain(ensemble, ROWS[:2], method="occlusion", background=ROWS)
    with pytest.raises(InputError, match=r"callable models.*mode='labels'"):
        randomisation(explanation, ensemble)


def test_one_feature_has_no_ranking():
    one = xg.SeedEnsemble.wrap([nn.Linear(1, 2), nn.Linear(1, 2)], schema=ROWS[:, :1])
    explanation = xg.explain(one, ROWS[:2, :1], method="saliency", background=ROWS[:, :1])
    with pytest.raises(InputError, match="at least two features"):
        randomisation(explanation, one)
