import numpy as np
import pytest

from xaigeo.geometry import scene


@pytest.mark.parametrize("pair", [True, False])
def test_steps_lead_from_the_instance_to_the_tip_of_the_resultant(make, pair):
    world = make.wide(5, n_seeds=3)
    view = ("x1", "x4") if pair else make.plane(world)
    drawn = scene(world.shap(), view=view, staircase=True)
    arrows = drawn.vectors.set_index(["layer", "seed", "instance", "predicted"]).sort_index()
    keys = ["layer", "seed", "instance", "predicted"]
    for key, steps in drawn.staircases.groupby(keys, dropna=False):
        steps = steps.sort_values("order")
        own = arrows.loc[[key]]
        total = own[own["role"] == "resultant"].iloc[0]
        start = drawn.instances.set_index("instance").loc[key[2], ["x", "y"]]
        np.testing.assert_allclose(steps[["x", "y"]].iloc[0], start.to_numpy(float))
        np.testing.assert_allclose(steps[["x2", "y2"]].iloc[-1], total[["x2", "y2"]].astype(float))
        np.testing.assert_allclose(steps[["x", "y"]].iloc[1:], steps[["x2", "y2"]].iloc[:-1])
        assert (np.diff(steps["attribution"].abs()) <= 0).all()
        for step in steps.itertuples():
            arrow = own[own["feature"] == step.feature].iloc[0]
            assert step.attribution == arrow["attribution"]
            assert step.x2 - step.x == pytest.approx(arrow["x2"] - arrow["x"], abs=1e-9)


def test_there_are_none_unless_asked_for(make):
    world = make.world()
    assert scene(world.shap(), view="pca").staircases.empty
