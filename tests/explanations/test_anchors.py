from __future__ import annotations

import numpy as np
import pytest

from xaigeo.errors import InputError

SIFA = ("seed", "instance", "feature", "output")


def test_members_obey_the_rule_row_by_row(make_anchors):
    found = make_anchors()
    rows = found.array("background")
    inside = found.members(rows)
    for s in range(3):
        for i in range(4):
            for r, row in enumerate(rows):
                lower, upper = found.array("lower")[s, i], found.array("upper")[s, i]
                allowed = found.array("allowed")[s, i]
                expected = all(
                    allowed[j, int(row[j])]
                    if feature.is_discrete
                    else lower[j] <= row[j] <= upper[j]
                    for j, feature in enumerate(found.schema.features)
                )
                assert inside[s, i, r] == expected


def test_a_rule_must_hold_for_its_instance(make_anchors):
    lower = np.full((3, 4, 5), 1e6)
    with pytest.raises(InputError, match="every rule to hold for the instance it explains"):
        make_anchors(lower=(("seed", "instance", "feature"), lower))


def test_precision_is_a_share(make_anchors):
    with pytest.raises(InputError, match="precision to lie between 0 and 1, got 12 values"):
        make_anchors(precision=(("seed", "instance"), np.full((3, 4), 1.2)))


def test_tidy_anchors(make_anchors):
    frame = make_anchors().to_frame()
    assert len(frame) == 12
    assert {"rule", "predicted", "precision", "coverage", "met"} <= set(frame)
    assert frame.met.dtype == bool


def test_a_rule_that_restricts_nothing_says_so(make_anchors):
    found = make_anchors()
    lower = found.array("lower").copy()
    upper, allowed = found.array("upper").copy(), found.array("allowed").copy()
    lower[1, 2], upper[1, 2], allowed[1, 2] = -np.inf, np.inf, True
    met = np.ones((3, 4), dtype=bool)
    met[0] = False
    met[1, 2] = False
    dims = ("seed", "instance", "feature")
    made = make_anchors(
        lower=(dims, lower),
        upper=(dims, upper),
        allowed=((*dims, "category"), allowed),
        met=(dims[:2], met),
    )
    assert made.empty[1, 2]
    assert made.rules()[1, 2].endswith("(empty rule)")
    assert made.status[1, 2] == "threshold not met, empty rule"
    expected = [[rule.endswith("(empty rule)") for rule in row] for row in made.rules()]
    assert made.empty.tolist() == expected
    assert made.status[0, 0].startswith("threshold not met")
    assert made.status[2, 0].startswith("met")
    assert made.to_frame()["status"].tolist() == made.status.ravel().tolist()


def test_numbers_that_a_method_adds_stand_in_the_table(make_anchors):
    shape, dims = (3, 4), ("seed", "instance")
    made = make_anchors(
        data_precision=(dims, np.full(shape, 0.75)),
        joint_precision=(("instance",), np.array([0.1, 0.2, 0.3, 0.4])),
    )
    table = made.to_frame()
    assert (table["data_precision"] == 0.75).all()
    assert table["joint_precision"].tolist() == [0.1, 0.2, 0.3, 0.4] * 3


def test_restricted_features_are_those_the_rule_names(make_anchors):
    made = make_anchors()
    for place in np.ndindex(3, 4):
        rule = made.rules()[place]
        for name, used in zip(made.features, made.restricted[place], strict=True):
            assert used == (f"{name} " in f"{rule} ")
