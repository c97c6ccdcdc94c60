import numpy as np
import pytest

from xaigeo.agreement.boxes import (
    mass_iou,
    mean_mass_iou,
    mean_off_diagonal,
    volume_iou,
)

ZERO, ONE = np.zeros(2), np.ones(2)


@pytest.mark.parametrize(("shift", "expected"), [([0.5, 0], 1 / 3), ([0.5, 0.5], 1 / 7)])
def test_shifted_unit_square(shift, expected):
    shift = np.array(shift)
    iou = volume_iou(ZERO, ONE, ZERO + shift, ONE + shift, low=ZERO, high=2 * ONE)
    assert iou == pytest.approx(expected)


def test_open_sides_are_clipped_to_the_data():
    everything = np.full(2, -np.inf), np.full(2, np.inf)
    half = np.array([-np.inf, 0.5]), np.full(2, np.inf)
    assert volume_iou(*everything, *half, low=ZERO, high=ONE) == pytest.approx(0.5)


def test_units_do_not_matter():
    a, b = (ZERO, ONE), (ZERO + 0.25, ONE + 0.25)
    scale = np.array([1000.0, 0.01])
    plain = volume_iou(*a, *b, low=ZERO, high=2 * ONE)
    scaled = volume_iou(*(v * scale for v in (*a, *b)), low=ZERO * scale, high=2 * ONE * scale)
    assert scaled == pytest.approx(plain)


def test_categories_are_sides_too():
    numeric = np.zeros(0)
    a = np.array([[True, True, False]])
    b = np.array([[False, True, True]])
    iou = volume_iou(
        numeric, numeric, numeric, numeric, low=numeric, high=numeric, allowed_a=a, allowed_b=b
    )
    assert iou == pytest.approx(1 / 3)


def test_flat_boxes_and_constant_columns():
    flat = np.array([0.5, 0.0]), np.array([0.5, 1.0])
    assert np.isnan(volume_iou(*flat, *flat, low=ZERO, high=ONE))
    assert volume_iou(*flat, *flat, low=np.array([0.5, 0]), high=np.array([0.5, 1])) == 1.0


def test_mass_by_hand():
    a, b = np.array([True, True, True, False]), np.array([False, True, True, True])
    assert mass_iou(a, b) == 0.5
    assert np.isnan(mass_iou(np.zeros(3, dtype=bool), np.zeros(3, dtype=bool)))


def test_mean_mass_equals_the_loop(rng):
    members = rng.random((5, 6, 40)) < 0.3
    members[:2, 0] = False
    loop = [mass_iou(members[a], members[b]) for a in range(5) for b in range(a + 1, 5)]
    np.testing.assert_allclose(mean_mass_iou(members), np.nanmean(loop, axis=0))


def test_equal_boxes_score_one(rng):
    same = np.repeat(rng.random((1, 6, 40)) < 0.5, 4, axis=0)
    np.testing.assert_allclose(mean_mass_iou(same), 1.0)


def test_mean_off_diagonal_leaves_the_own_model_out():
    cross = np.array([[1.0, 0.4], [0.6, 1.0]])[..., None]
    np.testing.assert_allclose(mean_off_diagonal(cross), [0.5])
