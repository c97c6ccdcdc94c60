from __future__ import annotations

import numpy as np

from xaigeo.explainers.blocks.streams import (
    global_stream,
    instance_seed,
    legacy_stream,
    repeat_seed,
    shared_seed,
)

SEED = np.random.SeedSequence(5)


def test_the_global_stream_is_that_of_the_seed_and_is_put_back():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    with global_stream(SEED):
        assert np.random.random() == legacy_stream(SEED).random_sample()  # noqa: NPY002
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_repeated_draws_have_seeds_of_their_own():
    seed = np.random.SeedSequence(5).spawn(3)[2]
    assert repeat_seed(seed, 0) is seed
    states = {repeat_seed(seed, r).generate_state(1)[0] for r in range(20)}
    assert len(states) == 20
    again = np.random.SeedSequence(5).spawn(3)[2]
    assert repeat_seed(again, 3).generate_state(1) == repeat_seed(seed, 3).generate_state(1)


def test_an_instance_s_seed_is_that_of_its_row():
    rows = np.array([[0.0, 1.0], [-0.0, 1.0], [1.0, 0.0], [0.0, 1.0 + 1e-15]])
    first, same, *others = [instance_seed(3, row).generate_state(4) for row in rows]
    np.testing.assert_array_equal(first, same)
    states = [first, *others, instance_seed(4, rows[0]).generate_state(4)]
    states.append(shared_seed(3).generate_state(4))
    assert len({tuple(state) for state in states}) == 5
