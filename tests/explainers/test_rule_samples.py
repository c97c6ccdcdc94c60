from __future__ import annotations

import numpy as np
import pytest

from xaigeo.explainers.background import Background
from xaigeo.explainers.cells import Cells
from xaigeo.explainers.rule_samples import Noise, RuleSampler


@pytest.fixture
def background(mixed_frame, mixed_schema):
    return Background.from_frame(mixed_schema, mixed_schema.encode(mixed_frame))


@pytest.fixture
def cells(background):
    return Cells.from_background(background, n_cuts=4)


@pytest.fixture
def rule(cells):
    rule = np.ones(cells.n_cells, dtype=bool)
    rule[cells.part(0).start] = False
    rule[cells.part(2)] = [True, False, True]
    return rule


def drawn_by_hand(background, cells, rule, noise, sampling):
    """Follow the words of `RuleSampler` value by value."""
    rows = np.empty((len(noise.row), background.rows.shape[1]))
    places = cells.of(background.rows)
    for n, base in enumerate(noise.row):
        for j in range(rows.shape[1]):
            if sampling == "conditional" and rule[places[base, j]]:
                rows[n, j] = background.rows[base, j]
                continue
            obeying = [
                value
                for value, place in zip(background.rows[:, j], places[:, j], strict=True)
                if rule[place]
            ]
            rows[n, j] = obeying[int(noise.level[n, j] * len(obeying))]
    return rows


@pytest.mark.parametrize("sampling", ["conditional", "marginal"])
def test_samples_equal_a_loop_on_the_same_noise_and_obey(background, cells, rule, sampling):
    noise = Noise.draw(np.random.default_rng(0), 300, background)
    rows = RuleSampler(background, cells, sampling).sample(rule, background.rows[0], noise)
    assert (rows == drawn_by_hand(background, cells, rule, noise, sampling)).all()
    assert rule[cells.of(rows)].all()


def test_conditional_samples_keep_the_rows_in_free_columns(background, cells, rule):
    noise = Noise.draw(np.random.default_rng(0), 300, background)
    rows = RuleSampler(background, cells, "conditional").sample(rule, background.rows[0], noise)
    assert (rows[:, [1, 3, 4]] == background.rows[noise.row][:, [1, 3, 4]]).all()


def test_a_category_that_the_background_lacks_is_the_instances_own(background, cells):
    lacking = Background.from_frame(
        background.schema, background.rows[background.rows[:, 2] != 1.0]
    )
    rule = np.ones(cells.n_cells, dtype=bool)
    rule[cells.part(2)] = [False, True, False]
    instance = background.rows[background.rows[:, 2] == 1.0][0]
    noise = Noise.draw(np.random.default_rng(0), 20, lacking)
    rows = RuleSampler(lacking, cells, "conditional").sample(rule, instance, noise)
    assert (rows[:, 2] == 1.0).all()


def test_the_pool_holds_background_values_only(background, cells):
    for sampling in ("conditional", "marginal"):
        sampler = RuleSampler(background, cells, sampling)
        pool = sampler.pool(np.random.default_rng(0), 500)
        assert pool.shape == (500, 5)
        for j in range(5):
            assert np.isin(pool[:, j], background.rows[:, j]).all()


def test_a_marginal_pool_breaks_the_dependence_of_columns(cells, background):
    # In these rows the first two columns are one and the same.
    rows = background.rows.copy()
    rows[:, 1] = rows[:, 0]
    same = Background.from_frame(background.schema, rows)
    shares = {}
    for sampling in ("conditional", "marginal"):
        pool = RuleSampler(same, cells, sampling).pool(np.random.default_rng(0), 4000)
        shares[sampling] = (pool[:, 0] == pool[:, 1]).mean()
    # 40 distinct values: by chance 1/40; a quarter of pairs is left together besides.
    assert shares["marginal"] == pytest.approx(1 / 40, abs=5 * np.sqrt(1 / 40 / 4000))
    assert shares["conditional"] == pytest.approx(1 / 4 + 3 / 4 / 40, abs=5 * np.sqrt(0.2 / 4000))
