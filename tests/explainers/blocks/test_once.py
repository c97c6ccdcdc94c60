from __future__ import annotations

import gc
import weakref

import numpy as np

from xaigeo.explainers.background import Background
from xaigeo.explainers.blocks.once import once
from xaigeo.schema import FeatureSchema

ROWS = np.arange(4.0).reshape(2, 2)


def background():
    return Background.from_frame(FeatureSchema.from_data(ROWS), ROWS)


def test_made_once_for_a_background_and_key():
    made = []
    one, two = background(), background()
    for rows, key in ((one, "a"), (one, "a"), (one, "b"), (two, "a")):
        assert once(rows, key, lambda key=key: made.append(key) or key) == key
    assert made == ["a", "b", "a"]


def test_gone_with_the_background():
    rows = background()
    kept = weakref.ref(once(rows, "a", lambda: np.zeros(3)))
    gc.collect()
    assert kept() is not None
    del rows
    gc.collect()
    assert kept() is None
