from __future__ import annotations

from functools import cache

import pytest

SENTENCES = [
    "a good film with a good plot",
    "a bad film",
    "good acting and a fine plot",
    "bad plot and poor acting",
    "not bad at all",
    "not good at all , poor",
    "fine film",
    "a poor , thin and bad plot",
] * 3


@pytest.fixture(scope="session")
def trained():
    """Return a maker of three small text models of an encoder, float64, and their texts."""
    from xaigeo.ensemble.texts.text_ensemble import TextEnsemble

    @cache
    def make(encoder):
        ensemble = TextEnsemble.train(
            SENTENCES,
            ["good", "bad"] * 12,
            seeds=(3, 4, 5),
            encoder=encoder,
            embedding_size=8,
            hidden_size=8,
            epochs=4,
            validation_share=0.0,
            dtype="float64",
        )
        return ensemble, SENTENCES

    return make
