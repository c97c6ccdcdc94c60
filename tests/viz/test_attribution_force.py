from itertools import pairwise

import numpy as np
import pytest
import vl_convert

from xaigeo.errors import InputError
from xaigeo.viz.attribution_force import attribution_force


@pytest.fixture(scope="module")
def shap(study):
    return study.by_method["kernel_shap"]


def test_parts_meet_at_the_output(shap, make):
    spec = attribution_force(shap, output="Gentoo").to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    values = shap.array("attribution")[:, 0, :, 2]
    ends = shap.array("explained_value")[:, 0, 2]
    rows = {row["bar"]: row for row in tables["rows"]}
    assert len(rows) == 1 + len(shap.seeds)
    for s, seed in enumerate(shap.seeds):
        bar = next(name for name in rows if name.split(":")[0] == f"Seed {seed}")
        own = [part for part in tables["parts"] if part["bar"] == bar]
        assert rows[bar]["output"] == pytest.approx(ends[s], rel=1e-4)
        for part in own:
            j = shap.features.index(part["label"].split(" = ")[0])
            assert part["value"] == pytest.approx(values[s, j], rel=1e-4)
            size = part["end"] - part["start"]
            assert abs(size) == pytest.approx(abs(values[s, j]), abs=2e-4)
        left = min(min(part["start"], part["end"]) for part in own)
        right = max(max(part["start"], part["end"]) for part in own)
        assert left == pytest.approx(ends[s] - values[s][values[s] > 0].sum(), abs=2e-4)
        assert right == pytest.approx(ends[s] - values[s][values[s] < 0].sum(), abs=2e-4)
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_parts_of_a_bar_do_not_overlap(shap, make):
    parts = make.tables_of(attribution_force(shap).to_dict())["parts"]
    for bar in {part["bar"] for part in parts}:
        own = sorted(sorted((part["start"], part["end"])) for part in parts if part["bar"] == bar)
        for before, after in pairwise(own):
            assert after[0] >= before[1] - 2e-4


def test_finding(shap):
    title = " ".join(attribution_force(shap).to_dict()["title"]["text"])
    output = np.bincount(shap.predicted[:, 0]).argmax()
    used = shap.predicted[:, 0] == output
    mean = shap.array("attribution")[used, 0, :, output].mean(axis=0)
    assert f"up by {mean[mean > 0].sum():.3f} and down by {-mean[mean < 0].sum():.3f}" in title
    way = shap.array("explained_value")[:, 0, output] - shap.array("base_value")[:, 0, output]
    same = (np.sign(way) == np.sign(mean.sum())).sum()
    assert title.endswith(f"; {same} of 5 seeds move the same way")


def test_one_seed_is_one_bar(shap, make):
    tables = make.tables_of(attribution_force(shap, seed=4, max_features=2).to_dict())
    assert [row["bar"] for row in tables["rows"]] == ["Seed 4"]
    assert len(tables["parts"]) == 3
    assert tables["parts"][-1]["label"] == f"{len(shap.features) - 2} other features"


def test_a_seed_of_another_answer_says_so(shap, make):
    for place, label in enumerate(shap.instances):
        votes = shap.predicted[:, place]
        majority = np.bincount(votes).argmax()
        rows = make.tables_of(attribution_force(shap, label).to_dict())["rows"]
        for s, row in enumerate(rows[1:]):
            assert (":" in row["bar"]) == (votes[s] != majority)


def test_many_seeds_stay_low(study, make):
    model = make.linear_seeds(study.data.X, study.data.y, n_seeds=60)
    many = make.attributions(model, study.X, study.background, "kernel_shap")
    spec = attribution_force(many).to_dict()
    assert spec["height"] < 400
    assert sum(row["named"] for row in make.tables_of(spec)["rows"]) == 1


def test_errors(study, shap):
    with pytest.raises(InputError, match="Attributions for a force plot"):
        attribution_force(study.by_method["counterfactuals"])
    with pytest.raises(InputError, match="that add up to the output"):
        attribution_force(study.by_method["integrated_gradients"])
