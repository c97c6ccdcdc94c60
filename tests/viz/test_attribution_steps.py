import numpy as np
import pytest

from xaigeo.viz.attribution_steps import decimals_for, drawn_steps, number_text, step_table
from xaigeo.viz.attribution_strip import feature_labels


@pytest.fixture(scope="module")
def shap(study):
    return study.by_method["kernel_shap"]


def test_the_sum_is_the_mean_output_to_a_millionth(shap):
    for n in (1, 3, 10):
        for place in range(len(shap.instances)):
            drawn = drawn_steps(shap, place, 0, feature_labels(shap, place), n)
            assert drawn.base + drawn.mean.sum() == pytest.approx(drawn.end, abs=1e-6)


def test_others_are_summed_seed_by_seed(shap):
    drawn = drawn_steps(shap, 0, 0, feature_labels(shap, 0), 2)
    assert drawn.names[-1] == f"{len(shap.features) - 2} other features"
    shown = [shap.features.index(name.split(" = ")[0]) for name in drawn.names[:2]]
    rest = [j for j in range(len(shap.features)) if j not in shown]
    assert np.allclose(drawn.values[:, -1], shap.array("attribution")[:, 0, rest, 0].sum(axis=1))


def test_one_other_feature_keeps_its_name(shap):
    n = len(shap.features)
    assert len(drawn_steps(shap, 0, 0, feature_labels(shap, 0), n - 1).names) == n


def test_table_starts_at_the_base_and_ends_at_the_output(shap):
    table = step_table(drawn_steps(shap, 0, 0, feature_labels(shap, 0), 3))
    assert table["kind"].tolist() == ["base", *["step"] * 4, "end"]
    assert table["next"].tolist()[:-1] == table["label"].tolist()[1:]
    steps = table[table["kind"] == "step"]
    assert np.allclose(steps["end"] - steps["start"], steps["value"])
    assert np.allclose(steps["high_end"] - steps["start"], steps["high"])


def test_numbers():
    assert number_text(-0.0001, 3, signed=True) == "0.000"
    assert number_text(12.0, 0, signed=False) == "12"
    assert decimals_for(0.0) == 0
    assert decimals_for(0.01) == 4
