import numpy as np

from xaigeo.geometry.standard_frame import StandardFrame


def test_numeric_columns_are_centred_and_scaled_and_categories_have_no_place(make):
    world = make.world()
    frame = StandardFrame.from_rows(world.columns, world.rows)
    z = frame.points(world.rows)
    np.testing.assert_allclose(z[:, :3].mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(z[:, :3].std(axis=0), 1.0)
    assert (z[:, 3] == 0).all()


def test_displacements_are_not_centred_and_normals_are_dual(make):
    world = make.world(categorical=False)
    frame = StandardFrame.from_rows(world.columns, world.rows)
    step, slopes = np.array([1.0, -2.0, 3.0]), np.array([0.3, 0.1, -0.2])
    np.testing.assert_allclose(
        frame.displacements(step), frame.points(world.rows[0] + step) - frame.points(world.rows[0])
    )
    # A linear function changes alike in both frames: w·δ = (D w)·(D⁻¹ δ).
    np.testing.assert_allclose(frame.normals(slopes) @ frame.displacements(step), slopes @ step)


def test_a_constant_column_has_scale_one(make):
    world = make.world(categorical=False)
    rows = world.rows.copy()
    rows[:, 1] = 7.0
    assert StandardFrame.from_rows(world.columns, rows).scale[1] == 1.0
