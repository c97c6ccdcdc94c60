"""The shap package's own plots draw what `Attributions.to_shap` gives them."""

from __future__ import annotations

import matplotlib
import numpy as np
import pandas as pd
import pytest

import xaigeo as xg


@pytest.fixture(scope="module")
def frame():
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "height": random.normal(10, 3, 30),
            "count": random.integers(0, 5, 30),
            "colour": random.choice(["red", "green", "blue"], 30),
            "wild": random.random(30) < 0.5,
            "east": random.integers(0, 2, 30),
            "north": random.integers(0, 2, 30),
        }
    )


def value(rows, seed):
    return (
        rows["height"] * (rows["colour"] == "red")
        + rows["count"] * seed
        + rows["wild"] * rows["east"]
        + rows["north"]
    ).to_numpy(dtype=float)


def classes(rows, seed):
    z = value(rows, seed)[:, None] * [0.1, -0.1, 0.02]
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


@pytest.fixture(scope="module", params=["one output", "many outputs"])
def drawn(request, frame):
    """A `shap.Explanation` of one output: the only one, or one of three chosen by name."""
    one = request.param == "one output"
    models = [lambda rows, s=s: (value if one else classes)(rows, s) for s in (1, 2)]
    names = ("y",) if one else ("a", "b", "c")
    ensemble = xg.SeedEnsemble.wrap(
        models,
        seeds=(4, 5),
        schema=frame,
        classes=names,
        task="regression" if one else "classification",
    )
    found = xg.explain(
        ensemble,
        frame.head(12),
        method="exact_shap",
        background=frame,
        n_background=4,
        groups={"place": ["east", "north"]},
        random_state=0,
    )
    explanation = found.to_shap(5)
    return explanation if one else explanation[:, :, "b"]


@pytest.fixture
def plt():
    matplotlib.use("Agg")
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


def texts(plt):
    """Return all texts of the current figure, drawn."""
    figure = plt.gcf()
    figure.canvas.draw()
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text)]


@pytest.mark.parametrize("plot", ["bar", "beeswarm", "heatmap"])
def test_plots_of_all_instances_name_the_features(drawn, plt, plot):
    import shap

    getattr(shap.plots, plot)(drawn, show=False)
    assert {"height", "count", "colour", "place"} <= set(texts(plt))


@pytest.mark.parametrize("plot", ["bar", "waterfall"])
def test_plots_of_one_instance_name_values_and_categories(drawn, plt, plot):
    import shap

    getattr(shap.plots, plot)(drawn[0], show=False)
    # shap writes "red = colour" or "colour = red", in pieces or whole.
    assert any("colour" in text for text in texts(plt))
    assert any(str(drawn.data[0][2]) in text for text in texts(plt))


def test_force_plots(drawn, plt):
    import shap

    shap.plots.force(drawn[0], matplotlib=True, show=False)
    largest = drawn.feature_names[np.abs(drawn.values[0]).argmax()]  # it leaves out small ones
    assert any(largest in text for text in texts(plt))
    assert "height" in shap.plots.force(drawn).html()


@pytest.mark.parametrize("column", ["height", "colour", "place"])
def test_scatter_plots_name_categories(drawn, plt, column):
    import shap

    shap.plots.scatter(drawn[:, column], color=drawn[:, "colour"], show=False)
    assert column in texts(plt)
    if column != "height":
        assert set(map(str, drawn[:, column].data)) <= set(texts(plt))


def test_decision_plots(drawn, plt):
    import shap

    shap.plots.decision(
        drawn.base_values[0], drawn.values, drawn.data, drawn.feature_names, show=False
    )
    assert {"height", "place"} <= set(texts(plt))


def test_base_values_and_values_add_up(drawn):
    total = drawn.base_values + drawn.values.sum(axis=1)
    assert total.shape == (12,)
    assert np.ptp(total) > 0


@pytest.fixture(scope="module")
def networks():
    from torch import nn

    X = pd.DataFrame(np.random.default_rng(0).normal(size=(30, 3)), columns=["p", "q", "r"])
    return X, xg.SeedEnsemble.train(
        lambda n_inputs, _: nn.Sequential(nn.Linear(n_inputs, 4), nn.Tanh(), nn.Linear(4, 2)),
        X,
        np.where(X["p"] > 0, "yes", "no"),
        seeds=(0, 1),
        epochs=2,
        validation_share=0,
    )


@pytest.mark.parametrize("method", ["lime", "saliency", "occlusion"])
@pytest.mark.parametrize("plot", ["bar", "beeswarm", "waterfall", "violin"])
def test_numbers_that_do_not_add_up_are_drawn_from_zero(networks, plt, method, plot):
    import shap

    X, ensemble = networks
    found = xg.explain(ensemble, X.head(6), method, background=X, random_state=0)
    given = found.to_shap(1)[:, :, "yes"]
    assert (given.base_values == 0).all()
    np.testing.assert_array_equal(given.values, found.array("attribution")[1, :, :, 1])
    getattr(shap.plots, plot)(given[0] if plot == "waterfall" else given, show=False)
    assert any("q" in text for text in texts(plt))


def test_lime_over_bins_starts_from_its_intercept(networks):
    X, ensemble = networks
    found = xg.explain(
        *(ensemble, X.head(6), "lime"), background=X, random_state=0, discretiser="quartile"
    )
    given = found.to_shap(1)
    np.testing.assert_array_equal(given.base_values, found.array("intercept")[1])
