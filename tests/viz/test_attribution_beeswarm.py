from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import vl_convert

from xaigeo.errors import InputError
from xaigeo.viz.attribution_beeswarm import DIAMETER, REACH, attribution_beeswarm


@pytest.fixture(scope="module")
def shap(study):
    return study.by_method["kernel_shap"]


def test_fields_numbers_and_picture(shap, make):
    spec = attribution_beeswarm(shap, output="Gentoo").to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    values = shap.array("attribution")[..., shap.outputs.index("Gentoo")]
    names = list(dict.fromkeys(row["label"] for row in tables["dots"]))
    means = {
        name: np.median([np.abs(v[:, j]).mean() for v in values])
        for j, name in enumerate(shap.features)
    }
    assert names == sorted(names, key=lambda name: -means[name])
    assert len(tables["dots"]) == len(shap.features) * len(shap.instances)
    for row in tables["dots"]:
        i, j = shap.instances.tolist().index(row["instance"]), shap.features.index(row["label"])
        own = values[:, i, j]
        assert row["attribution"] == pytest.approx(np.median(own), rel=1e-4)
        assert row["low"] == pytest.approx(np.quantile(own, 0.1), rel=1e-4)
        assert row["high"] == pytest.approx(np.quantile(own, 0.9), rel=1e-4)
        assert row["one_sign"] == (len(set(np.sign(own))) == 1)
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_dots_of_a_feature_do_not_overlap(shap, make):
    spec = attribution_beeswarm(shap, output="Gentoo", width=400).to_dict()
    dots = make.tables_of(spec)["dots"]
    ends = [u["encoding"]["x"]["scale"]["domain"] for u in make.units_of(spec)][-1]
    for name in shap.features:
        own = [row for row in dots if row["label"] == name]
        x = [(row["attribution"] - ends[0]) / (ends[1] - ends[0]) * 400 for row in own]
        y = [row["offset"] for row in own]
        assert max(map(abs, y)) <= REACH
        for a in range(len(own)):
            for b in range(a):
                assert max(abs(x[a] - x[b]), abs(y[a] - y[b])) >= DIAMETER - 0.1


def test_finding_counts_signs(shap):
    values = shap.array("attribution")[..., 0]
    differ = np.mean(
        [len(set(np.sign(values[:, i, j]))) > 1 for i in range(6) for j in range(values.shape[2])]
    )
    title = " ".join(attribution_beeswarm(shap, output="Adelie").to_dict()["title"]["text"])
    assert title.endswith(f"the seeds differ in sign on {differ:.0%} of dots")


def test_without_an_output_the_commonest_answer_is_drawn_and_said(shap):
    votes = [np.bincount(shap.predicted[:, i], minlength=3).argmax() for i in range(6)]
    name = shap.outputs[np.bincount(votes).argmax()]
    subtitle = " ".join(attribution_beeswarm(shap).to_dict()["title"]["subtitle"])
    assert f"“{name}” is the commonest answer" in subtitle


def test_one_seed_has_no_spread(shap, make):
    spec = attribution_beeswarm(shap, seed=2, max_features=3).to_dict()
    dots = make.tables_of(spec)["dots"]
    assert len({row["label"] for row in dots}) == 3
    assert all(row["low"] == row["attribution"] == row["high"] for row in dots)
    words = " ".join(spec["title"]["subtitle"])
    assert "seed 2 alone" in words
    assert f"Largest 3 of {len(shap.features)} features" in words
    assert "middle 80%" not in words
    assert "sign" not in " ".join(spec["title"]["text"])


def test_nothing_and_sizes(shap):
    data = shap.data.copy(deep=True)
    data["attribution"][:] = 0.0
    spec = attribution_beeswarm(replace(shap, data=data)).to_dict()
    assert "No feature changes the output" in " ".join(spec["title"]["text"])
    provenance = deepcopy(shap.provenance)
    provenance["parameters"]["absolute"] = True
    sizes = replace(
        shap,
        data=abs(shap.data[["attribution"]]).merge(shap.data.drop_vars("attribution")),
        provenance=provenance,
        method="saliency",
    )
    assert "sign" not in " ".join(attribution_beeswarm(sizes).to_dict()["title"]["text"])


def test_regression(make, study):
    model = make.regression_seeds(study.data.X)
    one = make.attributions(model, study.X, study.background, "kernel_shap")
    spec = attribution_beeswarm(one).to_dict()
    assert "prediction of “mass”" in " ".join(spec["title"]["subtitle"])


def test_errors(study, shap):
    with pytest.raises(InputError, match="Attributions for a beeswarm"):
        attribution_beeswarm(study.by_method["anchors"])
    with pytest.raises(InputError, match="an output of the explanation"):
        attribution_beeswarm(shap, output="Adele")
    with pytest.raises(InputError, match="seed labels among"):
        attribution_beeswarm(shap, seed=99)
    with pytest.raises(InputError, match="max_features to be a whole number"):
        attribution_beeswarm(shap, max_features=0)
