from __future__ import annotations

import numpy as np
import pytest
import torch

import xaigeo as xg
from xaigeo.ensemble.side_by_side import groups_of
from xaigeo.errors import InputError

TEXTS = ["good film", "bad film", "a good plot", "a bad plot", "fine , good", "dull , bad"] * 4
LABELS = ["good", "bad"] * 12


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def trained(**settings):
    return xg.TextEnsemble.train(
        [f"{text} {n % 3}" for n, text in enumerate(TEXTS)],
        LABELS,
        seeds=range(5),
        embedding_size=16,
        hidden_size=16,
        epochs=4,
        batch_size=4,
        dtype="float64",
        **settings,
    )


@pytest.mark.parametrize(
    ("n_seeds", "n_threads", "sizes"),
    [(10, 2, [5, 5]), (5, 2, [3, 2]), (3, 2, [3]), (1, 4, [1]), (9, 16, [3, 2, 2, 2]), (4, 1, [4])],
)
def test_groups_hold_every_seed_once_in_order(n_seeds, n_threads, sizes):
    groups = groups_of(n_seeds, n_threads)
    assert [len(group) for group in groups] == sizes
    assert np.concatenate(groups).tolist() == list(range(n_seeds))


@pytest.mark.parametrize(
    "settings",
    [
        {"dropout": 0.2},
        {"encoder": "lstm", "averaging": "naswa"},
        {"patience": 1, "class_weight": "balanced"},
        {"validation_share": 0},
    ],
    ids=["dropout", "averages", "patience", "no validation"],
)
def test_threads_change_nothing_but_rounding(threads, settings):
    threads(1)
    alone = trained(**settings)
    threads(2)
    beside = trained(**settings)
    assert torch.get_num_threads() == 2
    np.testing.assert_allclose(beside.logits(TEXTS), alone.logits(TEXTS), atol=1e-9)
    for name in ("epochs_run", "epoch_kept", "validation_loss", "n_averaged"):
        own, theirs = beside.record.get(name), alone.record.get(name)
        assert (own is None) == (theirs is None)
        if own is not None:
            np.testing.assert_allclose(own, theirs, atol=1e-9)


def test_same_to_the_bit_when_repeated(threads):
    threads(2)
    first, second = trained(), trained()
    np.testing.assert_array_equal(first.logits(TEXTS), second.logits(TEXTS))


def test_what_one_group_raises_is_raised(threads):
    threads(2)
    with pytest.raises(InputError, match="Expected finite weights and losses in every seed"):
        trained(learning_rate=1e300, optimizer="sgd")
    assert torch.get_num_threads() == 2
