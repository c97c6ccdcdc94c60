from __future__ import annotations

import numpy as np
import pytest

from xaigeo.ensemble.mixed_rows import MixedRows, Tiles, aligned

BLOCKS = [slice(0, 1), slice(1, 3), slice(3, 4)]


@pytest.fixture
def rows():
    return np.random.default_rng(0).normal(size=(37, 4)).astype(np.float32)


def test_features_that_differ_nowhere_are_left_out(rows):
    other = rows[1:].copy()
    other[:, 0] = rows[0, 0]
    other[:-1, 2] = rows[0, 2]
    mixed = MixedRows.of(rows[0], other, BLOCKS)
    assert mixed.groups.features.tolist() == [1, 2]
    assert mixed.plan.tolist() == [[1, 3, 1], [3, 4, 2]]


def test_an_instance_like_all_rows_has_no_features(rows):
    mixed = MixedRows.of(rows[0], rows[:1], BLOCKS)
    assert mixed.plan.shape == (0, 3)
    assert mixed.pivot(np.ones((2, 4), dtype=np.float32)) == 0


def test_tiles_hold_every_row_in_a_lane_and_count_it_once(rows):
    tiles = Tiles.of(rows[0], rows)
    assert tiles.other.shape == (3, 4, 16)
    lanes = tiles.other.swapaxes(1, 2).reshape(-1, 4)
    np.testing.assert_array_equal(lanes[:37], rows)
    np.testing.assert_array_equal(lanes[37:], np.repeat(rows[:1], 11, axis=0))
    differences = tiles.delta.swapaxes(1, 2).reshape(-1, 4)
    np.testing.assert_array_equal(differences[:37], rows[0] - rows)
    assert tiles.shares.tolist() == [1.0] * 37 + [0.0] * 11


def test_tiles_come_in_pieces_of_bounded_size(rows, monkeypatch):
    monkeypatch.setattr("xaigeo.ensemble.mixed_rows.TILES_BYTES", 2 * 64 * 4)
    pieces = list(MixedRows.of(rows[0], rows, BLOCKS).tiles())
    assert [piece.other.shape for piece in pieces] == [(1, 4, 16)] * 3
    assert sum(piece.shares.sum() for piece in pieces) == len(rows)


def test_the_pivot_is_a_feature_that_the_model_reads(rows):
    mixed = MixedRows.of(rows[0], rows[1:], BLOCKS)
    weight = np.ones((2, 4), dtype=np.float32)
    assert mixed.pivot(weight) == 0
    weight[:, 0] = 0.0
    assert mixed.pivot(weight) == 1
    weight[:, 1:3] = 0.0
    assert mixed.pivot(weight) == 2


def test_aligned_arrays_start_where_a_cache_line_does():
    for n in range(1, 9):
        array = aligned((n, 16), np.dtype(np.float32))
        assert array.ctypes.data % 64 == 0
        assert array.shape == (n, 16)
