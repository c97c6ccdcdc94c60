from dataclasses import replace

import numpy as np
import pytest
import vl_convert

from tests.viz.text_results import attention_result, token_result
from xaigeo.errors import InputError
from xaigeo.viz.attribution_importance import (
    attribution_importance,
    importance_finding,
)
from xaigeo.viz.importance_words import outputs_finding
from xaigeo.viz.theme import CLASSES


@pytest.fixture(scope="module")
def shap(study):
    return study.by_method["kernel_shap"]


def sizes(shap, output):
    values = shap.array("attribution")[..., output]
    return np.array([[np.abs(v[:, j]).mean() for j in range(v.shape[1])] for v in values])


def with_values(shap, values):
    data = shap.data.copy(deep=True)
    data["attribution"][:] = np.asarray(values)[:, None, :, None]
    return replace(shap, data=data)


def test_fields_numbers_and_picture(shap, make):
    spec = attribution_importance(shap, output="Chinstrap").to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    expected = sizes(shap, shap.outputs.index("Chinstrap"))
    for row in tables["dots"]:
        s, j = shap.seeds.tolist().index(row["seed"]), shap.features.index(row["label"])
        assert row["importance"] == pytest.approx(expected[s, j], rel=1e-4)
        assert row["place"] == 1 + (expected[s] > expected[s, j]).sum()
    for row in tables["medians"]:
        j = shap.features.index(row["label"])
        assert row["median"] == pytest.approx(np.median(expected[:, j]), rel=1e-4)
        assert row["low"] == pytest.approx(np.quantile(expected[:, j], 0.1), rel=1e-4)
        assert row["firsts"] == (expected.argmax(axis=1) == j).sum()
    medians = [row["median"] for row in tables["medians"]]
    assert medians == sorted(medians, reverse=True)
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_classes_apart(shap, make):
    spec = attribution_importance(shap, by_output=True, max_features=2).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    assert len(tables["medians"]) == 2 * 3
    row = next(r for r in tables["medians"] if r["predicted"] == "Gentoo")
    j = shap.features.index(row["label"])
    assert row["median"] == pytest.approx(np.median(sizes(shap, 2)[:, j]), rel=1e-4)
    scales = [u["encoding"]["color"].get("scale", {}) for u in make.units_of(spec)]
    assert {"domain": shap.outputs, "range": list(CLASSES[:3])} in scales


def test_finding(shap):
    n = len(shap.features)
    first = np.tile(np.arange(n, 0, -1.0), (5, 1))
    name = shap.features[0]
    assert importance_finding(with_values(shap, first), "Adelie") == (
        f"{name} counts most in all 5 seeds; all share 3 of their top 3"
    )
    mixed = first.copy()
    mixed[0] = mixed[0, ::-1]
    assert importance_finding(with_values(shap, mixed), "Adelie") == (
        f"{name} counts most in 4 of 5 seeds; all share none of their top 3"
    )
    assert "In no seed" in importance_finding(with_values(shap, np.ones((5, n))), "Adelie")
    nothing = importance_finding(with_values(shap, np.zeros((5, n))), "Adelie")
    assert nothing == "No feature changes the output of any seed on these rows"
    one = importance_finding(with_values(shap, first).sel(seed=[3]), "Adelie")
    assert one == f"{name} counts most for seed 3"


def test_one_seed_and_regression(shap, study, make):
    spec = attribution_importance(shap.sel(seed=[1]), max_features=2).to_dict()
    make.check_fields(spec, make.tables_of(spec))
    assert "One seed." in " ".join(spec["title"]["subtitle"])
    model = make.regression_seeds(study.data.X)
    one = make.attributions(model, study.X, study.background, "kernel_shap")
    words = " ".join(attribution_importance(one).to_dict()["title"]["subtitle"])
    assert "prediction of “mass”" in words


def two_targets(study, make):
    model = make.regression_seeds(study.data.X)
    second = np.zeros_like(model.weights)
    second[:, 0] = 5.0
    weights = np.concatenate([model.weights, second], axis=-1)
    model = replace(model, classes=["t1", "t2"], weights=weights, bias=np.array([40.0, 20.0]))
    return make.attributions(model, study.X, study.background, "kernel_shap")


def test_targets_apart(study, make):
    both = two_targets(study, make)
    spec = attribution_importance(both, by_output=True).to_dict()
    make.check_fields(spec, make.tables_of(spec))
    titles = {str(u["encoding"]["x"].get("title")) for u in make.units_of(spec)}
    assert "['Mean |contribution|', '(unit of the target)']" in titles
    colour = next(u["encoding"]["color"] for u in make.units_of(spec) if "color" in u["encoding"])
    assert colour["title"] == "Target"
    said = " ".join([*spec["title"]["text"], *spec["title"]["subtitle"]])
    assert "What each feature adds to the prediction of each target" in said
    leaders = [both.features[int(np.median(sizes(both, k), axis=0).argmax())] for k in (0, 1)]
    assert leaders[0] != leaders[1]
    assert outputs_finding(both) == (f"{leaders[0]} counts most for t1, {leaders[1]} for t2")


def test_finding_of_all_outputs(shap):
    n = len(shap.features)
    rising = np.tile(np.arange(n, 0, -1.0), (5, 1))
    assert outputs_finding(with_values(shap, rising)) == (
        f"{shap.features[0]} counts most for all 3 classes"
    )
    alike = outputs_finding(with_values(shap, np.ones((5, n))))
    assert alike == "For no output does one feature alone count most"
    spec = attribution_importance(shap, by_output=True).to_dict()
    assert "adds to each class" in " ".join(spec["title"]["subtitle"])


@pytest.mark.parametrize("width", [10, -5, 119, "a", 200.5, True])
def test_width_is_a_number_of_pixels_that_can_be_read(shap, width):
    with pytest.raises(InputError) as told:
        attribution_importance(shap, width=width)
    assert str(told.value) == (
        f"Expected width to be a whole number of at least 120, got {width!r}. "
        "Pass a number such as width=120."
    )


def test_errors(study, shap, make):
    with pytest.raises(InputError, match="Attributions for a chart of importance"):
        attribution_importance(study.by_method["anchors"])
    with pytest.raises(InputError, match=r"by_output=True without an output.*output='Gentoo'"):
        attribution_importance(shap, output="Gentoo", by_output=True)
    with pytest.raises(InputError, match="by_output to be True or False"):
        attribution_importance(shap, by_output="yes")
    model = make.regression_seeds(study.data.X)
    one = make.attributions(model, study.X, study.background, "kernel_shap")
    with pytest.raises(InputError, match="2 to 8 outputs to draw apart"):
        attribution_importance(one, by_output=True)


WORDS = [["row", "good", "film"], ["row", "bad", "film"], ["row", "good", "plot"]]


def of_words(values=None, **info):
    values = np.random.default_rng(1).normal(size=(3, 3, 3)) if values is None else values
    return token_result(WORDS, values, np.full((3, 3), 0.8), **info)


def test_words_take_the_place_of_features(make):
    found = of_words()
    spec = attribution_importance(found, least_places=2).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    values = found.array("attribution")[..., 1]
    where = {
        word: [(i, t) for i in range(3) for t in range(3) if WORDS[i][t] == word]
        for word in ("row", "good", "film")
    }
    assert {row["label"] for row in tables["medians"]} == set(where)
    for row in tables["dots"]:
        sizes = [abs(values[row["seed"], i, t]) for i, t in where[row["label"]]]
        assert row["importance"] == pytest.approx(np.mean(sizes), rel=1e-4)
    for row in tables["medians"]:
        assert row["places"] == len(where[row["label"]])
        shares = [
            max(np.mean(values[:, i, t] > 0), np.mean(values[:, i, t] < 0))
            for i, t in where[row["label"]]
        ]
        assert row["consensus"] == pytest.approx(np.mean(shares), rel=1e-4)
    said = " ".join(spec["title"]["subtitle"])
    assert "the places of a word in 3 texts, of words at 2 places or more" in said
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_words_are_quoted_and_those_not_known_are_one(make):
    values = np.zeros((2, 3, 3))
    values[..., 1] = 1.0
    found = token_result(WORDS, values, np.full((2, 3), 0.8), unknown=("good", "bad"))
    spec = attribution_importance(found, least_places=3).to_dict()
    assert spec["title"]["text"][0].startswith("“unknown words” counts most in both seeds")
    labels = [row["label"] for row in make.tables_of(spec)["medians"]]
    assert labels == ["unknown words", "row"]


def test_attention_adds_nothing():
    found = attention_result(WORDS, np.ones((2, 3, 3)), np.full((2, 3), 0.8))
    spec = attribution_importance(found, least_places=2).to_dict()
    assert "How much attention each word gets (Attention)" in " ".join(spec["title"]["subtitle"])
    assert "contribution" not in str(spec)


def test_classes_of_texts_are_drawn_over_the_same_words(make):
    spec = attribution_importance(of_words(), by_output=True, least_places=2).to_dict()
    medians = make.tables_of(spec)["medians"]
    labels = [
        [m["label"] for m in medians if m["predicted"] == name] for name in ("negative", "positive")
    ]
    assert labels[0] == labels[1]


def test_rare_words_alone_are_refused():
    with pytest.raises(InputError, match="texts in which the commonest stands at 3"):
        attribution_importance(of_words())
