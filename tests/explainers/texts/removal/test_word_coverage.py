from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.text_models import linear_text_ensemble
from xaigeo.explainers.texts.removal.token_removal import TokenRemoval
from xaigeo.explainers.texts.removal.word_coverage import WordCoverage
from xaigeo.text import ABSENT

ENSEMBLE = linear_text_ensemble()
SENTENCES = st.lists(st.sampled_from(["a", "good", "film", "plot"]), min_size=1, max_size=6)


@given(SENTENCES, st.lists(SENTENCES, min_size=1, max_size=5), st.data())
def test_words_are_counted_wherever_they_stand_as_often_as_the_set_has_them(text, background, data):
    rows = ENSEMBLE.schema.encode([" ".join(words) for words in [text, *background]])
    places = np.arange(len(text))
    empty = np.full_like(rows[0], ABSENT)
    removal = TokenRemoval(ENSEMBLE, "probability", rows[0], places, empty, 2**20)
    coverage = WordCoverage.of(removal, rows[1:])
    sets = np.array(
        [data.draw(st.lists(st.booleans(), min_size=len(text), max_size=len(text))) for _ in "ab"]
    )
    for chosen, counted in zip(sets, coverage.counted(sets).tolist(), strict=True):
        wanted = Counter(word for word, taken in zip(text, chosen, strict=True) if taken)
        held = sum(all(Counter(one)[w] >= n for w, n in wanted.items()) for one in background)
        assert counted == held
        assert coverage.share(chosen) == held / len(background)
