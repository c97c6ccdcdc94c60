from __future__ import annotations

import numpy as np
import pytest

from xaigeo.ensemble.mask_words import FeatureGroups, MaskWords


def bits_of(groups: FeatureGroups, words: np.ndarray) -> np.ndarray:
    """Read words back into masks over the grouped features."""
    stage = np.searchsorted(groups.stages[1:-1], np.arange(len(groups.features)), side="right")
    return (words[:, stage] >> groups.bits) & 1 == 1


@pytest.mark.parametrize("n_features", [1, 6, 7, 30, 60, 61, 130])
def test_words_hold_every_bit_of_a_mask(n_features):
    groups = FeatureGroups.of(np.arange(n_features))
    masks = np.random.default_rng(0).random((20, n_features)) < 0.5
    words = groups.words(masks)
    assert words.shape == (20, len(groups.stages) - 1)
    assert words.min() >= 0
    np.testing.assert_array_equal(bits_of(groups, words), masks)


def test_groups_are_even_and_of_six_at_most():
    groups = FeatureGroups.of(np.arange(13))
    assert np.bincount(groups.bits // 6).tolist() == [5, 4, 4]
    assert groups.n_last == 3
    many = FeatureGroups.of(np.arange(61))
    assert many.n_last == 1
    assert np.diff(many.stages).max() <= 60


def test_a_features_table_rows_start_after_those_of_the_features_before_it():
    groups = FeatureGroups.of(np.arange(8))
    assert groups.table_rows.tolist() == [1, 2, 4, 8, 65, 66, 68, 72]


@pytest.mark.parametrize("n_features", [5, 70])
@pytest.mark.parametrize("pivot", [0, 3])
def test_masks_are_found_again_in_their_pairs(n_features, pivot):
    features = np.delete(np.arange(n_features), 2)  # feature 2 changes nothing
    groups = FeatureGroups.of(features)
    masks = np.random.default_rng(1).random((40, n_features)) < 0.5
    masks = np.vstack([masks, ~masks[:9], masks[:4]])
    found = MaskWords.of(masks, groups, pivot)
    chosen = masks[:, features]
    distinct = np.unique(chosen, axis=0)
    assert found.n_rows == len(distinct)
    assert len(np.unique(found.words, axis=0)) == len(found.words)
    pair, side = np.nonzero(found.rows == np.arange(found.n_rows)[:, None, None])[1:]
    summed = bits_of(groups, found.words)[pair]
    assert not summed[:, pivot].any()
    np.testing.assert_array_equal((summed ^ (side == 1)[:, None])[found.row], chosen)


def test_masks_over_features_that_change_nothing_are_one():
    found = MaskWords.of(np.eye(4, dtype=bool), FeatureGroups.of(np.arange(0)), 0)
    assert found.words.tolist() == [[0]]
    assert found.row.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("n_pairs", [1, 4, 100])
def test_parts_hold_every_row_once_and_in_order(n_pairs):
    masks = np.random.default_rng(2).random((30, 9)) < 0.5
    found = MaskWords.of(np.vstack([masks, ~masks[::2]]), FeatureGroups.of(np.arange(9)), 0)
    words, rows = [], []
    for part, own, place in found.parts(n_pairs):
        assert len(part) <= n_pairs
        assert sorted(own[own >= 0].tolist()) == list(range(place.stop - place.start))
        words.append(part)
        rows.append(np.where(own < 0, -1, own + place.start))
    np.testing.assert_array_equal(np.vstack(words), found.words)
    np.testing.assert_array_equal(np.vstack(rows), found.rows)
