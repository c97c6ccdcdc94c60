import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.geometry import Box, Connector, Line, Vectors, scene
from xaigeo.geometry.marks import mark_of, marks_of
from xaigeo.geometry.standard_frame import StandardFrame


def test_each_explanation_has_its_mark(make):
    world = make.world()
    frame = StandardFrame.from_rows(world.columns, world.rows)
    kinds = [type(mark) for mark in marks_of(make.everything(world), frame)]
    assert kinds == [Line, Vectors, Box, Connector]
    assert isinstance(mark_of(world.lime(**world.bins()), frame), Vectors)


def test_slopes_of_a_linear_model_are_its_weights(make):
    """``φ_j/(x_j - μ_j) = w_j``, at every instance and in every unit."""
    world = make.world()
    for view in (("a", "c"), "pca", make.plane(world)):
        drawn = scene(world.shap(), view=view, arrows="slope")
        seeds = drawn.vectors[(drawn.vectors["layer"] == "seed") & drawn.vectors["feature"].notna()]
        for row in seeds.itertuples():
            output = world.outputs.index(row.output)
            weight = world.weights[row.seed - 10, world.columns.names.index(row.feature), output]
            assert row.attribution == pytest.approx(weight)
        assert drawn.scale_bar["label"].str.endswith("logit per SD").all()
        assert drawn.vectors["completeness_gap"].isna().all()


def test_a_slope_that_is_undefined_has_no_arrow(make):
    world = make.wide(3)
    X = world.X.copy()
    X.iloc[0, 1] = X.iloc[1:, 1].mean()  # on the mean of the column
    drawn = scene(make.replace(world, X=X).shap(), view="pca", arrows="slope")
    own = drawn.vectors[(drawn.vectors["instance"] == "row 0") & (drawn.vectors["feature"] == "x1")]
    assert own["attribution"].isna().all()
    np.testing.assert_allclose(own[["x2", "y2"]], own[["x", "y"]])
    rest = drawn.vectors[drawn.vectors["instance"] != "row 0"]
    assert rest.loc[rest["role"] == "component", "attribution"].notna().all()
    total = drawn.vectors[drawn.vectors["role"] == "resultant"]
    assert total[["x2", "y2", "attribution", "share_in_view"]].notna().all(axis=None)


def test_arrows_are_an_option(make):
    with pytest.raises(InputError, match="arrows to be one of 'contribution', 'slope'"):
        scene(make.world().shap(), view="pca", arrows="gradient")
