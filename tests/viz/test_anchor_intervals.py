from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import vl_convert

from xaigeo.errors import InputError
from xaigeo.geometry.rule_intervals import RuleIntervals
from xaigeo.viz.anchor_intervals import (
    anchor_intervals,
    anchor_intervals_body,
    anchor_intervals_finding,
    anchor_intervals_notes,
    anchor_intervals_tables,
)
from xaigeo.viz.rule_lanes import CELL, OPEN


@pytest.fixture(scope="module")
def rules(study):
    return study.by_method["anchors"]


@pytest.fixture(scope="module")
def split(rules):
    """The same rules where two seeds answer otherwise at the first row."""
    data = rules.data.copy(deep=True)
    prediction = data["prediction"].to_numpy().copy()
    prediction[:, 0] = [0.8, 0.1, 0.1]
    prediction[3:, 0] = [0.1, 0.1, 0.8]
    return replace(rules, data=data.assign(prediction=(data["prediction"].dims, prediction)))


def joint(rules):
    """The first seed's rules as if they had been made for all."""
    data = rules.data.copy(deep=True)
    for name in ("lower", "upper", "allowed"):
        values = data[name].to_numpy()
        data[name] = (data[name].dims, np.broadcast_to(values[:1], values.shape).copy())
    data["joint_precision"] = ("instance", np.full(len(rules.instances), 0.97))
    return replace(rules, data=data, method="consensus_anchors")


def without_limits(rules, seeds):
    data = rules.data.copy(deep=True)
    data["lower"][seeds], data["upper"][seeds], data["allowed"][seeds] = -np.inf, np.inf, True
    return replace(rules, data=data)


def texts(title):
    return " ".join([*title["text"], *title.get("subtitle", [])])


def test_fields_are_there_and_it_compiles(rules, split, make):
    for anchors, width in ((rules, 460), (split, 240), (joint(rules), 300)):
        spec = anchor_intervals(anchors, width=width).to_dict()
        make.check_fields(spec, make.tables_of(spec))
        assert spec["width"] == width
    spec = anchor_intervals(split, width=240).to_dict()
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_bars_against_a_loop(rules):
    place = 2
    tables = anchor_intervals_tables(rules, rules.instances[place])
    found = RuleIntervals.of(rules, place)
    lower, upper = rules.array("lower")[:, place], rules.array("upper")[:, place]
    drawn = 0
    for j in found.order:
        feature = rules.schema.features[j]
        if feature.is_discrete:
            continue
        low, high = found.ends[:, j]
        for s, seed in enumerate(rules.seeds):
            table = tables["bars"] if found.restricted[s, j] else tables["free"]
            own = table[(table["feature"] == feature.name) & (table["seed"] == seed)]
            assert len(own), (feature.name, seed)
            if not found.restricted[s, j]:
                continue
            bar = own.iloc[0]
            drawn += 1
            x1 = (lower[s, j] - low) / (high - low) if np.isfinite(lower[s, j]) else 0.0
            x2 = (upper[s, j] - low) / (high - low) if np.isfinite(upper[s, j]) else 1.0
            assert (bar["x1"], bar["x2"]) == pytest.approx((x1, x2))
            # An open end runs on, paler, and has no cap.
            n_open = int(np.isinf(lower[s, j])) + int(np.isinf(upper[s, j]))
            assert len(own) == 1 + n_open
            caps = tables["caps"]
            caps = caps[(caps["feature"] == feature.name) & (caps["seed"] == seed)]
            assert len(caps) == 2 - n_open
    assert drawn


def test_what_all_share_and_what_holds_all(rules):
    tables = anchor_intervals_tables(rules)
    found = RuleIntervals.of(rules, 0)
    for j in found.order:
        feature = rules.schema.features[j]
        if feature.is_discrete:
            continue
        low, high = found.ends[:, j]
        lower, upper = rules.array("lower")[:, 0, j].max(), rules.array("upper")[:, 0, j].min()
        bars = tables["common"][tables["common"]["feature"] == feature.name]
        x1 = (lower - low) / (high - low) if np.isfinite(lower) else -OPEN
        x2 = (upper - low) / (high - low) if np.isfinite(upper) else 1 + OPEN
        assert bars["x1"].min() == pytest.approx(x1)
        assert bars["x2"].max() == pytest.approx(x2)
        arrows = tables["arrows"][tables["arrows"]["feature"] == feature.name]
        sides = [side for side, b in (("left", lower), ("right", upper)) if np.isinf(b)]
        assert arrows["side"].tolist() == sides
        edges = tables["hull"][tables["hull"]["feature"] == feature.name]
        closed = np.isfinite(rules.array("lower")[:, 0, j].min())
        closed = int(closed) + int(np.isfinite(rules.array("upper")[:, 0, j].max()))
        assert (edges["x1"] == edges["x2"]).sum() == closed


def test_categories_carry_the_share_of_seeds_that_allow_them(rules):
    tables = anchor_intervals_tables(rules)
    j = int(np.flatnonzero(rules.schema.discrete)[0])
    feature = rules.schema.features[j]
    cells = tables["cells"][tables["cells"]["feature"] == feature.name]
    assert cells["category"].tolist() == [str(c) for c in feature.categories]
    for c, cell in enumerate(cells.itertuples()):
        share = rules.array("allowed")[:, 0, j, c].mean()
        assert cell.share == pytest.approx(share)
        assert cell.said == f"{round(share * 5)}/5"
        assert cell.x2 - cell.x1 == pytest.approx(share * CELL / len(feature.categories))
        assert cell.own == (c == rules.array("input")[0, j])


def test_of_many_categories_the_others_share_a_cell(make):
    rng = np.random.default_rng(0)
    names = [f"kind{c:02d}" for c in range(12)]
    X = pd.DataFrame({"kind": np.repeat(names, 4), "size": rng.normal(size=48)})
    y = pd.Series(np.where(X["size"] > 0, "big", "small"))
    model = make.linear_seeds(X, y)
    rules = next(e for e in make.all_methods(model, X.iloc[[40, 2]], X) if e.method == "anchors")
    cells = anchor_intervals_tables(rules)["cells"]
    assert len(cells) == 6
    assert cells["category"].iloc[-1] == "7 others"
    assert cells.loc[cells["own"], "category"].tolist() == ["kind10"]
    # Of the first seed only its own category is allowed, of the other four all.
    assert cells["said"].tolist() == ["4/5"] * 4 + ["5/5", "4/5"]


def test_mass_counts_the_rows_of_the_data(rules):
    tables = anchor_intervals_tables(rules)
    counted = tables["mass"].groupby("feature")["n_rows"].sum()
    assert set(counted.index) == set(tables["lanes"]["feature"])
    assert (counted == rules.data.sizes["background_row"]).all()


def test_seeds_that_answer_otherwise_are_set_apart_by_colour_and_shape(split, make):
    spec = anchor_intervals(split).to_dict()
    marks = make.tables_of(spec)["group_marks"]
    assert {row["predicted"] for row in marks} == {"Adelie", "Gentoo"}
    unit = next(u for u in make.units_of(spec) if "shape" in u["encoding"])
    assert unit["encoding"]["shape"]["field"] == unit["encoding"]["color"]["field"] == "predicted"
    assert "the seeds give 2 answers" in texts(spec["title"])
    tables = anchor_intervals_tables(split)
    bars = tables["bars"]
    bars = bars[bars["feature"] == tables["lanes"]["feature"].iloc[0]]
    # Groups lie one below the other.
    assert (
        bars.loc[bars["predicted"] == "Adelie", "y2"].max()
        < bars.loc[bars["predicted"] == "Gentoo", "y1"].min()
    )


def test_the_finding_counts_features_and_rows(rules):
    for place, label in enumerate(rules.instances):
        if len(set(rules.predicted[:, place])) > 1:
            continue
        used = rules.restricted[:, place]
        members = rules.members(rules.array("background"))[:, place].all(axis=0)
        rows = rules.data.sizes["background_row"]
        assert anchor_intervals_finding(rules, label) == (
            f"Row {label}: all 5 seeds restrict {used.all(0).sum()} of the {used.any(0).sum()} "
            f"features that their rules use; {members.sum()} of {rows} rows of the data obey all "
            "of their rules"
        )


def test_findings_of_odd_cases(rules):
    one = rules.sel(seed=[1])
    label, total = rules.instances[0], len(rules.features)
    n = int(one.restricted[0, 0].sum())
    assert anchor_intervals_finding(one) == f"Row {label}: the rule restricts {n} of 6 features"
    n = int(joint(rules).restricted[0, 0].sum())
    assert anchor_intervals_finding(joint(rules)) == (
        f"Row {label}: one rule, made for all 5 seeds, restricts {n} of {total} features"
    )
    free = without_limits(rules, slice(None))
    assert anchor_intervals_finding(free) == f"Row {label}: the rules restrict no feature"
    assert anchor_intervals(free).to_dict()["layer"]
    assert "Features not shown: 6 that no rule restricts." in anchor_intervals_notes(free)


def test_one_rule_made_for_all_is_not_shown_as_agreement(rules):
    made = joint(rules)
    tables = anchor_intervals_tables(made)
    assert len(tables["common"])
    for name in ("bars", "free", "caps", "hull", "group_marks"):
        assert not len(tables[name]), name
    assert (tables["lanes"]["note"] == "").all()
    said = " ".join(anchor_intervals_notes(made))
    assert "made to be one for all seeds: no agreement to read" in said


def test_what_is_left_out_is_counted(rules):
    used = int(rules.restricted[:, 0].any(axis=0).sum())
    spec = anchor_intervals(rules, max_features=1).to_dict()
    said = texts(spec["title"])
    assert f"{used - 1} more that rules restrict and {6 - used} that no rule restricts" in said
    assert len(anchor_intervals_tables(rules, max_features=1)["lanes"]) == 1


def test_rules_below_the_wanted_precision_are_pale_and_told(rules):
    met = np.ones((5, 6), dtype=bool)
    met[2, 0] = False
    data = rules.data.assign(met=(("seed", "instance"), met))
    failed = replace(rules, data=data)
    bars = anchor_intervals_tables(failed)["bars"]
    pale = bars.loc[bars["status"] == "not reached"]
    assert set(pale["seed"]) == {2}
    assert pale["strength"].max() < bars.loc[bars["status"] == "reached", "strength"].max()
    assert "Pale: 1 of 5 seeds' rules miss the wanted precision." in anchor_intervals_notes(failed)
    one = joint(rules)
    one = replace(one, data=one.data.assign(met=(("seed", "instance"), met)))
    assert "The rule misses the wanted precision for 1 of 5 seeds." in anchor_intervals_notes(one)


def test_limits_are_told_with_units(rules):
    limits = anchor_intervals_tables(rules)["bars"]["limit"]
    assert limits.str.contains("bill_length_mm").any()
    assert limits.str.endswith(" mm").any()


def test_many_seeds_and_long_names_fit(make):
    rng = np.random.default_rng(1)
    names = [f"a very long name of a column, number {j}" for j in range(30)]
    X = pd.DataFrame(rng.normal(size=(60, 30)), columns=names)
    y = pd.Series(np.where(X.sum(axis=1) > 0, "yes", "no"))
    model = make.linear_seeds(X, y, n_seeds=20)
    rules = make.all_methods(model, X.iloc[:2], X)[3]
    spec = anchor_intervals(rules, width=380).to_dict()
    assert max(map(len, spec["title"]["text"])) < 55
    assert spec["height"] < 2000


def test_a_page_can_draw_it_as_wide_as_there_is_room(rules):
    spec = anchor_intervals_body(rules, anchor_intervals_tables(rules), width="container").to_dict()
    assert spec["width"] == "container"
    assert "title" not in spec


def test_charts_can_be_joined(rules):
    one, other = anchor_intervals(rules), anchor_intervals(rules, rules.instances[1])
    spec = (one & other).to_dict()
    names = [param["name"] for param in spec["params"]]
    assert len(names) == len(set(names)) == 2


def test_errors(study, rules):
    shap = study.by_method["kernel_shap"]
    with pytest.raises(
        InputError, match=r"Anchors for intervals of rules, got Attributions \(kernel_shap\)"
    ):
        anchor_intervals(shap)
    with pytest.raises(InputError, match="method='anchors' or 'consensus_anchors'"):
        anchor_intervals(None)
    with pytest.raises(InputError, match=r"an instance of the explanation \(.*\), got 'x'"):
        anchor_intervals(rules, instance="x")
    with pytest.raises(InputError, match="max_features to be a whole number of at least 1"):
        anchor_intervals(rules, max_features=0)
