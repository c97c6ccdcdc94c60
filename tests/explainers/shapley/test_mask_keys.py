from __future__ import annotations

import numpy as np
import pytest

from xaigeo.explainers.shapley.mask_keys import mask_keys


@pytest.mark.parametrize("n_columns", [1, 7, 8, 63, 64, 65, 200])
def test_keys_are_equal_where_masks_are(n_columns):
    masks = np.random.default_rng(0).random((40, n_columns)) < 0.5
    masks[20:30] = masks[:10]
    masks[30] = masks[31]
    masks[30, -1] = ~masks[31, -1]
    keys = mask_keys(masks)
    alike = (masks[:, None] == masks).all(axis=-1)
    np.testing.assert_array_equal([[a == b for b in keys] for a in keys], alike)
    assert (keys.dtype == np.uint64) == (n_columns <= 64)
