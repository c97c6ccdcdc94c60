from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import vl_convert

from xaigeo.errors import InputError
from xaigeo.viz.attribution_waterfall import attribution_waterfall


@pytest.fixture(scope="module")
def shap(study):
    return study.by_method["kernel_shap"]


def agreeing(shap, place):
    votes = shap.predicted[:, place]
    majority = np.bincount(votes).argmax()
    return [s for s in range(len(votes)) if votes[s] == majority], majority


def test_steps_lead_from_the_mean_base_to_the_mean_output(shap, make):
    for place, label in enumerate(shap.instances):
        spec = attribution_waterfall(shap, instance=label, max_features=3).to_dict()
        tables = make.tables_of(spec)
        make.check_fields(spec, tables)
        steps = tables["steps"]
        used, output = agreeing(shap, place)
        base = np.mean([shap.array("base_value")[s, place, output] for s in used])
        end = np.mean([shap.array("explained_value")[s, place, output] for s in used])
        assert steps[0]["value"] == pytest.approx(base, rel=1e-4)
        assert steps[-1]["value"] == pytest.approx(end, rel=1e-4)
        assert [row["kind"] for row in steps] == ["base", *["step"] * 4, "end"]
        total = sum(row["value"] for row in steps[:-1])
        assert total == pytest.approx(end, abs=2e-4)
        for before, after in pairwise(steps[:-1]):
            assert after["start"] == pytest.approx(before["end"], abs=1e-4)


def test_each_step_is_the_mean_with_the_seeds_quantiles(shap, make):
    spec = attribution_waterfall(shap).to_dict()
    used, output = agreeing(shap, 0)
    for row in make.tables_of(spec)["steps"][1:-1]:
        j = shap.features.index(row["label"].split(" = ")[0])
        own = [shap.array("attribution")[s, 0, j, output] for s in used]
        assert row["value"] == pytest.approx(np.mean(own), rel=1e-4)
        assert row["low"] == pytest.approx(np.quantile(own, 0.1), rel=1e-4)
        assert row["high_end"] == pytest.approx(row["start"] + np.quantile(own, 0.9), abs=1e-3)
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_words_say_whose_mean_it_is(shap):
    spec = attribution_waterfall(shap).to_dict()
    said = " ".join(spec["title"]["subtitle"])
    _, output = agreeing(shap, 0)
    assert f"answer “{shap.outputs[output]}”: means add up, medians do not." in said
    assert "moves the output most" in " ".join(spec["title"]["text"])
    alone = attribution_waterfall(shap, seed=3).to_dict()["title"]
    assert "Seed 3 alone." in " ".join(alone["subtitle"])
    assert "middle 80%" not in " ".join(alone["text"])


def test_seeds_of_another_answer_are_left_out(shap, make):
    data = shap.data.copy(deep=True)
    data["prediction"][:2, 0] = np.roll(data["prediction"][:2, 0].to_numpy(), 1, axis=-1)
    other = replace(shap, data=data)
    used, _ = agreeing(other, 0)
    assert len(used) == 3
    spec = attribution_waterfall(other).to_dict()
    assert "Mean of the 3 of 5 seeds that answer" in " ".join(spec["title"]["subtitle"])


def test_what_is_missing_has_a_step(shap, make):
    data = shap.data.copy(deep=True)
    data["explained_value"] = data["explained_value"] + 0.2
    steps = make.tables_of(attribution_waterfall(replace(shap, data=data)).to_dict())["steps"]
    assert steps[-2]["label"] == "Not attributed"
    assert steps[-2]["value"] == pytest.approx(0.2, abs=1e-4)


def test_lime_over_bins_is_its_local_model(study, make):
    spec = attribution_waterfall(make.binned(study.by_method["lime"])).to_dict()
    steps = make.tables_of(spec)["steps"]
    assert steps[0]["label"] == "Local model elsewhere"
    assert steps[-1]["label"] == "Local model here"


def test_nothing(shap):
    data = shap.data.copy(deep=True)
    data["attribution"][:] = 0.0
    data["explained_value"] = data["base_value"]
    title = " ".join(attribution_waterfall(replace(shap, data=data)).to_dict()["title"]["text"])
    assert title.endswith("no feature moves the output")


def test_errors(study, shap):
    with pytest.raises(InputError, match="Attributions for a waterfall"):
        attribution_waterfall(study.by_method["anchors"])
    with pytest.raises(InputError, match=r"that add up to the output.*those of 'lime'"):
        attribution_waterfall(study.by_method["lime"])
    with pytest.raises(InputError, match=r"an instance of the explanation .* got 'x'"):
        attribution_waterfall(shap, "x")
    with pytest.raises(InputError, match="max_features to be a whole number"):
        attribution_waterfall(shap, max_features=2.5)
