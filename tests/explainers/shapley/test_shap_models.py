from __future__ import annotations

import numpy as np
import shap

from xaigeo.explainers.shapley.players import PlayerCodes, Players
from xaigeo.explainers.shapley.shap_models import Predict, independent_masker, shap_link


def test_models_answer_codes_side_by_side(species, birds):
    rows = species.schema.encode(birds.head(20))
    codes = PlayerCodes.of(Players.of(species.schema, {"who": ["island", "sex"]}), rows)
    predict = Predict(species, [2, 0], codes, "probability")
    answer = predict(codes.encode(rows))
    outputs = species.outputs_encoded(rows)
    np.testing.assert_allclose(answer, np.hstack([outputs[2], outputs[0]]))


def test_the_masker_keeps_every_row():
    rows = np.random.default_rng(0).normal(size=(150, 3))  # shap would take 100
    np.testing.assert_array_equal(independent_masker(rows).data, rows)


def test_links_are_shap_s_own():
    assert shap_link("logit") is shap.links.logit
    assert shap_link("identity") is shap.links.identity
