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
