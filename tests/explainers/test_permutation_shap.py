from __future__ import annotations

import numpy as np
import pytest
import shap

from xaigeo.errors import InputError
from xaigeo.explainers.blocks.streams import legacy_stream
from xaigeo.explainers.permutation_shap import PermutationShapExplainer


def wide_model(rows):
    return np.tanh(rows[:, :4] * rows[:, 4:]).prod(axis=1) + rows[:, 0] ** 2


@pytest.fixture
def wide():
    return np.random.default_rng(3).normal(size=(20, 8))


@pytest.mark.parametrize("max_evals", ["auto", 17, 100])
def test_equals_the_shap_package_called_by_hand(
    own_seed, wide, wrap_values, global_stream, max_evals
):
    result = PermutationShapExplainer(max_evals=max_evals, n_background=None).explain(
        wrap_values(wide_model, rows=wide), wide[[7]], background=wide[:6], random_state=6
    )
    own = own_seed(6, result.schema, wide[:6], wide[7])
    with global_stream(own.generate_state(4)):
        theirs = shap.PermutationExplainer(wide_model, shap.maskers.Independent(wide[:6]))
        np.random.seed(own.generate_state(4))  # noqa: NPY002 (which its constructor reseeds)
        found = theirs(wide[[7]], max_evals=max_evals, silent=True, error_bounds=True)
    np.testing.assert_allclose(result.array("attribution")[0, ..., 0], found.values, atol=1e-12)
    np.testing.assert_allclose(result.array("base_value").item(), found.base_values[0])
    assert result.provenance["resolved"] == {
        "n_background": 6,
        "n_permutations": {"auto": 9, 17: 1, 100: 5}[max_evals],
    }


def test_n_permutations_counts_orders(wide, wrap_values):
    ensemble = wrap_values(wide_model, rows=wide)
    one, two = (
        PermutationShapExplainer(**budget).explain(
            ensemble, wide[:2], background=wide[2:5], random_state=0
        )
        for budget in ({"n_permutations": 5}, {"max_evals": 5 * 17})
    )
    np.testing.assert_array_equal(one.array("attribution"), two.array("attribution"))
    np.testing.assert_array_equal(one.array("std_error"), two.array("std_error"))


def test_one_order_there_and_back_is_exact_without_higher_interactions(wide, wrap_values):
    def model(rows):
        return rows[:, 0] * rows[:, 1] + np.exp(rows[:, 2]) * rows[:, 3] + rows[:, 4] ** 2

    ensemble = wrap_values(model, rows=wide)
    one, many = (
        PermutationShapExplainer(n_permutations=n).explain(
            ensemble, wide[:2], background=wide[2:7], random_state=n
        )
        for n in (1, 30)
    )
    np.testing.assert_allclose(one.array("attribution"), many.array("attribution"), atol=1e-12)
    assert np.isnan(one.array("std_error")).all()
    np.testing.assert_allclose(many.array("std_error"), 0.0, atol=1e-12)


def test_standard_error_is_that_of_the_mean_over_orders(wide, wrap_values, own_seed):
    ensemble = wrap_values(wide_model, rows=wide)
    instance, b = wide[7], wide[0]  # one background row
    result = PermutationShapExplainer(n_permutations=4).explain(
        ensemble, instance[None], background=b[None], random_state=1
    )
    stream = legacy_stream(own_seed(1, result.schema, b[None], instance))
    order, by_order = np.arange(8), np.zeros((4, 8))
    for k in range(4):
        stream.shuffle(order)
        for start, end in ((b, instance), (instance, b)):
            row, before = start.copy(), wide_model(start[None])[0]
            for j in order:
                row[j] = end[j]
                after = wide_model(row[None])[0]
                by_order[k, j] += (after - before) / 2 * (1 if end is instance else -1)
                before = after
    np.testing.assert_allclose(result.array("attribution").ravel(), by_order.mean(axis=0))
    np.testing.assert_allclose(
        result.array("std_error").ravel(), by_order.std(axis=0, ddof=1) / 2, atol=1e-12
    )


def test_a_budget_below_one_order_raises(wide, wrap_values):
    with pytest.raises(InputError, match="max_evals of at least 17 for 8 features, got 16"):
        PermutationShapExplainer(max_evals=16).explain(
            wrap_values(wide_model, rows=wide), wide[:1], background=wide
        )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"max_evals": 2}, "max_evals to be a whole number of at least 3, got 2"),
        ({"max_evals": "all"}, "max_evals to be a whole number of at least 3, got 'all'"),
        ({"n_permutations": 0}, "n_permutations to be a whole number of at least 1, got 0"),
        ({"link": "probit"}, "link to be one of 'identity', 'logit', got 'probit'"),
    ],
)
def test_bad_parameters_raise(parameters, message):
    with pytest.raises(InputError, match=message):
        PermutationShapExplainer(**parameters)


def test_a_budget_given_twice_raises():
    with pytest.raises(InputError, match=r"max_evals=9 and n_permutations=50. Leave one of them"):
        PermutationShapExplainer(max_evals=9, n_permutations=50)
