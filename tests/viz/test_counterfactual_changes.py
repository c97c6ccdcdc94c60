from dataclasses import replace

import numpy as np
import pytest
import vl_convert

from xaigeo.agreement.feature_use import change_use
from xaigeo.errors import InputError
from xaigeo.viz.counterfactual_changes import (
    counterfactual_changes,
    counterfactual_changes_finding,
    counterfactual_changes_notes,
    counterfactual_changes_tables,
)
from xaigeo.viz.theme import NEGATIVE, POSITIVE


@pytest.fixture(scope="module")
def found(study):
    return study.by_method["counterfactuals"]


def joint(found):
    shape = found.array("valid").shape
    price = (("seed", "instance", "candidate"), np.zeros(shape))
    data = found.data.copy(deep=True).assign(price=price)
    for name in ("point", "changed", "distance", "n_changed", "target"):
        values = data[name].to_numpy()
        data[name] = (data[name].dims, np.broadcast_to(values[:1], values.shape).copy())
    return replace(found, data=data, method="robust_counterfactuals")


def with_valid(found, valid):
    shape = found.array("valid").shape
    valid = (found.data["valid"].dims, np.broadcast_to(valid, shape).copy())
    return replace(found, data=found.data.assign(valid=valid))


def test_fields_are_there_and_it_compiles(found, make):
    for one in (found, joint(found), found.sel(seed=[1])):
        spec = counterfactual_changes(one, width=240).to_dict()
        make.check_fields(spec, make.tables_of(spec))
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_dots_against_a_loop(found):
    seeds = counterfactual_changes_tables(found)["seeds"]
    point, start = found.array("point"), found.array("input")
    assert len(seeds)
    for row in seeds.itertuples():
        s, j = found.seeds.tolist().index(row.seed), found.schema.index(row.label)
        changed = [point[s, i, 0, j] != start[i, j] for i in range(len(start))]
        assert row.share == pytest.approx(np.mean(changed))


def test_directions_have_their_colours(found, make):
    units = make.units_of(counterfactual_changes(found).to_dict())
    scale = next(u["encoding"]["color"]["scale"] for u in units if "color" in u["encoding"])
    colours = dict(zip(scale["domain"], scale["range"], strict=True))
    assert colours["up"] == POSITIVE
    assert colours["down"] == NEGATIVE
    parts = counterfactual_changes_tables(found)["parts"]
    point, start = found.array("point")[:, :, 0], found.array("input")
    for row in parts[parts["way"] == "up"].itertuples():
        j = found.schema.index(row.label)
        assert row.share == pytest.approx((point[..., j] > start[:, j]).mean())


def test_the_finding_states_share_range_and_overlap(found):
    use = change_use(found)
    j = int(use.overall.argmax())
    said = counterfactual_changes_finding(found)
    assert found.features[j] in said or "alike" in said
    assert f"{use.overall[j]:.0%} of them" in said
    assert said.endswith(f"both do {use.overlap:.0%}")


def test_findings_of_odd_cases(found):
    none = with_valid(found, False)
    assert counterfactual_changes_finding(none) == (
        "No counterfactual was found that changes a feature"
    )
    assert counterfactual_changes(none).to_dict()["layer"]
    one = counterfactual_changes_finding(found.sel(seed=[0]))
    assert one.startswith("Counterfactuals change ")
    assert "both do" not in one
    made = counterfactual_changes_finding(joint(found))
    assert made.startswith("Counterfactuals made for all 5 seeds change ")
    assert "both do" not in made


def test_points_that_are_not_counted_are_told(found):
    valid = np.ones((5, 6, 1), dtype=bool)
    valid[0, :2] = False
    said = " ".join(counterfactual_changes_notes(with_valid(found, valid)))
    assert "Not counted: 2 of 30 points, which miss" in said
    assert "not counted" not in " ".join(counterfactual_changes_notes(found))


def test_a_point_made_for_all_seeds_is_not_shown_as_agreement(found, make):
    made = joint(found)
    spec = counterfactual_changes(made).to_dict()
    drawn = {make.table_name(unit["data"]["name"]) for unit in make.units_of(spec)}
    assert drawn == {"parts", "features"}
    assert "no agreement to read" in " ".join(counterfactual_changes_notes(made))


def test_errors(study, found):
    with pytest.raises(
        InputError, match=r"Counterfactuals for the features that they change, got Anchors"
    ):
        counterfactual_changes(study.by_method["anchors"])
    with pytest.raises(InputError, match="max_features to be a whole number of at least 1"):
        counterfactual_changes(found, max_features=True)
