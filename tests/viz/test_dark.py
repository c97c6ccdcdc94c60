import json
from itertools import combinations

import altair as alt
import numpy as np
import pytest

from xaigeo.viz import attribution_strip, explanation_map, seed_agreement_heatmap
from xaigeo.viz.dark import DARK, DARK_PAPER, dark_words, darkened
from xaigeo.viz.theme import (
    AMOUNTS,
    CLASSES,
    FAINT,
    INK,
    NEGATIVE,
    PAPER,
    POSITIVE,
    RAMP,
    SEED,
    SOFT_INK,
    class_colour,
    theme_config,
)

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
FIRST = [DARK[colour] for colour in CLASSES[:4]]
SIGNS = [DARK[POSITIVE], DARK[NEGATIVE]]


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


@pytest.mark.parametrize("sight", SIGHT)
def test_classes_and_signs_differ_on_dark_paper_for_every_sight(sight):
    assert min(distance(a, b, sight) for a, b in combinations(FIRST, 2)) >= 20
    assert min(distance(a, b, sight) for a in FIRST for b in SIGNS) >= 16
    assert distance(*SIGNS, sight) >= 40


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


def test_every_colour_of_the_theme_has_a_counterpart():
    written = json.dumps(theme_config())
    named = set(CLASSES) | set(RAMP) | set(AMOUNTS) | {INK, SOFT_INK, FAINT, SEED, PAPER, "white"}
    named |= {POSITIVE, NEGATIVE, *(w for w in written.split('"') if w.startswith("#"))}
    assert named == set(DARK)


def test_no_light_colour_is_left_in_a_chart(the_scene, study):
    charts = [
        explanation_map(the_scene),
        attribution_strip(study.by_method["kernel_shap"]),
        seed_agreement_heatmap(study.by_method["kernel_shap"]),
    ]
    for chart in charts:
        spec = chart.to_dict()
        made = darkened(spec)
        assert made["datasets"] == spec["datasets"]
        written = json.dumps({k: v for k, v in made.items() if k != "datasets"})
        assert [colour for colour in DARK if f'"{colour}"' in written] == []
        assert made["background"] == DARK_PAPER if "background" in spec else True
        assert made["config"]["background"] == DARK_PAPER


def test_words_and_rows_spelt_like_colours_stay():
    rows = alt.InlineData(values=[{"predicted": "white"}, {"predicted": "#1c1b19"}])
    colour = class_colour(["white", "#1c1b19"], title="white")
    spec = alt.Chart(rows, title="white").mark_point(color="white").encode(color=colour).to_dict()
    made = darkened(spec)
    assert made["datasets" if "datasets" in made else "data"] == spec.get(
        "datasets", spec.get("data")
    )
    assert made["title"] == "white"
    assert made["encoding"]["color"]["title"] == "white"
    assert made["encoding"]["color"]["scale"]["domain"] == ["white", "#1c1b19"]
    assert made["encoding"]["color"]["scale"]["range"] == [DARK[c] for c in CLASSES[:2]]
    assert made["mark"]["color"] == DARK_PAPER
    assert spec["mark"]["color"] == "white"


def test_words_of_shade_are_turned_in_subtitles_only():
    title = {
        "text": "Dark chocolate counts most",
        "subtitle": ["Dark bar: median.", "Thin: seeds."],
    }
    made = darkened({"title": title})["title"]
    assert made["text"] == title["text"]
    assert made["subtitle"] == ["Bright bar: median.", "Thin: seeds."]
    assert darkened({"title": {"subtitle": "Light tick"}})["title"]["subtitle"] == ["Dim tick"]


@pytest.mark.parametrize(
    ("said", "turned"),
    [
        ("the darker, the later; the palest first", "the brighter, the later; the dimmest first"),
        ("dark_spots and darkroom", "dark_spots and darkroom"),
        ("of “dark” rows, dark ones", "of “dark” rows, bright ones"),
    ],
)
def test_names_of_the_data_keep_their_words(said, turned):
    assert dark_words(said) == turned


def test_conditions_and_expressions_are_darkened():
    spec = {
        "encoding": {
            "color": {
                "condition": {"test": f"datum.a == '{INK}'", "value": POSITIVE},
                "value": "#123456",
            },
            "text": {"value": "white"},
        },
        "mark": {"type": "rect", "fill": {"expr": f"datum.a ? '{INK}' : 'white'"}},
    }
    made = darkened(spec)
    assert made["encoding"]["color"] == {
        "condition": {"test": f"datum.a == '{INK}'", "value": DARK[POSITIVE]},
        "value": "#123456",
    }
    assert made["encoding"]["text"] == {"value": "white"}
    assert made["mark"]["fill"]["expr"] == f"datum.a ? '{DARK[INK]}' : '{DARK_PAPER}'"
