from __future__ import annotations

import numpy as np
import pytest

from xaigeo.explainers.shapley.game import Game, Shares
from xaigeo.explainers.shapley.links import linked
from xaigeo.explainers.shapley.players import Players
from xaigeo.explainers.shapley.reference_rows import ReferenceRows

GROUPS = {"who": ["island", "sex"]}


def make(ensemble, rows, link="identity", max_memory=2**30):
    reference = ReferenceRows(rows[10:14])
    players = Players.of(ensemble.schema, GROUPS)
    mean = ensemble.outputs_encoded(reference.rows).mean(axis=1)
    return Game(
        ensemble=ensemble,
        scale="probability",
        link=link,
        instance=rows[200],
        reference=reference,
        players=players,
        varying=players.varying(rows[200], reference.rows),
        base=linked(mean, link),
        value=linked(ensemble.outputs_encoded(rows[[200]])[:, 0], link),
        max_memory=max_memory,
    )


@pytest.mark.parametrize("link", ["identity", "logit"])
def test_nobody_is_worth_nothing_and_everybody_the_total(species, birds, link):
    game = make(species, species.schema.encode(birds), link)
    masks = np.array([[False] * game.n_players, [True] * game.n_players])
    worth = game.worth(masks)
    np.testing.assert_allclose(worth[:, 0], 0.0, atol=1e-12)
    np.testing.assert_allclose(worth[:, 1], game.total, atol=1e-12)
    assert game.worth(masks[:0]).shape == (3, 0, 3)


def test_a_group_comes_with_all_its_columns(species, birds):
    game = make(species, species.schema.encode(birds))
    place = game.players.names.index("who")
    only = np.arange(len(game.players))[game.varying] == place
    names = np.array(species.schema.names)
    assert names[game.columns(only[None])[0]].tolist() == ["island", "sex"]


@pytest.mark.parametrize(
    ("max_memory", "n_parts"), [(2**30, 1), (2 * 4 * 8 * 50 * 3 * 2, 2), (1, 3)]
)
def test_parts_hold_as_many_seeds_as_memory_allows(species, birds, max_memory, n_parts):
    game = make(species, species.schema.encode(birds), max_memory=max_memory)
    parts = list(game.parts(50))
    assert len(parts) == n_parts
    assert sum((part.ensemble.seeds for part in parts), ()) == species.seeds
    np.testing.assert_array_equal(np.concatenate([part.total for part in parts]), game.total)


def test_rounding_is_nothing_but_small_numbers_are_kept(species, birds):
    game = make(species, species.schema.encode(birds))
    worth = np.ones((3, 4, 3))
    attribution = np.full((3, 2, 3), 1e-17)
    attribution[:, 1] = 1e-9
    cleaned = Shares(attribution).without_rounding(game, worth).attribution
    assert (cleaned[:, 0] == 0).all()
    assert (cleaned[:, 1] == 1e-9).all()


def test_joined_shares_keep_their_order():
    one = Shares(np.zeros((1, 2, 1)), np.full((1, 2, 1), 3.0))
    two = Shares(np.ones((2, 2, 1)), np.full((2, 2, 1), 4.0))
    joined = Shares.joined([one, two])
    assert joined.attribution[:, 0, 0].tolist() == [0, 1, 1]
    assert joined.std_error[:, 0, 0].tolist() == [3, 4, 4]
    assert Shares.joined([Shares(one.attribution)]).std_error is None
