import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.viz.page.drawing import default_view, draw


def test_the_default_view_is_what_explanations_speak_of(study):
    shap = study.by_method["kernel_shap"]
    size = np.abs(shap.array("attribution")).mean(axis=(0, 1, 3))
    numeric = np.flatnonzero(~shap.schema.discrete)
    top = numeric[np.argsort(-size[numeric])[:2]]
    assert set(default_view([shap])) == {shap.features[j] for j in top}


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        (["bill_length_mm", "sex"], "only bill_length_mm is numeric"),
        (["island", "sex"], "no column is numeric"),
    ],
)
def test_too_few_numeric_columns_leave_the_map_out_and_say_so(make, study, columns, reason):
    X = study.data.X[columns]
    model = make.linear_seeds(X, study.data.y)
    given = [make.attributions(model, X.iloc[:3], X, "kernel_shap")]
    drawn = draw(given, None)
    assert (drawn.pairs, drawn.plane) == ([], None)
    assert drawn.no_map == f"A map needs two numeric columns, and {reason}."


def test_views_that_cannot_be_drawn_are_refused(make, study):
    with pytest.raises(InputError, match="at least one view"):
        draw(study.explanations, [])
    with pytest.raises(InputError, match="a view of two numeric columns"):
        draw(study.explanations, [("bill_length_mm", "island")])
    for views in (make.view, "pca", [None]):
        with pytest.raises(InputError, match="views to be a list of pairs of numeric columns"):
            draw(study.explanations, views)


def test_views_and_plane(study, make):
    drawn = draw(study.explanations, [make.view, ("body_mass_g", "bill_depth_mm")])
    assert [(p.x.name, p.y.name) for p in drawn.pairs] == [
        make.view,
        ("body_mass_g", "bill_depth_mm"),
    ]
    assert drawn.plane.x_label.startswith("PC 1")
    assert drawn.no_map == ""


def test_rows_that_vary_in_one_direction_have_no_plane(study, make):
    X = study.data.X[["bill_length_mm", "flipper_length_mm"]].assign(
        flipper_length_mm=lambda d: 2.0 * d["bill_length_mm"]
    )
    model = make.linear_seeds(X, study.data.y)
    given = [make.attributions(model, X.iloc[:3], X, "kernel_shap")]
    assert draw(given, None).plane is None
