from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

WORDS = ["film", "plot", "actor", "music", "scene", "end", "start", "story", "light", "sound"]


@pytest.fixture(scope="session")
def labelled() -> tuple[pd.Series, pd.Series]:
    """60 short texts whose label follows from one word, with an index of their own."""
    rng = np.random.default_rng(0)
    label = np.array(["bad", "good"])[rng.integers(0, 2, 60)]
    texts = []
    for place, answer in enumerate(label):
        words = rng.choice(WORDS, rng.integers(1, 9)).tolist()
        words.insert(int(rng.integers(0, len(words) + 1)), "fine" if answer == "good" else "awful")
        texts.append(" ".join([*words, f"no{place}"]))
    index = [f"t{place}" for place in range(60)]
    return pd.Series(texts, index=index, name="text"), pd.Series(label, index=index, name="label")
