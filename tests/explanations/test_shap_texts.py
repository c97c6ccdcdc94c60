"""The shap package's own plots draw what `TokenAttributions.to_shap` gives them."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest

from tests.text_models import TEXTS, linear_text_ensemble
from xaigeo.explainers import explain


@pytest.fixture(scope="module")
def found():
    return explain(linear_text_ensemble(max_tokens=20), TEXTS, "exact_shap")


@pytest.fixture
def plots():
    matplotlib.use("agg")
    import shap
    from matplotlib import pyplot

    yield shap.plots
    pyplot.close("all")


def labels():
    from matplotlib import pyplot

    return {label.get_text() for label in pyplot.gca().get_yticklabels()}


def test_words_go_along_with_their_numbers(found):
    given = found.to_shap(1)
    assert given.values.shape == (4, 9, 2)
    assert given.output_names == ["class0", "class1"]
    for i, text in enumerate(TEXTS):
        words = text.split()
        assert list(given.feature_names[i]) == words + [""] * (9 - len(words))
        assert "".join(given.data[i]) == text + " "
        own = found.array("attribution")[1, i]
        np.testing.assert_array_equal(given.values[i, : len(words)], own[: len(words)])
        assert not own[len(words) :].any()
    np.testing.assert_array_equal(given.base_values, found.array("base_value")[1])


def test_a_text_is_drawn_with_its_words(found, plots):
    one = found.sel(instance=[1]).to_shap(0)[0, :, "class1"]
    for draw in (plots.waterfall, plots.bar):
        draw(one, show=False)
        assert {"film  = film", "not  = not"} <= labels()
        matplotlib.pyplot.close("all")
    assert "film" in plots.text(one, display=False)


def test_of_several_texts_words_are_averaged(found, plots):
    given = found.to_shap(0)[:, :, "class1"]
    plots.bar(given, max_display=30, show=False)
    assert {word for text in TEXTS for word in text.split()} <= labels()
    mean = given.mean(0)
    values = found.array("attribution")[0, :, :, 1]
    film = [values[i, j] for i, words in enumerate(found.tokens) for j, w in enumerate(words)
            if w == "film"]  # fmt: skip
    place = list(mean.feature_names).index("film")
    assert mean.values[place] == pytest.approx(np.mean(film))


def test_one_output_has_no_axis():
    ensemble = linear_text_ensemble(task="regression", n_outputs=1)
    given = explain(ensemble, TEXTS, "occlusion").to_shap(2)
    assert given.values.shape == (4, 9)
    assert given.base_values.shape == (4,)
