from __future__ import annotations

import numpy as np
import pytest

from xaigeo.explainers.background import Background
from xaigeo.explainers.rules.cells import Cells
from xaigeo.explainers.rules.rule_samples import DataSampler, Noise


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


def make_sampler(background, cells, sampling, instance=None):
    return DataSampler(
        background=background,
        cells=cells,
        places=cells.places(background.rows),
        instance=background.rows[0] if instance is None else instance,
        marginal=sampling == "marginal",
    )


def draw_noise(background, n):
    return Noise.draw(np.random.default_rng(0), n, background.schema.names)


def drawn_by_hand(background, cells, rule, noise, sampling):
    """Follow the words of `DataSampler` value by value."""
    rows = np.empty((len(noise.share), background.rows.shape[1]))
    places = cells.places(background.rows).T + cells.offsets[:-1]
    for n, base in enumerate((noise.share * len(background.rows)).astype(int)):
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
    noise = draw_noise(background, 300)
    rows, places = make_sampler(background, cells, sampling).sample(rule, noise)
    assert (rows == drawn_by_hand(background, cells, rule, noise, sampling)).all()
    assert (places == cells.places(rows)).all()
    assert cells.obeying(rule, places).all()


def test_conditional_samples_keep_the_rows_in_free_columns(background, cells, rule):
    noise = draw_noise(background, 300)
    rows, _ = make_sampler(background, cells, "conditional").sample(rule, noise)
    base = (noise.share * len(background.rows)).astype(int)
    assert (rows[:, [1, 3, 4]] == background.rows[base][:, [1, 3, 4]]).all()


def test_a_category_that_the_background_lacks_is_the_instances_own(background, cells):
    lacking = Background.from_frame(
        background.schema, background.rows[background.rows[:, 2] != 1.0]
    )
    rule = np.ones(cells.n_cells, dtype=bool)
    rule[cells.part(2)] = [False, True, False]
    instance = background.rows[background.rows[:, 2] == 1.0][0]
    sampler = make_sampler(lacking, cells, "conditional", instance)
    rows, places = sampler.sample(rule, draw_noise(background, 20))
    assert (rows[:, 2] == 1.0).all()
    assert (places[2] == 1).all()


def test_a_column_meets_the_same_noise_wherever_it_stands():
    one, other = (
        Noise.draw(np.random.default_rng(0), 5, names) for names in (["b", "a"], ["a", "b"])
    )
    assert (one.level[:, ::-1] == other.level).all()
    assert (one.share == other.share).all()


def test_the_pool_holds_background_values_only(background, cells):
    for sampling in ("conditional", "marginal"):
        sampler = make_sampler(background, cells, sampling)
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
        pool = make_sampler(same, cells, sampling).pool(np.random.default_rng(0), 4000)
        shares[sampling] = (pool[:, 0] == pool[:, 1]).mean()
    # 40 distinct values: by chance 1/40; a quarter of pairs is left together besides.
    assert shares["marginal"] == pytest.approx(1 / 40, abs=5 * np.sqrt(1 / 40 / 4000))
    assert shares["conditional"] == pytest.approx(1 / 4 + 3 / 4 / 40, abs=5 * np.sqrt(0.2 / 4000))
