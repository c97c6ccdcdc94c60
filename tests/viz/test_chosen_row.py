import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.explanations import Anchors, Attributions, Counterfactuals
from xaigeo.viz.chosen_row import check_kind, row_place, row_places, seed_places


@pytest.fixture(scope="module")
def shap(study):
    return study.by_method["kernel_shap"]


def test_places_by_label(shap):
    labels = shap.instances
    assert row_place(shap, None) == 0
    assert row_place(shap, labels[4]) == 4
    assert row_places(shap, None) == list(range(len(labels)))
    assert row_places(shap, [labels[3], labels[1], labels[3]]) == [3, 1]
    assert seed_places(shap, None) == list(range(len(shap.seeds)))
    assert seed_places(shap, np.array([shap.seeds[2]])) == [2]


def test_unknown_labels(shap):
    with pytest.raises(
        InputError, match=r"an instance of the explanation .*, got 'x'\. Look at \.instances"
    ):
        row_place(shap, "x")
    with pytest.raises(InputError, match=r"a seed of the explanation .*, got 99\. Look at \.seeds"):
        seed_places(shap, [0, 99])
    for nothing in ([], "abc", 7):
        with pytest.raises(InputError, match="an instance of the explanation"):
            row_places(shap, nothing)


@pytest.mark.parametrize(
    ("kind", "method", "other"),
    [
        (Attributions, "'kernel_shap', 'lime' or another that gives attributions", "anchors"),
        (Anchors, "'anchors' or 'consensus_anchors'", "kernel_shap"),
        (Counterfactuals, "'counterfactuals' or 'robust_counterfactuals'", "anchors"),
    ],
)
def test_another_kind_is_refused(study, kind, method, other):
    given = study.by_method[other]
    with pytest.raises(InputError) as raised:
        check_kind(given, kind, "a chart")
    assert str(raised.value) == (
        f"Expected {kind.__name__} for a chart, got {type(given).__name__} ({other}). "
        f"Pass the result of xaigeo.explain with method={method}."
    )
    own = next(e for e in study.explanations if isinstance(e, kind))
    assert check_kind(own, kind, "a chart") is own
