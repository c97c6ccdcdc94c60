from dataclasses import replace

import numpy as np
import pytest
import vl_convert

from xaigeo.agreement.method_matrix import method_matrix
from xaigeo.agreement.top_k import feature_agreement
from xaigeo.errors import InputError
from xaigeo.viz.method_agreement import (
    method_agreement,
    method_agreement_finding,
    method_agreement_notes,
)


@pytest.fixture(scope="module")
def three(study):
    return [study.by_method[n] for n in ("kernel_shap", "lime", "integrated_gradients")]


def said(chart):
    title = chart.to_dict()["title"]
    return " ".join(title["text"]), " ".join(title["subtitle"])


def test_fields_cells_and_picture(three, make):
    spec = method_agreement(three).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    assert len(tables["cells"]) == 9
    assert sum(row["same"] for row in tables["cells"]) == 3
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_a_square_against_a_loop(three, make):
    cells = make.tables_of(method_agreement(three, k=2).to_dict())["cells"]
    shap, lime = three[0], three[1]
    output = [int(np.bincount(column).argmax()) for column in shap.predicted.T]
    shared = [
        feature_agreement(
            shap.array("attribution")[s, i, :, o], lime.array("attribution")[s, i, :, o], 2
        )
        for s in range(len(shap.seeds))
        for i, o in enumerate(output)
    ]
    drawn = [r for r in cells if {r["label"], r["other_label"]} == {"Kernel SHAP", "LIME"}]
    assert len(drawn) == 2
    for row in drawn:
        assert row["value"] == pytest.approx(np.mean(shared), rel=1e-4)


def test_the_legend_names_its_ends_and_no_square_lies_beyond(three):
    spec = method_agreement(three).to_dict()
    colour = spec["layer"][0]["encoding"]["color"]
    values = method_matrix(three).table["value"]
    start, end = colour["scale"]["domain"]
    assert start <= values.min()
    assert values.max() <= end == 1
    assert colour["legend"]["values"] == [start, (start + end) / 2, end]


def test_the_finding_has_both_numbers(three):
    matrix = method_matrix(three)
    text, _ = said(method_agreement(three))
    assert f"share {matrix.across_methods:.0%} of their top 3" in text
    assert text.endswith(f"(two seeds: {matrix.across_seeds:.0%})")


def test_which_differs_more_is_said_only_where_the_interval_says_so(three):
    matrix = method_matrix(three)
    cases = [(-0.3, -0.1, "Methods differ more than seeds: two"), (0.1, 0.2, "Seeds differ more"),
             (-0.1, 0.1, "Methods and seeds differ about as much: ")]  # fmt: skip
    cases += [(np.nan, np.nan, "Methods and seeds differ about as much: ")]
    for low, high, begins in cases:
        finding = method_agreement_finding(replace(matrix, low=low, high=high))
        assert finding.startswith(begins)
    undefined = replace(matrix, across_methods=float("nan"))
    assert method_agreement_finding(undefined).startswith("Two methods cannot be compared here")


def test_one_method_twice_differs_less_than_seeds(study):
    shap = study.by_method["kernel_shap"]
    spec = method_agreement([shap, shap]).to_dict()
    text = " ".join(spec["title"]["text"])
    assert text.startswith("Seeds differ more than methods: two methods share 100%")
    assert "Kernel SHAP #2" in str(spec)


def test_what_methods_ask_is_noted(three):
    _, subtitle = said(method_agreement(three))
    assert "LIME tells slopes, the others contributions" in subtitle
    assert method_agreement_notes(three[::2]) == []
    shap = three[0]
    sizes = replace(
        shap,
        data=abs(shap.data),
        method="saliency",
        provenance=shap.provenance | {"parameters": {"absolute": True, "scale": "probability"}},
    )
    notes = " ".join(method_agreement_notes([shap, sizes]))
    assert "Sizes are compared: Saliency has no sign." in notes
    notes = " ".join(method_agreement_notes([shap, sizes, replace(sizes, method="smooth_grad")]))
    assert "Sizes are compared: Saliency, SmoothGrad have no sign." in notes


@pytest.mark.parametrize("score", ["spearman", "mean_cosine", "pairwise_rank_agreement"])
def test_other_scores_at_a_narrow_width(three, make, score):
    spec = method_agreement(three, score=score, width=240).to_dict()
    make.check_fields(spec, make.tables_of(spec))
    assert max(map(len, spec["title"]["text"])) < 50


def test_regressions(make, study):
    model = make.regression_seeds(study.data.X)
    given = make.all_methods(model, study.X, study.background)
    assert "two seeds" in said(method_agreement(given))[0]


def test_messages(three, study):
    with pytest.raises(InputError, match="at least two Attributions, of different methods"):
        method_agreement(three[:1])
    with pytest.raises(InputError, match="got Attributions, Anchors"):
        method_agreement([three[0], study.by_method["anchors"]])
    with pytest.raises(InputError, match="Did you mean 'spearman'"):
        method_agreement(three, score="spearmann")


def test_numbers_and_names_of_many_methods_have_room(three, make):
    names = ("a", "b", "c", "d")
    many = [replace(one, method=f"{one.method}_{n}") for n in names for one in three][:11]
    spec = method_agreement(many, width=220).to_dict()
    numbers = next(u for u in make.units_of(spec) if u["mark"]["type"] == "text")
    # "100%" is four letters of a square of 20 pixels.
    assert 4 * 0.55 * numbers["mark"]["fontSize"] <= 220 / 11
    axes = {name: numbers["encoding"][name]["axis"] for name in ("x", "y")}
    assert (axes["x"]["labelAngle"], axes["y"]["labelAngle"]) == (-90, 0)
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")
    few = method_agreement(three).to_dict()
    numbers = next(u for u in make.units_of(few) if u["mark"]["type"] == "text")
    assert numbers["mark"]["fontSize"] == 12
    assert numbers["encoding"]["x"]["axis"]["labelAngle"] == 0
