from itertools import combinations

import altair as alt
import numpy as np
import pytest

from xaigeo.viz.theme import CLASSES, NEGATIVE, PATHS, POSITIVE, SHAPES, class_mark, theme_config

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


def lab(colour: str, sight: str) -> np.ndarray:
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(SIGHT[sight] @ linear, 0, 1)
    x, y, z = TO_XYZ @ seen / np.array([0.95047, 1.0, 1.08883])
    f = [np.cbrt(v) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z)]
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(a: str, b: str, sight: str) -> float:
    return float(np.linalg.norm(lab(a, sight) - lab(b, sight)))


@pytest.mark.parametrize("sight", SIGHT)
def test_first_classes_differ_for_every_sight(sight):
    assert min(distance(a, b, sight) for a, b in combinations(CLASSES[:4], 2)) >= 20


@pytest.mark.parametrize("sight", SIGHT)
def test_classes_are_not_taken_for_signs(sight):
    pairs = [(a, b) for a in CLASSES[:4] for b in (POSITIVE, NEGATIVE)]
    assert min(distance(a, b, sight) for a, b in pairs) >= 16
    assert distance(POSITIVE, NEGATIVE, sight) >= 40


def test_classes_beyond_the_palette_differ_in_colour_or_shape():
    marks = [tuple(class_mark(i).values()) for i in range(len(CLASSES) * len(SHAPES))]
    assert len(set(marks)) == len(marks)


def test_the_same_class_has_the_same_mark_however_many_there_are():
    assert class_mark(1) == {"colour": CLASSES[1], "path": PATHS[SHAPES[1]]}


def test_every_shape_has_an_outline():
    assert set(PATHS) == set(SHAPES)


def test_the_configuration_is_valid_and_names_local_fonts_only():
    config = alt.Config(**theme_config()).to_dict()
    assert "http" not in str(config)
    assert config["axis"]["labelFont"].startswith("system-ui")
