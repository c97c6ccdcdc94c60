import sys
from dataclasses import replace

import numpy as np
import pytest
import vl_convert

from xaigeo.errors import InputError
from xaigeo.viz.precision_coverage import (
    precision_coverage,
    precision_coverage_body,
    precision_coverage_finding,
    precision_coverage_notes,
    precision_coverage_tables,
)


@pytest.fixture(scope="module")
def rules(study):
    anchors = study.by_method["anchors"]
    met = anchors.array("precision_low") >= 0.95
    assert 0 < met.sum() < met.size
    parameters = anchors.provenance["parameters"] | {"threshold": 0.95}
    return replace(
        anchors,
        data=anchors.data.assign(met=(("seed", "instance"), met)),
        provenance=anchors.provenance | {"parameters": parameters},
    )


@pytest.fixture(scope="module")
def joint(rules):
    data = rules.data.copy(deep=True)
    for name in ("lower", "upper", "allowed", "coverage"):
        values = data[name].to_numpy()
        data[name] = (data[name].dims, np.broadcast_to(values[:1], values.shape).copy())
    data["joint_precision"] = ("instance", np.full(len(rules.instances), 0.9))
    return replace(rules, data=data, method="consensus_anchors")


def test_fields_are_there_and_it_compiles(rules, joint, make):
    for made in (
        precision_coverage(rules, width=330),
        precision_coverage(joint),
        precision_coverage(rules, consensus=joint),
        precision_coverage(rules.sel(seed=[1]), instances=rules.instances[:2]),
    ):
        spec = made.to_dict()
        make.check_fields(spec, make.tables_of(spec))
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_points_against_a_loop(rules):
    points = precision_coverage_tables(rules)["rules"]
    assert len(points) == 30
    k = 0
    for s, seed in enumerate(rules.seeds):
        for i, label in enumerate(rules.instances):
            point = points.iloc[k]
            assert (point["seed"], point["instance"]) == (str(seed), str(label))
            for name in ("precision", "precision_low", "coverage"):
                assert point[name] == rules.array(name)[s, i]
            assert point["predicted"] == rules.outputs[rules.predicted[s, i]]
            assert point["reached"] == (rules.array("precision_low")[s, i] >= 0.95)
            k += 1


def test_a_rule_made_for_all_seeds_has_one_point_at_its_lowest(rules, joint):
    points = precision_coverage_tables(joint)["rules"]
    assert len(points) == len(joint.instances)
    for i, point in enumerate(points.itertuples()):
        assert point.precision == min(joint.array("precision")[:, i])
        assert point.precision_low == min(joint.array("precision_low")[:, i])
        assert point.reached == all(joint.array("met")[:, i])
        assert point.seed == "all 5"
    beside = precision_coverage_tables(rules, rules.instances[1:3], consensus=joint)
    assert beside["joint"]["instance"].tolist() == [str(label) for label in rules.instances[1:3]]


def test_those_below_the_threshold_are_hollow_and_the_threshold_is_a_line(rules, make):
    spec = precision_coverage(rules).to_dict()
    assert make.tables_of(spec)["threshold"] == [{"precision": 0.95}]
    marks = {
        unit["transform"][0]["filter"]: unit["mark"]["filled"]
        for unit in make.units_of(spec)
        if "transform" in unit
    }
    assert marks == {"!datum.reached": False, "datum.reached": True}


def test_class_has_colour_and_shape_and_rules_made_for_all_have_none(rules, joint, make):
    encodings = [u["encoding"] for u in make.units_of(precision_coverage(rules).to_dict())]
    classed = [e for e in encodings if "shape" in e]
    assert classed
    assert all(e["shape"]["field"] == e["color"]["field"] == "predicted" for e in classed)
    encodings = [u["encoding"] for u in make.units_of(precision_coverage(joint).to_dict())]
    assert not any("shape" in e for e in encodings)


def test_findings(rules, joint):
    reached = int((rules.array("precision_low") >= 0.95).sum())
    said = f"{reached} of 30 rules reach the wanted precision of 95% by the lower bound"
    assert precision_coverage_finding(rules) == said
    n = int(joint.array("met").all(axis=0).sum())
    assert precision_coverage_finding(rules, consensus=joint) == (
        f"{said}, and {n} of 6 rules made for all seeds"
    )
    assert precision_coverage_finding(joint) == (
        f"{n} of 6 rules made for all 5 seeds reach the wanted precision of 95% for each of them, "
        "by the lower bound"
    )
    one = precision_coverage_finding(rules.sel(seed=[0]), [rules.instances[0]])
    assert " of 1 rule reaches the wanted precision of 95%" in one
    unknown = replace(rules, provenance=rules.provenance | {"parameters": {}})
    assert f"{reached} of 30 rules reach the wanted precision by" in precision_coverage_finding(
        unknown
    )
    assert precision_coverage(unknown).to_dict()["layer"]


def test_of_very_many_rows_an_even_choice_is_drawn(rules, monkeypatch):
    monkeypatch.setattr(sys.modules[precision_coverage.__module__], "MAX_RULES", 15)
    points = precision_coverage_tables(rules)["rules"]
    assert points["instance"].nunique() == 3
    assert points["instance"].iloc[0] == str(rules.instances[0])
    assert "3 of 6 rows are drawn, evenly chosen." in precision_coverage_notes(rules)


def test_a_regression_has_no_classes(rules, make):
    provenance = rules.provenance | {"resolved": {"tolerance": 2.5}}
    provenance["ensemble"] = rules.provenance["ensemble"] | {"task": "regression"}
    lower = (("seed", "instance"), np.zeros((5, 6)))
    data = rules.data.assign(answer_lower=lower, answer_upper=lower)
    amounts = replace(rules, data=data, provenance=provenance)
    spec = precision_coverage(amounts).to_dict()
    assert not any("shape" in u["encoding"] for u in make.units_of(spec))
    assert "keeps its value within ±2.5" in precision_coverage_notes(amounts)[0]
    assert precision_coverage_tables(amounts)["rules"]["predicted"].tolist() == ["0"] * 30


def test_a_page_can_draw_it_as_wide_as_there_is_room(rules):
    tables = precision_coverage_tables(rules)
    assert (
        precision_coverage_body(rules, tables, width="container").to_dict()["width"] == "container"
    )


def test_errors(study, rules, joint):
    with pytest.raises(InputError, match=r"Anchors for precision and coverage .* Counterfactuals"):
        precision_coverage(study.by_method["counterfactuals"])
    with pytest.raises(InputError, match=r"an instance of the explanation \(.*\), got 'a', 'b'"):
        precision_coverage(rules, instances=["a", "b"])
    with pytest.raises(InputError, match=r"an instance of the explanation \(.*\), got \[\]"):
        precision_coverage(rules, instances=[])
    with pytest.raises(InputError, match=r"consensus to be rules made for all seeds, got rules of"):
        precision_coverage(rules, consensus=rules)
    with pytest.raises(InputError, match="consensus with some of the rows of the rules"):
        precision_coverage(
            rules.sel(instance=[rules.instances[0]]),
            consensus=joint.sel(instance=[rules.instances[1]]),
        )
