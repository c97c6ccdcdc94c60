import json

import altair as alt
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
