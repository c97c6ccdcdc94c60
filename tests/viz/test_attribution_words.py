from copy import deepcopy
from dataclasses import replace

import pytest

from xaigeo.viz import attribution_strip
from xaigeo.viz.attribution_words import attribution_words
from xaigeo.viz.method_words import words_for

PER_SD = "per standard deviation; for a category: having it"


@pytest.fixture(scope="module")
def named(study, make):
    """An explanation by method; a gradient with and without its sign."""
    shap = study.by_method["kernel_shap"]

    def gradient(absolute):
        provenance = deepcopy(shap.provenance)
        provenance["parameters"]["absolute"] = absolute
        return replace(shap, method="saliency", provenance=provenance)

    return study.by_method | {
        "binned lime": make.binned(study.by_method["lime"]),
        "input_x_gradient": replace(shap, method="input_x_gradient"),
        "saliency": gradient(True),
        "signed saliency": gradient(False),
    }


@pytest.mark.parametrize(
    ("method", "heading", "axis", "colours"),
    [
        (
            "lime",
            "How the probability of “Gentoo” changes with each feature in the local model",
            f"Change {PER_SD}",
            "Orange: the output rises as the feature grows",
        ),
        (
            "binned lime",
            "What each bin or category adds to the answer “Gentoo” in the local model",
            "Contribution (probability)",
            "Orange adds to the answer, blue takes from it, against rows outside the bin",
        ),
        (
            "saliency",
            "How strongly the probability of “Gentoo” changes with each feature",
            f"Size of the change {PER_SD}",
            "Sizes alone, without a sign",
        ),
        (
            "signed saliency",
            "How the probability of “Gentoo” changes with each feature",
            f"Change {PER_SD}",
            "Orange: the output rises as the feature grows",
        ),
        *(
            (
                method,
                "What each feature adds to the answer “Gentoo”",
                "Contribution (probability)",
                "Orange adds to the answer, blue takes from it.",
            )
            for method in ("kernel_shap", "integrated_gradients", "input_x_gradient")
        ),
    ],
)
def test_each_method_says_what_its_numbers_are(named, method, heading, axis, colours):
    words = attribution_words(named[method])
    assert words.heading("Gentoo") == heading
    assert " ".join(words.axis) == axis
    assert words.colours[0].startswith(colours)
    spec = attribution_strip(named[method], output="Gentoo").to_dict()
    assert heading in " ".join(spec["title"]["subtitle"])
    assert spec["layer"][-1]["encoding"]["x"]["title"] == words.axis


def test_only_contributions_speak_of_adding(named):
    for method in ("lime", "saliency", "signed saliency"):
        words = attribution_words(named[method])
        said = " ".join([words.heading("Gentoo"), *words.axis, words.value, *words.colours])
        assert "adds" not in said
        assert "ontribution" not in said
        assert words.unit == "probability per standard deviation"


def test_sizes_have_no_colour_of_a_sign(named):
    colour = attribution_strip(named["saliency"]).to_dict()["layer"][2]["encoding"]["color"]
    assert "condition" not in colour
    colour = attribution_strip(named["lime"]).to_dict()["layer"][2]["encoding"]["color"]
    assert colour["condition"][0]["test"] == "datum.attribution < 0"


def test_a_regression_speaks_of_its_prediction(make, study):
    X = study.data.X[["bill_length_mm", "bill_depth_mm"]]
    model = make.regression_seeds(X)

    def heading(method):
        return attribution_words(make.attributions(model, X.iloc[:2], X, method)).heading("mass")

    assert heading("kernel_shap") == "What each feature adds to the prediction of “mass”"
    assert heading("lime") == (
        "How the prediction of “mass” changes with each feature in the local model"
    )
    shap = make.attributions(model, X.iloc[:2], X, "kernel_shap")
    assert attribution_words(shap).axis == ["Contribution (mass)"]
    assert attribution_words(shap).unit == "mass"


@pytest.mark.parametrize(
    ("nt_type", "title", "moment"),
    [("vargrad", "VarGrad", "Variance"), ("smoothgrad_sq", "SmoothGrad squared", "Mean square")],
)
def test_squares_and_variances_are_called_so(study, nt_type, title, moment):
    shap = study.by_method["kernel_shap"]
    provenance = deepcopy(shap.provenance)
    provenance["parameters"] |= {"absolute": True, "nt_type": nt_type}
    explanation = replace(shap, method="smooth_grad", provenance=provenance)
    words = attribution_words(explanation)
    assert words.value == f"{moment} of the change"
    assert words.axis == [f"{moment} of the change", "(probability per SD)²"]
    assert words.unit == "(probability per standard deviation)²"
    assert words.heading("Gentoo") == (
        f"{moment} of the change of the probability of “Gentoo” with each feature"
    )
    assert words.colours[0].startswith(f"{moment} over noisy copies of this row")
    assert words_for(explanation).title == title
    assert words_for(explanation).reading.startswith("An arrow's length tells the mean square or")
    subtitle = attribution_strip(explanation, output="Gentoo").to_dict()["title"]["subtitle"]
    assert f"with each feature ({title})." in " ".join(subtitle)
