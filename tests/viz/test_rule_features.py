from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import vl_convert

from xaigeo.agreement.feature_use import FeatureUse, rule_use
from xaigeo.errors import InputError
from xaigeo.viz.feature_use import left_out_note, most_used
from xaigeo.viz.rule_features import (
    rule_features,
    rule_features_body,
    rule_features_finding,
    rule_features_notes,
    rule_features_tables,
)


@pytest.fixture(scope="module")
def rules(study):
    return study.by_method["anchors"]


def joint(rules):
    data = rules.data.copy(deep=True)
    for name in ("lower", "upper", "allowed"):
        values = data[name].to_numpy()
        data[name] = (data[name].dims, np.broadcast_to(values[:1], values.shape).copy())
    data["joint_precision"] = ("instance", np.full(len(rules.instances), 0.97))
    return replace(rules, data=data, method="consensus_anchors")


def use_of(counts, totals, **change):
    counts = np.asarray(counts)
    return FeatureUse(
        **{
            "features": tuple("abcd"[: counts.shape[2]]),
            "seeds": np.arange(counts.shape[1]),
            "ways": ("up", "down")[: len(counts)],
            "counts": counts,
            "totals": np.asarray(totals),
            "left_out": 0,
            "overlap": 0.5,
            "made_for_all": False,
        }
        | change
    )


def test_fields_are_there_and_it_compiles(rules, make):
    for anchors in (rules, joint(rules), rules.sel(seed=[1])):
        spec = rule_features(anchors, width=240).to_dict()
        make.check_fields(spec, make.tables_of(spec))
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_dots_against_a_loop(rules):
    seeds = rule_features_tables(rules)["seeds"]
    lower, upper, allowed = (rules.array(name) for name in ("lower", "upper", "allowed"))
    drawn = set()
    for row in seeds.itertuples():
        s, j = rules.seeds.tolist().index(row.seed), rules.schema.index(row.label)
        n = len(rules.schema.features[j].categories)
        used = [
            not allowed[s, i, j, :n].all()
            if n
            else np.isfinite(lower[s, i, j]) or np.isfinite(upper[s, i, j])
            for i in range(len(rules.instances))
        ]
        assert row.share == pytest.approx(np.mean(used))
        drawn.add(row.label)
    assert drawn == set(np.array(rules.features)[rules.restricted.any(axis=(0, 1))])


def test_the_parts_of_a_bar_add_up_to_its_share(rules):
    tables = rule_features_tables(rules)
    parts, features = tables["parts"], tables["features"]
    for row in features.itertuples():
        own = parts[parts["label"] == row.label]
        assert own["share"].sum() == pytest.approx(row.share)
        assert own["x2"].max() == pytest.approx(row.share)
    assert features["share"].is_monotonic_decreasing


def test_the_finding_names_the_feature_used_most(rules):
    use = rule_use(rules)
    said = rule_features_finding(rules)
    top = np.flatnonzero(use.overall == use.overall.max())
    for j in top:
        assert rules.features[j] in said
    assert said.endswith(f"both do {use.overlap:.0%}")


def test_findings_of_odd_cases(rules):
    one = rule_features_finding(rules.sel(seed=[2]))
    assert "both do" not in one
    assert "by seed" not in one
    made = rule_features_finding(joint(rules))
    assert made.startswith("Rules made for all 5 seeds restrict ")
    assert "both do" not in made
    data = rules.data.copy(deep=True)
    data["lower"][:], data["upper"][:], data["allowed"][:] = -np.inf, np.inf, True
    free = replace(rules, data=data)
    assert rule_features_finding(free) == "No rule restricts a feature"
    assert rule_features(free).to_dict()["layer"]


def test_the_feature_used_most_in_words():
    assert (
        most_used(use_of([[[8, 1], [4, 2]]], [10, 10])) == "a most: 60% of them, 40% to 80% by seed"
    )
    assert most_used(use_of([[[5, 1], [5, 2]]], [10, 10])) == "a most: 50% of them with every seed"
    assert most_used(use_of([[[5, 5, 0]]], [10])) == "a and b most: 50% of them each"
    assert most_used(use_of([[[5, 5, 5]]], [10])) == "3 features most and alike: 50% of them each"
    # A seed without any has no share.
    assert most_used(use_of([[[5, 1], [0, 0]]], [10, 0])) == "a most: 50% of them"
    assert most_used(use_of([[[3, 1]]], [10], made_for_all=True)) == "a most: 30% of them"


def test_what_is_left_out_is_counted():
    use = use_of([[[5, 4, 3, 0]]], [10])
    assert left_out_note(use, 2) == ["Features not shown: 1 that are used less and 1 never used."]
    assert left_out_note(use_of([[[5, 4]]], [10]), 2) == []


def test_one_rule_for_all_seeds_has_no_dots(rules, make):
    spec = rule_features(joint(rules)).to_dict()
    drawn = {make.table_name(unit["data"]["name"]) for unit in make.units_of(spec)}
    assert drawn == {"parts", "features"}
    assert "no agreement to read" in " ".join(rule_features_notes(joint(rules)))


def test_many_seeds_and_features_fit(make):
    rng = np.random.default_rng(1)
    names = [f"a very long name of a column, number {j}" for j in range(30)]
    X = pd.DataFrame(rng.normal(size=(60, 30)), columns=names)
    y = pd.Series(np.where(X.sum(axis=1) > 0, "yes", "no"))
    rules = make.all_methods(make.linear_seeds(X, y, n_seeds=20), X.iloc[:4], X)[3]
    spec = rule_features(rules, width=220).to_dict()
    assert max(map(len, [*spec["title"]["text"], *spec["title"]["subtitle"]])) < 75
    body = rule_features_body(rules, rule_features_tables(rules), width="container").to_dict()
    assert body["width"] == "container"


def test_errors(study, rules):
    with pytest.raises(InputError, match=r"Anchors for the features of rules, got Attributions"):
        rule_features(study.by_method["lime"])
    with pytest.raises(InputError, match="max_features to be a whole number of at least 1"):
        rule_features(rules, max_features=0)
