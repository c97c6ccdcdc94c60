from dataclasses import replace

import numpy as np
import pytest
import vl_convert

from xaigeo.errors import InputError
from xaigeo.geometry.rule_trace import RuleTrace
from xaigeo.viz.anchor_search import (
    anchor_search,
    anchor_search_finding,
    anchor_search_notes,
    anchor_search_tables,
)
from xaigeo.viz.rule_lanes import OPEN

SIT, SITF = ("seed", "instance", "step"), ("seed", "instance", "step", "feature")
LENGTHS = (3, 4, 1, 2, 4)


@pytest.fixture(scope="module")
def rules(study):
    """Rules with a trace: every step takes in the next of the features of the last rule."""
    anchors = study.by_method["anchors"]
    lower, upper, allowed = (anchors.array(name) for name in ("lower", "upper", "allowed"))
    shape = (5, 6, 4)
    arrays = {
        "trace_lower": np.full((*shape, 6), np.nan),
        "trace_upper": np.full((*shape, 6), np.nan),
        "trace_allowed": np.zeros((*shape, *allowed.shape[2:]), dtype=bool),
    } | {
        f"trace_{name}": np.full(shape, np.nan)
        for name in ("precision", "precision_low", "coverage")
    }
    for s, i in np.ndindex(5, 6):
        used = np.flatnonzero(anchors.restricted[s, i])
        for t in range(LENGTHS[s]):
            kept = used if t == LENGTHS[s] - 1 else used[: t + 1]
            free = ~np.isin(np.arange(6), kept)
            arrays["trace_lower"][s, i, t] = np.where(free, -np.inf, lower[s, i])
            arrays["trace_upper"][s, i, t] = np.where(free, np.inf, upper[s, i])
            arrays["trace_allowed"][s, i, t] = allowed[s, i] | free[:, None]
            arrays["trace_precision"][s, i, t] = 0.6 + 0.1 * t
            arrays["trace_precision_low"][s, i, t] = 0.5 + 0.1 * t
            arrays["trace_coverage"][s, i, t] = 0.5 / (t + 1)
    dims = {"trace_lower": SITF, "trace_upper": SITF, "trace_allowed": (*SITF, "category")}
    data = anchors.data.assign({name: (dims.get(name, SIT), a) for name, a in arrays.items()})
    parameters = anchors.provenance["parameters"] | {"threshold": 0.95}
    return replace(anchors, data=data, provenance=anchors.provenance | {"parameters": parameters})


def joint(rules):
    data = rules.data.assign(joint_precision=("instance", np.full(6, 0.9)))
    return replace(rules, data=data, method="consensus_anchors")


def check(spec, make):
    """Check the fields; what the parameter is called is no field."""
    make.check_fields(spec, make.tables_of(spec))


def test_fields_are_there_and_it_compiles(rules, make):
    for made in (anchor_search(rules), anchor_search(joint(rules), width=280)):
        check(made.to_dict(), make)
    spec = anchor_search(rules, seed=2).to_dict()  # a search of one step
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_curves_are_the_traces(rules):
    tables = anchor_search_tables(rules, seed=1)
    curves = tables["curves"]
    assert set(curves["seed"]) == {"0", "1", "2", "3", "4"}
    assert set(curves.loc[curves["chosen"], "seed"]) == {"1"}
    for s in range(5):
        for name in ("precision", "coverage"):
            own = curves[(curves["seed"] == str(s)) & (curves["measure"] == name)]
            assert own["step"].tolist() == list(range(1, LENGTHS[s] + 1))
            expected = rules.array(f"trace_{name}")[s, 0, : LENGTHS[s]]
            assert own["value"].tolist() == expected.tolist()
    assert tables["steps"]["precision_low"].tolist() == pytest.approx([0.5, 0.6, 0.7, 0.8])


def test_limits_of_every_step_against_a_loop(rules):
    tables, trace = anchor_search_tables(rules, seed=0), RuleTrace.of(rules, 0, 0)
    limits = tables["limits"]
    low, high = trace.ends
    for t in range(trace.n_steps):
        for j, feature in enumerate(rules.schema.features):
            own = limits[(limits["step"] == t + 1) & (limits["feature"] == feature.name)]
            bounds = trace.lower[t, j], trace.upper[t, j]
            if feature.is_discrete or not np.isfinite(bounds).any():
                assert not len(own)
                continue
            ends = [(b - low[j]) / (high[j] - low[j]) for b in bounds]
            x1 = ends[0] if np.isfinite(bounds[0]) else -OPEN
            x2 = ends[1] if np.isfinite(bounds[1]) else 1 + OPEN
            assert own["x1"].min() == pytest.approx(x1)
            assert own["x2"].max() == pytest.approx(x2)


def test_categories_of_every_step(rules):
    tables, trace = anchor_search_tables(rules, seed=0), RuleTrace.of(rules, 0, 0)
    cells = tables["cells"]
    assert len(cells)
    for row in cells.itertuples():
        feature = rules.schema[row.feature]
        code = [str(c) for c in feature.categories].index(row.category)
        allowed = trace.allowed[row.step - 1, rules.schema.index(row.feature), code]
        assert row.share == allowed
        assert row.allowed == ("allowed" if allowed else "not allowed")


def test_a_slider_goes_through_the_steps(rules, make):
    spec = anchor_search(rules, seed=1).to_dict()
    (slider,) = spec["params"]
    assert slider["bind"] == {
        "input": "range",
        "min": 1,
        "max": 4,
        "step": 1,
        "name": f"Row {rules.instances[0]}, seed 1: step ",
    }
    assert slider["value"] == 4
    followed = {
        make.table_name(unit["data"]["name"])
        for unit in make.units_of(spec)
        if any(slider["name"] in str(step.get("filter")) for step in unit.get("transform", []))
    }
    assert {"steps", "limits", "arrows"} <= followed


def test_sliders_of_joined_charts_are_their_own(rules):
    spec = (anchor_search(rules, seed=0) | anchor_search(rules, seed=1)).to_dict()
    assert len({param["name"] for param in spec["params"]}) == 2


def test_the_finding_tells_how_the_search_ended(rules):
    met = np.ones((5, 6), dtype=bool)
    met[1] = False
    rules = replace(rules, data=rules.data.assign(met=(("seed", "instance"), met)))
    label = rules.instances[0]
    n_rows = rules.data.sizes["background_row"]
    assert anchor_search_finding(rules) == (
        f"Row {label}: after 3 steps seed 0's rule reaches the wanted 95% (precision 80.0%, at "
        f"least 70.0%) and covers {round(n_rows / 6)} of {n_rows} rows of the data"
    )
    assert "after 4 steps seed 1's rule stays below" in anchor_search_finding(rules, seed=1)
    assert "after 1 step seed 2's rule reaches" in anchor_search_finding(rules, seed=2)
    assert "the rule made for all 5 seeds stays below" in anchor_search_finding(joint(rules))
    unknown = replace(rules, provenance=rules.provenance | {"parameters": {}})
    assert "reaches the wanted precision (" in anchor_search_finding(unknown)
    assert anchor_search(unknown).to_dict()["vconcat"]


def test_one_search_for_all_seeds_has_no_thin_lines(rules):
    tables = anchor_search_tables(joint(rules))
    assert tables["curves"]["chosen"].all()
    said = " ".join(anchor_search_notes(joint(rules)))
    assert "One search served all seeds; precision is the lowest of theirs." in said
    assert "Thin: the other seeds, of 1 to 4 steps in all." in anchor_search_notes(rules)


def test_what_is_left_out_is_counted(rules):
    n = len(RuleTrace.of(rules, 0, 0).order)
    said = " ".join(anchor_search_notes(rules, max_features=1))
    assert f"{n - 1} more that steps restrict and {6 - n} that no step restricts" in said
    assert len(anchor_search_tables(rules, max_features=1)["lanes"]) == 1


def test_a_search_that_restricts_nothing_has_no_lanes(rules):
    data = rules.data.copy(deep=True)
    data["trace_lower"][:], data["trace_upper"][:], data["trace_allowed"][:] = -np.inf, np.inf, True
    spec = anchor_search(replace(rules, data=data)).to_dict()
    assert len(spec["vconcat"]) == 2


def test_errors(study, rules):
    with pytest.raises(InputError, match=r"anchors without a trace.*keep_trace=True"):
        anchor_search(study.by_method["anchors"])
    with pytest.raises(InputError, match="Anchors for the steps of a search, got Attributions"):
        anchor_search(study.by_method["lime"])
    with pytest.raises(InputError, match=r"a seed of the explanation \(0, 1, 2, 3, 4\), got 9"):
        anchor_search(rules, seed=9)
    with pytest.raises(InputError, match="an instance of the explanation"):
        anchor_search(rules, instance="nobody")
    with pytest.raises(InputError, match="max_features to be a whole number"):
        anchor_search(rules, max_features=1.5)
