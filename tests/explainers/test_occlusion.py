from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from xaigeo.errors import InputError
from xaigeo.explainers import explain
from xaigeo.explainers.occlusion import OcclusionExplainer


def occluded(ensemble, rows, background, **parameters):
    return explain(ensemble, rows, "occlusion", background=background, random_state=0, **parameters)


@pytest.mark.parametrize("window", [(1, 1), (3, 2), (2, 2), (5, 1)])
@pytest.mark.parametrize("ensemble", ["curved", "bent", "embedded"])
def test_both_engines_give_the_same(ensemble, window, mixed_frame, request, assert_engines_agree):
    models = request.getfixturevalue(ensemble)
    for baseline in ("median", "zero") if ensemble != "embedded" else ("median",):
        assert_engines_agree(
            models,
            mixed_frame.head(4),
            mixed_frame,
            "occlusion",
            window=window[0],
            stride=window[1],
            baseline=baseline,
        )


@pytest.mark.parametrize("ensemble", ["species", "single_logit"])
def test_it_is_what_a_naive_loop_finds(ensemble, birds, request):
    models = request.getfixturevalue(ensemble)
    rows, start = birds.iloc[::90], dict(birds.iloc[5])
    found = occluded(models, rows, birds, baseline=start)
    assert found.provenance["resolved"]["baseline"] == start
    assert not found.additive
    for j, name in enumerate(birds.columns):
        without = models.outputs(rows.assign(**{name: start[name]}))
        expected = models.outputs(rows) - without
        assert found.array("attribution")[:, :, j] == pytest.approx(expected, abs=1e-12)


def test_estimators_are_explained_too(cloud):
    from sklearn.tree import DecisionTreeRegressor

    from xaigeo.ensemble.seed_ensemble import SeedEnsemble

    target = cloud @ [1.0, 0.3, 0.0, 0.002]
    models = [
        DecisionTreeRegressor(max_depth=4, random_state=k).fit(cloud, target + k) for k in (0, 1)
    ]
    ensemble = SeedEnsemble.wrap(models, schema=cloud, classes=("value",))
    found = occluded(ensemble, cloud[:5], cloud, baseline="mean")
    rows = cloud[:5].copy()
    rows[:, 1] = cloud[:, 1].mean()
    for place, model in enumerate(models):
        expected = model.predict(cloud[:5]) - model.predict(rows)
        assert found.array("attribution")[place, :, 1, 0] == pytest.approx(expected)


def test_windows_share_their_change(wrap_values, linear, cloud):
    """A linear model's window loses the sum of its columns; each has the mean over windows."""
    slope = (1.0, -2.0, 3.0, 0.001)
    models = wrap_values(linear(slope), rows=cloud)
    start = {f"x{j}": float(cloud[0, j]) for j in range(4)}
    found = occluded(models, cloud[3:6], cloud, window=2, baseline=start)
    alone = (cloud[3:6] - cloud[0]) * slope
    pairs = alone[:, :-1] + alone[:, 1:]
    expected = np.column_stack(
        [pairs[:, 0], pairs[:, :2].mean(axis=1), pairs[:, 1:].mean(axis=1), pairs[:, 2]]
    )
    assert found.array("attribution")[0, :, :, 0] == pytest.approx(expected)


def test_the_last_window_is_cut_at_the_last_column(curved):
    explainer = OcclusionExplainer(window=2, stride=2)
    assert explainer.masks(curved).astype(int).tolist() == [
        [1, 1, 0, 0, 0],
        [0, 0, 1, 1, 0],
        [0, 0, 0, 0, 1],
    ]


def test_memory_changes_nothing(species, single_logit, birds, monkeypatch):
    for models in (species, single_logit):
        whole = occluded(models, birds.head(5), birds).array("attribution")
        with monkeypatch.context() as patched:
            patched.setattr("xaigeo.explainers.gradients.column_removal.ROWS", 1)
            cut = occluded(models, birds.head(5), birds).array("attribution")
        assert cut == pytest.approx(whole, abs=1e-12)


def test_captum_is_asked_about_networks_only(species, birds):
    with pytest.raises(
        InputError,
        match=r"Expected torch networks with inputs of each column for engine='upstream', since "
        r"captum asks networks, got callable models\. Use engine='batched', which asks any model",
    ):
        occluded(species, birds.head(1), birds, engine="upstream")


def test_baselines_that_are_no_row_are_refused_for_other_models(species, birds):
    with pytest.raises(
        InputError,
        match=r"Expected a baseline that is a row, for models that cannot read shares of "
        r"categories, got 'mean', with categories in island, sex\. Use baseline='median'",
    ):
        occluded(species, birds.head(1), birds, baseline="mean")
    with pytest.raises(
        InputError, match=r"Expected a baseline in original units .*, got 'zero', which is zero in"
    ):
        occluded(species, birds.head(1), birds, baseline="zero")


def test_bad_windows_are_refused(curved, mixed_frame):
    with pytest.raises(
        InputError, match=r"Expected stride to be at most the window of 2, .* got 3\. Widen"
    ):
        OcclusionExplainer(window=2, stride=3)
    with pytest.raises(
        InputError, match="Expected window to be at most the number of columns, 5, got 6"
    ):
        occluded(curved, mixed_frame.head(1), mixed_frame, window=6)


@pytest.mark.parametrize("method", ["occlusion", "feature_ablation"])
@pytest.mark.parametrize("engine", ["batched", "upstream"])
@pytest.mark.parametrize("baseline", ["mean", "median"])
def test_what_removal_leaves_as_it_is_counts_exactly_nothing(
    make_networks, method, engine, baseline
):
    from torch import nn

    random = np.random.default_rng(0)
    frame = pd.DataFrame({"x": random.normal(size=8), "y": random.normal(size=8), "same": 0.1})
    ensemble = make_networks(frame, lambda n: [nn.Linear(n, 7), nn.Tanh(), nn.Linear(7, 1)])
    rows = frame.assign(y=frame["y"].median()) if baseline == "median" else frame
    found = explain(
        ensemble,
        rows,
        method,
        background=frame,
        random_state=0,
        engine=engine,
        baseline=baseline,
    )
    attribution = found.array("attribution")
    assert (attribution[:, :, 2] == 0).all()
    assert ((attribution[:, :, 1] == 0) == (baseline == "median")).all()


@pytest.mark.parametrize("engine", ["batched", "upstream"])
def test_a_window_that_changes_nothing_counts_nothing(make_networks, engine):
    from torch import nn

    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(8, 4)), columns=list("abcd"))
    ensemble = make_networks(frame, lambda n: [nn.Linear(n, 7), nn.Tanh(), nn.Linear(7, 1)])
    rows = frame.assign(a=frame["a"].median(), b=frame["b"].median())
    found = occluded(ensemble, rows, frame, window=2, engine=engine)
    expected = np.broadcast_to([True, False, False, False], found.array("attribution").shape[1:3])
    assert ((found.array("attribution")[..., 0] == 0) == expected).all()
