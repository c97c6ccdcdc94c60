from __future__ import annotations

import numpy as np
import pytest
from torch import nn

from xaigeo.errors import InputError
from xaigeo.explainers import explain
from xaigeo.explainers.deep_shap import DeepShapExplainer


def attributed(ensemble, rows, background, **parameters):
    return explain(ensemble, rows, "deep_shap", background=background, random_state=0, **parameters)


@pytest.mark.parametrize("scale", ["probability", "logit"])
def test_it_is_the_mean_of_deep_lift_over_background_rows(curved, mixed_frame, scale):
    rows, references = mixed_frame.head(3), mixed_frame.iloc[5:9]
    found = attributed(curved, rows, references, scale=scale)
    each = [
        explain(
            curved,
            rows,
            "deep_lift",
            background=mixed_frame,
            baseline=dict(row),
            scale=scale,
            random_state=0,
        )
        for _, row in references.iterrows()
    ]
    for name in ("attribution", "slope", "base_value"):
        mean = np.mean([one.array(name) for one in each], axis=0)
        np.testing.assert_allclose(found.array(name), mean, atol=1e-6)
    assert found.array("convergence_delta") == pytest.approx(0, abs=1e-9)


def test_it_equals_shap_with_a_sigmoid_module(single_logit, birds):
    import shap

    rows, members = birds.iloc[::70], single_logit.members
    references = birds.iloc[::40]
    found = attributed(single_logit, rows, references)
    inputs = members.inputs(single_logit.schema.encode(rows))
    data = members.inputs(single_logit.schema.encode(references))
    for place, module in enumerate(members.modules):
        asked = shap.DeepExplainer(nn.Sequential(*module, nn.Sigmoid()), data)
        values = asked.shap_values(inputs, check_additivity=False)[..., 0]
        blocks = members.preprocessor.blocks
        expected = np.stack([values[:, block].sum(axis=1) for block in blocks], axis=1)
        assert found.array("attribution")[place, :, :, 1] == pytest.approx(expected, abs=1e-6)


def test_weighted_backgrounds_count_as_often_as_they_stand_for(
    curved, mixed_frame, assert_engines_agree
):
    found = assert_engines_agree(
        curved,
        mixed_frame.head(2),
        mixed_frame,
        "deep_shap",
        n_background=5,
        background_summary="kmeans",
        scale="logit",
    )
    assert found.provenance["resolved"] == {"n_background": 5}


def test_memory_cuts_instances_and_background(curved, mixed_frame, monkeypatch):
    whole = attributed(curved, mixed_frame.head(4), mixed_frame)
    for pairs in (3, 55):  # fewer and more than the background has rows
        monkeypatch.setattr(
            "xaigeo.explainers.deep_shap._pairs_at_once", lambda work, pairs=pairs: pairs
        )
        cut = attributed(curved, mixed_frame.head(4), mixed_frame)
        np.testing.assert_allclose(cut.array("attribution"), whole.array("attribution"), atol=1e-12)


def test_shaps_missing_rules_are_told(make_networks, mixed_frame):
    ensemble = make_networks(mixed_frame, lambda n: [nn.Linear(n, 6), nn.SiLU(), nn.Linear(6, 1)])
    with pytest.raises(
        InputError, match="Expected activations for which shap has the Rescale rule, got SiLU"
    ):
        attributed(ensemble, mixed_frame.head(1), mixed_frame, engine="upstream")


def test_bad_parameters_are_refused():
    with pytest.raises(InputError, match="Expected n_background to be a whole number"):
        DeepShapExplainer(n_background=0)
    with pytest.raises(InputError, match="Expected background_summary to be one of"):
        DeepShapExplainer(background_summary="all")
