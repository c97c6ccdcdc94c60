import numpy as np

from xaigeo.geometry.box import Box
from xaigeo.geometry.standard_frame import StandardFrame


def test_members_equal_those_of_the_explanation_and_of_a_loop(make):
    world = make.world()
    anchors = make.boxes(world)
    box = Box.from_anchors(anchors, frame=StandardFrame.from_rows(world.columns, world.rows))
    members = box.members(world.rows)
    np.testing.assert_array_equal(members, anchors.members(world.rows))
    for s in range(4):
        for i in range(3):
            for r, row in enumerate(world.rows):
                inside = all(box.lower[s, i, j] <= row[j] <= box.upper[s, i, j] for j in range(3))
                inside = inside and bool(box.allowed[s, i, 3, int(row[3])])
                assert members[s, i, r] == inside


def test_exact_frame_writes_categories_out(make):
    world = make.world()
    box = Box.from_anchors(
        make.boxes(world), frame=StandardFrame.from_rows(world.columns, world.rows)
    )
    frame = box.to_frame()
    one = frame[(frame["seed"] == 11) & (frame["instance"] == "row 1")].set_index("feature")
    np.testing.assert_array_equal(one["lower"].iloc[:3], box.lower[1, 1, :3])
    kept = np.array(["east", "north", "west"])[box.allowed[1, 1, 3]]
    assert one.loc["d", "allowed"] == ", ".join(kept)
    assert one.loc["a", "allowed"] is None
