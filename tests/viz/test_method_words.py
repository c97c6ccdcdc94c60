from dataclasses import replace

import pytest

from xaigeo.viz.method_words import READINGS, words_for


@pytest.mark.parametrize(
    ("method", "mark"),
    [
        ("lime", "line"),
        ("kernel_shap", "arrows"),
        ("integrated_gradients", "arrows"),
        ("anchors", "box"),
        ("counterfactuals", "connector"),
    ],
)
def test_each_method_has_its_mark_and_a_reading(study, method, mark):
    words = words_for(study.by_method[method])
    assert (words.name, words.mark) == (method, mark)
    assert words.reading == READINGS[mark]


def test_a_method_from_elsewhere_keeps_its_name(study):
    other = replace(study.by_method["kernel_shap"], method="my_method")
    assert words_for(other).title == "my_method"
