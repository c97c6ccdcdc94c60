from dataclasses import replace

import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.viz.change_rows import Cell, _range, change_table, listed


@pytest.fixture(scope="module")
def found(study):
    """Row 0: three seeds lower the bill, one of them misses; two go to another island."""
    base = study.by_method["counterfactuals"]
    point = np.broadcast_to(base.array("input")[None, :, None], (5, 6, 1, 6)).copy()
    names = base.schema.names
    bill, island, mass = (names.index(n) for n in ("bill_length_mm", "island", "body_mass_g"))
    start = base.array("input")[0]
    point[[0, 1, 2], 0, 0, bill] = start[bill] - np.array([1.0, 2.0, 3.0])
    other = (start[island] + 1) % 3
    point[[3, 4], 0, 0, island] = other
    point[[3, 4], 0, 0, mass] = start[mass] + 100
    valid = np.ones((5, 6, 1), dtype=bool)
    valid[2, 0] = False
    changed = point != base.array("input")[None, :, None]
    distance = np.arange(30, dtype=float).reshape(5, 6, 1) / 10 + 1
    target = np.ones((5, 6), dtype=int)
    rng = np.random.default_rng(0)
    cross = rng.random((5, 5, 6, 1)) < 0.5
    new = {
        "point": point,
        "valid": valid,
        "changed": changed,
        "n_changed": changed.sum(-1),
        "distance": distance,
        "target": target,
        "cross_validity": cross,
    }
    data = base.data.assign({name: (base.data[name].dims, a) for name, a in new.items()})
    return replace(base, data=data)


def joint(found, valid=None):
    data = found.data.copy(deep=True)
    for name in ("point", "changed", "distance", "n_changed", "target"):
        values = data[name].to_numpy()
        data[name] = (data[name].dims, np.broadcast_to(values[3:4], values.shape).copy())
    data["price"] = (("seed", "instance", "candidate"), np.zeros((5, 6, 1)))
    if valid is not None:
        data["valid"] = (data["valid"].dims, valid)
    return replace(found, data=data, method="robust_counterfactuals")


def regression(found, low, high):
    provenance = found.provenance | {
        "ensemble": found.provenance["ensemble"] | {"task": "regression"}
    }
    ends = {
        "target_lower": (("seed", "instance"), low),
        "target_upper": (("seed", "instance"), high),
    }
    return replace(found, data=found.data.assign(ends), provenance=provenance)


def test_lines_are_ways_to_change_those_that_reach_the_answer_first(found):
    table = change_table(found)
    assert [row.seeds for row in table.rows] == ["0, 1", "3, 4", "2"]
    assert [row.answer for row in table.rows] == ["Chinstrap", "Chinstrap", "not Chinstrap"]
    assert [row.valid for row in table.rows] == ["yes", "yes", "no"]
    assert [row.n_changed for row in table.rows] == [1, 2, 1]
    names = [table.features[j].name for j in table.changed]
    assert names == ["bill_length_mm", "body_mass_g", "island"]
    assert table.label == str(found.instances[0])
    assert table.n_hidden == 0


def test_cells_tell_direction_and_values(found):
    table = change_table(found)
    bill, mass, island = table.changed
    start = found.array("input")[0]
    cell = table.rows[0].cells[bill]
    assert cell.way == "down"
    assert cell.text == f"▼ {start[bill] - 2:g} to {start[bill] - 1:g} mm"
    assert cell.old == f"{start[bill]:g} mm"
    assert table.rows[1].cells[mass].text == f"▲ {start[mass] + 100:g} g"
    kinds = found.schema["island"].categories
    here, there = kinds[int(start[island])], kinds[int((start[island] + 1) % 3)]
    assert table.rows[1].cells[island] == Cell("other", here, there, True)
    assert table.rows[1].cells[island].text == f"{here} → {there}"
    assert table.rows[0].cells[mass].way == "same"
    assert all(cell.way == "same" for cell in table.start.values())


def test_numbers_of_a_line_against_the_arrays(found):
    rows = change_table(found).rows
    distance, cross = found.array("distance"), found.array("cross_validity")
    assert rows[0].distance == f"{distance[0, 0, 0]:.2f} to {distance[1, 0, 0]:.2f}"
    assert rows[2].distance == f"{distance[2, 0, 0]:.2f}"
    shares = [np.mean([cross[s, o, 0, 0] for o in range(5) if o != s]) for s in (3, 4)]
    assert rows[1].carries_over == f"{np.mean(shares):.0%}"


def test_some_seeds_alone_are_asked(found):
    table = change_table(found, seeds=[3, 4])
    assert [row.seeds for row in table.rows] == ["all 2 chosen"]
    label = found.instances[0]
    assert table.finding.startswith(f"Row {label}: both seeds find the same change to Chinstrap:")
    assert change_table(found, seeds=np.array([2])).finding.endswith(
        "no counterfactual that gives the wanted answer was found"
    )


def test_findings(found):
    label = found.instances[0]
    assert change_table(found).finding == (
        f"Row {label}: 2 of 5 seeds find the same change to Chinstrap: bill_length_mm down; "
        "2 ways in all"
    )
    assert change_table(found.sel(seed=[0])).finding == (
        f"Row {label}: the nearest change to Chinstrap is bill_length_mm down"
    )
    apart = change_table(found, seeds=[0, 3]).finding
    assert apart == f"Row {label}: no two of 2 seeds find the same change; 2 ways in all"
    still = change_table(found, found.instances[1]).finding
    assert still.endswith("all 5 seeds find the same change to Chinstrap: nothing has to change")
    data = found.data.copy(deep=True)
    data["changed"][:, 0] = True
    assert "4 features change" not in change_table(found).finding
    assert "6 features change" in change_table(replace(found, data=data)).finding


def test_a_point_made_for_all_seeds_is_not_told_as_agreement(found):
    valid = np.ones((5, 6, 1), dtype=bool)
    valid[1, 0] = False
    table = change_table(joint(found, valid))
    (row,) = table.rows
    assert row.seeds == "made for all 5"
    assert row.valid == "4 of 5 seeds"
    assert "one point, made for all 5 seeds" in table.finding
    assert table.finding.endswith("it holds for 4 of 5")
    assert "find the same" not in table.finding
    assert "no agreement to read" in " ".join(table.notes)


def test_intervals_that_a_regression_wants(found):
    inf = np.full((5, 6), np.inf)
    low = np.full((5, 6), 200.0)
    same = change_table(regression(found, low, inf)).rows
    assert [row.answer for row in same] == ["≥ 200", "≥ 200", "not ≥ 200"]
    low[1] = 210.0
    assert change_table(regression(found, low, inf)).rows[0].answer == "≥ 200 to 210"
    assert change_table(regression(found, -inf, low)).rows[0].answer == "≤ 200 to 210"
    both = change_table(regression(found, low - 50, low))
    assert both.rows[0].answer == "above 150 to 160, below 200 to 210"
    assert " to 200" not in both.finding


def test_what_seeds_answer_now(found):
    table = change_table(found)
    votes = [found.outputs[c] for c in found.predicted[:, 0]]
    assert all(name in table.answer for name in votes)


def test_what_is_left_out_is_counted(found):
    table = change_table(found, max_rows=1)
    assert len(table.rows) == 1
    assert table.n_hidden == 2
    assert "Not shown: 2 more ways to change and 5 features that no way changes." in table.notes
    assert "3 features that no way changes" in change_table(found).notes[-1]


def test_numbers_below_zero_have_a_true_minus(found):
    values = found.array("input").copy()
    values[0, found.features.index("bill_length_mm")] = -1.5
    table = change_table(
        replace(found, data=found.data.assign(input=(("instance", "feature"), values)))
    )
    cell = table.start[found.features.index("bill_length_mm")]
    assert cell.text == "−1.5 mm"
    assert _range(-1.004, -0.924, "{:.3f}") == "−1.004 to −0.924"


def test_texts_in_little_room_never_cut_a_number():
    cell = Cell(
        "down", "51.7 mm", "47.462–47.734 mm", False, ("47.462–47.734", "47.46–47.73", "47")
    )
    assert cell.within(30) == "▼ 47.462–47.734 mm"
    assert cell.within(15) == "▼ 47.462–47.734"
    assert cell.within(13) == "▼ 47.46–47.73"
    assert cell.within(5) == "▼ 47"
    assert cell.within(2) == "▼"
    kind = Cell("other", "Dream", "Torgersen", True)
    assert kind.within(20) == "Dream → Torgersen"
    assert kind.within(12) == "→ Torgersen"
    assert len(kind.within(6)) == 6
    assert Cell("same", "123456", "123456", False).within(4) == "…"


def test_labels_of_seeds_are_shortened():
    assert listed([0, 1, 2, 5, 7, 8]) == "0–2, 5, 7, 8"
    assert listed(["a", "b"]) == "a, b"
    assert listed([4]) == "4"


def test_errors(study, found):
    with pytest.raises(InputError, match="Counterfactuals for a table of changes, got Anchors"):
        change_table(study.by_method["anchors"])
    with pytest.raises(InputError, match=r"a seed of the explanation \(0, 1, 2, 3, 4\), got 7"):
        change_table(found, seeds=[0, 7])
    with pytest.raises(InputError, match=r"a seed of the explanation .*, got 3"):
        change_table(found, seeds=3)
    with pytest.raises(InputError, match="an instance of the explanation"):
        change_table(found, instance="nobody")
    with pytest.raises(InputError, match="max_rows to be a whole number of at least 1"):
        change_table(found, max_rows=0)
