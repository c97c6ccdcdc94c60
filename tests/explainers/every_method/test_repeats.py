"""One random state gives one answer, however work is spread and whatever is asked beside it."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from xaigeo.explanations import Attributions


def test_one_random_state_gives_the_same_bits(found, ask):
    xr.testing.assert_identical(ask().data, found.data)


def test_another_random_state_moves_what_is_drawn_alone(found, ask, case):
    other = ask(random_state=5)
    moved = [n for n in found.data if not found.data[n].equals(other.data[n])]
    if not case.draws:
        assert not moved
    elif isinstance(found, Attributions):  # a search may find the same another way
        assert "attribution" in moved
    assert not {"input", "prediction", "background", "background_prediction"} & set(moved)


def test_a_drawn_random_state_is_recorded_and_repeats(ask):
    first = ask(random_state=None)
    again = ask(random_state=first.provenance["random_state"])
    xr.testing.assert_identical(again.data, first.data)


def test_seeds_in_another_order_are_answered_in_that_order(found, ask, case, cases, ensemble_of):
    other = ask(ensemble=ensemble_of(case.kinds[0]).select(cases.SEEDS[::-1]))
    xr.testing.assert_allclose(
        other.data, found.sel(seed=cases.SEEDS[::-1]).data, rtol=1e-9, atol=1e-9
    )


def test_instances_in_another_order_are_answered_in_that_order(found, ask, cases):
    other = ask(X=cases.data().iloc[[2, 0, 1]])
    expected = found.sel(instance=["row 2", "row 0", "row 1"]).data
    xr.testing.assert_allclose(other.data, expected, rtol=1e-9, atol=1e-9)


def test_equal_instances_get_equal_answers(ask, cases):
    answer = ask(X=cases.data().iloc[[2, 0, 2]].reset_index(drop=True))
    first, again = (answer.sel(instance=[place]).data.drop_vars("instance") for place in (0, 2))
    xr.testing.assert_allclose(again, first, rtol=1e-9, atol=1e-9)


def test_an_instance_s_answer_does_not_depend_on_those_after_it(found, ask, cases):
    first = ask(X=cases.data().iloc[:1])
    expected = found.sel(instance="row 0").data
    for name in set(first.data) - {"n_samples"}:
        own = first.data[name]
        beside = (
            expected[name].isel(step=slice(own.sizes["step"]))
            if "step" in own.dims
            else expected[name]
        )
        xr.testing.assert_allclose(own, beside, rtol=1e-9, atol=1e-9)


def test_work_in_little_memory_gives_the_same(found, ask):
    small = ask(max_memory=2**20)
    xr.testing.assert_allclose(small.data, found.data, rtol=1e-9, atol=1e-9)


def test_a_stored_run_gives_the_same_bits(found, ask, tmp_path):
    stored = ask(store=tmp_path / "store")
    assert stored.is_lazy
    xr.testing.assert_identical(stored.data.load(), found.data)


@pytest.mark.parametrize("method", ["lime", "counterfactuals"], indirect=True, scope="session")
def test_worker_processes_give_the_same_bits(ask, method, cases):
    n_rows = 52 if method == "counterfactuals" else 7  # more than a block
    X = cases.data().iloc[np.arange(n_rows) % 30].reset_index(drop=True)
    alone = ask("networks", X)
    xr.testing.assert_identical(ask("networks", X, n_jobs=2).data, alone.data)
