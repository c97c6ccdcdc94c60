import numpy as np
import pytest

from xaigeo.geometry.ellipse import ball_shadow, covariance_ellipse


def test_identical_points_give_an_ellipse_of_size_zero():
    ellipse = covariance_ellipse(np.tile([41.3, 0.1], (20, 1)))
    np.testing.assert_array_equal(ellipse.lengths, [0.0, 0.0])


def test_one_point_gives_an_ellipse_of_size_zero():
    assert covariance_ellipse(np.array([[1.0, 2.0]])).lengths.tolist() == [0.0, 0.0]


def test_axes_and_angle_of_a_known_covariance():
    along, across = np.array([np.cos(0.5), np.sin(0.5)]), np.array([-np.sin(0.5), np.cos(0.5)])
    points = np.array([[7.0, 3.0]]) + np.array([3 * along, -3 * along, across, -across])
    ellipse = covariance_ellipse(points, level=0.9)
    radius = np.sqrt(-2 * np.log(0.1))  # chi-squared with two degrees of freedom at 0.9
    np.testing.assert_allclose(ellipse.centre, [7, 3])
    np.testing.assert_allclose(ellipse.lengths, radius * np.sqrt([18 / 4, 2 / 4]))
    assert ellipse.angle_degrees == pytest.approx(np.degrees(0.5))


def test_covariance_ellipse_holds_its_level_of_a_normal_law():
    points = np.random.default_rng(0).multivariate_normal([1, 2], [[4, 1.5], [1.5, 1]], 20_000)
    ellipse = covariance_ellipse(points, level=0.9)
    inside = (((points - ellipse.centre) @ np.linalg.inv(ellipse.axes)) ** 2).sum(axis=1) <= 1
    assert inside.mean() == pytest.approx(0.9, abs=5 * np.sqrt(0.09 / 20_000))


def test_outline_is_closed_and_on_the_ellipse():
    ellipse = covariance_ellipse(np.random.default_rng(0).normal(size=(9, 2)))
    outline = ellipse.outline(12)
    np.testing.assert_allclose(outline[0], outline[-1])
    on = (((outline - ellipse.centre) @ np.linalg.inv(ellipse.axes)) ** 2).sum(axis=1)
    np.testing.assert_allclose(on, 1.0)


@pytest.mark.parametrize("n_features", [2, 3, 6])
def test_ball_shadow_equals_the_hull_of_projected_ball_points(n_features):
    rng = np.random.default_rng(n_features)
    normal = rng.normal(size=n_features)
    normal /= np.linalg.norm(normal)
    P = np.linalg.qr(rng.normal(size=(n_features, 2)))[0]
    rho = 1.7
    shadow = ball_shadow(np.zeros(2), P.T @ normal, rho)
    # The support of the ball {v: v·n = 0, ‖v‖ <= ρ} in direction Pu is ρ‖(I - nnᵀ)Pu‖.
    for turn in np.linspace(0, 2 * np.pi, 17):
        u = np.array([np.cos(turn), np.sin(turn)])
        lifted = P @ u
        expected = rho * np.linalg.norm(lifted - normal * (normal @ lifted))
        assert np.linalg.norm(shadow.axes @ u) == pytest.approx(expected, abs=1e-12)


def test_ball_shadow_is_a_segment_when_the_normal_lies_in_the_view():
    shadow = ball_shadow(np.array([1.0, 2.0]), np.array([0.6, 0.8]), 2.0)
    np.testing.assert_allclose(shadow.lengths, [2.0, 0.0], atol=1e-7)
    np.testing.assert_allclose(shadow.axes[0] @ [0.6, 0.8], 0.0, atol=1e-12)


def test_ball_shadow_is_a_disc_when_the_normal_is_across_the_view():
    np.testing.assert_allclose(ball_shadow(np.zeros(2), np.zeros(2), 2.0).lengths, [2.0, 2.0])
