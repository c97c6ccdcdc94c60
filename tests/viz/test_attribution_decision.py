import numpy as np
import pytest
import vl_convert

from xaigeo.errors import InputError
from xaigeo.viz.attribution_decision import attribution_decision, decision_tables


@pytest.fixture(scope="module")
def shap(study):
    return study.by_method["kernel_shap"]


def test_lines_of_seeds_end_at_their_output(shap, make):
    spec = attribution_decision(shap, shap.instances[1], output="Adelie").to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    for s, seed in enumerate(shap.seeds):
        own = [row for row in tables["lines"] if row["line"] == f"Seed {seed}"]
        assert own[0]["sum"] == pytest.approx(shap.array("base_value")[s, 1, 0], rel=1e-4)
        assert own[-1]["sum"] == pytest.approx(shap.array("explained_value")[s, 1, 0], abs=1e-4)
        for row in own[1:]:
            j = shap.features.index(row["step"].split(" = ")[0])
            expected = shap.array("attribution")[s, 1, j, 0]
            assert row["value"] == pytest.approx(expected, rel=1e-4)
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_the_dark_line_is_the_mean_of_the_seeds_with_the_answer_of_most(shap, make):
    spec = attribution_decision(shap).to_dict()
    output = np.bincount(shap.predicted[:, 0]).argmax()
    used = shap.predicted[:, 0] == output
    means = make.tables_of(spec)["means"]
    base = shap.array("base_value")[used, 0, output].mean()
    end = shap.array("explained_value")[used, 0, output].mean()
    assert means[0]["sum"] == pytest.approx(base, rel=1e-4)
    assert means[-1]["sum"] == pytest.approx(end, abs=1e-4)
    sizes = [abs(row["value"]) for row in means[1:]]
    assert sizes == sorted(sizes)


def test_several_rows_are_a_line_each(shap, make):
    spec = attribution_decision(shap, list(shap.instances[:4]), max_features=2).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    assert len({row["line"] for row in tables["lines"]}) == 4
    levels = decision_tables(shap, range(4), 0, 2)["levels"]
    others = f"{len(shap.features) - 2} other features"
    assert levels["label"].tolist()[:2] == ["Base value", others]
    name = " ".join(spec["title"]["text"]).split("“")[1].split("”")[0]
    output = shap.outputs.index(name)
    raised = 0
    for place in range(4):
        votes = shap.predicted[:, place]
        used = votes == np.bincount(votes).argmax()
        raised += shap.array("attribution")[used, place, :, output].mean(axis=0).sum() > 0
    assert " ".join(spec["title"]["text"]).endswith(f"in {raised} of 4 rows")


def test_finding_tells_the_range_and_the_answers(shap):
    title = " ".join(attribution_decision(shap, output="Adelie").to_dict()["title"]["text"])
    ends = shap.array("explained_value")[:, 0, 0]
    assert f"{ends.min():.3f}" in title
    assert f"{ends.max():.3f}" in title
    same = np.bincount(shap.predicted[:, 0]).max()
    assert f"{'all' if same == 5 else f'{same} of'} 5 answer" in title


def test_regression_and_one_seed(make, study):
    model = make.regression_seeds(study.data.X)
    one = make.attributions(model, study.X, study.background, "kernel_shap")
    spec = attribution_decision(one).to_dict()
    assert "answer" not in " ".join(spec["title"]["text"])
    spec = attribution_decision(one.sel(seed=[0])).to_dict()
    assert "Seed 0 alone." in " ".join(spec["title"]["subtitle"])
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_errors(study, shap):
    with pytest.raises(InputError, match="Attributions for a decision plot"):
        attribution_decision(study.by_method["anchors"])
    with pytest.raises(InputError, match="that add up to the output"):
        attribution_decision(study.by_method["lime"])
    with pytest.raises(InputError, match="instances, each once"):
        attribution_decision(shap, [shap.instances[0]] * 2)
    with pytest.raises(InputError, match="instances, each once"):
        attribution_decision(shap, [])
    with pytest.raises(InputError, match="an instance of the explanation"):
        attribution_decision(shap, "x")
