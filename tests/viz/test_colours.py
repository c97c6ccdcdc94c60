"""That colours can be told apart, on white and on dark paper, whatever the reader's sight."""

from itertools import combinations

import numpy as np
import pytest

from xaigeo.viz.dark import DARK, DARK_PAPER
from xaigeo.viz.theme import AMOUNTS, CLASSES, INK, NEGATIVE, POSITIVE, RAMP, SEED, SOFT_INK

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
SIGHT = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
LIGHT = {colour: colour for colour in DARK}
PAPERS = pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])


def linear(colour):
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(colour, sight):
    seen = np.clip(SIGHT[sight] @ linear(colour), 0, 1)
    x, y, z = TO_XYZ @ seen / np.array([0.95047, 1.0, 1.08883])
    f = [np.cbrt(v) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z)]
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(a, b, sight):
    return float(np.linalg.norm(lab(a, sight) - lab(b, sight)))


def contrast(a, b):
    """Return the ratio of relative luminances, 1 to 21 (WCAG 2.2)."""
    low, high = sorted(float(TO_XYZ[1] @ linear(colour)) for colour in (a, b))
    return (high + 0.05) / (low + 0.05)


@PAPERS
@pytest.mark.parametrize("sight", SIGHT)
def test_first_classes_and_signs_differ_for_every_sight(colours, sight):
    first = [colours[name] for name in CLASSES[:4]]
    signs = [colours[POSITIVE], colours[NEGATIVE]]
    assert min(distance(a, b, sight) for a, b in combinations(first, 2)) >= 20
    assert min(distance(a, b, sight) for a in first for b in signs) >= 16
    assert distance(*signs, sight) >= 40


def test_words_and_marks_stand_out_from_dark_paper():
    assert contrast(DARK[INK], DARK_PAPER) >= 12
    assert contrast(DARK[SOFT_INK], DARK_PAPER) >= 7
    for colour in (*CLASSES, POSITIVE, NEGATIVE, SEED):
        assert contrast(DARK[colour], DARK_PAPER) >= 3, colour


@pytest.mark.parametrize("colours", [RAMP, AMOUNTS])
def test_amounts_grow_with_the_contrast_to_the_paper(colours):
    light = [contrast(colour, "#ffffff") for colour in colours]
    dark = [contrast(DARK[colour], DARK_PAPER) for colour in colours]
    assert light == sorted(light)
    assert dark == sorted(dark)
    assert dark[-1] > 10
