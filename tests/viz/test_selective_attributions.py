from dataclasses import replace

import numpy as np
import pytest
import vl_convert

from xaigeo.agreement.selective import selective
from xaigeo.errors import InputError
from xaigeo.viz.selective_attributions import selective_attributions, selective_finding


@pytest.fixture(scope="module")
def shap(make):
    from xaigeo.datasets import penguins

    data = penguins()
    model = make.linear_seeds(data.X, data.y, n_seeds=9, wobble=0.6)
    return make.attributions(model, data.X.iloc[::60], data.X.iloc[::10], "kernel_shap")


@pytest.fixture(scope="module")
def selection(shap):
    return selective(shap)


def words_of(spec):
    return " ".join(spec["title"]["text"]), " ".join(spec["title"]["subtitle"])


@pytest.mark.parametrize("width", [150, 380])
def test_it_compiles_with_its_fields(shap, make, width):
    spec = selective_attributions(shap, width=width).to_dict()
    make.check_fields(spec, make.tables_of(spec))
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_cells_against_a_loop(shap, selection, make):
    for place, label in enumerate(shap.instances):
        spec = selective_attributions(shap, label, selection).to_dict()
        output = shap.outputs.index(selection.outputs[place])
        drawn = {row["label"].split(" = ")[0]: row for row in make.tables_of(spec)["cells"]}
        assert len(drawn) == len(shap.features)
        n = 0
        for j, name in enumerate(shap.features):
            values = shap.array("attribution")[:, place, j, output]
            count = max(sum(values > 0), sum(values < 0))
            assert drawn[name]["median"] == pytest.approx(np.median(values), rel=1e-3)
            assert drawn[name]["written"] == f"{count} of 9"
            assert drawn[name]["shown"] == selection.shown[place, j]
            wanted = "agree on" if selection.shown[place, j] else "do not agree well enough on"
            assert drawn[name]["told"] == f"The seeds {wanted} the sign"
            n += bool(selection.shown[place, j])
        said = f"Row {label}: the seeds agree on the sign of {n} of {len(shap.features)} "
        assert words_of(spec)[0] == said + "attributions"
        sizes = [abs(row["median"]) for row in make.tables_of(spec)["cells"]]
        assert sizes == sorted(sizes, reverse=True)
    assert 0 < selection.shown.sum() < selection.shown.size


def test_full_and_hollow_bars(shap, make):
    spec = selective_attributions(shap).to_dict()
    bars = [unit for unit in make.units_of(spec) if unit["mark"].get("type") == "bar"]
    assert [unit["transform"][0]["filter"] for unit in bars] == ["!datum.shown", "datum.shown"]
    assert bars[0]["mark"]["fill"] == "white"
    assert "color" not in bars[0]["encoding"]
    assert bars[1]["encoding"]["color"]["condition"][0]["test"] == "datum.median < 0"


def test_the_rule_is_told(shap):
    def told(**options):
        return words_of(selective_attributions(shap, None, selective(shap, **options)).to_dict())[1]

    assert (
        "Shown where an exact binomial test tells that more than half of all seeds there could be "
        "agree on the sign; at most 5% of rows show anything in error."
    ) in told()
    assert "at most 5% of such tables show anything in error" in told(over="all")
    said = told(correction="benjamini_hochberg", share=0.7, level=0.1)
    assert "more than 70% of all seeds" in said
    assert "of what is shown in a row, at most 10% is expected to be in error" in said
    assert "of those on which they do not, at most 5% are shown" in told(correction="none")
    assert "At the right: seeds with the commoner sign." in told()
    top = told(by="top_k", k=2)
    assert "a place among the top 2" in top
    assert "Orange" not in top
    assert "with it in their top 2, with the commoner sign" in told(by="both", k=2)


def test_findings_of_other_agreements(shap):
    for by, end in (("top_k", ""), ("both", " with one sign")):
        found = selective(shap, by=by, k=1)
        for place in range(len(shap.instances)):
            n = int(found.shown[place].sum())
            said = selective_finding(found, place)
            features = "1 feature" if n == 1 else f"{n} features"
            assert said.endswith(f"the seeds agree on {features} as among the top 1{end}")


def test_too_few_seeds(shap, make):
    few = shap.sel(seed=[0, 1, 2])
    spec = selective_attributions(few).to_dict()
    finding, notes = words_of(spec)
    fewest = selective(few).fewest
    label = shap.instances[0]
    assert finding == (
        f"Row {label}: 3 seeds are too few to show anything at level 0.05: {fewest} are the fewest"
    )
    assert "Hollow: too few seeds to tell." in notes
    cells = make.tables_of(spec)["cells"]
    assert not any(row["shown"] for row in cells)
    assert {row["told"] for row in cells} == {
        "The seeds are too few to tell whether they agree on the sign"
    }


def test_what_is_zero_for_every_seed_is_not_counted(shap):
    data = shap.data.copy(deep=True)
    data["attribution"][:, :, 2:] = 0.0
    title = words_of(selective_attributions(replace(shap, data=data)).to_dict())[0]
    assert title.endswith(" of 2 attributions")


def test_the_largest_features_are_drawn(shap, make):
    spec = selective_attributions(shap, max_features=2).to_dict()
    assert len(make.tables_of(spec)["cells"]) == 2
    rest = len(shap.features) - 2
    said = f"Largest 2 of {rest + 2} features; {rest} are not shown."
    assert said in words_of(spec)[1]


def test_sizes_without_a_sign(shap, make):
    parameters = shap.provenance["parameters"] | {"absolute": True}
    sizes = replace(
        shap,
        data=shap.data.assign(attribution=abs(shap.data["attribution"])),
        method="saliency",
        provenance=shap.provenance | {"parameters": parameters},
    )
    spec = selective_attributions(sizes).to_dict()
    make.check_fields(spec, make.tables_of(spec))
    assert "as among the top" in words_of(spec)[0]


def test_a_regression(make):
    from xaigeo.datasets import penguins

    X = penguins().X
    model = make.regression_seeds(X, n_seeds=9)
    explanation = make.attributions(model, X.iloc[::90], X.iloc[::10], "kernel_shap")
    spec = selective_attributions(explanation).to_dict()
    assert "prediction of “mass”" in words_of(spec)[1]


def test_hollow_bars_are_explained_only_where_there_are_some(shap, selection):
    every = replace(selection, shown=np.ones_like(selection.shown))
    assert "Hollow" not in " ".join(
        selective_attributions(shap, selection=every).to_dict()["title"]["subtitle"]
    )


def test_messages(study, shap, selection):
    with pytest.raises(InputError) as told:
        selective_attributions(selection)
    assert str(told.value) == (
        "Expected the explanation first, and what the seeds agree on as `selection`, got a "
        "Selective alone. Pass selective_attributions(explanation, "
        "selection=selective(explanation))."
    )
    with pytest.raises(InputError, match="Attributions for a chart of what the seeds agree on"):
        selective_attributions(study.by_method["anchors"])
    with pytest.raises(InputError, match="an instance of the explanation"):
        selective_attributions(shap, "x")
    with pytest.raises(InputError) as told:
        selective_attributions(shap, None, "sign")
    assert str(told.value) == (
        "Expected what the seeds agree on, a Selective, got str. Pass the answer of "
        "xaigeo.agreement.selective(explanation)."
    )
    with pytest.raises(InputError) as told:
        selective_attributions(shap.sel(seed=[0, 1, 2]), None, selection)
    n = len(shap.instances)
    assert str(told.value) == (
        "Expected a selection of the explanation that is drawn, got one of 'kernel_shap' with 9 "
        f"seeds at {n} rows. Make it with xaigeo.agreement.selective(explanation), of this one."
    )
    with pytest.raises(InputError, match="at least two seeds"):
        selective_attributions(shap.sel(seed=0))
    with pytest.raises(InputError, match="max_features to be a whole number of at least 1"):
        selective_attributions(shap, max_features=0)
    with pytest.raises(InputError, match="width to be a whole number of at least 120"):
        selective_attributions(shap, width=3)
